//! What the README says about warehouses.

use tera::Context;

use crate::ir::{Resource, System, dead_letters};
use crate::targets::gcp::{Stack, warehouses};
use crate::targets::shared::template::items;
use crate::vocabulary::ColumnType;

const WAREHOUSES: &str = include_str!("../../../../templates/warehouses/gcp.md.tera");

pub(super) fn prerequisites(stack: &Stack<'_>) -> Vec<String> {
    let system = stack.system;
    let named = [
        ("Workflows, Cloud Scheduler", !system.workflows.is_empty()),
        ("BigQuery", !system.warehouses.is_empty()),
    ];
    let named: Vec<&str> = named
        .into_iter()
        .filter(|(_, wanted)| *wanted)
        .map(|(name, _)| name)
        .collect();
    let mut items = vec![];
    if !named.is_empty() {
        items.push(format!("The same for {}.", named.join(", ")));
    }
    if !system.workflows.is_empty() || warehouses::has_sinks(system) {
        items.push("The right to let workflows and subscriptions run as the service accounts made here (`roles/iam.serviceAccountUser`).".to_owned());
    }
    if warehouses::has_inserters(system) {
        items.push("The right to make roles in the project (`roles/iam.roleAdmin`).".to_owned());
    }
    items
}

pub(super) fn security(stack: &Stack<'_>) -> Vec<&'static str> {
    let system = stack.system;
    let mut items = vec![];
    if !system.warehouses.is_empty() {
        items.push("Warehouses are under the key. Who `reads` one may read its dataset and start questions, which Google grants on the project only; who `writes` may insert rows into its tables and read none, by a role made here, because Google's own deletes tables too. The project's basic roles (owner, editor, viewer) see every dataset, as BigQuery has it. Who asked what is in the audit log, which BigQuery always writes. Answers are kept for a day for who asks again, under Google's own key.");
    }
    if changes(system) {
        items.push("Who `reads` and `writes` a warehouse may also change and delete its rows (`UPDATE`, `DELETE`, `TRUNCATE`): BigQuery has one permission for this and for inserting. What was there can be asked for as it was, for seven days. A function for each of the two has not both rights.");
    }
    if warehouses::has_sinks(system) {
        items.push("Records become rows as an account of the warehouse, which only Pub/Sub speaks as. It may read, change and delete those tables, for that is the role that Pub/Sub asks for.");
    }
    items
}

/// True if somebody reads and writes the same warehouse.
fn changes(system: &System) -> bool {
    let mut ids = system.warehouses.iter().map(|(id, _)| id);
    ids.any(|id| {
        let mut users = system.users_of(Resource::Warehouse(id));
        users.any(|(_, access)| access.reads() && access.writes())
    })
}

pub(super) fn operations(stack: &Stack<'_>) -> Vec<String> {
    let system = stack.system;
    if system.warehouses.is_empty() {
        return vec![];
    }
    let tables = || system.warehouses.iter().flat_map(|(_, item)| &item.tables);
    let sink = system
        .warehouses
        .iter()
        .find_map(|(_, item)| warehouses::filled(item).next());
    let mut context = Context::new();
    context.insert("parted", &tables().any(|table| table.time.is_some()));
    context.insert("aged", &tables().any(|table| table.delete_after_days.is_some()));
    context.insert("inserted", &warehouses::has_inserters(system));
    context.insert(
        "json",
        &tables().any(|table| table.columns.iter().any(|column| column.kind == ColumnType::Json)),
    );
    context.insert("sinks", &sink.is_some());
    context.insert("sink", &sink.as_ref().map(|part| stack.name(part)));
    context.insert("dead", &sink.as_ref().map(|part| stack.name(&dead_letters(part))));
    context.insert("attempts", &warehouses::ATTEMPTS);
    context.insert("protect", &system.protect);
    items(WAREHOUSES, &context)
}
