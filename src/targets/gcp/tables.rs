//! Tables: a database of Firestore each, so that who may use one may use no other.

use std::collections::BTreeSet;

use hcl::Expression;

use super::Stack;
use crate::ir::{Id, Key, Table};
use crate::object;
use crate::terraform::{Address, Block, expr};

/// Adds the databases, their indexes, and what deletes old items.
pub(super) fn lower(stack: &mut Stack<'_>) {
    let system = stack.system;
    for (id, table) in system.tables.iter() {
        stack.module.file("tables", "");
        let address = database(stack, table);
        indexes(stack, table, &address);
        if let Some(attribute) = &table.ttl {
            expiry(stack, table, &address, attribute);
        }
        stack
            .report
            .component(&table.path, "database of Firestore", address.text());
        stack.tables.insert(id, address);
    }
}

/// What a table's database is called, and the collection in it.
pub(super) fn name(stack: &Stack<'_>, id: Id<Table>) -> String {
    stack.name(&stack.system.tables[id].name)
}

fn database(stack: &mut Stack<'_>, table: &Table) -> Address {
    let restore = match table.restore {
        true => "POINT_IN_TIME_RECOVERY_ENABLED",
        false => "POINT_IN_TIME_RECOVERY_DISABLED",
    };
    let protection = match stack.system.protect {
        true => "DELETE_PROTECTION_ENABLED",
        false => "DELETE_PROTECTION_DISABLED",
    };
    let body = Block::new()
        .set("name", stack.name(&table.name))
        .set("location_id", stack.region())
        .set("type", "FIRESTORE_NATIVE")
        .set("database_edition", "STANDARD")
        .set("point_in_time_recovery_enablement", restore)
        .set("delete_protection_state", protection)
        .comment("By itself Terraform would forget it and leave it there.")
        .set("deletion_policy", "DELETE")
        .block(
            "cmek_config",
            Block::new().set("kms_key_name", stack.encryption.key.id()),
        )
        .set("depends_on", stack.encryption.ready());
    stack.module.resource("google_firestore_database", &table.name, body)
}

/// The keys that items are found by in an order. Firestore finds them by one attribute without an index.
fn indexes(stack: &mut Stack<'_>, table: &Table, database: &Address) {
    let own = std::iter::once(("key", &table.key));
    let more = table.indexes.iter().map(|index| (index.name.as_str(), &index.key));
    let sorted = own
        .chain(more)
        .filter_map(|(name, key)| Some((name, key, key.sort.as_ref()?)));
    // Indexes hold no attributes: one with the keys of another is the same, and Firestore refuses it.
    let mut seen = BTreeSet::new();
    let sorted = sorted.filter(|(_, key, sort)| seen.insert((key.partition.name.as_str(), sort.name.as_str())));
    let orders = sorted.flat_map(|(name, Key { partition, .. }, sort)| {
        ["ASCENDING", "DESCENDING"].map(|order| {
            let index = object! {
                "partition" => partition.name.as_str(),
                "sort" => sort.name.as_str(),
                "order" => order,
            };
            (format!("{name}/{}", order.to_lowercase()), index)
        })
    });
    let orders: Vec<(String, Expression)> = orders.collect();
    if orders.is_empty() {
        return;
    }
    let field = |path: &str| Block::new().set("field_path", expr::each_value(&[path]));
    let body = Block::new()
        .set("for_each", expr::object(orders))
        .set("database", database.attr("name"))
        .set("collection", database.attr("name"))
        .block("fields", field("partition").set("order", "ASCENDING"))
        .block("fields", field("sort").set("order", expr::each_value(&["order"])));
    stack
        .module
        .comment("Items of one partition in their order, both ways: Firestore walks an index in one direction only.")
        .resource("google_firestore_index", &table.name, body);
}

fn expiry(stack: &mut Stack<'_>, table: &Table, database: &Address, attribute: &str) {
    let body = Block::new()
        .set("database", database.attr("name"))
        .set("collection", database.attr("name"))
        .set("field", attribute)
        .block("ttl_config", Block::new())
        .comment("No index of times, which would have all writes at one end.")
        .block("index_config", Block::new());
    stack
        .module
        .comment("An item goes within a day after this time, if the attribute is a timestamp.")
        .resource("google_firestore_field", &table.name, body);
}
