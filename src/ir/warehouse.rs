//! Data warehouses.

use super::arena::Id;
use super::domain::Home;
use super::stream::Stream;
use crate::vocabulary::{ColumnType, WarehouseSize};

/// A data warehouse. Functions and services insert rows and ask, and records of streams become rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warehouse {
    /// The component's name in the system.
    pub name: String,
    /// Where it stands, and what it is called there.
    pub home: Home,
    /// Its path in the blueprint.
    pub path: String,
    /// How much it computes at once, where the cloud does not follow the questions by itself.
    pub size: WarehouseSize,
    /// Its tables, by name.
    pub tables: Vec<WarehouseTable>,
}

impl Warehouse {
    /// The name of the database, or dataset, that holds its tables: letters, digits and underscores.
    pub fn database(&self) -> String {
        self.name.replace('-', "_")
    }
}

/// A table of a warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarehouseTable {
    /// Its name: at most 63 lower-case letters, digits and underscores.
    pub name: String,
    /// Its columns, by name.
    pub columns: Vec<Column>,
    /// The stream whose records become rows: JSON objects with fields that are called as the columns. Other fields are left out; what is
    /// missing is null.
    pub stream: Option<Id<Stream>>,
    /// The column that says when something happened, a timestamp: what questions usually limit.
    pub time: Option<String>,
    /// Days after `time` that a row goes.
    pub delete_after_days: Option<u32>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name: at most 63 lower-case letters, digits and underscores.
    pub name: String,
    /// Its type.
    pub kind: ColumnType,
}

/// Somebody is told when records of a stream do not become rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkAlarm {
    /// Its name in the system: `facts-from-readings-refused`.
    pub name: String,
    /// What it means and what to do about it: one or two sentences.
    pub about: String,
    /// The warehouse.
    pub warehouse: Id<Warehouse>,
    /// The table.
    pub table: String,
    /// The stream.
    pub stream: Id<Stream>,
}
