//! What the README of the output says about shards, on every target: how they behave, and how there come to be more.

use tera::Context;

use super::proxy::ANSWER_SECONDS;
use crate::ir::{Database, Sharding, Strategy, System};
use crate::targets::shared::report::listed;
use crate::targets::shared::template;
use crate::vocabulary::Engine;

const TEMPLATE: &str = include_str!("../../../../templates/sharding/runbook.md.tera");

/// One item for each list entry of the section on operations.
pub fn runbook(system: &System, database: &Database, sharding: &Sharding) -> Vec<String> {
    let active: Vec<&str> = sharding.active().map(|shard| shard.id.as_str()).collect();
    let mut context = Context::new();
    context.insert("name", &database.name);
    context.insert("variable", &database.home.name.replace('-', "_").to_uppercase());
    context.insert("database", &database.database);
    context.insert("mysql", &(database.engine == Engine::Mysql));
    let proxy = sharding.proxy().map(|proxy| &system.services[proxy]);
    let image = proxy.and_then(|proxy| proxy.launch.reference()).unwrap_or_default();
    context.insert("proxy", &proxy.is_some());
    context.insert("image", image);
    context.insert("replicas", &database.readers.is_some());
    context.insert("movable", &!image.contains('@'));
    context.insert("minutes", &(ANSWER_SECONDS / 60));
    context.insert("user", &database.user);
    context.insert("generates", &!sharding.generated_ids.is_empty());
    context.insert("key", &sharding.key);
    context.insert("strategy", sharding.strategy.name());
    context.insert("tables", &sharding.tables);
    context.insert("tables_text", &quoted(&sharding.tables));
    context.insert("reference_tables", &sharding.reference_tables);
    context.insert("reference_text", &quoted(&sharding.reference_tables));
    context.insert("active", &active);
    context.insert("twice", &(active.len() * 2));
    context.insert("where", &moved(database, sharding, active.len()));
    template::items(TEMPLATE, &context)
}

/// `a`, `b` and `c`
fn quoted(names: &[String]) -> String {
    listed(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>())
}

/// SQL: true for the rows that move, from `active` shards to twice as many where the key is hashed.
fn moved(database: &Database, sharding: &Sharding, active: usize) -> String {
    let key = &sharding.key;
    match (&sharding.strategy, database.engine) {
        (Strategy::Hash, Engine::Mysql) => format!(
            "CONV(SUBSTR(SHA2(LOWER(CONVERT({key} USING utf8mb4)), 256), 1, 7), 16, 10) % {} = POSITION",
            active * 2
        ),
        (Strategy::Hash, Engine::Postgres) => format!(
            "('x' || substr(encode(sha256(convert_to(lower({key}::text), 'UTF8')), 'hex'), 1, 7))::bit(28)::int % {} = POSITION",
            active * 2
        ),
        (Strategy::Hash, Engine::Sqlserver | Engine::Oracle) => {
            format!("the hash of {key} as in the map, modulo {}, is POSITION", active * 2)
        }
        (Strategy::Range(_), _) => format!("{key} >= FROM AND {key} < TO"),
        (Strategy::Directory { .. }, _) => format!("{key} IN (KEYS)"),
    }
}
