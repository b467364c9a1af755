//! The streams that fill warehouses, and what is watched about them.

use std::collections::BTreeMap;

use super::{Component, Linker};
use crate::blueprint::Blueprint;
use crate::diagnostic::{Diagnostic, warehouse as rules};
use crate::ir::{Id, SinkAlarm, System, Warehouse};

/// Resolves the streams of every warehouse.
pub(super) fn resolve(
    blueprint: &Blueprint,
    system: &mut System,
    names: &BTreeMap<String, Component>,
    problems: &mut Vec<Diagnostic>,
) {
    let warehouses: Vec<Id<Warehouse>> = system.warehouses.iter().map(|(id, _)| id).collect();
    let said = blueprint.model.scopes().flat_map(|scope| {
        let warehouses = scope.warehouses.values();
        warehouses.map(move |said| (scope.domain, said))
    });
    for (id, (domain, said)) in warehouses.into_iter().zip(said) {
        let mut linker = Linker {
            blueprint,
            names,
            domain,
            service: system.warehouses[id].path.clone(),
            problems,
        };
        for (table, said) in system.warehouses[id].tables.iter_mut().zip(said.tables.values()) {
            let place = format!("tables.{}.stream", table.name);
            let found = said.stream.as_ref().and_then(|link| linker.resolve_one(&place, link));
            match found {
                Some((Component::Stream(stream), _, _)) => table.stream = Some(stream),
                Some((other, at, name)) => linker.problems.push(rules::no_stream(at, &name, other.kind())),
                None => {}
            }
        }
    }
}

/// Watches every stream that fills a table: records that become no rows.
pub(super) fn watch(system: &mut System) {
    let mut alarms = vec![];
    for (id, warehouse) in system.warehouses.iter() {
        for table in &warehouse.tables {
            let Some(stream) = table.stream else { continue };
            let (of, from) = (&warehouse.name, &system.streams[stream].name);
            alarms.push(SinkAlarm {
                name: format!("{of}-{}-refused", table.name.replace('_', "-")),
                about: format!(
                    "Records of {from} did not become rows of {} in {of}: they are no JSON objects, or a field has another type than its \
                     column.",
                    table.name
                ),
                warehouse: id,
                table: table.name.clone(),
                stream,
            });
        }
    }
    system.sink_alarms = alarms;
}
