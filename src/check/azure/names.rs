//! Names that follow from those of functions, workflows, warehouses and buckets, which no other component may have: its resources would
//! get the same addresses.

use std::collections::BTreeMap;

use super::{function_places, function_plan, warehouse_parts, warehouse_sink, warehouse_streams};
use crate::diagnostic::{Diagnostic, azure_functions as rules};
use crate::ir::{System, Warehouse};

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
        let about = format!("warehouse `{}`", item.name);
        for table in item.tables.iter().filter(|table| table.stream.is_some()) {
            let sink = warehouse_sink(item, &table.name);
            if let Some(of) = taken.insert(sink.clone(), about.clone()) {
                let at = system.places.key(&format!("{}.tables.{}", item.path, table.name));
                problems.push(rules::name_of_part(at, &sink, &of));
            }
            taken.insert(warehouse_streams(item), about.clone());
            tables_beside(system, item, &table.name, problems);
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

/// Tables and functions of a database stand beside the tables that streams fill.
fn tables_beside(system: &System, item: &Warehouse, filled: &str, problems: &mut Vec<Diagnostic>) {
    let parts = warehouse_parts(filled);
    for table in item.tables.iter().filter(|table| parts.contains(&table.name)) {
        let at = system.places.key(&format!("{}.tables.{}", item.path, table.name));
        problems.push(rules::name_of_part(at, &table.name, &format!("table `{filled}`")));
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
