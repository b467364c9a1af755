//! What keeps state.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Sharding, Size, yes};
use crate::vocabulary::{Edition, Engine, Eviction, License};

/// A managed relational database.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The engine.
    pub engine: Engine,
    /// Its major version; the newest that every cloud offers when left out.
    #[serde(default)]
    pub version: Option<String>,
    /// Edition of a commercial engine.
    #[serde(default)]
    pub edition: Option<Edition>,
    /// Who brings the licence of a commercial engine.
    #[serde(default)]
    pub license: Option<License>,
    /// Size of the server.
    #[serde(default)]
    pub size: Option<Size>,
    /// Storage in GiB; it grows by itself where the cloud can.
    #[serde(default = "storage_gb")]
    #[schemars(range(min = 20, max = 16384))]
    pub storage_gb: u32,
    /// Keep a standby in another zone.
    #[serde(default = "yes")]
    pub multi_zone: bool,
    /// Backups; point-in-time restore covers the same days.
    #[serde(default)]
    pub backup: Backup,
    /// Read replicas (`pattern = "read-replica"` and up).
    #[serde(default)]
    pub replicas: Replicas,
    /// Tables that are spread over further servers like this one, by a key (`pattern = "sharding"` and up).
    #[serde(default)]
    pub sharding: Option<Sharding>,
}

/// How many read replicas a database has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Replicas {
    /// As many.
    Count(#[schemars(range(min = 0, max = 15))] u32),
    /// As many as the load asks for.
    Scale(ReplicaScale),
}

impl Default for Replicas {
    fn default() -> Self {
        Replicas::Count(0)
    }
}

/// How many read replicas there are, and when there are more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplicaScale {
    /// Never fewer.
    #[schemars(range(min = 1, max = 15))]
    pub min: u32,
    /// Never more.
    #[schemars(range(min = 1, max = 15))]
    pub max: u32,
    /// Average processor load, in percent, that more replicas keep it under.
    #[serde(default = "cpu_percent")]
    #[schemars(range(min = 10, max = 95))]
    pub cpu_percent: u32,
}

fn cpu_percent() -> u32 {
    60
}

/// When backups are made and how long they are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Backup {
    /// Start of the daily window, UTC, `HH:MM`.
    #[schemars(extend("pattern" = "^([01][0-9]|2[0-3]):[0-5][0-9]$", "x-says" = "a time of day in UTC, such as `09:00`", "examples" = ["09:00"]))]
    pub window: String,
    /// Days that backups are kept.
    #[schemars(range(min = 1, max = 35))]
    pub retention_days: u32,
}

impl Default for Backup {
    fn default() -> Self {
        Self {
            window: "18:00".to_owned(),
            retention_days: 7,
        }
    }
}

/// An object store.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// When objects move to cheaper storage and when they are deleted; never when left out.
    #[serde(default)]
    pub lifecycle: Lifecycle,
    /// Keep the previous versions of overwritten and deleted objects for 30 days.
    #[serde(default = "yes")]
    pub versioning: bool,
}

/// Days from creation of an object to a change of its storage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Lifecycle {
    /// Days until an object moves to infrequent-access storage.
    #[schemars(range(min = 30, max = 3650))]
    pub cool_after_days: Option<u32>,
    /// Days until an object moves to archive storage.
    #[schemars(range(min = 60, max = 3650))]
    pub archive_after_days: Option<u32>,
    /// Days until an object is deleted.
    #[schemars(range(min = 1, max = 36500))]
    pub delete_after_days: Option<u32>,
}

/// A cache in memory: sessions, and answers that are dear to compute. It speaks the protocol of Redis, over TLS.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Cache {
    /// Memory for data, in GiB.
    #[schemars(range(min = 1, max = 512))]
    pub memory_gb: u32,
    /// Keep a copy in another zone, which takes over when the first is lost.
    pub multi_zone: bool,
    /// What goes when memory is full.
    pub eviction: Eviction,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            memory_gb: 1,
            multi_zone: true,
            eviction: Eviction::Lru,
        }
    }
}

/// An entry of the vault. Its value is put there by the owner, never by Terraform.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Secret {
    /// What it is for.
    pub description: Option<String>,
}

fn storage_gb() -> u32 {
    100
}
