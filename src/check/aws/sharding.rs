//! Do the shards fit into what AWS takes?

use super::SERVER;
use crate::diagnostic::{Diagnostic, aws, capability};
use crate::ir::{Database, Id, Resource, Router, Sharding, Strategy, System};
use crate::target::Target;

/// Bytes of a machine's user data, compressed.
const USER_DATA: usize = 16_384_000;
/// What user data takes without shards, compressed; measured, with some room.
const SCRIPTS: usize = 5_200;
/// What each shard takes of it, compressed: a line of a table in which little differs from shard to shard. Ids of the author's own come
/// on top of that.
const LINE: usize = 19;
/// What each entry of a list takes beside its name, compressed.
const NAME: usize = 6;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    for (id, item, sharding) in system.sharded() {
        let key = system.places.key(&item.path);
        let names = sharding.shards.iter().map(|shard| {
            let server = item.shard_server(sharding, shard);
            format!("{}-{}", system.prefix, server.name)
        });
        if let Some(full) = names.max_by_key(String::len).filter(|full| full.len() > SERVER) {
            let what = "the name of a database server";
            problems.push(capability::name_too_long(key, &full, SERVER, what, Target::Aws));
        }
        machines(system, id, sharding, problems);
    }
}

/// What each service that reaches the shards is told of them. Keys are nearly as long compressed as they are; ids stand in several
/// places.
fn machines(system: &System, id: Id<Database>, sharding: &Sharding, problems: &mut Vec<Diagnostic>) {
    let lines = sharding.active().enumerate().map(|(number, shard)| {
        let counted = shard.id == format!("s{number}");
        LINE + if counted { 0 } else { shard.id.len() * 5 / 2 }
    });
    let table: usize = lines.sum();
    let proxied: usize = match (sharding.router, &sharding.strategy) {
        (Router::Application, _) => 0,
        (Router::Proxy(_), strategy) => tables(sharding) + keys(strategy),
    };
    let bytes = SCRIPTS + table + proxied;
    for (service, _) in system.users_of(Resource::Shards(id)).filter(|_| bytes > USER_DATA) {
        let item = &system.databases[id];
        let at = system.places.key(&format!("{}.sharding", item.path));
        let name = &system.services[service].name;
        problems.push(aws::user_data(at, name, bytes, USER_DATA));
    }
}

fn tables(sharding: &Sharding) -> usize {
    let names = sharding.tables.iter().chain(&sharding.reference_tables);
    let columns = sharding.generated_ids.values();
    names.chain(columns).map(|name| name.len() + 2 * NAME).sum()
}

fn keys(strategy: &Strategy) -> usize {
    match strategy {
        Strategy::Hash => 0,
        Strategy::Range(ranges) => ranges.len() * (NAME + NAME),
        Strategy::Directory { shards, .. } => shards.keys().map(|key| key.len() + NAME).sum(),
    }
}
