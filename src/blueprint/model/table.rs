//! Tables: items by key, without a server.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ItemAttribute, Name};
use crate::vocabulary::{Changes, KeyType};

/// A table of items that are found by their key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The attribute that spreads items over partitions, and that every query names.
    pub partition_key: ItemAttribute,
    /// The attribute that orders the items of one partition. Together the two are an item's key.
    #[serde(default)]
    pub sort_key: Option<ItemAttribute>,
    /// Types of the attributes in keys; `string` when left out.
    #[serde(default)]
    pub types: BTreeMap<ItemAttribute, KeyType>,
    /// Further ways to find items.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 20))]
    pub indexes: BTreeMap<Name, Index>,
    /// The attribute that says when an item goes, in seconds since 1970.
    #[serde(default)]
    pub ttl: Option<ItemAttribute>,
    /// Reads and writes that are paid for; whatever comes, by the request, when left out.
    #[serde(default)]
    pub capacity: Option<Capacity>,
    /// It can be restored to any second of the last weeks.
    #[serde(default = "yes")]
    pub restore: bool,
    /// What the function that it triggers sees of a change.
    #[serde(default)]
    pub changes: Changes,
}

/// A further way to find items of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// The attribute that a query names.
    pub partition_key: ItemAttribute,
    /// The attribute that orders what is found.
    #[serde(default)]
    pub sort_key: Option<ItemAttribute>,
    /// Attributes of an item that the index holds besides keys; all when left out.
    #[serde(default)]
    pub attributes: Option<Vec<ItemAttribute>>,
}

/// Reads and writes of a table per second, of 4 and 1 KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// Reads, at least.
    #[schemars(range(min = 1, max = 40000))]
    pub read: u32,
    /// Writes, at least.
    #[schemars(range(min = 1, max = 40000))]
    pub write: u32,
    /// Reads, at most; the same as `read` when left out.
    #[serde(default)]
    #[schemars(range(min = 1, max = 40000))]
    pub max_read: Option<u32>,
    /// Writes, at most; the same as `write` when left out.
    #[serde(default)]
    #[schemars(range(min = 1, max = 40000))]
    pub max_write: Option<u32>,
    /// Use, in percent, that more capacity keeps it under.
    #[serde(default = "percent")]
    #[schemars(range(min = 20, max = 90))]
    pub percent: u32,
}

fn percent() -> u32 {
    70
}

fn yes() -> bool {
    true
}
