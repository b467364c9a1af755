//! Names that follow from those of functions, workflows, warehouses and buckets, which no other component may have: its resources would
//! get the same addresses.

use std::collections::BTreeMap;

use super::{function_places, function_plan, warehouse_sink};
use crate::diagnostic::{Diagnostic, azure_functions as rules};
use crate::ir::System;

/// What a function has besides its app: code, dead letters, the events of buckets, and what workflows ask it.
const OF_FUNCTION: [&str; 7] = [
    "calls",
    "calls-poison",
    "code",
    "dead",
    "events",
    "events-poison",
    "host",
];
/// The same of a workflow.
const OF_WORKFLOW: [&str; 2] = ["asks", "starts"];
/// The same of an app that brings the records of a stream to a table.
const OF_SINK: [&str; 3] = ["code", "host", "refused"];

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    // Those of what stands in no domain are taken whatever there is.
    for domain in function_places(system).into_iter().flatten() {
        let plan = function_plan(system, Some(domain));
        let about = "the plan of functions";
        taken.insert(format!("{plan}-host"), about.to_owned());
        taken.insert(plan, about.to_owned());
    }
    for (_, item, _) in system.functions() {
        let names = OF_FUNCTION.map(|part| (format!("{}-{part}", item.name), format!("function `{}`", item.name)));
        taken.extend(names);
    }
    for (_, item) in system.workflows.iter() {
        let names = OF_WORKFLOW.map(|part| (format!("{}-{part}", item.name), format!("workflow `{}`", item.name)));
        taken.extend(names);
    }
    for (_, item) in system.warehouses.iter() {
        for table in item.tables.iter().filter(|table| table.stream.is_some()) {
            let (sink, about) = (warehouse_sink(item, &table.name), format!("warehouse `{}`", item.name));
            taken.extend(OF_SINK.map(|part| (format!("{sink}-{part}"), about.clone())));
            taken.insert(sink, about);
        }
    }
    for (id, item) in system.buckets.iter() {
        if system.notified_by(id).next().is_some() {
            let about = format!("the events of bucket `{}`", item.name);
            taken.insert(format!("{}-events", item.name), about);
        }
    }
    for (name, path) in components(system) {
        if let Some(of) = taken.get(name) {
            problems.push(rules::name_of_part(system.places.key(path), name, of));
        }
    }
}

/// Name and path of every component that has resources of its name.
fn components(system: &System) -> Vec<(&str, &str)> {
    let services = system.services.iter();
    let mut all: Vec<(&str, &str)> = services
        .map(|(_, item)| (item.name.as_str(), item.path.as_str()))
        .collect();
    macro_rules! add {
        ($($kind:ident)*) => {
            $(all.extend(system.$kind.iter().map(|(_, item)| (item.name.as_str(), item.path.as_str())));)*
        };
    }
    add!(buckets caches databases secrets tables warehouses workflows);
    all
}
