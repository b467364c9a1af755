//! What the links of a function mean beyond those of a service, and what is watched about it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Component, Linker};
use crate::blueprint::model;
use crate::diagnostic::{Diagnostic, function as rules};
use crate::ir::{
    Access, Bucket, Function, FunctionAlarm, FunctionTrouble, Id, Resource, Service, System, Trigger, dead_letters,
};

/// Calls that may fail in five minutes before somebody is told: one may be a hiccup of the network.
const FAILING: u32 = 5;

impl Linker<'_> {
    /// Resolves the trigger and the prefixes of a function, and adds what the trigger allows to its grants.
    pub(super) fn function(
        &mut self,
        system: &mut System,
        id: Id<Service>,
        said: &model::Function,
        grants: &mut BTreeMap<Resource, Access>,
        calls: &[Id<Service>],
    ) {
        let prefixes = self.prefixes(said, grants);
        if !said.private {
            self.outside(system, id, grants, calls);
        }
        let trigger = match &said.trigger {
            Some(trigger) => self.trigger(system, id, trigger, grants),
            None => None,
        };
        if let Some(function) = &mut system.services[id].function {
            function.prefixes = prefixes;
            function.trigger = trigger;
        }
    }

    fn prefixes(
        &mut self,
        said: &model::Function,
        grants: &BTreeMap<Resource, Access>,
    ) -> BTreeMap<Id<Bucket>, String> {
        let mut prefixes = BTreeMap::new();
        for (name, prefix) in &said.prefixes {
            let place = format!("prefixes.{name}");
            let Some((component, at, name)) = self.resolve_one(&place, name) else {
                continue;
            };
            match component {
                Component::Bucket(id) if grants.get(&Resource::Bucket(id)).is_some_and(|access| access.writes()) => {
                    prefixes.insert(id, prefix.to_string());
                }
                _ => self.problems.push(rules::prefix_of_nobody(at, &name)),
            }
        }
        prefixes
    }

    /// Refuses links that a function outside the private network cannot follow.
    fn outside(
        &mut self,
        system: &System,
        id: Id<Service>,
        grants: &BTreeMap<Resource, Access>,
        calls: &[Id<Service>],
    ) {
        let inside = grants.keys().find_map(|resource| match *resource {
            Resource::Database(id) | Resource::Proxy(id) | Resource::Shards(id) => Some(&system.databases[id].name),
            Resource::Cache(id) => Some(&system.caches[id].name),
            _ => None,
        });
        let called = calls.first().map(|id| &system.services[*id].name);
        if let Some(name) = inside.or(called) {
            let at = self.blueprint.places.span(&format!("{}.private", self.service));
            let problem = rules::needs_network(at, &system.services[id].name, name);
            self.problems.push(problem);
        }
    }
}

/// Warns of functions that nothing starts.
pub(super) fn idle(system: &System, problems: &mut Vec<Diagnostic>) {
    let routed: BTreeSet<Id<Service>> = system
        .apis
        .iter()
        .flat_map(|(_, api)| api.routes.iter().map(|route| route.service))
        .collect();
    for (id, service, function) in system.functions() {
        let called =
            routed.contains(&id) || system.callers_of(id).next().is_some() || system.workflows_of(id).next().is_some();
        if function.trigger.is_none() && !called {
            problems.push(rules::idle(system.places.key(&service.path), &service.home.name));
        }
    }
}

/// Minutes that a function may be behind what it reads before somebody is told: a quarter of the time that a stream keeps it, and an
/// hour of a table's changes, which some clouds keep for a day.
fn patience(system: &System, function: &Function) -> Option<u32> {
    match function.trigger {
        Some(Trigger::Stream { stream, .. }) => Some(system.streams[stream].retention_hours * 60 / 4),
        Some(Trigger::Table { .. }) => Some(60),
        _ => None,
    }
}

/// Watches every function: calls that fail, calls that are turned away, dead letters, and what it
/// reads being old.
pub(super) fn watch(system: &mut System) {
    let mut alarms = vec![];
    for (id, service, function) in system.functions() {
        let name = &service.name;
        if function.has_dead_letters() {
            let attempts = function.retry.attempts + 1;
            alarms.push(FunctionAlarm {
                name: dead_letters(name),
                about: format!(
                    "{name} has dead letters: events that it failed on {attempts} times. Look at one of them and at its logs; send them \
                     again when the reason is gone."
                ),
                function: id,
                trouble: FunctionTrouble::DeadLetters,
            });
        }
        alarms.push(FunctionAlarm {
            name: format!("{name}-failing"),
            about: format!("More than {FAILING} calls of {name} failed in five minutes. Its logs say why."),
            function: id,
            trouble: FunctionTrouble::Failing { calls: FAILING },
        });
        if let Some(minutes) = patience(system, function) {
            alarms.push(FunctionAlarm {
                name: format!("{name}-behind"),
                about: format!(
                    "{name} is more than {minutes} minutes behind what it reads. Look whether it runs at all, and whether it has become \
                     slow; what gets too old is lost."
                ),
                function: id,
                trouble: FunctionTrouble::Behind { minutes },
            });
        }
        alarms.push(FunctionAlarm {
            name: format!("{name}-throttled"),
            about: format!(
                "Calls of {name} are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
            ),
            function: id,
            trouble: FunctionTrouble::Throttled,
        });
    }
    system.function_alarms = alarms;
}
