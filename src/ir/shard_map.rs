//! The map of shards, for applications that find the shard of a row by themselves.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::component::Database;
use super::sharding::{Sharding, Strategy};

/// The form of the map, which changes when an application that reads it has to.
const FORMAT: u32 = 1;

/// JSON on one line. `version` is new whenever anything else is: what an application that keeps the map compares.
pub fn shard_map(database: &Database, sharding: &Sharding) -> String {
    let mut map = content(database, sharding);
    let version = version(&map);
    map.insert("version".to_owned(), version.into());
    Value::Object(map).to_string()
}

/// The `version` of a map: what replaces the machines that read it when they start.
pub fn shard_map_version(database: &Database, sharding: &Sharding) -> String {
    version(&content(database, sharding))
}

fn version(content: &Map<String, Value>) -> String {
    let digest = Sha256::digest(Value::Object(content.clone()).to_string().as_bytes());
    base16ct::lower::encode_string(&digest[..6])
}

fn content(database: &Database, sharding: &Sharding) -> Map<String, Value> {
    let mut map = Map::new();
    let mut set = |key: &str, value: Value| map.insert(key.to_owned(), value);
    set("format", FORMAT.into());
    set("database", database.database.as_str().into());
    set("key", sharding.key.as_str().into());
    set("tables", json!(sharding.tables));
    set("reference_tables", json!(sharding.reference_tables));
    let ids: Vec<&str> = sharding.active().map(|shard| shard.id.as_str()).collect();
    set("shards", json!(ids));
    set("strategy", sharding.strategy.name().into());
    let id = |position: &usize| sharding.shards[*position].id.as_str();
    match &sharding.strategy {
        Strategy::Hash => {
            let hash = json!({ "function": "sha256", "of": "lower-case text", "hex_digits": 7, "modulo": ids.len() });
            set("hash", hash);
        }
        Strategy::Range(ranges) => {
            let ranges = ranges.iter().map(|(from, shard)| match from {
                Some(from) => json!({ "from": from, "shard": id(shard) }),
                None => json!({ "shard": id(shard) }),
            });
            set("ranges", ranges.collect());
        }
        Strategy::Directory { shards, default } => {
            let directory: Map<String, Value> = shards
                .iter()
                .map(|(key, shard)| (key.clone(), id(shard).into()))
                .collect();
            set("directory", directory.into());
            if let Some(default) = default {
                set("default", id(default).into());
            }
        }
    }
    map
}
