//! What only Azure asks.

mod apis;
mod blocks;
mod cluster;
mod containers;
mod functions;
mod messaging;
mod names;
mod shards;
mod workflows;

pub use apis::{api_block, api_window};
pub use cluster::{cluster_block, gateway_address, inside_blocks, node_block, nodes_name, pool_name, rotation_name};
pub use containers::{container_block, container_environment};
pub use functions::{
    INSTANCES, function_block, function_places, function_plan, request_units, table_leases, warehouse_parts,
    warehouse_sink, warehouse_streams,
};
pub use messaging::{LOCK, sql_filter};

use crate::diagnostic::{Diagnostic, capability};
use crate::ir::{Database, System, Tls};
use crate::target::Target;

/// Names that parts of the output have already: components of these kinds would get the same Terraform address.
const TAKEN: [(&str, &[&str]); 5] = [
    (
        "services",
        &["encryption", "gateway", "object-writer", "operator", "vault"],
    ),
    ("databases", &["vault"]),
    ("buckets", &["flow-logs", "vault"]),
    ("caches", &["vault"]),
    ("tables", &["vault"]),
];

/// The same, where there are queues or topics.
const MESSAGING: &str = "service-bus";
/// The same, where there are streams.
const STREAMS: &str = "event-hubs";
/// The same, where there are functions.
const FUNCTIONS: [&str; 7] = [
    "functions",
    "functions-code",
    "functions-events",
    "functions-host",
    "functions-stopped",
    "operator-function-queues",
    "operator-functions",
];
/// The same, where there are workflows.
const WORKFLOWS: [&str; 3] = ["operator-workflow-calls", "workflow-calls", "workflows"];
/// The same, where there are warehouses.
const WAREHOUSES: &str = "warehouses";
/// The same, where there is a registry.
const REGISTRY: &str = "registry";
/// The same of services, where there is a cluster.
const CLUSTER: [&str; 7] = [
    "cluster",
    "cluster-disks",
    "cluster-nodes",
    "cluster-subnets",
    "keda",
    "nodes",
    "operator-cluster",
];

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    shards::check(system, problems);
    apis::check(system, problems);
    messaging::check(system, problems);
    containers::check(system, problems);
    cluster::check(system, problems);
    functions::check(system, problems);
    let messaging = !(system.queues.is_empty() && system.topics.is_empty());
    let functions = !function_places(system).is_empty();
    let warehouses = !system.warehouses.is_empty();
    let names = system
        .services
        .iter()
        .map(|(_, item)| ("services", &item.name, &item.path))
        .chain(
            system
                .databases
                .iter()
                .map(|(_, item)| ("databases", &item.name, &item.path)),
        )
        .chain(
            system
                .buckets
                .iter()
                .map(|(_, item)| ("buckets", &item.name, &item.path)),
        )
        .chain(system.caches.iter().map(|(_, item)| ("caches", &item.name, &item.path)))
        .chain(system.tables.iter().map(|(_, item)| ("tables", &item.name, &item.path)))
        // They have identities and apps as services do.
        .chain(
            system
                .workflows
                .iter()
                .map(|(_, item)| ("services", &item.name, &item.path)),
        )
        .chain(
            system
                .warehouses
                .iter()
                .map(|(_, item)| ("databases", &item.name, &item.path)),
        );
    for (kind, name, path) in names {
        let taken = TAKEN.iter().find(|(table, _)| *table == kind);
        let taken = taken.is_some_and(|(_, names)| names.contains(&name.as_str()));
        let own = system.registry.is_some() && name == REGISTRY;
        let cluster = !system.pools.is_empty() && kind == "services" && CLUSTER.contains(&name.as_str());
        let streams = !system.streams.is_empty() && name == STREAMS;
        let functions = functions && FUNCTIONS.contains(&name.as_str());
        let warehouses = warehouses && name == WAREHOUSES;
        let workflows = !system.workflows.is_empty() && WORKFLOWS.contains(&name.as_str());
        if taken || workflows || warehouses || messaging && name == MESSAGING || own || cluster || streams || functions
        {
            problems.push(capability::name_taken(system.places.key(path), name, Target::Azure));
        }
    }
    for (key, balancer) in [
        ("edge.certificate.azure", &system.public),
        ("edge.internal.certificate.azure", &system.internal),
    ] {
        if let Some(Tls::Named(text)) = balancer.as_ref().map(|balancer| balancer.tls(Target::Azure))
            && !is_vault_secret(text)
        {
            problems.push(capability::certificate_form(system.places.span(key), text));
        }
    }
    if let Some(existing) = &system.network.existing.azure
        && existing.balancer_cidr.parse::<ipnet::Ipv4Net>().is_err()
    {
        let at = system.places.span("network.existing.azure.balancer_cidr");
        problems.push(capability::address_block(at, &existing.balancer_cidr));
    }
    if let Some(public) = &system.public
        && let (Some(domain), Some(zone)) = (&public.domain, public.zone.get(Target::Azure))
        && within(zone, domain).is_none()
    {
        let key = "edge.zone.azure";
        problems.push(capability::zone_form(system.places.span(key), key, zone, domain));
    }
    for (_, database) in system.databases.iter() {
        let exact = database.size.exact(Target::Azure).unwrap_or_default();
        if database.multi_zone && exact.starts_with("B_") {
            let at = system.places.span(&format!("{}.size", database.path));
            problems.push(capability::no_standby(at, exact));
        }
        if database.readers.is_some() {
            replicas(system, database, problems);
        }
    }
}

/// The longest `PREFIX-NAME` of a database with read replicas: `-replica-10a` and the unique suffix follow it in 63 characters.
const REPLICATED: usize = 44;

fn replicas(system: &System, database: &Database, problems: &mut Vec<Diagnostic>) {
    let exact = database.size.exact(Target::Azure).unwrap_or_default();
    if exact.starts_with("B_") {
        let at = system.places.span(&format!("{}.size", database.path));
        problems.push(capability::no_replicas_of_class(at, exact));
    }
    let full = format!("{}-{}", system.prefix, database.name);
    if full.len() > REPLICATED {
        let at = system.places.key(&database.path);
        let what = "a server with read replicas, less their suffixes";
        problems.push(capability::name_too_long(at, &full, REPLICATED, what, Target::Azure));
    }
}

/// True for the URI of a secret in a vault, and for its resource id.
fn is_vault_secret(text: &str) -> bool {
    let by_id = text.starts_with("/subscriptions/") && text.contains("/providers/Microsoft.KeyVault/vaults/");
    let by_uri = text.starts_with("https://");
    (by_id || by_uri)
        && text
            .split_once("/secrets/")
            .is_some_and(|(_, name)| !(name.is_empty() || by_id && name.contains('/')))
}

/// What stands before the zone in a host name, if the text is the resource id of a DNS zone that it can stand in.
fn within<'a>(zone: &str, domain: &'a str) -> Option<&'a str> {
    let (group, name) = zone
        .split_once("/providers/Microsoft.Network/dnszones/")
        .or_else(|| zone.split_once("/providers/Microsoft.Network/dnsZones/"))?;
    let (subscription, group) = group.strip_prefix("/subscriptions/")?.split_once("/resourceGroups/")?;
    if !is_uuid(subscription) || group.is_empty() || group.contains('/') {
        return None;
    }
    let rest = domain.strip_suffix(name)?;
    match rest {
        "" => Some(rest),
        _ => rest.strip_suffix('.'),
    }
}

/// True for the ids of subscriptions.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths = groups.iter().map(|group| group.len());
    lengths.eq([8, 4, 4, 4, 12])
        && groups
            .iter()
            .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
