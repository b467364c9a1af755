//! Monolith: one application in tiers over one database server each, lifted as it is.
//!
//! Every tier has its own load balancer and scales alone: internet, public balancer, web tier, internal balancer, application tier,
//! database. Services run on virtual machines unless the blueprint says otherwise.

use super::{Summary, alarms, balancers, components, links, per_domain, read_replica, sharding};
use crate::blueprint::Blueprint;
use crate::diagnostic::Diagnostic;
use crate::ir::System;
use crate::vocabulary::Runtime;

pub(super) const SUMMARY: Summary = Summary {
    name: "monolith",
    about: "one application in tiers over one database, lifted as it is: web and application tier scale behind their own load balancers",
    starter: include_str!("../../templates/starters/monolith.toml"),
};

pub(super) fn build(blueprint: &Blueprint, problems: &mut Vec<Diagnostic>) -> Option<System> {
    read_replica::refuse(blueprint, problems);
    per_domain::refuse(blueprint, problems);
    sharding::refuse(blueprint, problems);
    let mut system = components::system(blueprint, Runtime::Vm, problems)?;
    links::resolve(blueprint, &mut system, problems);
    alarms::told(blueprint, &system, problems);
    balancers::build(blueprint, &mut system, problems);
    Some(system)
}
