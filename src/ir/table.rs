//! Tables of items by key.

use super::domain::Home;
use crate::vocabulary::{Changes, KeyType};

/// A table of items that are found by their key, without a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The component's name in the system.
    pub name: String,
    /// Where it stands, and what it is called there.
    pub home: Home,
    /// Its path in the blueprint.
    pub path: String,
    /// An item's key.
    pub key: Key,
    /// Further ways to find items, by name.
    pub indexes: Vec<Index>,
    /// The attribute that says when an item goes, in seconds since 1970.
    pub ttl: Option<String>,
    /// Reads and writes that are paid for; whatever comes when there is none.
    pub capacity: Option<Capacity>,
    /// It can be restored to any second of the last weeks.
    pub restore: bool,
    /// What somebody who watches it sees of a change.
    pub changes: Changes,
}

/// The attributes that find an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What spreads items over partitions.
    pub partition: Attribute,
    /// What orders the items of one partition.
    pub sort: Option<Attribute>,
}

impl Key {
    /// Its attributes, one or two.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        std::iter::once(&self.partition).chain(&self.sort)
    }
}

/// An attribute in a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attribute {
    /// Letters, digits and underscores.
    pub name: String,
    /// Its type.
    pub kind: KeyType,
}

/// A further way to find items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name, unique in the table. A stable key.
    pub name: String,
    /// The attributes that find items.
    pub key: Key,
    /// What it holds of an item besides keys; all when there is none.
    pub attributes: Option<Vec<String>>,
}

/// Reads of 4 KiB and writes of 1 KiB per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// Reads, at least.
    pub read: u32,
    /// Writes, at least.
    pub write: u32,
    /// Reads, at most.
    pub max_read: u32,
    /// Writes, at most.
    pub max_write: u32,
    /// Use, in percent, that more capacity keeps it under.
    pub percent: u32,
}
