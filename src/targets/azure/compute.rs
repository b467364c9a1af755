//! Services: one virtual machine scale set each.

use std::collections::BTreeMap;

use hcl::Expression;

use super::identity::Identity;
use super::load_balancer::Gateways;
use super::project::{TARGET, after};
use super::registry::is_own;
use super::{Parts, Stack, Stores, scaling, startup};
use crate::ir::{Id, Launch, Probe, Resource, Service, Sharding, System};
use crate::targets::shared;
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::{Egress, Runtime};
use crate::{catalog, list, object};

/// A key whose private half nobody has: the point of the curve that SHA-256 of "cloudgen: nobody holds this key 3" names, 3 being the
/// first number for which it names one.
const NOBODYS_KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBxKeTCJyyLmFrqWw55qHs6y0vFsjiV92NrZEJnbsvMt";

/// Where a machine says whether its worker runs: on the loopback interface, for the extension beside it.
pub(super) const HEALTH_PORT: u16 = 8099;

/// What the machines are built from.
pub(super) struct Plan<'a> {
    pub parts: &'a Parts,
    pub gateways: &'a Gateways,
    pub identities: &'a BTreeMap<Id<Service>, Identity>,
    pub stores: &'a Stores,
}

/// The scale sets, by service.
pub(super) fn lower(stack: &mut Stack<'_>, plan: &Plan<'_>) -> BTreeMap<Id<Service>, Address> {
    stack.module.file("compute", "");
    shared::startup::declare_rollout(&mut stack.module);
    if !stack.has_machines() {
        return BTreeMap::new();
    }
    stack.module.comment(
        "Azure wants a key for every machine. Nobody has the private half of this one: it is the point of the curve that SHA-256 of\n\"cloudgen: nobody holds this key 3\" names. People sign in through Bastion, with Entra ID.",
    );
    let key = stack.module.local("nobodys_key", NOBODYS_KEY);
    let system = stack.system;
    let mut machines = BTreeMap::new();
    for (id, service) in machines_of(system) {
        let user_data = startup::lower(stack, plan, id, service);
        let set = scale_set(stack, plan, id, service, key.clone(), user_data);
        scaling::lower(stack, id, &set, plan.stores.messaging.as_ref());
        stack.built(&service.path, "virtual machine scale set", &set);
        machines.insert(id, set);
    }
    machines
}

fn machines_of(system: &System) -> impl Iterator<Item = (Id<Service>, &Service)> {
    let services = system.services.iter();
    services.filter(|(_, service)| service.runtime == Runtime::Vm)
}

fn scale_set(
    stack: &mut Stack<'_>,
    plan: &Plan<'_>,
    id: Id<Service>,
    service: &Service,
    key: Expression,
    user_data: Expression,
) -> Address {
    let minutes = grace_minutes(service);
    let repair = Block::new()
        .set("enabled", true)
        .set("action", "Replace")
        .set("grace_period", format!("PT{minutes}M"));
    let identity = Block::new()
        .set("type", "SystemAssigned, UserAssigned")
        .set("identity_ids", list![plan.identities[&id].identity.id()]);
    let disk = Block::new()
        .set("caching", "ReadWrite")
        .set("storage_account_type", "Premium_LRS")
        .set("disk_size_gb", service.disk_gb.max(30))
        .set("disk_encryption_set_id", plan.parts.encryption.disks.id());
    let upgrades = Block::new()
        .set("max_batch_instance_percent", 20)
        .comment("Unhealthy machines must not keep the version out that would heal them: they are replaced first.")
        .set("max_unhealthy_instance_percent", 100)
        .set("max_unhealthy_upgraded_instance_percent", 20)
        .set("prioritize_unhealthy_instances_enabled", true)
        .set("pause_time_between_batches", "PT1M")
        .set("maximum_surge_instances_enabled", true);
    let timeouts = Block::new().set("create", "2h").set("update", rollout(minutes));
    let own_image = service.machine_image.get(TARGET);
    let login = Block::new().set("username", "ubuntu").set("public_key", key);
    let body = stack
        .named(stack.prefixed(&service.name))
        .set("sku", catalog::machine(TARGET, &service.size).unwrap_or_default())
        .set("instances", service.scale.min)
        .set("zones", stack.zones())
        .set("platform_fault_domain_count", 1)
        .set("single_placement_group", false)
        .set("overprovision", false)
        .set("secure_boot_enabled", true)
        .set("vtpm_enabled", true)
        .set("upgrade_mode", "Rolling")
        .set_some("source_image_id", own_image)
        .set(
            "custom_data",
            expr::call(startup::packing(stack.system, id), [user_data]),
        )
        .set("admin_username", "ubuntu")
        .set("disable_password_authentication", true)
        .set("tags", stack.tags())
        .block("admin_ssh_key", login)
        .comment("The service's own identity has its grants; the machine's signs people and the monitoring agent in.")
        .block("identity", identity)
        .block_some("source_image_reference", own_image.is_none().then(ubuntu))
        .block("os_disk", disk)
        .block("network_interface", interface(stack, plan, id, service))
        .comment("A change puts new machines beside the old ones before it removes those, a fifth at a time.")
        .block("rolling_upgrade_policy", upgrades)
        .when(minutes * 60 != service.health.grace_seconds, |body| {
            let who = match service.launch {
                Launch::ShardingProxy { .. } => "the proxy needs",
                Launch::Container { .. } | Launch::Script(_) | Launch::Source => "the blueprint says",
            };
            body.comment(&format!(
                "Azure takes 10 to 90 minutes; {who} {} seconds.",
                service.health.grace_seconds
            ))
        })
        .block("automatic_instance_repair", repair)
        .block("boot_diagnostics", Block::new())
        .blocks("extension", extensions(stack, service))
        .comment("A change rolls over every machine before the apply is done.")
        .block("timeouts", timeouts)
        .comment("The autoscaler's number.")
        .block(
            "lifecycle",
            Block::new().set("ignore_changes", expr::keywords(["instances"])),
        )
        .comment("What the first start needs: packages and images from outside, and whatever the service reads.")
        .set("depends_on", after(needed(stack, plan, id)));
    stack
        .module
        .resource("azurerm_linux_virtual_machine_scale_set", &service.name, body)
}

fn ubuntu() -> Block {
    Block::new()
        .set("publisher", "Canonical")
        .set("offer", "ubuntu-24_04-lts")
        .set("sku", "server")
        .set("version", "latest")
}

fn interface(stack: &Stack<'_>, plan: &Plan<'_>, id: Id<Service>, service: &Service) -> Block {
    let firewall = &plan.parts.firewall;
    let pools = plan.gateways.pools(stack, id);
    let address = Block::new()
        .set("name", service.name.as_str())
        .set("primary", true)
        .set("subnet_id", plan.parts.network.application.id.clone())
        .set(
            "application_security_group_ids",
            list![firewall.groups.services[&id].id()],
        )
        .when(!pools.is_empty(), |block| {
            block.set("application_gateway_backend_address_pool_ids", Expression::Array(pools))
        })
        .set_some(
            "load_balancer_backend_address_pool_ids",
            plan.parts.balancers.get(&id).map(|balancer| list![balancer.pool.id()]),
        );
    Block::new()
        .set("name", service.name.as_str())
        .set("primary", true)
        .set("accelerated_networking_enabled", true)
        .set_some("network_security_group_id", firewall.machines.as_ref().map(Address::id))
        .block("ip_configuration", address)
}

/// Health, sign-in and logs. What needs packages from outside is left out where there is no way there.
fn extensions(stack: &Stack<'_>, service: &Service) -> Vec<Block> {
    let extension = |name: &str, publisher: &str, kind: &str, version: &str| {
        Block::new()
            .set("name", name)
            .set("publisher", publisher)
            .set("type", kind)
            .set("type_handler_version", version)
            .set("auto_upgrade_minor_version", true)
    };
    let health = health(service);
    let health = extension(
        "health",
        "Microsoft.ManagedServices",
        "ApplicationHealthLinux",
        health.0,
    )
    .set("settings", expr::jsonencode(health.1));
    let system = stack.system;
    if system.network.egress == Egress::None && system.network.existing.azure.is_none() {
        return vec![health];
    }
    // 2 means done with warnings.
    let wait = object! { "commandToExecute" => "cloud-init status --wait || test $? -eq 2" };
    let later = list!["start-up"];
    vec![
        health,
        extension("start-up", "Microsoft.Azure.Extensions", "CustomScript", "2.1")
            .comment("The next ones install packages: not while the machine itself does.")
            .set("settings", expr::jsonencode(wait)),
        extension(
            "entra-login",
            "Microsoft.Azure.ActiveDirectory",
            "AADSSHLoginForLinux",
            "1.0",
        )
        .set("provision_after_extensions", later.clone()),
        extension("monitor", "Microsoft.Azure.Monitor", "AzureMonitorLinuxAgent", "1.0")
            .set("automatic_upgrade_enabled", true)
            .set("provision_after_extensions", later),
    ]
}

/// How a machine sees that its service works: version and settings of the extension that looks.
fn health(service: &Service) -> (&'static str, Expression) {
    let grace = grace_minutes(service) * 60;
    match &service.health.probe {
        Probe::Http(path) => (
            "1.0",
            object! { "protocol" => "http", "port" => service.port, "requestPath" => path.as_str() },
        ),
        // From this version on a new machine may take its time: a rollout waits for it.
        Probe::Tcp => (
            "2.0",
            object! { "protocol" => "tcp", "port" => service.port, "gracePeriod" => grace },
        ),
        // The machine itself answers for a worker.
        Probe::Process => (
            "2.0",
            object! { "protocol" => "http", "port" => HEALTH_PORT, "requestPath" => "/", "gracePeriod" => grace },
        ),
    }
}

/// How long a change may take to reach every machine: five batches, in each of which machines may take so many minutes to start.
fn rollout(minutes: u32) -> String {
    const BATCHES: u32 = 5;
    const HOURS: u32 = 3;
    format!("{}h", (BATCHES * minutes).div_ceil(60).max(HOURS))
}

/// Azure takes 10 to 90.
fn grace_minutes(service: &Service) -> u32 {
    service.health.grace_seconds.div_ceil(60).clamp(10, 90)
}

/// What has to be there before a service starts.
pub(super) fn needed(stack: &Stack<'_>, plan: &Plan<'_>, id: Id<Service>) -> Vec<Address> {
    let parts = plan.parts;
    let mut needed = vec![];
    // Containers have it by their environment, pods by their nodes.
    if stack.system.services[id].runtime == Runtime::Vm {
        needed.extend(parts.network.egress.clone());
        needed.extend(parts.firewall.guard("application"));
    }
    needed.extend(plan.identities[&id].grants.clone());
    if let Some(registry) = plan
        .stores
        .registry
        .as_ref()
        .filter(|_| is_own(&stack.system.services[id]))
    {
        needed.push(parts.zones.linked.clone());
        needed.extend(registry.reached.clone());
    }
    for grant in stack.system.grants_of(id) {
        needed.push(parts.zones.linked.clone());
        match grant.resource {
            Resource::Database(database) => {
                let built = &plan.stores.databases[&database];
                let readers = built.readers.as_ref().filter(|_| grant.access.reads());
                if grant.access.writes() || readers.is_none() {
                    needed.push(built.endpoint.clone());
                }
                needed.extend(readers.map(|readers| readers.name.clone()));
                needed.push(parts.vault.endpoint.clone());
            }
            Resource::Cache(cache) => needed.push(plan.stores.caches[&cache].endpoint.clone()),
            Resource::Table(table) => needed.push(plan.stores.tables[&table].endpoint.clone()),
            Resource::Stream(stream) => {
                if let Some(streams) = &plan.stores.streams {
                    needed.push(streams.endpoint.clone());
                    needed.extend(streams.groups.get(&(stream, id)).cloned());
                }
            }
            Resource::Function(_) => {}
            Resource::Workflow(_) => {
                let mail = plan.stores.workflows.mail.as_ref();
                needed.extend(mail.map(|mail| mail.endpoint.clone()));
            }
            Resource::Warehouse(warehouse) => {
                let built = &plan.stores.warehouses[&warehouse];
                needed.extend([built.endpoint.clone(), built.tables.clone()]);
            }
            Resource::Queue(_) | Resource::Subscription(_) => {
                needed.extend(
                    plan.stores
                        .messaging
                        .as_ref()
                        .map(|messaging| messaging.endpoint.clone()),
                );
            }
            Resource::Topic(topic) => {
                let messaging = plan.stores.messaging.as_ref();
                needed.extend(messaging.map(|messaging| messaging.endpoint.clone()));
                // What is sent before a subscriber has its rule never reaches it.
                needed.extend(
                    messaging
                        .iter()
                        .flat_map(|messaging| messaging.topics[&topic].rules.clone()),
                );
            }
            Resource::Bucket(bucket) => needed.push(plan.stores.buckets[&bucket].endpoint.clone()),
            Resource::Proxy(database) => {
                let proxy = stack.system.databases[database].sharding.as_ref();
                let proxy = proxy.and_then(Sharding::proxy).filter(|proxy| *proxy != id);
                needed.extend(proxy.map(|proxy| parts.zones.services[&proxy].clone()));
                needed.push(parts.vault.endpoint.clone());
            }
            Resource::Shards(database) => {
                let shards = plan.stores.databases[&database].shards.as_ref();
                needed.extend(shards.map(|shards| shards.reached.clone()));
            }
            Resource::Secret(_) => needed.push(parts.vault.endpoint.clone()),
        }
    }
    needed
}
