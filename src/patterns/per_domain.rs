//! Per-domain split: application, runtime and database cut per business domain.
//!
//! A domain is a unit of scaling, deployment, ownership and isolation: its services alone reach its data, and the other domains reach
//! it by calling its services. What stands outside domains is shared. Databases may have replicas and shards as under
//! [`super::read_replica`] and [`super::sharding`].

mod cycles;

use super::read_replica::split;
use super::{Summary, alarms, balancers, components, links, sharding};
use crate::blueprint::Blueprint;
use crate::diagnostic::{Diagnostic, domain as rules};
use crate::ir::System;
use crate::vocabulary::Runtime;

pub(super) const SUMMARY: Summary = Summary {
    name: "per-domain",
    about: "application and database cut per business domain: each scales and is deployed alone, owns its data and its files",
    starter: include_str!("../../templates/starters/per-domain.toml"),
};

pub(super) fn build(blueprint: &Blueprint, problems: &mut Vec<Diagnostic>) -> Option<System> {
    let mut system = components::system(blueprint, Runtime::Vm, problems)?;
    if system.domains.is_empty() {
        problems.push(rules::none(blueprint.places.span("pattern")));
    }
    sharding::spread(blueprint, &mut system, problems);
    split(&mut system);
    sharding::watch(&mut system);
    links::resolve(blueprint, &mut system, problems);
    alarms::told(blueprint, &system, problems);
    balancers::build(blueprint, &mut system, problems);
    cycles::check(&system, problems);
    Some(system)
}

/// Refuses domains under a pattern that has none.
pub(super) fn refuse(blueprint: &Blueprint, problems: &mut Vec<Diagnostic>) {
    if !blueprint.model.domains.is_empty() {
        let at = blueprint.places.key("domains");
        problems.push(rules::needs_pattern(at, blueprint.model.pattern.name()));
    }
}
