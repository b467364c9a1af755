//! Read replica: one server takes the writes, its replicas take the reads.
//!
//! An application that reads and writes gets two data sources; programs that only read are services of their own, scale alone and
//! reach the replicas alone. Everything else is as under [`super::monolith`].

use super::{Summary, alarms, balancers, components, links, per_domain, sharding};
use crate::blueprint::Blueprint;
use crate::blueprint::model::Replicas;
use crate::diagnostic::{Diagnostic, semantic};
use crate::ir::{Alarm, Database, Signal, System};
use crate::vocabulary::Runtime;

pub(super) const SUMMARY: Summary = Summary {
    name: "read-replica",
    about: "one primary for writes, replicas for reads: two data sources, and read and write programs that scale alone",
    starter: include_str!("../../templates/starters/read-replica.toml"),
};

/// Seconds that replicas may be behind before somebody is told: readers notice stale data before that, and a replica that has lost
/// its stream is behind by minutes soon.
const LAG_SECONDS: u32 = 60;
/// Minutes that it lasts: a large transaction is no alarm.
const LAG_MINUTES: u32 = 5;

pub(super) fn build(blueprint: &Blueprint, problems: &mut Vec<Diagnostic>) -> Option<System> {
    per_domain::refuse(blueprint, problems);
    sharding::refuse(blueprint, problems);
    let mut system = components::system(blueprint, Runtime::Vm, problems)?;
    split(&mut system);
    // An environment may do without; a blueprint that never has replicas means something else.
    if blueprint.environment.is_none() && system.databases.iter().all(|(_, item)| item.readers.is_none()) {
        problems.push(semantic::no_replicas(blueprint.places.span("pattern")));
    }
    links::resolve(blueprint, &mut system, problems);
    alarms::told(blueprint, &system, problems);
    balancers::build(blueprint, &mut system, problems);
    Some(system)
}

/// Refuses replicas under a pattern that has none.
pub(super) fn refuse(blueprint: &Blueprint, problems: &mut Vec<Diagnostic>) {
    for (scope, name, database) in blueprint.model.all_databases() {
        if database.replicas != Replicas::default() {
            let path = scope.path("databases", name);
            let at = blueprint.places.span(&format!("{path}.replicas"));
            problems.push(semantic::replicas_need_pattern(at, name.as_str()));
        }
    }
}

/// Gives reads and writes data sources of their own, and watches the replicas. The names of the settings do not depend on the number
/// of replicas, so that an environment without them runs the same application.
pub(super) fn split(system: &mut System) {
    // Behind a proxy there is one data source for both, and the proxy is told of replicas that there are.
    let told_apart = |item: &Database| item.readers.is_some() || item.proxy().is_none();
    let told_apart = system.databases.iter().filter(|(_, item)| told_apart(item));
    let ids: Vec<_> = told_apart.map(|(id, _)| id).collect();
    for id in ids {
        let database = &mut system.databases[id];
        database.split = true;
        if database.readers.is_some() {
            system.alarms.push(Alarm {
                name: format!("{}-replica-lag", database.name),
                about: format!(
                    "A read replica of {} is more than {LAG_SECONDS} seconds behind: readers see old data. Look for long \
                     transactions and for replicas that are too small.",
                    database.name
                ),
                signal: Signal::ReplicaLag {
                    database: id,
                    seconds: LAG_SECONDS,
                    minutes: LAG_MINUTES,
                },
            });
        }
    }
}
