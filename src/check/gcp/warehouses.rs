//! What Google Cloud asks of warehouses: where rows come from.

use std::collections::BTreeSet;

use super::functions;
use crate::diagnostic::gcp::functions::part_name;
use crate::diagnostic::{Diagnostic, gcp::warehouses as rules};
use crate::ir::{Access, Resource, System, Warehouse, WarehouseTable};

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let mut names = BTreeSet::new();
    for (id, warehouse) in system.warehouses.iter() {
        for table in &warehouse.tables {
            let name = part(warehouse, table);
            if names.contains(&name) {
                let at = system.places.key(&format!("{}.tables.{}", warehouse.path, table.name));
                problems.push(part_name(at, &name, "a table of another warehouse"));
            }
            names.insert(name);
            let Some(stream) = table.stream.map(|id| &system.streams[id]).filter(|stream| stream.kafka) else {
                continue;
            };
            let at = system
                .places
                .span(&format!("{}.tables.{}.stream", warehouse.path, table.name));
            problems.push(rules::kafka(at, &warehouse.home.name, &stream.home.name));
        }
        let both = |access: &Access| access.reads() && access.writes();
        for (user, _) in system
            .users_of(Resource::Warehouse(id))
            .filter(|(_, access)| both(access))
        {
            let user = &system.services[user];
            let at = system.places.span(&format!("{}.writes", user.path));
            let at = at.or_else(|| system.places.key(&user.path));
            problems.push(rules::change(at, &user.home.name, &warehouse.home.name));
        }
        if has_streams(warehouse) {
            functions::account(system, &warehouse.name, system.places.key(&warehouse.path), problems);
        }
    }
}

/// What names a table beside those of other warehouses.
pub fn part(warehouse: &Warehouse, table: &WarehouseTable) -> String {
    format!("{}-{}", warehouse.name, table.name.replace('_', "-"))
}

/// True if a stream fills a table of it.
pub fn has_streams(warehouse: &Warehouse) -> bool {
    warehouse.tables.iter().any(|table| table.stream.is_some())
}
