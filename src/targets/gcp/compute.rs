//! Machines: one regional managed instance group per service, with its template, health check and autoscaler.

mod scaling;

use std::collections::BTreeMap;

use hcl::Expression;

use super::edge::{Entries, Records};
use super::firewall::Rules;
use super::identity::Registry;
use super::{Stack, caches, is_machine, queues, registry, settings, shards, tcp_balancer};
use crate::catalog;
use crate::ir::{Id, Launch, Peer, Resource, Service};
use crate::list;
use crate::target::Target;
use crate::targets::shared::sharding::Trust;
use crate::targets::shared::{settings as shared_settings, startup};
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Egress;

const FETCH: &str = include_str!("../../../templates/startup/gcp.sh");
const PULL: &str = include_str!("../../../templates/startup/gcp-pull.sh");
const TRUST: &str = include_str!("../../../templates/startup/gcp-trust.sh");

/// Hour of the daily snapshots, UTC, and the days that they are kept.
const SNAPSHOT_TIME: &str = "18:00";
const SNAPSHOT_DAYS: u32 = 7;

/// The machines of all services.
#[derive(Debug, Default)]
pub(super) struct Machines {
    /// By service; none for those that have no machines of their own.
    pub groups: BTreeMap<Id<Service>, Group>,
    /// What leads to services behind load balancers of their own.
    balancers: BTreeMap<Id<Service>, Address>,
}

/// The machines of a service.
#[derive(Debug)]
pub(super) struct Group {
    /// The instance group manager.
    pub manager: Address,
    /// The health check, of a service that listens.
    check: Option<Address>,
}

impl Group {
    /// The health checks of a load balancer's backend.
    pub fn checks(&self) -> Expression {
        Expression::Array(self.check.iter().map(Address::id).collect())
    }
}

/// Adds every service, those behind load balancers of their own first, with these: the machines of the others wait for them.
pub(super) fn lower(stack: &mut Stack<'_>, entries: &Entries, records: &Records, rules: &Rules) -> Machines {
    let mut machines = Machines::default();
    let services = stack.system.services.iter();
    let services = services.filter(|(_, service)| is_machine(service));
    let (first, others): (Vec<_>, Vec<_>) = services.partition(|(_, service)| service.is_tcp());
    if first.is_empty() && others.is_empty() {
        return machines;
    }
    stack.module.file("compute", "");
    let snapshots = snapshots(stack);
    for (id, service) in first.into_iter().chain(others) {
        stack.module.file("compute", "");
        let check = service.listens().then(|| health_check(stack, service));
        let healing = service.listens().then(|| healing_check(stack, service));
        let template = template(stack, id, service, &snapshots);
        let ready = ready(stack, id, records, rules, &machines);
        let manager = manager(stack, service, &template, healing.as_ref(), ready);
        scaling::lower(stack, id, service, &manager);
        let group = Group { manager, check };
        if let Some(address) = entries.tcp.get(&id) {
            machines
                .balancers
                .insert(id, tcp_balancer::lower(stack, service, address, &group));
        }
        machines.groups.insert(id, group);
    }
    for (id, group) in &machines.groups {
        let service = &stack.system.services[*id];
        let what = "regional managed instance group with autoscaler";
        stack.report.component(&service.path, what, group.manager.text());
    }
    machines
}

fn snapshots(stack: &mut Stack<'_>) -> Address {
    let daily = Block::new().set("days_in_cycle", 1).set("start_time", SNAPSHOT_TIME);
    let retention = Block::new()
        .set("max_retention_days", SNAPSHOT_DAYS)
        .set("on_source_disk_delete", "APPLY_RETENTION_POLICY");
    let policy = Block::new()
        .block("schedule", Block::new().block("daily_schedule", daily))
        .block("retention_policy", retention)
        .block(
            "snapshot_properties",
            Block::new().set("storage_locations", list![stack.region()]),
        );
    let body = Block::new()
        .set("name", stack.name("snapshots"))
        .set("region", stack.region())
        .block("snapshot_schedule_policy", policy)
        .set("depends_on", stack.project.ready());
    stack
        .module
        .comment("Daily snapshots of the machines' disks, encrypted as the disks are.")
        .resource("google_compute_resource_policy", "snapshots", body)
}

/// What a health check asks: the kind of block, and the block.
fn probe(service: &Service) -> (&'static str, Block) {
    let block = Block::new().set("port", service.port);
    match service.health.path() {
        Some(path) => ("http_health_check", block.set("request_path", path)),
        None => ("tcp_health_check", block),
    }
}

fn health_check(stack: &mut Stack<'_>, service: &Service) -> Address {
    let (kind, asks) = probe(service);
    let body = Block::new()
        .set("name", stack.name(&service.name))
        .set("region", stack.region())
        .set("check_interval_sec", 10)
        .set("timeout_sec", 5)
        .set("healthy_threshold", 2)
        .set("unhealthy_threshold", 3)
        .block(kind, asks)
        .block("log_config", Block::new().set("enable", true))
        .set("depends_on", stack.project.ready());
    stack
        .module
        .resource("google_compute_region_health_check", &service.name, body)
}

/// A second, more patient check: what misses one answer gets no requests, what misses all for five minutes is replaced. Otherwise a
/// database that fails over would take every machine whose health depends on it along.
fn healing_check(stack: &mut Stack<'_>, service: &Service) -> Address {
    let (kind, asks) = probe(service);
    let name = format!("{}-healing", service.name);
    let body = Block::new()
        .set("name", stack.name(&name))
        .set("region", stack.region())
        .set("check_interval_sec", 30)
        .set("timeout_sec", 10)
        .set("healthy_threshold", 1)
        .set("unhealthy_threshold", 10)
        .block(kind, asks)
        .block("log_config", Block::new().set("enable", true))
        .set("depends_on", stack.project.ready());
    stack
        .module
        .comment("More patient than the load balancer's: what fails it is replaced.")
        .resource("google_compute_region_health_check", &name, body)
}

/// The name of a service's group. It has the zones in it: another set of zones is another group, which must be there before the old
/// one goes, because a group that serves a load balancer cannot be deleted.
pub(super) fn group_name(stack: &Stack<'_>, service: &Service) -> String {
    let zones = catalog::gcp_zones(stack.region(), stack.system.network.zones);
    let letters: String = zones.iter().filter_map(|zone| zone.chars().last()).collect();
    format!("{}-{letters}", stack.name(&service.name))
}

fn template(stack: &mut Stack<'_>, id: Id<Service>, service: &Service, snapshots: &Address) -> Address {
    let machine = catalog::machine(Target::Gcp, &service.size).unwrap_or_default();
    let image = service.machine_image.gcp.as_deref().unwrap_or(ubuntu(machine));
    let disk = Block::new()
        .set("boot", true)
        .set("auto_delete", true)
        .set("source_image", image)
        .set("disk_type", disk_type(machine))
        .set("disk_size_gb", service.disk_gb)
        .set("resource_policies", list![snapshots.id()])
        .block(
            "disk_encryption_key",
            Block::new().set("kms_key_self_link", stack.encryption.key.id()),
        );
    let shielded = Block::new()
        .set("enable_secure_boot", true)
        .set("enable_vtpm", true)
        .set("enable_integrity_monitoring", true);
    let account = Block::new()
        .set("email", stack.accounts[&id].attr("email"))
        .comment("What it may do is said by its roles.")
        .set("scopes", list!["cloud-platform"]);
    let metadata = [
        ("block-project-ssh-keys", "TRUE".into()),
        ("enable-oslogin", "TRUE".into()),
        ("serial-port-enable", "FALSE".into()),
        ("user-data", user_data(stack, id, service)),
    ];
    let authorities = match service.launch {
        Launch::ShardingProxy { database, .. } => {
            Some(("authorities".to_owned(), shards::authorities(stack, database)))
        }
        Launch::Container { .. } | Launch::Script(_) | Launch::Source => None,
    };
    let authorities = authorities.into_iter().chain(caches::metadata(stack, id));
    let metadata = metadata.map(|(key, value)| (key.to_owned(), value));
    let body = Block::new()
        .set("name_prefix", format!("{}-", stack.name(&service.name)))
        .set("region", stack.region())
        .set("machine_type", machine)
        .block("disk", disk)
        .comment("Without access_config there is no public address.")
        .block(
            "network_interface",
            Block::new().set("subnetwork", stack.network.of_service(service)),
        )
        .block("service_account", account)
        .block("shielded_instance_config", shielded)
        .set("metadata", expr::object(authorities.chain(metadata)))
        .block("lifecycle", Block::new().set("create_before_destroy", true))
        .set("depends_on", stack.encryption.ready());
    stack
        .module
        .resource("google_compute_region_instance_template", &service.name, body)
}

/// The family of a machine type: `e2` of `e2-standard-2`.
pub(super) fn family(machine: &str) -> &str {
    machine.split('-').next().unwrap_or(machine)
}

/// True for families with Arm processors.
pub(super) fn is_arm(family: &str) -> bool {
    matches!(family, "c4a" | "n4a" | "t2a")
}

/// Ubuntu 24.04 LTS for the processor of a machine type.
fn ubuntu(machine: &str) -> &'static str {
    match is_arm(family(machine)) {
        true => "ubuntu-os-cloud/ubuntu-2404-lts-arm64",
        false => "ubuntu-os-cloud/ubuntu-2404-lts-amd64",
    }
}

/// The newest families take Hyperdisk only.
pub(super) fn disk_type(machine: &str) -> &'static str {
    match family(machine) {
        "c4" | "c4a" | "c4d" | "m4" | "n4" | "n4a" | "n4d" => "hyperdisk-balanced",
        _ => "pd-balanced",
    }
}

fn user_data(stack: &Stack<'_>, id: Id<Service>, service: &Service) -> Expression {
    let (mut plain, fetched) = shared_settings::split(service, |value| settings::spell(stack, id, value));
    plain.extend(caches::settings(stack, id));
    plain.sort_by(|a, b| a.name.cmp(&b.name));
    let publish = service.listens().then(|| format!("--publish {0}:{0}", service.port));
    let options = publish.into_iter().chain(caches::docker_options(stack, id));
    let options: Vec<String> = options.chain(["--log-driver gcplogs".to_owned()]).collect();
    let platform = startup::Platform {
        fetch: FETCH,
        docker_options: options.join(" "),
        prepare: prepare(stack, id, service),
        installs: stack.system.network.egress != Egress::None,
        // What a VPC network carries unless told otherwise; docker assumes 1,500.
        health_port: None,
        mtu: Some(1460),
        image: registry::image(stack, service),
        shards: stack
            .system
            .grants_of(id)
            .filter_map(|grant| match grant.resource {
                Resource::Shards(database) => Some(startup::Shards {
                    database,
                    lines: shards::table(stack, database),
                    names: None,
                }),
                _ => None,
            })
            .collect(),
        // Certificates of Cloud SQL have its own names, not those of this network. No other server has one of the same authority.
        trust: Trust::Authority,
    };
    startup::user_data(stack.system, id, (&plain, &fetched), &platform)
}

/// Bash for before each start.
fn prepare(stack: &Stack<'_>, id: Id<Service>, service: &Service) -> String {
    let trust = match service.launch {
        Launch::ShardingProxy { .. } => Some(TRUST.replace("@FOLDER@", &startup::proxy_folder(service))),
        Launch::Container { .. } | Launch::Script(_) | Launch::Source => None,
    };
    let trust = trust.into_iter().chain(caches::prepare(stack, id));
    let steps: Vec<String> = trust.chain(pull(stack, service)).collect();
    steps.join("\n")
}

/// Bash that pulls an image from Artifact Registry, which wants to know who asks.
fn pull(stack: &Stack<'_>, service: &Service) -> Option<String> {
    let Some(image) = service.launch.reference() else {
        registry::image(stack, service)?;
        return Some(PULL.replace("@HOST@", &registry::host(stack)));
    };
    let registry = Registry::of(image)?;
    let text = PULL.replace("@HOST@", registry.host).replace("@IMAGE@", image);
    Some(text)
}

/// What the machines or containers of a service need before they start, and Terraform cannot see.
pub(super) fn ready(
    stack: &Stack<'_>,
    id: Id<Service>,
    records: &Records,
    rules: &Rules,
    machines: &Machines,
) -> Vec<Expression> {
    let reaches = |peer| stack.system.flows_from(Peer::Service(id)).any(|flow| flow.to == peer);
    let stores = stack.system.grants_of(id).flat_map(|grant| match grant.resource {
        Resource::Database(database) => {
            let (server, readers) = (reaches(Peer::Database(database)), reaches(Peer::Readers(database)));
            stack.databases[&database].ready(server, readers)
        }
        Resource::Proxy(database) => vec![&stack.logins[&database].version],
        Resource::Shards(database) => {
            let map = stack.maps.get(&database).map(|map| &map.version);
            let servers = &stack.shards[&database].servers;
            std::iter::once(&servers.rule)
                .chain(&servers.contents)
                .chain(map)
                .collect()
        }
        // Its grants have references to them.
        _ => vec![],
    });
    let balancers = stack
        .system
        .flows_from(Peer::Service(id))
        .filter_map(|flow| match flow.to {
            Peer::TcpBalancer(called) => machines.balancers.get(&called),
            _ => None,
        });
    let mut ready: Vec<&Address> = stack.network.ready.iter().collect();
    ready.extend(rules.of(id));
    ready.extend(records.of(stack.system, id));
    ready.extend(&stack.grants[&id]);
    ready.extend(stores);
    ready.extend(queues::sent_to(stack, id));
    ready.extend(balancers);
    ready.into_iter().map(Address::whole).collect()
}

fn manager(
    stack: &mut Stack<'_>,
    service: &Service,
    template: &Address,
    healing: Option<&Address>,
    ready: Vec<Expression>,
) -> Address {
    let zones: Vec<Expression> = catalog::gcp_zones(stack.region(), stack.system.network.zones)
        .into_iter()
        .map(Expression::from)
        .collect();
    let healing = healing.map(|check| {
        Block::new()
            .set("health_check", check.id())
            .set("initial_delay_sec", service.health.grace_seconds)
    });
    let update = Block::new()
        .set("type", "PROACTIVE")
        .set("minimal_action", "REPLACE")
        .set("replacement_method", "SUBSTITUTE")
        .set("instance_redistribution_type", "PROACTIVE")
        .set("max_surge_fixed", zones.len())
        .set("max_unavailable_fixed", 0);
    let body = Block::new()
        .comment("Another set of zones makes another group, which is there before the old one goes.")
        .set("name", group_name(stack, service))
        .set("region", stack.region())
        .set("base_instance_name", stack.name(&service.name))
        .set("distribution_policy_zones", Expression::Array(zones))
        .set("distribution_policy_target_shape", "EVEN")
        .block("version", Block::new().set("instance_template", template.id()))
        .when(service.listens() && !service.is_tcp(), |block| {
            block.block("named_port", Block::new().set("name", "http").set("port", service.port))
        })
        .block_some("auto_healing_policies", healing)
        .comment("A new machine in each zone first, then an old one goes.")
        .block("update_policy", update)
        .block("lifecycle", Block::new().set("create_before_destroy", true))
        .comment("Machines find their names, their secrets and an open way when they start.")
        .set("depends_on", Expression::Array(ready));
    stack
        .module
        .resource("google_compute_region_instance_group_manager", &service.name, body)
}
