//! Functions, tables, streams, workflows and warehouses: does the target have them?

use crate::catalog;
use crate::diagnostic::{Diagnostic, capability};
use crate::ir::System;
use crate::target::Target;

pub(super) fn check(system: &System, target: Target, problems: &mut Vec<Diagnostic>) {
    let functions = system.functions().map(|(_, service, _)| ("function", &service.path));
    let tables = system.tables.iter().map(|(_, item)| ("table", &item.path));
    let streams = system.streams.iter().map(|(_, item)| ("stream", &item.path));
    let workflows = system.workflows.iter().map(|(_, item)| ("workflow", &item.path));
    let warehouses = system.warehouses.iter().map(|(_, item)| ("warehouse", &item.path));
    let offered = catalog::serverless(target);
    for (kind, path) in functions
        .chain(tables)
        .chain(streams)
        .chain(workflows)
        .chain(warehouses)
    {
        if !offered.contains(&kind) {
            problems.push(capability::component(system.places.key(path), kind, target));
        }
    }
}
