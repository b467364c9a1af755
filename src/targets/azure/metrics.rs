//! What Azure measures of a database server, and of queues: names as in Azure Monitor's lists of supported metrics, read in November 2026.

use super::Stack;
use crate::ir::Database;
use crate::vocabulary::Engine;

/// The type of a Service Bus namespace.
pub(super) const SERVICE_BUS: &str = "Microsoft.ServiceBus/namespaces";
/// Messages of a queue that wait or are being worked on.
pub(super) const ACTIVE_MESSAGES: &str = "ActiveMessages";
/// Messages of a queue, whatever became of them.
pub(super) const ALL_MESSAGES: &str = "Messages";
/// What tells the queues of a namespace apart. It knows topics, but no subscriptions.
pub(super) const ENTITY: &str = "EntityName";

/// The type of a Logic App.
pub(super) const LOGIC_APPS: &str = "Microsoft.Logic/workflows";
/// Runs that ended as failed, those that took too long among them.
pub(super) const RUNS_FAILED: &str = "RunsFailed";
/// Times that a trigger could not look for what starts a run.
pub(super) const TRIGGERS_FAILED: &str = "TriggersFailed";

/// The type of a cluster of Data Explorer.
pub(super) const DATA_EXPLORER: &str = "Microsoft.Kusto/clusters";
/// Seconds from when a stream got a record until a connection found it.
pub(super) const DISCOVERY_LATENCY: &str = "DiscoveryLatency";

/// The type of API Management.
pub(super) const API_MANAGEMENT: &str = "Microsoft.ApiManagement/service";
/// Requests of a gateway.
pub(super) const REQUESTS: &str = "Requests";
/// What they were answered with: `2xx`, `4xx`, `5xx`.
pub(super) const ANSWERS: &str = "GatewayResponseCodeCategory";

/// Percent of the processors that is used.
pub(super) const CPU: &str = "cpu_percent";
/// Percent of the storage that is used.
pub(super) const STORAGE: &str = "storage_percent";

/// The type of what is measured.
pub(super) fn namespace(engine: Engine) -> &'static str {
    match engine {
        Engine::Mysql => "Microsoft.DBforMySQL/flexibleServers",
        Engine::Sqlserver => "Microsoft.Sql/servers/databases",
        Engine::Postgres | Engine::Oracle => "Microsoft.DBforPostgreSQL/flexibleServers",
    }
}

/// Open connections.
pub(super) fn connections(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlserver => "sessions_count",
        _ => "active_connections",
    }
}

/// How much is read and written, and in which unit.
pub(super) fn io(engine: Engine) -> (&'static str, &'static str) {
    match engine {
        Engine::Mysql => ("io_consumption_percent", "percent of what the storage can"),
        Engine::Sqlserver => ("physical_data_read_percent", "percent of what the storage can"),
        Engine::Postgres | Engine::Oracle => ("iops", "operations a second"),
    }
}

/// Query of the workspace: the numbers of one metric of every shard of a database, by `shard`.
pub(super) fn of_shards(stack: &Stack<'_>, database: &Database, metric: &str) -> String {
    format!("{}\n| where MetricName == \"{metric}\"", all_of_shards(stack, database))
}

/// The same of the shards that rows are routed to: one that is still being filled says nothing about how the key spreads the load.
pub(super) fn of_active_shards(stack: &Stack<'_>, database: &Database, metric: &str) -> String {
    let numbers = of_shards(stack, database, metric);
    let shards = database.sharding.iter().flat_map(|sharding| &sharding.shards);
    let (active, others): (Vec<_>, Vec<_>) = shards.partition(|shard| shard.active);
    if others.is_empty() {
        return numbers;
    }
    let active: Vec<String> = active.iter().map(|shard| format!("\"{}\"", shard.id)).collect();
    format!("{numbers}\n| where shard in ({})", active.join(", "))
}

/// Every metric of every shard.
pub(super) fn all_of_shards(stack: &Stack<'_>, database: &Database) -> String {
    // A server of SQL Server is part of its database's id, so the name of a resource would not do.
    let name = stack.prefixed(&database.shard_name());
    format!(
        "AzureMetrics\n\
         | extend shard = extract(\"/{name}-([a-z0-9]+)-\", 1, tolower(ResourceId))\n\
         | where isnotempty(shard)"
    )
}
