//! Tables that are spread over several database servers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DirectoryKey, Identifier, Scale, ShardId, Size};
use crate::vocabulary::{PerTarget, Router, Strategy};

/// How tables are spread over shards: servers like the main one, which keeps every other table.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sharding {
    /// The column that decides on which shard a row is. Every sharded table has it, and it never changes.
    pub key: Identifier,
    /// How many, or their ids.
    pub shards: Shards,
    /// How the key decides.
    pub strategy: Strategy,
    /// The tables that are spread.
    #[schemars(length(min = 1, max = 200), extend("uniqueItems" = true))]
    pub tables: Vec<Identifier>,
    /// How many of the shards rows are routed to, under `hash`: the first ones; all when left out. Shards are added in two steps:
    /// first beside this number, then, when the rows that move have been copied, without it.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub active: Option<u32>,
    /// Which shard holds which keys, under `range`.
    #[serde(default)]
    pub ranges: Vec<Range>,
    /// The shard of each key, under `directory`.
    #[serde(default)]
    pub directory: BTreeMap<DirectoryKey, ShardId>,
    /// The shard of the keys that are not in the directory; without it they are refused.
    #[serde(default)]
    pub default: Option<ShardId>,
    /// Small tables that stand on every shard as well, so that sharded tables can be joined with them.
    #[serde(default)]
    #[schemars(length(max = 200), extend("uniqueItems" = true))]
    pub reference_tables: Vec<Identifier>,
    /// The column of each table that the router fills with a unique number when a row is inserted without it.
    #[serde(default)]
    pub generated_ids: BTreeMap<Identifier, Identifier>,
    /// Who finds the shard of a row.
    #[serde(default)]
    pub router: Router,
    /// The proxy, under `router = "proxy"`.
    #[serde(default)]
    pub proxy: Proxy,
    /// Size of one shard's server; the main one's when left out.
    #[serde(default)]
    pub size: Option<Size>,
    /// Storage of one shard in GiB; the main server's when left out.
    #[serde(default)]
    #[schemars(range(min = 20, max = 16384))]
    pub storage_gb: Option<u32>,
}

/// The shards of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Shards {
    /// As many: `s0`, `s1`, ...
    Count(#[schemars(range(min = 1, max = 1000))] u32),
    /// By id. The order matters under `hash`: it is never changed, ids are added at the end.
    Named(#[schemars(length(min = 1, max = 1000), extend("uniqueItems" = true))] Vec<ShardId>),
}

/// The keys from a number up to the next range's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The first key of the range; the first range has none and holds everything below the second.
    #[serde(default)]
    pub from: Option<i64>,
    /// The shard that holds it.
    pub shard: ShardId,
}

/// The proxy between the services and the shards: Apache ShardingSphere-Proxy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Proxy {
    /// Container image: version 5.5.3 or later of ShardingSphere-Proxy. For MySQL one of your own, which has the database's driver.
    pub image: Option<String>,
    /// Machine images that replace the current Ubuntu LTS, per target.
    pub machine_image: PerTarget,
    /// Size of one machine or pod.
    pub size: Option<Size>,
    /// How many.
    pub scale: Option<Scale>,
}
