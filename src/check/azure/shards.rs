//! What only Azure asks of shards: names, and room in the network.

use crate::diagnostic::{Diagnostic, azure, capability};
use crate::ir::{Database, Router, Sharding, System, Tier};
use crate::target::Target;

/// The longest `PREFIX-main-shard-ID`: a server's name has 63 characters, and the unique suffix takes 7 of them.
const NAME: usize = 56;
/// Private endpoints that a virtual network takes, unless Microsoft has raised it.
const ENDPOINTS: usize = 1000;
/// Addresses of every subnet that Azure keeps for itself.
const RESERVED: u32 = 5;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let mut sharded = vec![];
    for (_, database, sharding) in system.sharded() {
        sharded.push(database);
        one(system, (database, sharding), problems);
    }
    let Some(last) = sharded.last() else {
        return;
    };
    let at = system.places.key(&format!("{}.sharding", last.path));
    let servers: usize = system.databases.iter().map(|(_, database)| servers(database)).sum();
    let data = system.network.slice(Tier::Data).cidr;
    let room = (1_u64 << (32 - data.prefix_len())).saturating_sub(RESERVED.into());
    let servers = servers + system.caches.iter().count();
    if system.network.existing.azure.is_none() && servers as u64 > room {
        problems.push(azure::no_room(at, servers, data, room));
    }
    // The vault has one as well, and so have the queues and topics together.
    let messaging = usize::from(!(system.queues.is_empty() && system.topics.is_empty()));
    let endpoints = servers + system.buckets.iter().count() + messaging + 1;
    if endpoints > ENDPOINTS {
        problems.push(azure::many_endpoints(at, endpoints, ENDPOINTS));
    }
}

/// The servers of a database: each has a private endpoint.
fn servers(database: &Database) -> usize {
    let shards = database.sharding.as_ref().map_or(0, |sharding| sharding.shards.len());
    1 + database.replica_keys().len() + shards
}

fn one(system: &System, (database, sharding): (&Database, &Sharding), problems: &mut Vec<Diagnostic>) {
    let path = format!("{}.sharding", database.path);
    let at = system.places.key(&path);
    let names = sharding.shards.iter().map(|shard| {
        let name = database.shard_server(sharding, shard).name;
        format!("{}-{name}", system.prefix)
    });
    if let Some(longest) = names.max_by_key(String::len).filter(|name| name.len() > NAME) {
        let what = "a server's name, less its unique suffix";
        problems.push(capability::name_too_long(at, &longest, NAME, what, Target::Azure));
    }
    let exact = sharding.size.exact(Target::Azure).unwrap_or_default();
    if database.multi_zone && exact.starts_with("B_") && sharding.size != database.size {
        let at = system.places.span(&format!("{path}.size")).or(at);
        problems.push(capability::no_standby(at, exact));
    }
    if sharding.router == Router::Application {
        let map = format!("{}s-map", database.shard_name());
        let databases = system.databases.iter().map(|(_, item)| (&item.name, &item.path));
        let entries = system.secrets.iter().map(|(_, item)| (&item.name, &item.path));
        for (name, path) in databases.chain(entries).filter(|(name, _)| **name == map) {
            problems.push(capability::name_taken(system.places.key(path), name, Target::Azure));
        }
    }
}
