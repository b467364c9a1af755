//! Read replicas of a flexible server: servers of their own that follow it, each behind a private endpoint, all behind one name.

use hcl::Expression;

use super::{class, lifecycle, lock_each, managed_key, mysql, postgres};
use crate::ir::{Database, Id};
use crate::targets::azure::project::after;
use crate::targets::azure::secrets::{Endpoint, private_endpoint};
use crate::targets::azure::{Parts, Stack, edge};
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Engine;
use crate::{object, template};

/// The read replicas of a database.
pub(in crate::targets::azure) struct Replicas {
    /// The server that they follow.
    pub primary: Address,
    /// The servers, by key.
    pub servers: Address,
    /// The record of their one name: they can be reached from here on.
    pub name: Address,
}

/// What the replicas copy.
pub(super) struct Source<'a> {
    /// The database.
    pub database: &'a Database,
    /// The server that is written.
    pub primary: &'a Address,
    /// It has nothing else to do from here on.
    pub settled: &'a Address,
}

/// What an engine's file adds.
pub(super) struct Servers {
    /// The servers.
    pub servers: Address,
    /// What on them has to be finished before anything else is asked of them.
    pub settled: Address,
}

/// The name of the replicas' resources: `main-replica`.
pub(in crate::targets::azure) fn local_name(database: &Database) -> String {
    database.replica_name()
}

pub(super) fn lower(
    stack: &mut Stack<'_>,
    parts: &Parts,
    id: Id<Database>,
    source: &Source<'_>,
    (subresource, what): (&str, &str),
) -> Option<Replicas> {
    let database = source.database;
    let count = database.replica_keys().len();
    if count == 0 {
        return None;
    }
    let name = local_name(database);
    stack.module.file("replicas", "");
    let about = format!(
        "Part of the names of {}'s read replicas. Another letter makes all of them anew, under new names: after a promotion, the old names are taken.",
        database.name
    );
    let series = stack.module.variable(&format!("{name}-series"), "string", "a", &about);
    let Servers { servers, settled } = match database.engine {
        Engine::Mysql => mysql::replicas(stack, parts, source, &series),
        _ => postgres::replicas(stack, parts, source, &series),
    };
    let endpoint = Endpoint {
        name: &name,
        resource: &servers,
        subresource,
        zone: edge::zone(database.engine).unwrap_or_default(),
        group: parts.firewall.groups.readers.get(&id)?,
        each: true,
        after: vec![settled],
    };
    let endpoints = private_endpoint(stack, &parts.network.data, &parts.zones, &endpoint);
    if stack.system.protect {
        let notes = format!("Answers the readers of {}.", stack.system.prefix);
        lock_each(stack, &name, &servers, notes);
    }
    let what = format!("{what}, read replicas: {count}");
    stack.built(&format!("{}.replicas", database.path), &what, &servers);
    let record = edge::reader_record(stack, &parts.zones, &database.reader_name(), &endpoints)?;
    Some(Replicas {
        primary: source.primary.clone(),
        servers,
        name: record,
    })
}

impl Source<'_> {
    /// The arguments that the replicas of every engine begin with.
    pub(super) fn begin(&self, stack: &mut Stack<'_>, series: &Expression) -> Block {
        let database = self.database;
        let zones = stack.system.network.zones;
        let places = database.replica_keys().into_iter().enumerate().map(|(index, key)| {
            let (week, day) = (index / 7, index % 7);
            let hour = (usize::from(database.backup.hour) + week) % 24;
            let zone = (index % zones.max(1) + 1).to_string();
            (key, object! { "zone" => zone, "day" => day, "hour" => hour })
        });
        let name = template![
            stack.prefixed(&local_name(database)),
            "-",
            expr::each_key(),
            series.clone(),
            "-",
            stack.project.suffix.attr("hex")
        ];
        stack.module.comment(
            "Spread over the zones. Maintenance comes to each at a time of its own: from the hour of the blueprint's backups on (UTC), another day\n(0 is Sunday) for each.",
        );
        stack
            .named_each(expr::object(places), name)
            .set("create_mode", "Replica")
            .set("source_server_id", self.primary.id())
            .set("sku_name", class(database))
            .set("zone", expr::each_value(&["zone"]))
    }

    /// The rest of them. The replicas wait for `ready`.
    pub(super) fn end(
        &self,
        stack: &Stack<'_>,
        parts: &Parts,
        body: Block,
        ignored: &[&str],
        ready: &Address,
    ) -> Block {
        let window = Block::new()
            .set("day_of_week", expr::each_value(&["day"]))
            .set("start_hour", expr::each_value(&["hour"]));
        body.block("customer_managed_key", managed_key(parts))
            .block("identity", parts.encryption.identity())
            .block("maintenance_window", window)
            .comment("Storage grows by itself, and no server changes its zone.")
            .block_some("lifecycle", lifecycle(stack.system.protect, ignored))
            .comment("The primary does one thing at a time.")
            .set("depends_on", after([ready.clone()]))
    }

    /// The parameters of all replicas, which have them from the primary at first and keep them whatever becomes of it.
    pub(super) fn parameters(&self, parameters: &[(&str, &str)], server: impl Fn(&str) -> Expression) -> Expression {
        let keys = self.database.replica_keys();
        expr::object(keys.iter().flat_map(|key| {
            let server = server(key);
            parameters.iter().map(move |(name, value)| {
                let one = object! { "server" => server.clone(), "name" => *name, "value" => *value };
                (format!("{key}/{name}"), one)
            })
        }))
    }
}
