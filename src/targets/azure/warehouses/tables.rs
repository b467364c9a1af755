//! The tables of a warehouse, as commands of Data Explorer. They may be run again: what is there is added to.

use serde_json::{Value, json};

use super::records;
use crate::ir::{Warehouse, WarehouseTable};
use crate::targets::azure::Stack;
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::ColumnType;

/// Days after which rows go that never do.
const NEVER: u32 = 36_500;

pub(super) fn lower(stack: &mut Stack<'_>, item: &Warehouse, database: &Address) -> Address {
    let days = stack.system.log_days;
    let commands: Vec<String> = item.tables.iter().flat_map(|table| commands(table, days)).collect();
    let body = Block::new()
        .set("name", "tables")
        .set("database_id", database.id())
        .comment("What is there already stays: columns are added, and none is taken away.")
        .set("script_content", expr::heredoc([commands.join("\n\n").into()]))
        .comment("Whoever runs Terraform has nothing to do with the rows.")
        .set("principal_permissions_action", "RemovePermissionOnScriptCompletion");
    stack.module.resource("azurerm_kusto_script", &item.name, body)
}

/// Names are letters, digits and underscores. What becomes no row of a table is kept for as many days as logs, and no longer than its rows.
fn commands(table: &WarehouseTable, log_days: u32) -> Vec<String> {
    let name = &table.name;
    let columns = table.columns.iter();
    let columns: Vec<String> = columns
        .clone()
        .map(|column| format!("['{}']: {}", column.name, kind(column.kind)))
        .collect();
    let mapping: Value = table
        .columns
        .iter()
        .map(|column| json!({ "column": column.name, "Properties": { "Path": format!("$.{}", column.name) } }))
        .collect();
    let days = table.delete_after_days.unwrap_or(NEVER);
    let mut commands = vec![
        format!(".create-merge table ['{name}'] ({})", columns.join(", ")),
        format!(".create-or-alter table ['{name}'] ingestion json mapping 'rows' '{mapping}'"),
        format!(".alter table ['{name}'] policy streamingingestion enable"),
        format!(".alter-merge table ['{name}'] policy retention softdelete = {days}d recoverability = disabled"),
    ];
    if table.stream.is_some() {
        commands.extend(records::commands(table, log_days.min(days)));
    }
    commands
}

fn kind(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::String => "string",
        ColumnType::Integer => "long",
        ColumnType::Number => "real",
        ColumnType::Boolean => "bool",
        ColumnType::Timestamp => "datetime",
        ColumnType::Json => "dynamic",
    }
}
