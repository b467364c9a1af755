//! Sharding: the write load of a database is spread over several servers by a key.
//!
//! The database keeps its main server for every table that is not spread. Services that use it see one database, which is a proxy
//! ([`Router::Proxy`]), or all its servers and the map of them ([`Router::Application`]). Databases without shards are as under
//! [`super::read_replica`].

mod table;
#[cfg(test)]
mod tests;

use super::read_replica::split;
use super::reader::Reader;
use super::{Summary, alarms, balancers, components, links, per_domain};
use crate::blueprint::Blueprint;
use crate::blueprint::model;
use crate::diagnostic::{Diagnostic, sharding as rules};
use crate::ir::{
    Alarm, Database, Health, Home, Id, Image, Launch, Probe, Router, Scale, Service, Sharding, Signal, System,
};
use crate::vocabulary::{self, Engine, Runtime};

pub(super) const SUMMARY: Summary = Summary {
    name: "sharding",
    about: "write load spread over shard databases by a key, behind a proxy or by a map: from 4 to 8 shards without moving the first 4",
    starter: include_str!("../../templates/starters/sharding.toml"),
};

/// The proxy's port, which is ShardingSphere's own.
const PROXY_PORT: u16 = 3307;
/// The newest release of the proxy that the generated configuration is tested with.
const PROXY_IMAGE: &str = "docker.io/apache/shardingsphere-proxy:5.5.3";
/// Processors and GiB of a proxy: half of the memory is its heap.
const PROXY_SIZE: (u32, u32) = (2, 4);
/// Seconds that a proxy may take for each server, whose tables it reads before its port opens: about seven where nine were tried.
const PROXY_SECONDS: u32 = 10;
/// Seconds until a new machine has what it needs to start one.
const PROXY_MACHINE: u32 = 180;
/// Seconds that it gets at least and at most: no cloud waits longer.
const PROXY_GRACE: (u32, u32) = (300, 3600);
/// Disk of a proxy's machine, in GiB.
const PROXY_DISK: u32 = 30;

/// Percent of processor load from which a shard is called busy, and minutes that it lasts.
const BUSY: (u32, u32) = (80, 15);
/// Percent of free storage under which somebody is told: storage grows by itself where the cloud can, but not without end.
const FREE: (u32, u32) = (15, 15);
/// Percentage points of processor load above the mean of all shards: a key that spreads evenly keeps them within ten.
const HOT: (u32, u32) = (25, 15);

pub(super) fn build(blueprint: &Blueprint, problems: &mut Vec<Diagnostic>) -> Option<System> {
    per_domain::refuse(blueprint, problems);
    let mut system = components::system(blueprint, Runtime::Vm, problems)?;
    spread(blueprint, &mut system, problems);
    let spreads = blueprint
        .model
        .all_databases()
        .any(|(_, _, said)| said.sharding.is_some());
    if !spreads && blueprint.environment.is_none() {
        problems.push(rules::no_shards(blueprint.places.span("pattern")));
    }
    split(&mut system);
    watch(&mut system);
    links::resolve(blueprint, &mut system, problems);
    alarms::told(blueprint, &system, problems);
    balancers::build(blueprint, &mut system, problems);
    Some(system)
}

/// Refuses shards under a pattern that has none.
pub(super) fn refuse(blueprint: &Blueprint, problems: &mut Vec<Diagnostic>) {
    for (scope, name, database) in blueprint.model.all_databases() {
        if database.sharding.is_some() {
            let at = blueprint
                .places
                .key(&format!("{}.sharding", scope.path("databases", name)));
            let pattern = blueprint.model.pattern.name();
            problems.push(rules::needs_pattern(at, name.as_str(), pattern));
        }
    }
}

/// Spreads the tables of every database that says so.
pub(super) fn spread(blueprint: &Blueprint, system: &mut System, problems: &mut Vec<Diagnostic>) {
    let ids: Vec<Id<Database>> = system.databases.iter().map(|(id, _)| id).collect();
    for (id, (_, _, said)) in ids.into_iter().zip(blueprint.model.all_databases()) {
        if let Some(sharding) = &said.sharding {
            spread_one(blueprint, system, id, sharding, problems);
        }
    }
}

/// Spreads the tables of one database.
fn spread_one(
    blueprint: &Blueprint,
    system: &mut System,
    id: Id<Database>,
    said: &model::Sharding,
    problems: &mut Vec<Diagnostic>,
) {
    let path = format!("{}.sharding", system.databases[id].path);
    let Some(shards) = table::shards(blueprint, &path, said, problems) else {
        return;
    };
    let Some(strategy) = table::strategy(blueprint, &path, said, &shards, problems) else {
        return;
    };
    table::tables(blueprint, &path, said, problems);
    let shards = table::active(shards, &strategy, said.active);
    let main = &system.databases[id];
    let inherited = main.size.clone();
    let storage_gb = said.storage_gb.unwrap_or(main.storage_gb);
    let size = match &said.size {
        None => inherited,
        Some(size) => {
            let default = (inherited.cpu, inherited.memory_gb);
            Reader::new(blueprint, path.clone(), &mut system.choices, problems).size(Some(size), default)
        }
    };
    let router = match said.router {
        vocabulary::Router::Application => Router::Application,
        vocabulary::Router::Proxy => match proxy(blueprint, system, id, (&path, said), problems) {
            Some(service) => Router::Proxy(system.services.add(service)),
            None => return,
        },
    };
    system.databases[id].sharding = Some(Sharding {
        key: said.key.to_string(),
        strategy,
        shards,
        tables: said.tables.iter().map(ToString::to_string).collect(),
        reference_tables: said.reference_tables.iter().map(ToString::to_string).collect(),
        generated_ids: said
            .generated_ids
            .iter()
            .map(|(table, column)| (table.to_string(), column.to_string()))
            .collect(),
        router,
        size,
        storage_gb,
    });
}

/// The proxy in front of the shards of a database, as a service.
fn proxy(
    blueprint: &Blueprint,
    system: &mut System,
    id: Id<Database>,
    (path, said): (&str, &model::Sharding),
    problems: &mut Vec<Diagnostic>,
) -> Option<Service> {
    let database = &system.databases[id];
    let at = |key: &str| blueprint.places.span(&format!("{path}.proxy.{key}"));
    let table = blueprint.places.key(path);
    let name = database.proxy_name();
    match (database.engine, &said.proxy.image) {
        (Engine::Postgres, _) | (Engine::Mysql, Some(_)) => {}
        (Engine::Mysql, None) => {
            problems.push(rules::no_driver(table, PROXY_IMAGE));
            return None;
        }
        (other, _) => {
            let at = blueprint.places.span(&format!("{path}.router")).or(table);
            problems.push(rules::no_proxy(at, other.name()));
            return None;
        }
    }
    let image = said.proxy.image.clone().unwrap_or_else(|| PROXY_IMAGE.to_owned());
    if !super::reader::is_image(&image) {
        problems.push(crate::diagnostic::semantic::bad_image(at("image"), &image));
    }
    let scale = said.proxy.scale.clone().unwrap_or_default();
    if scale.min > scale.max {
        let problem = crate::diagnostic::semantic::scale_range(at("scale"), scale.min, scale.max);
        problems.push(problem);
    }
    let path = format!("{path}.proxy");
    let mut reader = Reader::new(blueprint, path.clone(), &mut system.choices, problems);
    let size = reader.size(said.proxy.size.as_ref(), PROXY_SIZE);
    let home = Home {
        domain: system.databases[id].home.domain,
        name: format!("{}-proxy", system.databases[id].home.name),
    };
    Some(Service {
        name,
        home,
        path,
        runtime: Runtime::Vm,
        launch: Launch::ShardingProxy {
            image: Image::Reference(image),
            database: id,
        },
        machine_image: said.proxy.machine_image.clone(),
        port: PROXY_PORT,
        public: false,
        size,
        scale: Scale {
            min: scale.min,
            max: scale.max,
            cpu_percent: scale.cpu_percent,
            queue_messages: None,
        },
        health: Health {
            probe: Probe::Tcp,
            grace_seconds: grace(said),
        },
        disk_gb: PROXY_DISK,
        environment: Default::default(),
        calls: vec![],
        settings: vec![],
        function: None,
    })
}

/// Seconds that a proxy gets to start. Only the servers count that it knows: shards that are being filled change nothing of it.
fn grace(said: &model::Sharding) -> u32 {
    let shards = match &said.shards {
        model::Shards::Count(count) => *count,
        model::Shards::Named(ids) => u32::try_from(ids.len()).unwrap_or(u32::MAX),
    };
    let servers = said.active.unwrap_or(shards).saturating_add(1);
    let seconds = servers.saturating_mul(PROXY_SECONDS).saturating_add(PROXY_MACHINE);
    seconds.clamp(PROXY_GRACE.0, PROXY_GRACE.1)
}

/// Watches each shard, and the difference between them.
pub(super) fn watch(system: &mut System) {
    let mut alarms = vec![];
    for (id, database, sharding) in system.sharded() {
        let name = &database.name;
        let mut alarm = |what: &str, about: String, signal: Signal| {
            alarms.push(Alarm {
                name: format!("{name}-shard-{what}"),
                about,
                signal,
            });
        };
        alarm(
            "load",
            format!(
                "A shard of {name} has had more than {}% processor load for {} minutes. If the others are as busy, add shards or take \
                 larger ones.",
                BUSY.0, BUSY.1
            ),
            Signal::ShardLoad {
                database: id,
                percent: BUSY.0,
                minutes: BUSY.1,
            },
        );
        alarm(
            "storage",
            format!("A shard of {name} has less than {}% of its storage left.", FREE.0),
            Signal::ShardStorage {
                database: id,
                percent: FREE.0,
                minutes: FREE.1,
            },
        );
        if sharding.shards.len() > 1 {
            alarm(
                "hot",
                format!(
                    "A shard of {name} is more than {} percentage points busier than the mean of all: one key, or one range of {}, draws \
                     the load.",
                    HOT.0, sharding.key
                ),
                Signal::HotShard {
                    database: id,
                    points: HOT.0,
                    minutes: HOT.1,
                },
            );
        }
    }
    system.alarms.append(&mut alarms);
}
