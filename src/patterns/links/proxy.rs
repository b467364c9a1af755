//! What the proxies in front of shards are linked with: their database's servers, and the vault.

use std::collections::BTreeMap;

use super::settings::{shard_ids, variable};
use super::{flows, give};
use crate::ir::{Access, Database, Flow, Id, Peer, Resource, Service, Setting, Sharding, System, Value};

/// Links every proxy.
pub(super) fn link(system: &mut System) {
    let proxies: Vec<(Id<Database>, Id<Service>)> = system
        .sharded()
        .filter_map(|(id, _, sharding)| Some((id, Sharding::proxy(sharding)?)))
        .collect();
    for (database, service) in proxies {
        let grants = BTreeMap::from([
            (Resource::Database(database), Access::ReadWrite),
            (Resource::Proxy(database), Access::Read),
            (Resource::Shards(database), Access::ReadWrite),
        ]);
        // It reaches the servers behind it; nobody needs to tell it the way to itself.
        let behind = grants
            .iter()
            .filter(|(resource, _)| !matches!(resource, Resource::Proxy(_)));
        let behind = behind.map(|(resource, access)| (*resource, *access)).collect();
        flows::open(system, service, &behind, &[]);
        let proxy = &system.services[service];
        system.flows.push(Flow {
            from: Peer::TcpBalancer(service),
            to: Peer::Service(service),
            port: proxy.port,
            why: format!("load balancer to {}", proxy.name),
        });
        system.services[service].settings = settings(system, database);
        give(system, service, grants);
    }
}

/// What it needs to fill in its configuration, which holds everything else.
fn settings(system: &System, id: Id<Database>) -> Vec<Setting> {
    let database = &system.databases[id];
    let shards = database.shard_name();
    let reads = database.readers.iter();
    let reads = reads.map(|_| (variable(&database.reader_name(), "host"), Value::ReaderHost(id)));
    let mut settings: Vec<Setting> = [
        (variable(&database.name, "host"), Value::DatabaseHost(id)),
        (variable(&database.name, "password"), Value::DatabasePassword(id)),
        (variable(&database.proxy_name(), "password"), Value::ProxyPassword(id)),
        (variable(&format!("{shards}s"), ""), Value::Text(shard_ids(database))),
        (variable(&shards, ""), Value::Shards(id)),
    ]
    .into_iter()
    .chain(reads)
    .map(|(name, value)| Setting { name, value })
    .collect();
    settings.sort_by(|a, b| a.name.cmp(&b.name));
    settings
}
