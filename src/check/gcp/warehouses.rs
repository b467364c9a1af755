//! What Google Cloud asks of warehouses: where rows come from.

use super::functions;
use crate::diagnostic::{Diagnostic, gcp::warehouses as rules};
use crate::ir::{System, Warehouse};

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, warehouse) in system.warehouses.iter() {
        for table in &warehouse.tables {
            let Some(stream) = table.stream.map(|id| &system.streams[id]).filter(|stream| stream.kafka) else {
                continue;
            };
            let at = system
                .places
                .span(&format!("{}.tables.{}.stream", warehouse.path, table.name));
            problems.push(rules::kafka(at, &warehouse.home.name, &stream.home.name));
        }
        if has_streams(warehouse) {
            functions::account(system, &warehouse.name, system.places.key(&warehouse.path), problems);
        }
    }
}

/// True if a stream fills a table of it.
pub fn has_streams(warehouse: &Warehouse) -> bool {
    warehouse.tables.iter().any(|table| table.stream.is_some())
}
