//! Streams that fill tables: an app for each brings the records, looks at them and keeps what becomes no row.
//!
//! Data Explorer's own connection to Event Hubs is not used: to reach a closed namespace it wants a private endpoint of its own, which
//! somebody has to approve by hand, and it keeps nothing of what it refuses.

use std::collections::BTreeMap;

use serde_json::json;

use super::sink;
use crate::ir::{Id, Stream, System, Warehouse, WarehouseTable};
use crate::targets::azure::Stack;
use crate::targets::azure::compute::Plan;
use crate::targets::azure::functions::code::{host, pretty};
use crate::targets::azure::functions::watch::ask;
use crate::targets::azure::functions::{Functions, Hosts, Made, made, role};
use crate::targets::azure::streams::Streaming;
use crate::targets::shared::sources::Sources;
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::ColumnType;

const SINK: &str = include_str!("../../../../templates/warehouses/azure-sink.py");
/// Connections of the app: to the stream, and to where it keeps what becomes no row.
const CONNECTION: &str = "SinkTrigger";
const REFUSED: &str = "SinkRefused";
/// Records that one call gets, at most.
const BATCH: u32 = 500;

/// (warehouse, table, stream) of every table that a stream fills.
fn filled(system: &System) -> impl Iterator<Item = (Id<Warehouse>, &Warehouse, &WarehouseTable, Id<Stream>)> {
    let warehouses = system.warehouses.iter();
    warehouses.flat_map(|(id, item)| {
        let tables = item.tables.iter();
        tables.filter_map(move |table| Some((id, item, table, table.stream?)))
    })
}

/// Where what becomes no row is kept.
fn refused(name: &str) -> String {
    format!("{name}-refused")
}

/// The identities of the apps of a warehouse.
pub(super) fn bringers(stack: &mut Stack<'_>, item: &Warehouse) -> BTreeMap<String, Address> {
    let tables = item.tables.iter().filter(|table| table.stream.is_some());
    let names: Vec<String> = tables.map(|table| sink(item, &table.name)).collect();
    let names = names.into_iter();
    names
        .map(|name| {
            let identity = made::identity(stack, &name);
            (name, identity)
        })
        .collect()
}

/// What each calls itself in its stream.
pub(in crate::targets::azure) fn consumer_groups(system: &System, stream: Id<Stream>) -> Vec<String> {
    let sinks = filled(system).filter(|(_, _, _, from)| *from == stream);
    sinks.map(|(_, item, table, _)| sink(item, &table.name)).collect()
}

/// The apps, by their names.
pub(in crate::targets::azure) fn lower(
    stack: &mut Stack<'_>,
    plan: &Plan<'_>,
    hosts: &Hosts<'_>,
) -> BTreeMap<String, Address> {
    let system = stack.system;
    let mut apps = BTreeMap::new();
    let Some(streams) = &plan.stores.streams else {
        return apps;
    };
    for (id, item, table, stream) in filled(system) {
        stack.module.file("warehouses", "");
        let name = sink(item, &table.name);
        let built = &plan.stores.warehouses[&id];
        let body = Block::new()
            .set("name", refused(&name))
            .set("storage_account_id", hosts.shared.account.id());
        stack
            .module
            .comment("Records that did not become rows, with the reason.");
        let kept = stack
            .module
            .resource("azurerm_storage_container", &refused(&name), body);
        let identity = built.bringers[&name].clone();
        let blobs = hosts.shared.account.attr("primary_blob_endpoint");
        let mut settings: BTreeMap<String, hcl::Expression> = BTreeMap::from([
            ("WAREHOUSE".to_owned(), built.url()),
            (format!("{REFUSED}__blobServiceUri"), blobs),
            (format!("{REFUSED}__credential"), "managedidentity".into()),
            (format!("{REFUSED}__clientId"), identity.attr("client_id")),
        ]);
        let of_host = [
            ("functionTimeout", "00:05:00".to_owned()),
            ("extensions__eventHubs__maxEventBatchSize", BATCH.to_string()),
            (
                "extensions__eventHubs__initialOffsetOptions__type",
                "fromStart".to_owned(),
            ),
            (
                "logging__applicationInsights__samplingSettings__isEnabled",
                "false".to_owned(),
            ),
        ];
        settings.extend(of_host.map(|(path, value)| (format!("AzureFunctionsJobHost__{path}"), value.into())));
        let made = Made {
            name: &name,
            file: "warehouses",
            domain: item.home.domain,
            path: &item.path,
            what: "function app that brings its records",
            identity: Some(identity),
            connection: (CONNECTION, "fullyQualifiedNamespace", streams.host.clone()),
            settings,
            grants: vec![
                (
                    "receive".to_owned(),
                    role("Azure Event Hubs Data Receiver", streams.hubs[&stream].id()),
                ),
                ("refused".to_owned(), role("Storage Blob Data Contributor", kept.id())),
            ],
            instances: system.streams[stream].partitions,
            waits: waits(streams, &name, built),
        };
        apps.insert(name.clone(), made::lower(stack, plan, hosts, made));
    }
    apps
}

fn waits(streams: &Streaming, name: &str, built: &super::Built) -> Vec<Address> {
    let mut waits = vec![streams.endpoint.clone(), built.endpoint.clone(), built.tables.clone()];
    waits.extend(streams.sinks.get(name).cloned());
    waits
}

/// The code of the apps.
pub(in crate::targets::azure) fn beside(system: &System, sources: &mut Sources) {
    for (_, item, table, stream) in filled(system) {
        let name = sink(item, &table.name);
        let columns = table.columns.iter();
        let columns: BTreeMap<&str, &str> = columns
            .map(|column| (column.name.as_str(), word(column.kind)))
            .collect();
        let definition = json!({ "database": item.database(), "table": table.name, "columns": columns });
        let trigger = json!({
            "type": "eventHubTrigger",
            "direction": "in",
            "name": "event",
            "eventHubName": system.streams[stream].name,
            "consumerGroup": name,
            "connection": CONNECTION,
            "cardinality": "many",
            "dataType": "binary",
        });
        let kept = json!({
            "type": "blob",
            "direction": "out",
            "name": "refused",
            "path": format!("{}/{{rand-guid}}.json", refused(&name)),
            "connection": REFUSED,
        });
        // What is no fault of a record is tried until it works, or the stream no longer has it.
        let retry = json!({ "strategy": "fixedDelay", "maxRetryCount": -1, "delayInterval": "00:00:30" });
        let function = json!({ "scriptFile": "__init__.py", "bindings": [trigger, kept], "retry": retry });
        let files = BTreeMap::from([
            ("host.json".to_owned(), pretty(&host())),
            ("table.json".to_owned(), pretty(&definition)),
            ("records/function.json".to_owned(), pretty(&function)),
            ("records/__init__.py".to_owned(), SINK.to_owned()),
        ]);
        sources.insert(name, files);
    }
}

/// The language's own word for a type.
fn word(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::String => "string",
        ColumnType::Integer => "integer",
        ColumnType::Number => "number",
        ColumnType::Boolean => "boolean",
        ColumnType::Timestamp => "timestamp",
        ColumnType::Json => "json",
    }
}

pub(in crate::targets::azure) fn alarms(
    stack: &mut Stack<'_>,
    functions: &Functions,
    workspace: &Address,
    told: Option<&Address>,
) {
    for alarm in &stack.system.sink_alarms {
        let name = sink(&stack.system.warehouses[alarm.warehouse], &alarm.table);
        let Some(app) = functions.sinks.get(&name) else {
            continue;
        };
        let app = || expr::Part::from(app.attr("name"));
        // What it kept, and what it cannot bring at all.
        let query = vec![
            "union isfuzzy=true (\n  StorageBlobLogs\n  | where AccountName == \"".into(),
            functions.code.attr("name").into(),
            format!("\" and OperationName startswith \"PutBl\" and Uri has \"/{}/\"\n), (\n  AppExceptions\n  | where AppRoleName =~ \"", refused(&name)).into(),
            app(),
            "\"\n), (\n  AppTraces\n  | where AppRoleName =~ \"".into(),
            app(),
            "\" and SeverityLevel >= 3\n)".into(),
        ];
        ask(stack, (&alarm.name, &alarm.about), (query, 0), workspace, told);
    }
}
