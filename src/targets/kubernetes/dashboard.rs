//! A dashboard over all shards of a database, in a ConfigMap with the label by which Grafana's sidecar finds it.

use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::{Value, json};

use super::measures::Measures;
use super::stack::Stack;
use crate::ir::{Database, Id, Peer};
use crate::kubernetes::object::Object;

/// Panels in a row, and their width and height on Grafana's grid of 24 columns.
const COLUMNS: usize = 2;
const WIDTH: usize = 12;
const HEIGHT: usize = 8;

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let sharded = stack.system.sharded();
    sharded
        .filter(|(id, ..)| stack.watches(Peer::Shards(*id)))
        .map(|(id, database, _)| dashboard(stack, id, database))
        .collect()
}

/// What it is called in Grafana.
pub(super) fn title(stack: &Stack<'_>, database: &Database) -> String {
    format!("{} {} shards", stack.namespace, database.name)
}

fn dashboard(stack: &Stack<'_>, id: Id<Database>, database: &Database) -> Object {
    let measures = Measures::new(stack, id);
    let mut shown = vec![
        ("Processor load", "percent", measures.load()),
        ("Free storage", "percent", measures.free_storage()),
    ];
    shown.extend(measures.told());
    let panels: Vec<Value> = shown.into_iter().enumerate().map(panel).collect();
    let dashboard = json!({
        "title": title(stack, database),
        "editable": false,
        "schemaVersion": 39,
        "time": { "from": "now-6h", "to": "now" },
        "refresh": "1m",
        "templating": { "list": [{ "name": "datasource", "type": "datasource", "query": "prometheus" }] },
        "panels": panels,
    });
    let name = format!("{}-dashboard", database.shard_name());
    let mut metadata = stack.meta(name.as_str(), &database.name, "database");
    let labels = metadata.labels.get_or_insert_default();
    labels.insert("grafana_dashboard".to_owned(), "1".to_owned());
    // One entry a line is what people compare.
    let text = format!("{dashboard:#}\n");
    Object::new(&ConfigMap {
        metadata,
        data: Some([(format!("{}-{name}.json", stack.namespace), text)].into()),
        ..Default::default()
    })
}

/// One line for each shard.
fn panel((position, (title, unit, expr)): (usize, (&str, &str, String))) -> Value {
    let place = json!({
        "x": position % COLUMNS * WIDTH, "y": position / COLUMNS * HEIGHT, "w": WIDTH, "h": HEIGHT,
    });
    json!({
        "id": position + 1,
        "type": "timeseries",
        "title": title,
        "gridPos": place,
        "datasource": { "type": "prometheus", "uid": "${datasource}" },
        "fieldConfig": { "defaults": { "unit": unit, "min": 0 }, "overrides": [] },
        "targets": [{ "refId": "A", "expr": expr, "legendFormat": "{{shard}}" }],
    })
}
