//! Does the target offer these databases?

use crate::catalog::{self, Offer};
use crate::diagnostic::{Diagnostic, Span, capability};
use crate::ir::{Database, Readers, Router, Sharding, System, shard_map};
use crate::target::Target;

pub(super) fn check(system: &System, target: Target, problems: &mut Vec<Diagnostic>) {
    for (_, database) in system.databases.iter() {
        let at = |key: &str| system.places.span(&format!("{}.{key}", database.path));
        let engine = database.engine.name();
        let Some(offer) = catalog::offer(target, database.engine) else {
            let instead = catalog::targets_with(database.engine);
            problems.push(capability::engine(at("engine"), engine, target, &instead));
            continue;
        };
        if !offer.versions.contains(&database.version.as_str()) {
            let retired = offer
                .retired
                .iter()
                .find(|(version, _)| *version == database.version)
                .map(|(_, why)| *why);
            problems.push(capability::version(
                at("version"),
                engine,
                &database.version,
                target,
                retired,
                offer.versions,
            ));
        }
        if !offer.editions.is_empty() && !offer.editions.contains(&database.edition) {
            let known: Vec<&str> = offer.editions.iter().map(|edition| edition.name()).collect();
            problems.push(capability::edition(
                at("edition"),
                engine,
                database.edition.name(),
                target,
                &known,
            ));
        }
        if !offer.licenses.is_empty() && !offer.licenses.contains(&(database.edition, database.license)) {
            problems.push(capability::license(
                at("license"),
                engine,
                database.license.name(),
                target,
            ));
        }
        readers(database, offer, target, at("replicas"), problems);
        if let Some(sharding) = &database.sharding {
            let table = system.places.key(&format!("{}.sharding", database.path));
            shards(
                (database, sharding),
                (offer, target),
                (table, at("sharding.size")),
                problems,
            );
        }
        if catalog::database_class(target, database.engine, &database.size).is_none() {
            let (cpu, memory_gb) = (database.size.cpu, database.size.memory_gb);
            problems.push(capability::size(at("size"), cpu, memory_gb, "database class", target));
        }
    }
}

/// Can the target spread the tables of this database?
fn shards(
    (database, sharding): (&Database, &Sharding),
    (offer, target): (&Offer, Target),
    (table, size): (Option<Span>, Option<Span>),
    problems: &mut Vec<Diagnostic>,
) {
    if !offer.shards {
        let instead = catalog::targets_with_shards(database.engine);
        problems.push(capability::shards(table, database.engine.name(), target, &instead));
    }
    if let (Router::Application, Some(most)) = (sharding.router, catalog::shard_map(target)) {
        let bytes = shard_map(database, sharding).len();
        if bytes > most {
            problems.push(capability::shard_map(table, &database.name, target, bytes, most));
        }
    }
    if catalog::database_class(target, database.engine, &sharding.size).is_none() {
        let (cpu, memory_gb) = (sharding.size.cpu, sharding.size.memory_gb);
        problems.push(capability::size(size, cpu, memory_gb, "database class", target));
    }
}

/// Does the target have read replicas of this kind?
fn readers(database: &Database, offer: &Offer, target: Target, at: Option<Span>, problems: &mut Vec<Diagnostic>) {
    let Some(readers) = database.readers else {
        return;
    };
    let engine = database.engine.name();
    let Some(replicas) = offer.replicas else {
        let instead = catalog::targets_with_replicas(database.engine);
        problems.push(capability::replicas(at, engine, target, &instead));
        return;
    };
    if !replicas.editions.is_empty() && !replicas.editions.contains(&database.edition) {
        let known: Vec<&str> = replicas.editions.iter().map(|edition| edition.name()).collect();
        let edition = database.edition.name();
        problems.push(capability::replicas_of_edition(at, engine, edition, target, &known));
    }
    let most = match readers {
        Readers::Fixed(count) => count,
        Readers::Scaled(scale) => {
            if !replicas.scales {
                problems.push(capability::replicas_scale(at, target, scale.max.min(replicas.most)));
            }
            scale.max
        }
    };
    if most > replicas.most {
        problems.push(capability::too_many_replicas(at, engine, most, target, replicas.most));
    }
}
