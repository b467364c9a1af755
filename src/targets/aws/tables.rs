//! Tables: DynamoDB.

mod scaling;

use std::collections::BTreeSet;

use hcl::Expression;

use super::compute::Parts;
use super::encryption::Keys;
use super::policy::Statement;
use super::{Base, Stack};
use crate::ir::{Attribute, Capacity, Id, Index, Key, Resource, Service, Table};
use crate::terraform::{Address, Block};
use crate::vocabulary::{Changes, KeyType};
use crate::{list, template};

/// What reads items, besides those of indexes.
const READ: [&str; 6] = [
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
];
/// What changes items.
const WRITE: [&str; 5] = [
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeTable",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
];

/// The tables of the system.
#[derive(Default)]
pub(super) struct Tables {
    found: Vec<(Id<Table>, Address)>,
}

impl Tables {
    /// A table.
    pub(super) fn get(&self, id: Id<Table>) -> &Address {
        self.found
            .iter()
            .find_map(|(other, table)| (*other == id).then_some(table))
            .unwrap_or_else(|| unreachable!("every table of the system has been added"))
    }
}

pub(super) fn lower(stack: &mut Stack<'_>, keys: &Keys) -> Tables {
    let system = stack.system;
    stack.module.file("tables", "");
    let mut tables = Tables::default();
    for (id, item) in system.tables.iter() {
        let watched = system.watchers_of(id).next().is_some();
        let body = body(stack, item, watched, keys);
        let table = stack.module.resource("aws_dynamodb_table", &item.name, body);
        if let Some(capacity) = item.capacity {
            scaling::lower(stack, item, capacity, &table);
        }
        stack.report.component(&item.path, "DynamoDB table", table.text());
        tables.found.push((id, table));
    }
    tables
}

fn body(stack: &Stack<'_>, item: &Table, watched: bool, keys: &Keys) -> Block {
    let sort = item.key.sort.as_ref().map(|attribute| attribute.name.as_str());
    let all = std::iter::once(&item.key).chain(item.indexes.iter().map(|index| &index.key));
    let attributes: BTreeSet<&Attribute> = all.flat_map(Key::attributes).collect();
    let attributes = attributes.into_iter().map(|attribute| {
        Block::new()
            .set("name", attribute.name.as_str())
            .set("type", letter(attribute.kind))
    });
    let indexes = item.indexes.iter().map(|index| self::index(index, item.capacity));
    let expires = item.ttl.as_ref().map(|attribute| {
        Block::new()
            .set("attribute_name", attribute.as_str())
            .set("enabled", true)
    });
    let encryption = Block::new()
        .set("enabled", true)
        .set("kms_key_arn", keys.data.attr("arn"));
    let body = Block::new().set("name", stack.name(&item.name));
    let body = match item.capacity {
        None => body.set("billing_mode", "PAY_PER_REQUEST"),
        Some(capacity) => body
            .set("billing_mode", "PROVISIONED")
            .set("read_capacity", capacity.read)
            .set("write_capacity", capacity.write),
    };
    body.set("hash_key", item.key.partition.name.as_str())
        .set_some("range_key", sort)
        .set("deletion_protection_enabled", stack.system.protect)
        .when(watched, |block| {
            block
                .comment("What the functions that it starts see of a change.")
                .set("stream_enabled", true)
                .set("stream_view_type", view(item.changes))
        })
        .blocks("attribute", attributes)
        .blocks("global_secondary_index", indexes)
        .block_some("ttl", expires)
        .block("point_in_time_recovery", Block::new().set("enabled", item.restore))
        .block("server_side_encryption", encryption)
        .block_some("lifecycle", scaling::ignored(item))
}

fn index(index: &Index, capacity: Option<Capacity>) -> Block {
    let key = |attribute: &Attribute, kind: &str| {
        Block::new()
            .set("attribute_name", attribute.name.as_str())
            .set("key_type", kind)
    };
    let sort = index.key.sort.as_ref().map(|attribute| key(attribute, "RANGE"));
    let body = Block::new().set("name", index.name.as_str());
    let body = match &index.attributes {
        None => body.set("projection_type", "ALL"),
        Some(names) if names.is_empty() => body.set("projection_type", "KEYS_ONLY"),
        Some(names) => {
            let names = names.iter().map(|name| name.as_str().into()).collect();
            body.set("projection_type", "INCLUDE")
                .set("non_key_attributes", Expression::Array(names))
        }
    };
    body.set_some("read_capacity", capacity.map(|capacity| capacity.read))
        .set_some("write_capacity", capacity.map(|capacity| capacity.write))
        .block("key_schema", key(&index.key.partition, "HASH"))
        .block_some("key_schema", sort)
}

/// The letter for a type of keys.
fn letter(kind: KeyType) -> &'static str {
    match kind {
        KeyType::String => "S",
        KeyType::Number => "N",
        KeyType::Binary => "B",
    }
}

fn view(changes: Changes) -> &'static str {
    match changes {
        Changes::Both => "NEW_AND_OLD_IMAGES",
        Changes::New => "NEW_IMAGE",
        Changes::Old => "OLD_IMAGE",
        Changes::Keys => "KEYS_ONLY",
    }
}

/// True if Terraform leaves the indexes of a table alone.
pub(super) fn leaves_indexes(item: &Table) -> bool {
    scaling::is_scaled(item) && !item.indexes.is_empty()
}

/// The stream of a table's changes.
pub(super) fn stream(id: Id<Table>, parts: &Parts<'_>) -> Expression {
    parts.tables.get(id).attr("stream_arn")
}

/// What a service's links to tables allow.
pub(super) fn granted(stack: &Stack<'_>, id: Id<Service>, parts: &Parts<'_>) -> Vec<Statement> {
    let (mut read, mut write) = (vec![], vec![]);
    for grant in stack.system.grants_of(id) {
        if let Resource::Table(table) = grant.resource {
            let arn = parts.tables.get(table).attr("arn");
            if grant.access.reads() {
                read.push(arn.clone());
                if !stack.system.tables[table].indexes.is_empty() {
                    read.push(template![arn.clone(), "/index/*"]);
                }
            }
            if grant.access.writes() {
                write.push(arn);
            }
        }
    }
    let statements = [("ReadItems", &READ[..], read), ("WriteItems", &WRITE[..], write)];
    let used = statements.into_iter().filter(|(.., resources)| !resources.is_empty());
    used.map(|(sid, actions, resources)| Statement::allow(sid, actions, Expression::Array(resources)))
        .collect()
}

/// What Lambda needs to read the changes of a table.
pub(super) fn changes(id: Id<Table>, parts: &Parts<'_>) -> [Statement; 2] {
    let read = [
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
    ];
    let changes = template![parts.tables.get(id).attr("arn"), "/stream/*"];
    [
        Statement::allow("ReadChanges", &read, list![changes]),
        Statement::allow("FindChanges", &["dynamodb:ListStreams"], "*"),
    ]
}

/// What passes the endpoint of the network: items of this system's tables.
pub(super) fn passing(stack: &Stack<'_>, base: &Base) -> (Vec<&'static str>, Expression) {
    let tables = template![
        format!("arn:aws:dynamodb:{}:", stack.region()),
        base.account.clone(),
        format!(":table/{}", stack.name("*"))
    ];
    let actions: BTreeSet<&str> = READ.into_iter().chain(WRITE).collect();
    (actions.into_iter().collect(), list![tables])
}
