//! Rules about tables that are spread over shards. One constructor per rule.

use super::{Diagnostic, Span};

/// `sharding-needs-pattern`
pub fn needs_pattern(at: Option<Span>, database: &str, pattern: &str) -> Diagnostic {
    Diagnostic::error(
        "sharding-needs-pattern",
        at,
        format!("database `{database}` has shards, which the pattern `{pattern}` does not know"),
    )
    .fix("use `pattern = \"sharding\"`, or remove `sharding`")
}

/// `no-shards`
pub fn no_shards(at: Option<Span>) -> Diagnostic {
    Diagnostic::warning("no-shards", at, "the pattern is `sharding`, and no database has shards")
        .fix("add `[databases.NAME.sharding]`, or use `pattern = \"read-replica\"`")
}

/// `no-driver`
pub fn no_driver(at: Option<Span>, image: &str) -> Diagnostic {
    Diagnostic::error(
        "no-driver",
        at,
        "ShardingSphere's image has no driver for MySQL, so `proxy.image` must name one that has",
    )
    .reason("the driver's licence keeps it out")
    .fix(format!(
        "build one: `FROM {image}` and `ADD` of mysql-connector-j to /opt/shardingsphere-proxy/ext-lib/, and give it as `proxy = {{ image = \"...\" }}`"
    ))
}

/// `no-proxy`
pub fn no_proxy(at: Option<Span>, engine: &str) -> Diagnostic {
    Diagnostic::error("no-proxy", at, format!("there is no proxy for shards of {engine}"))
        .fix("use `router = \"application\"`, or the engine `postgres` or `mysql`")
}

/// `too-many-active`
pub fn too_many_active(at: Option<Span>, active: u32, shards: usize) -> Diagnostic {
    Diagnostic::error(
        "too-many-active",
        at,
        format!("{active} shards cannot be active, there are {shards}"),
    )
    .fix("lower it, or remove it once every shard is filled")
}

/// `shards-not-a-multiple`
pub fn not_a_multiple(at: Option<Span>, active: u32, shards: usize) -> Diagnostic {
    let next = (shards / active as usize + 1) * active as usize;
    Diagnostic::warning(
        "shards-not-a-multiple",
        at,
        format!("from {active} to {shards} shards nearly every row moves"),
    )
    .reason("a hash modulo the number of shards keeps rows in their place only where the new number is a multiple of the old one")
    .fix(format!("use {next}"))
}

/// `active-needs-hash`
pub fn active_needs_hash(at: Option<Span>, strategy: &str) -> Diagnostic {
    Diagnostic::error(
        "active-needs-hash",
        at,
        format!("under `{strategy}` the shards that the map names are active"),
    )
    .fix("remove `active`: a shard that no key is mapped to yet is made, and not used")
}

/// `other-strategy`
pub fn other_strategy(at: Option<Span>, key: &str, of: &str, strategy: &str) -> Diagnostic {
    Diagnostic::error(
        "other-strategy",
        at,
        format!("`{key}` belongs to the strategy `{of}`, this one is `{strategy}`"),
    )
    .fix(format!("remove `{key}`, or use `strategy = \"{of}\"`"))
}

/// `no-shard-map`
pub fn missing_map(at: Option<Span>, strategy: &str, key: &str, [first, last]: [&str; 2]) -> Diagnostic {
    let fix = match key {
        "ranges" => format!("add `ranges = [{{ shard = \"{first}\" }}, {{ from = 1000000, shard = \"{last}\" }}]`"),
        _ => format!("add `directory = {{ acme = \"{first}\", globex = \"{last}\" }}`"),
    };
    Diagnostic::error(
        "no-shard-map",
        at,
        format!("the strategy `{strategy}` needs `{key}`: which keys are on which shard"),
    )
    .fix(fix)
}

/// `large-directory`
pub fn large_directory(at: Option<Span>, keys: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "large-directory",
        at,
        format!("the directory has {keys} keys, at most {most} can be looked up for each statement"),
    )
    .fix("map groups of keys: give rows a column with the group, and use it as the key")
}

/// `unknown-shard`
pub fn unknown_shard<'a>(at: Option<Span>, shard: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    Diagnostic::error("unknown-shard", at, format!("no shard is called `{shard}`")).suggest(shard, known)
}

/// `range-order`
pub fn first_range(at: Option<Span>) -> Diagnostic {
    Diagnostic::error(
        "range-order",
        at,
        "the first range has a lower end, so that the keys below it have no shard",
    )
    .fix("remove its `from`")
}

/// `range-order`
pub fn later_range(at: Option<Span>) -> Diagnostic {
    Diagnostic::error("range-order", at, "only the first range may be without `from`").fix("give its first key")
}

/// `range-order`
pub fn range_order(at: Option<Span>, from: i64) -> Diagnostic {
    Diagnostic::error(
        "range-order",
        at,
        format!("the range from {from} does not begin after the one before it"),
    )
    .fix("write the ranges in ascending order")
}

/// `table-twice`
pub fn table_twice(at: Option<Span>, table: &str) -> Diagnostic {
    Diagnostic::error(
        "table-twice",
        at,
        format!("`{table}` is both spread over the shards and copied to each"),
    )
    .fix("remove it from `tables` or from `reference_tables`")
}

/// `not-spread`
pub fn not_spread<'a>(at: Option<Span>, table: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    Diagnostic::error("not-spread", at, format!("`{table}` is not one of `tables`"))
        .reason("ids of a table on one server are made by the server")
        .suggest(table, known)
}

/// `generated-key`
pub fn generated_key(at: Option<Span>, column: &str) -> Diagnostic {
    Diagnostic::error(
        "generated-key",
        at,
        format!("`{column}` decides on the shard, so the application must give it"),
    )
    .fix("name the column of the table's own id")
}

/// `shard-name-taken`
pub fn name_taken(at: Option<Span>, name: &str, database: &str) -> Diagnostic {
    Diagnostic::error(
        "shard-name-taken",
        at,
        format!("`{name}` is a name of the shards of `{database}` or of their proxy"),
    )
    .fix("give the component another name")
}
