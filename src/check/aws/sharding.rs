//! Do the shards fit into what AWS takes?

use super::SERVER;
use crate::diagnostic::{Diagnostic, aws, capability};
use crate::ir::{Database, Id, Launch, Resource, Router, Service, Sharding, Strategy, System};
use crate::target::Target;
use crate::vocabulary::Runtime;

/// Bytes of a machine's user data, compressed. What follows is what `base64gzip` of Terraform makes of it, measured, with some room.
const USER_DATA: usize = 16_384;
/// What the user data of a service takes beside what its author says.
const SCRIPTS: usize = 2_400;
/// The same of a proxy.
const PROXY: usize = 5_000;
/// What each setting takes.
const SETTING: usize = 20;
/// What the line of a shard takes, if its number is its id: little differs from the line before.
const LINE: usize = 6;
/// What each entry of a list takes beside its name.
const NAME: usize = 6;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, item, sharding) in system.sharded() {
        let names = sharding.shards.iter().map(|shard| {
            let server = item.shard_server(sharding, shard);
            format!("{}-{}", system.prefix, server.name)
        });
        if let Some(full) = names.max_by_key(String::len).filter(|full| full.len() > SERVER) {
            let key = system.places.key(&item.path);
            let what = "the name of a database server";
            problems.push(capability::name_too_long(key, &full, SERVER, what, Target::Aws));
        }
    }
    let services = system.services.iter();
    for (id, service) in services.filter(|(_, service)| service.runtime != Runtime::Container) {
        machine(system, id, service, problems);
    }
}

/// Do the machines of a service hold what they are told of the shards that it reaches?
fn machine(system: &System, id: Id<Service>, service: &Service, problems: &mut Vec<Diagnostic>) {
    let reached = system.grants_of(id).filter_map(|grant| match grant.resource {
        Resource::Shards(database) => Some(&system.databases[database]),
        _ => None,
    });
    let told: Vec<(&Database, usize)> = reached
        .filter_map(|item| Some((item, shards(item.sharding.as_ref()?))))
        .collect();
    let Some((largest, _)) = told.iter().max_by_key(|(_, bytes)| *bytes) else {
        return;
    };
    let bytes = own(service) + told.iter().map(|(_, bytes)| bytes).sum::<usize>();
    if bytes > USER_DATA {
        let at = system.places.key(&format!("{}.sharding", largest.path));
        let proxied = matches!(service.launch, Launch::ShardingProxy { .. });
        problems.push(aws::user_data(at, &service.name, bytes, USER_DATA, proxied));
    }
}

/// What a service's machines are told beside the shards. Text of the author's own may not compress at all, but programs do.
fn own(service: &Service) -> usize {
    let scripts = match &service.launch {
        Launch::ShardingProxy { .. } => PROXY,
        Launch::Container { arguments, .. } => SCRIPTS + arguments.iter().map(String::len).sum::<usize>(),
        Launch::Script(script) => SCRIPTS + script.len() / 2,
        Launch::Source => 0,
    };
    let said = service.environment.iter().map(|(name, value)| name.len() + value.len());
    scripts + service.settings.len() * SETTING + said.sum::<usize>()
}

/// What the shards of one database take. Keys are nearly as long compressed as they are, and so are ids of the author's own, which
/// stand in several places: in the table, and of a proxy in the list of each table's servers, of which the first costs most.
fn shards(sharding: &Sharding) -> usize {
    let counted = sharding
        .active()
        .enumerate()
        .all(|(number, shard)| shard.id == format!("s{number}"));
    let active = sharding.active().count();
    let letters: usize = sharding.active().map(|shard| shard.id.len()).sum();
    let table = match counted {
        true => active * LINE,
        false => active * 4 + letters * 11 / 10,
    };
    if sharding.router == Router::Application {
        return table;
    }
    let lists = match counted {
        true => 0,
        false => active * 2 + letters * 7 / 10 + active * sharding.tables.len() / 2,
    };
    table + lists + tables(sharding) + keys(&sharding.strategy)
}

fn tables(sharding: &Sharding) -> usize {
    let names = sharding.tables.iter().chain(&sharding.reference_tables);
    let columns = sharding.generated_ids.values();
    names.chain(columns).map(|name| name.len() + 2 * NAME).sum()
}

fn keys(strategy: &Strategy) -> usize {
    match strategy {
        Strategy::Hash => 0,
        Strategy::Range(ranges) => {
            let digits = ranges
                .iter()
                .map(|(from, _)| from.map_or(0, |from| from.to_string().len()));
            ranges.len() * NAME + digits.sum::<usize>() / 2
        }
        Strategy::Directory { shards, .. } => shards.keys().map(|key| key.len() + NAME).sum(),
    }
}
