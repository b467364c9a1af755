//! What makes tables and says who may do what with them, in SQL.

use std::collections::BTreeMap;

use serde::Serialize;
use tera::Context;

use super::{changes, database_of_tables, is_started, logins};
use crate::ir::{Access, Id, Resource, Service, Table};
use crate::targets::kubernetes::stack::Stack;
use crate::targets::shared::template;
use crate::vocabulary::{Changes, KeyType};

const SCRIPT: &str = include_str!("../../../../templates/kubernetes/tables.sql.tera");

#[derive(Serialize)]
struct Column<'a> {
    name: &'a str,
    kind: &'static str,
}

#[derive(Serialize)]
struct Index<'a> {
    name: &'a str,
    columns: Vec<&'a str>,
}

#[derive(Serialize)]
struct Spelled<'a> {
    name: &'a str,
    key: Vec<Column<'a>>,
    columns: Vec<Column<'a>>,
    indexes: Vec<Index<'a>>,
    functions: Vec<&'a str>,
    shows_new: bool,
    shows_old: bool,
}

#[derive(Serialize)]
struct User<'a> {
    name: &'a str,
    grants: Vec<Granted>,
}

#[derive(Serialize)]
struct Granted {
    table: String,
    rights: String,
}

fn kind(kind: KeyType) -> &'static str {
    match kind {
        KeyType::String => "text",
        KeyType::Number => "numeric",
        KeyType::Binary => "bytea",
    }
}

/// The functions that changes of a table start.
fn watchers<'a>(stack: &Stack<'a>, table: Id<Table>) -> impl Iterator<Item = &'a Service> {
    let system = stack.system;
    system.watchers_of(table).map(move |id| &system.services[id])
}

fn spelled<'a>(stack: &Stack<'a>, id: Id<Table>, table: &'a Table) -> Spelled<'a> {
    let mut columns: BTreeMap<&str, &'static str> = BTreeMap::new();
    let attributes = table.indexes.iter().flat_map(|index| index.key.attributes());
    columns.extend(attributes.map(|attribute| (attribute.name.as_str(), kind(attribute.kind))));
    if let Some(ttl) = &table.ttl {
        columns.insert(ttl, "bigint");
    }
    columns.retain(|name, _| table.key.attributes().all(|key| key.name != *name));
    let mut indexes: Vec<Index<'_>> = table
        .indexes
        .iter()
        .map(|index| Index {
            name: &index.name,
            columns: index
                .key
                .attributes()
                .map(|attribute| attribute.name.as_str())
                .collect(),
        })
        .collect();
    indexes.extend(table.ttl.as_ref().map(|ttl| Index {
        name: "ttl",
        columns: vec![ttl],
    }));
    let column = |(name, kind)| Column { name, kind };
    let key = table
        .key
        .attributes()
        .map(|attribute| (attribute.name.as_str(), kind(attribute.kind)));
    Spelled {
        name: &table.name,
        key: key.map(column).collect(),
        columns: columns.into_iter().map(column).collect(),
        indexes,
        functions: watchers(stack, id).map(|service| service.name.as_str()).collect(),
        shows_new: matches!(table.changes, Changes::Both | Changes::New),
        shows_old: matches!(table.changes, Changes::Both | Changes::Old),
    }
}

/// What a login may do: what is written may be found by its key.
fn rights(table: &Table, access: Access) -> String {
    let key: Vec<String> = table
        .key
        .attributes()
        .map(|attribute| format!("\"{}\"", attribute.name))
        .collect();
    match access {
        Access::Read => "SELECT".to_owned(),
        Access::Write => format!("INSERT, UPDATE, DELETE, SELECT ({})", key.join(", ")),
        Access::ReadWrite => "SELECT, INSERT, UPDATE, DELETE".to_owned(),
    }
}

/// The script.
pub(super) fn script(stack: &Stack<'_>) -> String {
    let system = stack.system;
    let tables: Vec<Spelled<'_>> = system
        .tables
        .iter()
        .map(|(id, table)| spelled(stack, id, table))
        .collect();
    let users: Vec<User<'_>> = logins(stack)
        .into_iter()
        .map(|(id, service)| {
            let linked = system.grants_of(id).filter_map(|grant| match grant.resource {
                Resource::Table(table) => Some(Granted {
                    table: system.tables[table].name.clone(),
                    rights: rights(&system.tables[table], grant.access),
                }),
                _ => None,
            });
            let own = is_started(service).then(|| Granted {
                table: changes(service),
                rights: "SELECT, DELETE, UPDATE (\"dead\")".to_owned(),
            });
            User {
                name: &service.name,
                grants: linked.chain(own).collect(),
            }
        })
        .collect();
    let mut context = Context::new();
    context.insert("database", &database_of_tables().database);
    context.insert("system", &system.prefix);
    context.insert("tables", &tables);
    let watched = tables.iter().flat_map(|table| {
        let functions = table.functions.iter();
        functions.map(|function| format!("{}/{function}", table.name))
    });
    context.insert("watched", &watched.collect::<Vec<String>>());
    context.insert("users", &users);
    template::fill(SCRIPT, &context)
}
