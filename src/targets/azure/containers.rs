//! Services on containers: a container app each, in the environment of their domain.

pub(super) mod environments;
pub(super) mod readme;
pub(super) mod settings;

use std::collections::BTreeMap;

use hcl::Expression;

use super::Stack;
use super::compute::{Plan, needed};
use super::project::{after, as_identity};
use super::registry::{Registry, is_own};
use super::startup::registry;
use crate::catalog;
use crate::ir::{Id, Launch, Probe, Service};
use crate::object;
use crate::terraform::{Address, Block, expr};
use environments::{CONSUMPTION, Environments, is_on};

/// Seconds that a container has to finish its requests, as on machines.
const GRACE: u32 = 60;
/// Revisions that are kept for a look back.
const REVISIONS: u32 = 10;
/// Checks of a container that starts, at most; Azure makes no more.
const CHECKS: u32 = 240;

/// The container apps, by service.
pub(super) fn lower(
    stack: &mut Stack<'_>,
    plan: &Plan<'_>,
    environments: &Environments,
) -> BTreeMap<Id<Service>, Address> {
    let system = stack.system;
    let mut apps = BTreeMap::new();
    for (id, service) in system.services.iter().filter(|(_, service)| is_on(service)) {
        let Some(environment) = environments.of(service.home.domain) else {
            continue;
        };
        stack.module.file("containers", "");
        let about = "Until the grants have reached the vault: Azure reads the secrets when it makes a revision.";
        let granted = granted(stack, &plan.identities[&id].grants, &service.name, about);
        let body = app(stack, plan, (id, service), environment, granted);
        let app = stack.module.resource("azurerm_container_app", &service.name, body);
        stack.built(&service.path, "container app", &app);
        apps.insert(id, app);
    }
    apps
}

/// Azure reads the secrets when an app is made, and refuses one whose identity may not: the grants have to have reached the vault.
pub(super) fn granted(stack: &mut Stack<'_>, grants: &[Address], name: &str, about: &str) -> Option<Address> {
    if grants.is_empty() {
        return None;
    }
    let triggers = grants.iter().map(|grant| {
        let part = match grant.resource_type() {
            "azurerm_role_assignment" => grant.text().rsplit('.').next().unwrap_or_default().to_owned(),
            "azurerm_cosmosdb_sql_role_assignment" => {
                let table = grant.text().rsplit('.').next().unwrap_or_default().to_owned();
                format!("{table}_table")
            }
            "azurerm_kusto_database_principal_assignment" => {
                let warehouse = grant.text().rsplit('.').next().unwrap_or_default().to_owned();
                format!("{warehouse}_warehouse")
            }
            _ => "caches".to_owned(),
        };
        (part, expr::call("join", [",".into(), grant.all("id")]))
    });
    let triggers: BTreeMap<String, Expression> = triggers.collect();
    let body = Block::new()
        .set("create_duration", "90s")
        .set("triggers", expr::object(triggers));
    stack.module.comment(about);
    Some(stack.module.resource("time_sleep", name, body))
}

fn app(
    stack: &Stack<'_>,
    plan: &Plan<'_>,
    (id, service): (Id<Service>, &Service),
    environment: &Address,
    granted: Option<Address>,
) -> Block {
    let identity = &plan.identities[&id].identity;
    let size = catalog::azure_container(&service.size);
    let profile = size
        .and_then(|size| size.machine)
        .map_or(CONSUMPTION, |machine| machine.name);
    let settings = settings::of(stack, plan, id, service);
    let own = plan.stores.registry.as_ref().filter(|_| is_own(service));
    let host = own
        .map(Registry::host)
        .or(registry(service).map(|(host, _)| host.into()));
    let registry = host.map(|host| Block::new().set("server", host).set("identity", identity.id()));
    let image = own.and_then(|registry| registry.image(stack, service.launch.image()?));
    let image = image.unwrap_or_else(|| service.launch.reference().unwrap_or_default().into());
    let container = Block::new()
        .set("name", service.name.as_str())
        .set("image", image)
        .when(!arguments(service).is_empty(), |block| {
            block.set("args", arguments(service))
        })
        .set("cpu", size.map_or(Expression::Null, |size| cpu(size.half_cpus)))
        .set(
            "memory",
            size.map_or(String::new(), |size| format!("{}Gi", size.memory_gb)),
        );
    let container = probes(service, settings.variables(container));
    let template = Block::new()
        .set("min_replicas", service.scale.min)
        .set("max_replicas", service.scale.max)
        .set("termination_grace_period_seconds", GRACE)
        .block("container", container)
        .blocks("custom_scale_rule", scale(stack, plan, id, service));
    let body = Block::new()
        .set("name", stack.prefixed(&service.name))
        .set("resource_group_name", stack.project.group.attr("name"))
        .set("container_app_environment_id", environment.id())
        .set("workload_profile_name", profile)
        .comment("A new revision gets requests when it is ready, and the old one ends then: one that never is changes nothing.")
        .set("revision_mode", "Single")
        .set("max_inactive_revisions", REVISIONS)
        .set("tags", stack.tags())
        .block("identity", as_identity(identity));
    let body = settings.secrets(body, identity).block_some("registry", registry);
    // A machine asks again, but Azure refuses an app whose secrets it cannot read: it waits until rules let it through to them.
    let reached = |address: Address| stack.grouped.get(&address).cloned().unwrap_or(address);
    let waits = needed(stack, plan, id).into_iter().map(reached).chain(granted);
    body.block_some("ingress", service.listens().then(|| ingress(service)))
        .block("template", template)
        .comment("What the first start needs: whatever the service reads, and the right to read it.")
        .set("depends_on", after(waits))
}

/// Arguments of the image's own command.
fn arguments(service: &Service) -> Vec<String> {
    match &service.launch {
        Launch::Container { arguments, .. } => arguments.clone(),
        Launch::Script(_) | Launch::Source | Launch::ShardingProxy { .. } => vec![],
    }
}

/// Processors, of so many halves.
fn cpu(halves: u32) -> Expression {
    match halves % 2 {
        0 => (halves / 2).into(),
        _ => (f64::from(halves) / 2.0).into(),
    }
}

fn ingress(service: &Service) -> Block {
    let latest = Block::new().set("latest_revision", true).set("percentage", 100);
    Block::new()
        .comment("Outside is the virtual network: the environment has no public address.")
        .set("external_enabled", true)
        .set("target_port", service.port)
        .set("transport", "http")
        .set("allow_insecure_connections", false)
        .block("traffic_weight", latest)
}

/// A worker without a port is started again when it ends, and not asked anything.
fn probes(service: &Service, container: Block) -> Block {
    let probe = || match &service.health.probe {
        Probe::Http(path) => Block::new().set("transport", "HTTP").set("path", path.as_str()),
        Probe::Tcp | Probe::Process => Block::new().set("transport", "TCP"),
    };
    if !service.listens() {
        return container;
    }
    let interval = service.health.grace_seconds.div_ceil(CHECKS).max(5);
    let checks = service.health.grace_seconds.div_ceil(interval).clamp(3, CHECKS);
    let probe = || probe().set("port", service.port);
    let startup = probe()
        .set("interval_seconds", interval)
        .set("timeout", 5)
        .set("failure_count_threshold", checks);
    let liveness = probe()
        .set("interval_seconds", 10)
        .set("timeout", 5)
        .set("failure_count_threshold", 6);
    let readiness = probe()
        .set("interval_seconds", 5)
        .set("timeout", 5)
        .set("failure_count_threshold", 3)
        .set("success_count_threshold", 1);
    container
        .comment("The others begin when this one has passed.")
        .block("startup_probe", startup)
        .block("liveness_probe", liveness)
        .block("readiness_probe", readiness)
}

/// By the processors, and by the messages that wait for it: the greater need wins.
fn scale(stack: &Stack<'_>, plan: &Plan<'_>, id: Id<Service>, service: &Service) -> Vec<Block> {
    let system = stack.system;
    let load = object! { "type" => "Utilization", "value" => service.scale.cpu_percent.to_string() };
    let cpu = Block::new()
        .set("name", "cpu")
        .set("custom_rule_type", "cpu")
        .set("metadata", load);
    let mut rules = vec![cpu];
    let (Some(messaging), Some(target)) = (&plan.stores.messaging, service.scale.queue_messages) else {
        return rules;
    };
    for (index, inbox) in system.inboxes_of(id).enumerate() {
        let queue = system.inbox(inbox).0;
        let metadata = object! {
            "namespace" => messaging.namespace.attr("name"),
            "queueName" => queue,
            "messageCount" => target.to_string(),
        };
        let rule = Block::new()
            .when(index == 0, |block| {
                block.comment("Asked of the queue itself, which whoever may take from it may read: Azure Monitor is not asked with an identity here.")
            })
            .set("name", queue)
            .set("custom_rule_type", "azure-servicebus")
            .set("identity_id", plan.identities[&id].identity.id())
            .set("metadata", metadata);
        rules.push(rule);
    }
    rules
}
