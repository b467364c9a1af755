//! Read replicas: servers of their own, or a pool of them that grows with the load. Both stand behind one name.
//!
//! Cloud SQL has a balanced endpoint for pools only, so replicas of a fixed number have an endpoint each, and the name has every
//! address.

use hcl::expr::ForExpr;
use hcl::{Expression, Identifier};
use tera::Context;

use super::Stack;
use super::database::{access, edition, endpoint, flags, labels, version_name};
use super::edge::READERS_TTL;
use crate::catalog;
use crate::ir::{Database, Id, Readers, Scale, Signal};
use crate::targets::shared::template::fill;
use crate::terraform::{Address, Block, expr, identifier};
use crate::vocabulary::Engine;
use crate::{list, object, template};

/// Seconds between two steps of a pool: a new node takes minutes to be of use.
const COOLDOWN: u32 = 600;

/// Where an instance has the certificate of its authority.
const AUTHORITY: [&str; 3] = ["server_ca_cert", "0", "cert"];

const RUNBOOK: &str = include_str!("../../../templates/replicas/gcp.md.tera");

/// Where the replicas of a database went.
#[derive(Debug)]
pub(super) struct Placed {
    /// Their addresses, a list.
    pub addresses: Expression,
    /// What leads to them.
    pub rule: Address,
    /// The servers.
    pub servers: Address,
    /// The certificates of their authorities, a list.
    pub authorities: Expression,
}

pub(super) fn lower(stack: &mut Stack<'_>, id: Id<Database>, database: &Database, primary: &Address) -> Option<Placed> {
    let readers = database.readers?;
    stack.module.file("database", "");
    let placed = match readers {
        Readers::Fixed(_) => fixed(stack, database, primary),
        Readers::Scaled(scale) => pool(stack, database, primary, scale),
    };
    let what = match readers {
        Readers::Fixed(1) => "Cloud SQL, a read replica".to_owned(),
        Readers::Fixed(count) => format!("Cloud SQL, {count} read replicas behind one name"),
        Readers::Scaled(scale) => format!("Cloud SQL, a read pool of {} to {} nodes", scale.min, scale.max),
    };
    let path = format!("{}.replicas", database.path);
    stack.report.component(&path, what, placed.servers.text());
    stack.module.file("outputs", "");
    let name = &database.name;
    stack.module.output(
        &format!("{name}_read_host"),
        stack.system.reader_host(id),
        &format!("Host name of the read replicas of {name} inside the network."),
    );
    Some(placed)
}

/// So many replicas, one zone after the other.
fn fixed(stack: &mut Stack<'_>, database: &Database, primary: &Address) -> Placed {
    let name = database.name.as_str();
    let zones = catalog::gcp_zones(stack.region(), stack.system.network.zones);
    let keys = database.replica_keys().into_iter().zip(zones.into_iter().cycle());
    let replicas = stack
        .module
        .comment(&format!("Read replicas of {name}, and the zone of each."))
        .local(&format!("{name}_replicas"), expr::object(keys));
    let part = database.replica_name();
    let suffix = suffix(stack, &part, Some(&replicas), primary);
    let prefix = format!("{}-", stack.name(&database.reader_name()));
    let full = template![prefix.as_str(), expr::each_key(), "-", suffix.each().attr("hex")];
    let place = Block::new().set("zone", expr::each_value(&[]));
    let settings = settings(stack, database, primary, Some("ZONAL")).block("location_preference", place);
    let start = Block::new().set("for_each", replicas.clone());
    let body = body(stack, database, primary, start, full, "READ_REPLICA_INSTANCE").block("settings", settings);
    let servers = instance(stack, &part, body);
    let target = servers.each().attr("psc_service_attachment_link");
    let authority = expr::attribute(expr::keyword("replica"), &AUTHORITY);
    let own = template![prefix, expr::each_key()];
    let (address, rule) = endpoint(stack, &part, own, Some(&replicas), target);
    Placed {
        addresses: address.all("address"),
        rule,
        authorities: ForExpr::new(Identifier::unchecked("replica"), servers.whole(), authority).into(),
        servers,
    }
}

/// A pool, which has one endpoint before all its nodes and lies in several zones by itself.
fn pool(stack: &mut Stack<'_>, database: &Database, primary: &Address, scale: Scale) -> Placed {
    let part = database.reader_name();
    let own = stack.name(&part);
    let suffix = suffix(stack, &part, None, primary);
    let full = template![own.as_str(), "-", suffix.attr("hex")];
    let load = Block::new()
        .set("metric", "AVERAGE_CPU_UTILIZATION")
        .set("target_value", f64::from(scale.cpu_percent) / 100.0);
    let scaling = Block::new()
        .set("enabled", true)
        .set("min_node_count", scale.min)
        .set("max_node_count", scale.max)
        .set("scale_out_cooldown_seconds", COOLDOWN)
        .set("scale_in_cooldown_seconds", COOLDOWN)
        .block("target_metrics", load);
    let settings = settings(stack, database, primary, None).block("read_pool_auto_scale_config", scaling);
    let body = body(stack, database, primary, Block::new(), full, "READ_POOL_INSTANCE").block("settings", settings);
    let servers = instance(stack, &part, body);
    let target = servers.attr("psc_service_attachment_link");
    let (address, rule) = endpoint(stack, &part, own.into(), None, target);
    Placed {
        addresses: list![address.attr("address")],
        rule,
        authorities: list![expr::attribute(servers.whole(), &AUTHORITY)],
        servers,
    }
}

/// What makes the names of replicas unique.
fn suffix(stack: &mut Stack<'_>, part: &str, each: Option<&Expression>, primary: &Address) -> Address {
    let body = Block::new()
        .set_some("for_each", each.cloned())
        .set("byte_length", 3)
        .set("keepers", object! { "primary" => primary.attr("name") });
    stack
        .module
        .comment(
            "A replica follows one primary for life, so another primary has other replicas.\n\
             The name of a deleted one stays taken for a week.",
        )
        .resource("random_id", part, body)
}

fn body(
    stack: &Stack<'_>,
    database: &Database,
    primary: &Address,
    start: Block,
    name: Expression,
    kind: &str,
) -> Block {
    start
        .set("name", name)
        .set("region", stack.region())
        .set("database_version", version_name(database))
        .set("instance_type", kind)
        .comment("Encrypted with its primary's key, as every replica in the same region.")
        .set("master_instance_name", primary.attr("name"))
        .set("deletion_protection", stack.system.protect)
}

/// The settings of the primary, as far as a replica has them: neither backups nor a maintenance window.
fn settings(stack: &Stack<'_>, database: &Database, primary: &Address, availability: Option<&str>) -> Block {
    let (edition, tier) = edition(database);
    Block::new()
        .set("edition", edition)
        .set("tier", tier)
        .set_some("availability_type", availability)
        .set("disk_type", "PD_SSD")
        .comment("The primary's may have grown.")
        .set("disk_size", primary.attr("settings.0.disk_size"))
        .set("disk_autoresize", true)
        .set("deletion_protection_enabled", stack.system.protect)
        .set("user_labels", labels(stack))
        .block("ip_configuration", access(stack))
        .block("insights_config", Block::new().set("query_insights_enabled", true))
        .blocks("database_flags", flags(database.engine))
}

fn instance(stack: &mut Stack<'_>, part: &str, body: Block) -> Address {
    let own = |key: &str| expr::attribute(expr::keyword("settings"), &["0", key]);
    let ignored = list![own("disk_size"), own("maintenance_window")];
    let body = body
        .comment("It grows by itself, and takes no maintenance window of its own.")
        .block("lifecycle", Block::new().set("ignore_changes", ignored));
    stack.module.resource("google_sql_database_instance", part, body)
}

/// What the README says: how reading works, and what to do when the primary is lost.
pub(super) fn runbook(stack: &Stack<'_>, id: Id<Database>, database: &Database) -> Vec<String> {
    let Some(readers) = database.readers else {
        return vec![];
    };
    let pool = match readers {
        Readers::Scaled(scale) => Some([scale.min, scale.max, scale.cpu_percent]),
        Readers::Fixed(_) => None,
    };
    let watched = |signal: Signal| matches!(signal, Signal::ReplicaLag { database, .. } if database == id);
    let mut context = Context::new();
    context.insert("prefix", &stack.system.prefix);
    context.insert("region", stack.region());
    let network = stack.system.network.existing.gcp.as_ref();
    context.insert(
        "network",
        network.map_or(&stack.system.prefix, |existing| &existing.network),
    );
    let project = stack.system.accounts.gcp.as_ref();
    context.insert("project", project.map_or("PROJECT", |account| account.project.as_str()));
    context.insert("name", &database.name);
    context.insert("id", &identifier(&database.name));
    context.insert("variable", &identifier(&database.home.name).to_uppercase());
    context.insert("host", &stack.system.reader_host(id));
    context.insert("ttl", &READERS_TTL);
    context.insert("proxy", &database.proxy().is_some());
    context.insert("keys", &database.replica_keys());
    context.insert("pool", &pool);
    context.insert("multi_zone", &database.multi_zone);
    context.insert("database", &database.database);
    context.insert("user", &database.user);
    context.insert("postgres", &(database.engine == Engine::Postgres));
    context.insert("mysql", &(database.engine == Engine::Mysql));
    context.insert(
        "alarmed",
        &stack.system.alarms.iter().any(|alarm| watched(alarm.signal)),
    );
    // Lines of a list item are indented under it.
    let parts = fill(RUNBOOK, &context);
    parts
        .split("@@")
        .map(|part| part.trim().replace('\n', "\n  ").replace("\n  \n", "\n\n"))
        .collect()
}
