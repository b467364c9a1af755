//! Names that follow from a database's, which no other component may have.

use std::collections::BTreeMap;

use super::Component;
use crate::diagnostic::{Diagnostic, semantic, sharding};
use crate::ir::System;

pub(super) fn check(system: &System, names: &BTreeMap<String, Component>, problems: &mut Vec<Diagnostic>) {
    replicas(system, names, problems);
    shards(system, names, problems);
}

/// A component may not have a name that the replicas of a database have, together or each: `main-read`, `main-replica`,
/// `main-replica-1`.
fn replicas(system: &System, names: &BTreeMap<String, Component>, problems: &mut Vec<Diagnostic>) {
    for (_, database) in system.databases.iter().filter(|(_, item)| item.split) {
        let (all, each) = (database.reader_name(), database.replica_name());
        let is_taken = |name: &str| {
            let number = name.strip_prefix(&each).map(|rest| rest.trim_start_matches('-'));
            name == all || number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let near = names
            .range(all.clone()..)
            .take_while(|(name, _)| name.starts_with(&format!("{}-re", database.name)));
        for (name, component) in near.filter(|(name, _)| is_taken(name)) {
            let at = system.places.key(&format!("{}s.{name}", component.kind()));
            problems.push(semantic::reader_name_taken(at, name, &database.name));
        }
    }
}

/// Nor one that its shards or their proxy have: `main-proxy`, `main-shard`, `main-shards`, `main-shard-s0`.
fn shards(system: &System, names: &BTreeMap<String, Component>, problems: &mut Vec<Diagnostic>) {
    for (_, database, _) in system.sharded() {
        let each = database.shard_name();
        let is_taken = |name: &str| match name.strip_prefix(&each) {
            Some(rest) => rest.is_empty() || rest == "s" || rest.starts_with('-'),
            None => name == database.proxy_name(),
        };
        for (name, component) in names.iter().filter(|(name, _)| is_taken(name)) {
            let at = system.places.key(&format!("{}s.{name}", component.kind()));
            problems.push(sharding::name_taken(at, name, &database.name));
        }
    }
}
