//! What Prometheus measures of the shards of a database: expressions with one series for each, told apart by the label `shard`.
//!
//! A shard may be several servers, of which the busiest and the fullest counts.

use super::stack::Stack;
use crate::ir::{Database, Id, Sharding};
use crate::vocabulary::Engine;

/// The shards of one database.
pub(super) struct Measures {
    namespace: String,
    engine: Engine,
    /// What their names begin with.
    name: String,
    /// Processors of one server.
    cpu: u32,
    /// A regular expression of the ids that rows are routed to, where others are being filled.
    active: Option<String>,
}

impl Measures {
    pub(super) fn new(stack: &Stack<'_>, id: Id<Database>) -> Self {
        let database = &stack.system.databases[id];
        let sharding = database.sharding.as_ref();
        Self {
            namespace: stack.namespace_of(&database.name),
            engine: database.engine,
            name: database.shard_name(),
            cpu: sharding.map_or(database.size.cpu, |sharding| sharding.size.cpu),
            active: sharding.and_then(active),
        }
    }

    /// Processor load in percent of what a server may use.
    pub(super) fn load(&self) -> String {
        self.load_of("[a-z0-9]+")
    }

    /// By how many percentage points the processor load is above the mean of all shards that rows are routed to.
    pub(super) fn excess(&self) -> String {
        let load = self.load_of(self.active.as_deref().unwrap_or("[a-z0-9]+"));
        format!("{load}\n- scalar(avg({load}))")
    }

    fn load_of(&self, ids: &str) -> String {
        let container = match self.engine {
            Engine::Postgres => "postgres",
            Engine::Mysql => "mysql",
            Engine::Sqlserver | Engine::Oracle => "server",
        };
        let (namespace, name) = (&self.namespace, &self.name);
        let used = format!(
            "rate(container_cpu_usage_seconds_total{{namespace=\"{namespace}\", pod=~\"{name}-{ids}-.+\", \
             container=\"{container}\"}}[5m])"
        );
        let each = by_shard("max", &used, "pod", name);
        format!("{each} * 100 / {}", self.cpu)
    }

    /// Free storage in percent.
    pub(super) fn free_storage(&self) -> String {
        // What operators and StatefulSets put before the name of a server to name its claim.
        let claim = match self.engine {
            Engine::Postgres => self.name.clone(),
            Engine::Mysql => format!("datadir-{}", self.name),
            Engine::Sqlserver | Engine::Oracle => format!("data-{}", self.name),
        };
        let volume = |what: &str| {
            let namespace = &self.namespace;
            format!(
                "kubelet_volume_stats_{what}_bytes{{namespace=\"{namespace}\", persistentvolumeclaim=~\"{claim}-.+\"}}"
            )
        };
        let free = format!("{} / {}", volume("available"), volume("capacity"));
        format!("{} * 100", by_shard("min", &free, "persistentvolumeclaim", &claim))
    }

    /// What the servers themselves tell: (title, Grafana's unit, expression). SQL Server tells nothing.
    pub(super) fn told(&self) -> Vec<(&'static str, &'static str, String)> {
        let job = format!("job=~\"{}/{}-.+\"", self.namespace, self.name);
        let of = |how: &str, what: String| by_shard(how, &what, "pod", &self.name);
        match self.engine {
            Engine::Postgres => vec![
                (
                    "Connections",
                    "short",
                    of("sum", format!("cnpg_backends_total{{{job}}}")),
                ),
                (
                    "Transactions per second",
                    "ops",
                    of("sum", format!("rate(cnpg_pg_stat_database_xact_commit{{{job}}}[5m])")),
                ),
                (
                    "Longest transaction",
                    "s",
                    of("max", format!("cnpg_backends_max_tx_duration_seconds{{{job}}}")),
                ),
            ],
            Engine::Mysql => vec![
                (
                    "Connections",
                    "short",
                    of("sum", format!("mysql_global_status_threads_connected{{{job}}}")),
                ),
                (
                    "Statements per second",
                    "ops",
                    of("sum", format!("rate(mysql_global_status_queries{{{job}}}[5m])")),
                ),
                (
                    "Slow statements per second",
                    "ops",
                    of("sum", format!("rate(mysql_global_status_slow_queries{{{job}}}[5m])")),
                ),
            ],
            Engine::Sqlserver | Engine::Oracle => vec![],
        }
    }
}

/// The ids of the shards that rows are routed to, unless they are all.
fn active(sharding: &Sharding) -> Option<String> {
    let ids: Vec<&str> = sharding.active().map(|shard| shard.id.as_str()).collect();
    (ids.len() < sharding.shards.len()).then(|| format!("({})", ids.join("|")))
}

/// Puts series together by the shard's id, which stands after `name` in one of their labels.
fn by_shard(how: &str, series: &str, label: &str, name: &str) -> String {
    format!("{how} by (shard) (label_replace({series}, \"shard\", \"$1\", \"{label}\", \"{name}-([a-z0-9]+)-.+\"))")
}
