//! Serverless: functions behind triggers, state kept outside.
//!
//! Functions start when something happens and keep nothing: what stays is in tables, buckets, streams and queues. Services that run
//! all the time are containers unless the blueprint says otherwise.

use super::{Summary, alarms, balancers, components, links, per_domain, read_replica, sharding};
use crate::blueprint::Blueprint;
use crate::diagnostic::Diagnostic;
use crate::ir::System;
use crate::vocabulary::Runtime;

pub(super) const SUMMARY: Summary = Summary {
    name: "serverless",
    about: "functions that run when something happens: requests, messages, files, changes, times; state is kept outside",
    starter: include_str!("../../templates/starters/serverless.toml"),
};

pub(super) fn build(blueprint: &Blueprint, problems: &mut Vec<Diagnostic>) -> Option<System> {
    read_replica::refuse(blueprint, problems);
    per_domain::refuse(blueprint, problems);
    sharding::refuse(blueprint, problems);
    let mut system = components::system(blueprint, Runtime::Container, problems)?;
    links::resolve(blueprint, &mut system, problems);
    alarms::told(blueprint, &system, problems);
    balancers::build(blueprint, &mut system, problems);
    Some(system)
}
