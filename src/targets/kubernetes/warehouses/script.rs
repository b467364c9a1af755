//! What makes the tables of a warehouse and says who may do what with them, in SQL.

use serde::Serialize;
use tera::Context;

use super::{DATABASE, sinks, users};
use crate::ir::{Access, Id, Resource, Warehouse};
use crate::targets::kubernetes::stack::Stack;
use crate::targets::shared::template;
use crate::vocabulary::ColumnType;

const SCRIPT: &str = include_str!("../../../../templates/kubernetes/warehouse.sql.tera");

#[derive(Serialize)]
struct Column<'a> {
    name: &'a str,
    kind: &'static str,
    /// What its field is in a record.
    field: &'static str,
}

#[derive(Serialize)]
struct Table<'a> {
    name: &'a str,
    columns: Vec<Column<'a>>,
    time: Option<&'a str>,
    /// Its rows go when they are old.
    expires: bool,
    sink: Option<String>,
}

#[derive(Serialize)]
struct User<'a> {
    name: &'a str,
    rights: &'static str,
}

/// (type in the database, type in a record)
fn kind(kind: ColumnType) -> (&'static str, &'static str) {
    match kind {
        ColumnType::String => ("text", "string"),
        ColumnType::Integer => ("bigint", "integer"),
        ColumnType::Number => ("double precision", "number"),
        ColumnType::Boolean => ("boolean", "boolean"),
        ColumnType::Timestamp => ("timestamptz", "timestamp"),
        ColumnType::Json => ("jsonb", "json"),
    }
}

/// The script.
pub(super) fn script(stack: &Stack<'_>, id: Id<Warehouse>, warehouse: &Warehouse) -> String {
    let sinks = sinks(stack, id);
    let tables: Vec<Table<'_>> = warehouse
        .tables
        .iter()
        .map(|table| Table {
            name: &table.name,
            columns: table
                .columns
                .iter()
                .map(|column| {
                    let (kind, field) = kind(column.kind);
                    Column {
                        name: &column.name,
                        kind,
                        field,
                    }
                })
                .collect(),
            time: table.time.as_deref(),
            expires: table.time.is_some() && table.delete_after_days.is_some(),
            sink: sinks
                .iter()
                .find(|sink| sink.table == table.name)
                .map(|sink| sink.name.clone()),
        })
        .collect();
    let users: Vec<User<'_>> = users(stack, id)
        .into_iter()
        .flat_map(|(service, item)| {
            let grants = stack.system.grants_of(service);
            let own = grants.filter(move |grant| grant.resource == Resource::Warehouse(id));
            own.map(|grant| User {
                name: &item.name,
                rights: match grant.access {
                    Access::Read => "SELECT",
                    Access::Write => "INSERT",
                    Access::ReadWrite => "SELECT, INSERT",
                },
            })
        })
        .collect();
    let mut context = Context::new();
    context.insert("database", DATABASE);
    context.insert("tables", &tables);
    context.insert("users", &users);
    template::fill(SCRIPT, &context)
}
