//! Streams that fill tables: a connection for each, with which the cluster fetches the records itself.
//!
//! The namespace is closed, and lets the cluster in because it is one of Azure's trusted services: with an identity that may read the
//! streams, and without an endpoint that somebody would have to approve.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{Built, records};
use crate::check::{warehouse_sink, warehouse_streams};
use crate::ir::{Id, Stream, System, Warehouse, WarehouseTable};
use crate::targets::azure::encryption::wait_for;
use crate::targets::azure::functions::watch::ask;
use crate::targets::azure::project::after;
use crate::targets::azure::streams::Streaming;
use crate::targets::azure::{Stack, Stores, names};
use crate::terraform::{Address, Block, expr};

/// Before anybody's first record: a connection reads what the stream still has, and what comes.
const FROM: &str = "2024-01-01T00:00:00Z";
/// How often it is asked what was refused, and about which time: the cluster writes its logs some minutes late.
const MINUTES: (&str, &str) = ("PT5M", "PT1H");

/// The tables of a warehouse that streams fill.
fn filled(item: &Warehouse) -> impl Iterator<Item = (&WarehouseTable, Id<Stream>)> {
    let tables = item.tables.iter();
    tables.filter_map(|table| Some((table, table.stream?)))
}

/// What those who fill tables call themselves in a stream.
pub(in crate::targets::azure) fn consumer_groups(system: &System, stream: Id<Stream>) -> Vec<String> {
    let warehouses = system.warehouses.iter();
    let sinks = warehouses.flat_map(|(_, item)| filled(item).map(move |(table, from)| (item, table, from)));
    let sinks = sinks.filter(|(_, _, from)| *from == stream);
    sinks
        .map(|(item, table, _)| warehouse_sink(item, &table.name))
        .collect()
}

/// The connections of a warehouse, and what they may do.
pub(super) fn lower(stack: &mut Stack<'_>, item: &Warehouse, built: &Built, streams: &Streaming) {
    let granted = granted(stack, item, built, streams);
    let allowed = allowed(stack, item, built);
    for (table, stream) in filled(item) {
        let sink = warehouse_sink(item, &table.name);
        let waits = vec![granted.clone(), allowed.clone(), built.endpoint.clone()];
        let body = stack
            .named(names::connection(&sink))
            .set("cluster_name", built.cluster.attr("name"))
            .set("database_name", built.database.attr("name"))
            .set("eventhub_id", streams.hubs[&stream].id())
            .set_some(
                "consumer_group",
                streams.sinks.get(&sink).map(|group| group.attr("name")),
            )
            .set("identity_id", built.cluster.id())
            .comment("Lines of text: what becomes a row, and what becomes none, the table's functions say.")
            .set("table_name", records::landing(&table.name))
            .set("data_format", "TXT")
            .comment("From the oldest record on that the stream still has.")
            .set("retrieval_start_date", FROM)
            .set("depends_on", after(waits));
        let connection = stack
            .module
            .resource("azurerm_kusto_eventhub_data_connection", &sink, body);
        stack.built(&item.path, "connection that brings its records", &connection);
    }
}

/// The cluster may read these streams and no other; from here on everybody knows.
fn granted(stack: &mut Stack<'_>, item: &Warehouse, built: &Built, streams: &Streaming) -> Address {
    let hubs = filled(item).map(|(_, stream)| (stack.system.streams[stream].name.clone(), streams.hubs[&stream].id()));
    let hubs: BTreeMap<_, _> = hubs.collect();
    let name = warehouse_streams(item);
    let body = Block::new()
        .set("for_each", expr::object(hubs))
        .set("scope", expr::each_value(&[]))
        .set("role_definition_name", "Azure Event Hubs Data Receiver")
        .set("principal_id", built.cluster.attr("identity.0.principal_id"))
        .set("principal_type", "ServicePrincipal");
    stack
        .module
        .comment("The cluster reads the streams that fill its tables.");
    let granted = stack.module.resource("azurerm_role_assignment", &name, body);
    let ids = expr::call("join", [",".into(), granted.all("id")]);
    let about = "Until the grants have reached the streams: Azure tries them when it makes a connection.";
    wait_for(stack, &name, about, [("grants", ids)])
}

/// The database lets its cluster read streams as itself.
fn allowed(stack: &mut Stack<'_>, item: &Warehouse, built: &Built) -> Address {
    let policy = json!([{ "ObjectId": "system", "AllowedUsages": "DataConnection" }]);
    let database = item.database();
    let command = format!(".alter-merge database ['{database}'] policy managed_identity '{policy}'");
    let body = Block::new()
        .set("name", "streams")
        .set("database_id", built.database.id())
        .set("script_content", command)
        .comment(
            "Microsoft asks for it, and does without in its own templates. Whoever made the cluster may say it; for others it changes nothing.",
        )
        .set("continue_on_errors_enabled", true)
        .set("principal_permissions_action", "RemovePermissionOnScriptCompletion")
        .set("depends_on", after([built.tables.clone()]));
    let name = warehouse_streams(item);
    stack.module.resource("azurerm_kusto_script", &name, body)
}

/// Somebody is told of what was refused, and of what could not be brought at all.
pub(in crate::targets::azure) fn alarms(
    stack: &mut Stack<'_>,
    stores: &Stores,
    workspace: &Address,
    told: Option<&Address>,
) {
    let system = stack.system;
    for alarm in &system.sink_alarms {
        let database = system.warehouses[alarm.warehouse].database();
        let cluster = || expr::Part::from(stores.warehouses[&alarm.warehouse].cluster.id());
        let refused = records::refused(&alarm.table);
        let query = vec![
            "union isfuzzy=true (\n  ADXDataOperation\n  | where _ResourceId =~ \"".into(),
            cluster(),
            format!("\" and DatabaseName == \"{database}\" and TableName == \"{refused}\" and RowCount > 0\n), (\n  FailedIngestion\n  | where _ResourceId =~ \"").into(),
            cluster(),
            // The record itself may have said which table, and which database: one that is not there, perhaps.
            "\"\n)".into(),
        ];
        ask(stack, (&alarm.name, &alarm.about), (query, 0, MINUTES), workspace, told);
    }
    let watched: BTreeSet<Id<Warehouse>> = system.sink_alarms.iter().map(|alarm| alarm.warehouse).collect();
    for id in watched {
        let item = &system.warehouses[id];
        let landings = filled(item).map(|(table, _)| format!("\"{}\"", records::landing(&table.name)));
        let landings: Vec<String> = landings.collect();
        let query = vec![
            "SucceededIngestion\n| where _ResourceId =~ \"".into(),
            stores.warehouses[&id].cluster.id().into(),
            format!("\" and Table !in ({})", landings.join(", ")).into(),
        ];
        let about = format!(
            "A record of a stream said itself which table of {} it belongs to, and was not looked at: who publishes it has set the event's property `Table`.",
            item.name
        );
        let name = format!("{}-passed-by", item.name);
        ask(stack, (&name, &about), (query, 0, MINUTES), workspace, told);
    }
}
