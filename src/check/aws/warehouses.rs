//! Can Redshift Serverless be these warehouses?

use crate::diagnostic::{Diagnostic, redshift};
use crate::ir::{Resource, System, Warehouse, WarehouseTable};

/// Zones with a subnet that a workgroup wants.
const ZONES: usize = 3;
/// Bytes of a statement that the data API takes: 100 KB.
const STATEMENT: usize = 100_000;
/// Bytes that a procedure has beside what is said of each column, table and user, at most: of a table, of a warehouse.
const FRAMES: [usize; 2] = [7_000, 4_000];
/// Words that no database of Redshift is called.
const RESERVED: [&str; 33] = [
    "all",
    "analyse",
    "analyze",
    "any",
    "array",
    "backup",
    "binary",
    "case",
    "check",
    "column",
    "default",
    "delta",
    "desc",
    "end",
    "explicit",
    "for",
    "grant",
    "group",
    "identity",
    "like",
    "limit",
    "offline",
    "offset",
    "old",
    "only",
    "open",
    "order",
    "partition",
    "primary",
    "snapshot",
    "system",
    "table",
    "user",
];

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let Some((_, first)) = system.warehouses.iter().next() else {
        return;
    };
    let (zones, at) = match &system.network.existing.aws {
        Some(existing) => (existing.data.len(), system.places.span("network.existing.aws.data")),
        None => (system.network.zones, system.places.span("network.zones")),
    };
    if zones < ZONES {
        let at = at.or_else(|| system.places.key(&first.path));
        let is_existing = system.network.existing.aws.is_some();
        problems.push(redshift::zones(at, zones, ZONES, is_existing));
    }
    for (id, item) in system.warehouses.iter() {
        let users = system.users_of(Resource::Warehouse(id)).count();
        statements(system, item, users, problems);
        let database = item.database();
        let at = system.places.key(&item.path);
        if RESERVED.contains(&database.as_str()) {
            problems.push(redshift::reserved(at, &item.name));
        }
    }
}

/// Is everything that is said of tables short enough?
fn statements(system: &System, item: &Warehouse, users: usize, problems: &mut Vec<Diagnostic>) {
    for table in &item.tables {
        let bytes = of_table(table, users);
        if bytes > STATEMENT {
            let at = system.places.key(&format!("{}.tables.{}", item.path, table.name));
            problems.push(redshift::columns(
                at,
                &table.name,
                table.columns.len(),
                bytes,
                STATEMENT,
            ));
        }
    }
    // Each is called, its view stays, and its old rows go.
    let tables = item.tables.iter();
    let each = tables.map(|table| 320 + 4 * table.name.len() + table.time.as_ref().map_or(0, String::len));
    let bytes = FRAMES[1] + 350 * users + each.sum::<usize>();
    if bytes > STATEMENT {
        let at = system.places.key(&item.path);
        problems.push(redshift::tables(at, &item.name, item.tables.len(), bytes, STATEMENT));
    }
}

/// Bytes of the longest statement about one table, or a few more.
fn of_table(table: &WarehouseTable, users: usize) -> usize {
    let name = table.name.len();
    // It is made, completed and granted; records of a stream are judged and taken.
    let made = table
        .columns
        .iter()
        .map(|column| 280 + 2 * name + 3 * column.name.len());
    let made = made.sum::<usize>() + users * (140 + name);
    let taken = table.columns.iter().map(|column| 215 + 6 * column.name.len());
    let taken = taken.sum::<usize>();
    FRAMES[0] + if table.stream.is_some() { made.max(taken) } else { made }
}
