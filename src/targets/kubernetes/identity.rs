//! Service accounts: one per component, and no token in any pod. What a service may use follows from the Secrets that its pods name.

use super::database;
use super::stack::{STORE, Stack};
use super::{tables, warehouses};
use crate::kubernetes::object::Object;
use crate::targets::shared::workload;

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let services = stack
        .system
        .services
        .iter()
        .map(|(_, service)| account(stack, &service.name, &service.name, workload::kind(service)));
    let databases = stack.servers.iter().flat_map(|server| {
        database::accounts(&server.database)
            .into_iter()
            .map(|name| account(stack, &name, &server.database.name, "database"))
    });
    let store = stack.has_store().then(|| account(stack, STORE, STORE, "storage"));
    let caches = stack.system.caches.iter();
    let caches = caches.map(|(_, cache)| account(stack, &cache.name, &cache.name, "cache"));
    let tables = (!stack.system.tables.is_empty()).then(|| account(stack, tables::SETUP, tables::TABLES, "tables"));
    let workflows = stack.system.workflows.iter();
    let workflows = workflows.map(|(_, workflow)| account(stack, &workflow.name, &workflow.name, "workflow"));
    let warehouses = warehouses::accounts(stack).into_iter();
    let warehouses = warehouses.map(|(name, owner)| account(stack, &name, &owner, "warehouse"));
    services
        .chain(warehouses)
        .chain(workflows)
        .chain(tables)
        .chain(databases)
        .chain(store)
        .chain(caches)
        .collect()
}

fn account(stack: &Stack<'_>, name: &str, part_of: &str, component: &str) -> Object {
    Object::new(&workload::account(stack.meta(name, part_of, component)))
}
