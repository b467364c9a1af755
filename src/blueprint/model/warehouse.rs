//! Warehouses: rows that are kept for questions over all of them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Identifier, Link};
use crate::vocabulary::{ColumnType, WarehouseSize};

/// A data warehouse: functions, services and streams fill its tables, and questions go over all rows of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Warehouse {
    /// How much it computes at once, where the cloud does not follow the questions by itself.
    #[serde(default)]
    pub size: WarehouseSize,
    /// Its tables.
    pub tables: BTreeMap<Identifier, WarehouseTable>,
}

/// A table of a warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WarehouseTable {
    /// Its columns and their types. Records of `stream` are JSON objects with fields of these names.
    pub columns: BTreeMap<Identifier, ColumnType>,
    /// The stream whose records become rows.
    #[serde(default)]
    pub stream: Option<Link>,
    /// The column that says when something happened: what questions usually limit. Its type is `timestamp`.
    #[serde(default)]
    pub time: Option<Identifier>,
    /// Days after `time` that a row goes; never when left out.
    #[serde(default)]
    #[schemars(range(min = 1, max = 3650))]
    pub delete_after_days: Option<u32>,
}
