//! Names that follow from a database's, which no other component may have.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, domain, messaging, semantic, sharding};
use crate::ir::{System, dead_letters};

/// Name in the system to path in the blueprint.
type Names<'a> = BTreeMap<&'a str, &'a str>;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    // Proxies have such names themselves.
    let services = system.services.iter().filter(|(_, item)| !item.is_tcp());
    let services = services.map(|(_, item)| (item.name.as_str(), item.path.as_str()));
    let databases = system
        .databases
        .iter()
        .map(|(_, item)| (item.name.as_str(), item.path.as_str()));
    let buckets = system
        .buckets
        .iter()
        .map(|(_, item)| (item.name.as_str(), item.path.as_str()));
    let secrets = system
        .secrets
        .iter()
        .map(|(_, item)| (item.name.as_str(), item.path.as_str()));
    let caches = system.caches.iter();
    let caches = caches.map(|(_, item)| (item.name.as_str(), item.path.as_str()));
    let queues = system.queues.iter();
    let queues = queues.map(|(_, item)| (item.name.as_str(), item.path.as_str()));
    let topics = system.topics.iter();
    let topics = topics.map(|(_, item)| (item.name.as_str(), item.path.as_str()));
    let apis = system.apis.iter();
    let apis = apis.map(|(_, item)| (item.name.as_str(), item.path.as_str()));
    let data = databases.chain(buckets).chain(secrets).chain(caches);
    let streams = system.streams.iter();
    let streams = streams.map(|(_, item)| (item.name.as_str(), item.path.as_str()));
    let tables = system.tables.iter();
    let tables = tables.map(|(_, item)| (item.name.as_str(), item.path.as_str()));
    let data = data.chain(tables);
    let workflows = system.workflows.iter();
    let workflows = workflows.map(|(_, item)| (item.name.as_str(), item.path.as_str()));
    let warehouses = system.warehouses.iter();
    let warehouses = warehouses.map(|(_, item)| (item.name.as_str(), item.path.as_str()));
    let data = data.chain(workflows).chain(warehouses);
    let messages = queues.chain(topics).chain(streams);
    let names: Names<'_> = services.chain(data).chain(messages).chain(apis).collect();
    replicas(system, &names, problems);
    shards(system, &names, problems);
    domains(system, &names, problems);
    inboxes(system, &names, problems);
    functions(system, &names, problems);
}

/// Nor one of the dead letters of a function: `thumbnail-dead`.
fn functions(system: &System, names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    for (_, function, _) in system.functions() {
        let dead = dead_letters(&function.name);
        if let Some(path) = names.get(dead.as_str()) {
            problems.push(messaging::name_taken(system.places.key(path), &dead, &function.name));
        }
    }
}

/// Nor one of the dead letters of a queue, `orders-dead`, or of a subscription, `worker-from-orders`.
fn inboxes(system: &System, names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    for (_, queue) in system.queues.iter() {
        let dead = dead_letters(&queue.name);
        if let Some(path) = names.get(dead.as_str()) {
            problems.push(messaging::name_taken(system.places.key(path), &dead, &queue.name));
        }
    }
    if system.topics.is_empty() {
        return;
    }
    for (name, path) in names {
        let Some((_, topic)) = name.split_once("-from-") else {
            continue;
        };
        if system.topics.iter().any(|(_, item)| item.name == topic) {
            problems.push(messaging::name_taken(system.places.key(path), name, topic));
        }
    }
}

/// A component may not have a name that the replicas of a database have, together or each: `main-read`, `main-replica`,
/// `main-replica-1`.
fn replicas(system: &System, names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    for (_, database) in system.databases.iter().filter(|(_, item)| item.split) {
        let (all, each) = (database.reader_name(), database.replica_name());
        let is_taken = |name: &str| {
            let number = name.strip_prefix(&each).map(|rest| rest.trim_start_matches('-'));
            name == all || number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let near = names
            .range(all.as_str()..)
            .take_while(|(name, _)| name.starts_with(&format!("{}-re", database.name)));
        for (name, path) in near.filter(|(name, _)| is_taken(name)) {
            let at = system.places.key(path);
            problems.push(semantic::reader_name_taken(at, name, &database.name));
        }
    }
}

/// Nor one that its shards or their proxy have: `main-proxy`, `main-shard`, `main-shards`, `main-shard-s0`.
fn shards(system: &System, names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    for (_, database, _) in system.sharded() {
        let each = database.shard_name();
        let is_taken = |name: &str| match name.strip_prefix(&each) {
            Some(rest) => rest.is_empty() || rest == "s" || rest.starts_with('-'),
            None => name == database.proxy_name(),
        };
        for (name, path) in names.iter().filter(|(name, _)| is_taken(name)) {
            let at = system.places.key(path);
            problems.push(sharding::name_taken(at, name, &database.name));
        }
    }
}

/// Nor may what is shared, or of another domain, have a name that begins like those of a domain: files and rules go by it.
fn domains(system: &System, names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    for (_, item) in system.domains.iter() {
        let start = format!("{}-", item.name);
        let named = names
            .range(start.as_str()..)
            .take_while(|(name, _)| name.starts_with(&start));
        for (name, path) in named.filter(|(_, path)| !path.starts_with(&format!("{}.", item.path))) {
            problems.push(domain::name_of_domain(system.places.key(path), name, &item.name));
        }
    }
}
