//! Warehouses: rows, and who may do what with them.

use std::collections::BTreeMap;

use cloudgen::output::Rendered;

use super::{encoded, function, render, resource, rules};

pub const FACTS: &str = r#"
[streams.clicks]
[warehouses.facts.tables.clicks]
columns = { at = "timestamp", who = "string", n = "integer", x = "number", ok = "boolean", more = "json" }
stream  = "clicks"
time    = "at"
delete_after_days = 30
[warehouses.facts.tables.days]
columns = { day = "timestamp" }
"#;

fn facts(reads: &str, writes: &str) -> Rendered {
    let rest = format!("{reads}\n{writes}\npublishes = [\"clicks\"]\ntrigger = {{ schedule = \"0 1 * * *\" }}");
    render(&[FACTS, &function("work", &rest)].concat())
}

#[test]
fn records_become_rows_or_dead_letters_that_somebody_is_told_of() {
    let rendered = facts("", "writes = [\"facts\"]");
    let sink = resource(&rendered, "google_pubsub_subscription", "facts_clicks");
    for part in [
        "topic = google_pubsub_topic.clicks.id",
        "use_table_schema = true",
        "drop_unknown_fields = true",
        "service_account_email = google_service_account.facts.email",
        "dead_letter_topic = google_pubsub_topic.facts_clicks_dead.id",
        "for (const name of [\"more\"])",
        "if (record[\"at\"] === undefined || record[\"at\"] === null) {",
        "for (const name of [\"n\"])",
        "!Number.isSafeInteger(record[name])",
        "depends_on = [time_sleep.facts]",
    ] {
        assert!(sink.contains(part), "{part}: {sink}");
    }
    let grant = resource(&rendered, "google_bigquery_table_iam_member", "facts_clicks_filled");
    assert!(
        grant.contains("table_id = google_bigquery_table.facts_clicks.table_id"),
        "{grant}"
    );
    let alarm = resource(&rendered, "google_monitoring_alert_policy", "facts_clicks_refused");
    assert!(
        alarm.contains("google_pubsub_subscription.facts_clicks_dead.name"),
        "{alarm}"
    );
    assert!(alarm.contains("oldest_unacked_message_age"), "{alarm}");
}

#[test]
fn tables_have_their_columns_and_parts() {
    let rendered = facts("", "writes = [\"facts\"]");
    let columns = encoded(&rendered, "google_bigquery_table", "facts_clicks", "schema");
    let columns: BTreeMap<&str, &str> = columns
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["name"].as_str().unwrap(), it["type"].as_str().unwrap()))
        .collect();
    let wanted = [
        ("at", "TIMESTAMP"),
        ("more", "JSON"),
        ("n", "INTEGER"),
        ("ok", "BOOLEAN"),
        ("who", "STRING"),
        ("x", "FLOAT"),
    ];
    assert_eq!(columns, BTreeMap::from(wanted));
    let table = resource(&rendered, "google_bigquery_table", "facts_clicks");
    assert!(table.contains("expiration_ms = 2678400000"), "{table}");
    assert!(table.contains("deletion_protection = true"), "{table}");
    let days = resource(&rendered, "google_bigquery_table", "facts_days");
    assert!(!days.contains("time_partitioning"), "{days}");
    let dataset = resource(&rendered, "google_bigquery_dataset", "facts");
    for part in [
        "dataset_id = \"shop_facts\"",
        "default_encryption_configuration",
        "prevent_destroy = true",
    ] {
        assert!(dataset.contains(part), "{part}: {dataset}");
    }
}

#[test]
fn who_asks_does_not_insert_and_who_inserts_does_not_ask() {
    let asks = facts("reads = [\"facts\"]", "");
    let grant = resource(&asks, "google_bigquery_dataset_iam_member", "work_uses_facts");
    assert!(grant.contains("roles/bigquery.dataViewer"), "{grant}");
    assert!(asks.terraform.contains("roles/bigquery.jobUser"));
    assert!(!asks.terraform.contains("google_project_iam_custom_role"));
    let inserts = facts("", "writes = [\"facts\"]");
    let role = resource(&inserts, "google_project_iam_custom_role", "inserter");
    assert!(
        role.contains("\"bigquery.tables.get\", \"bigquery.tables.updateData\""),
        "{role}"
    );
    let grant = resource(
        &inserts,
        "google_bigquery_table_iam_member",
        "work_uses_rows_of_facts_days",
    );
    assert!(
        grant.contains("role = google_project_iam_custom_role.inserter.name"),
        "{grant}"
    );
    assert!(!inserts.terraform.contains("roles/bigquery.jobUser"));
    assert!(!inserts.terraform.contains("roles/bigquery.dataViewer"));
    let both = |reads: &str, writes: &str| {
        let rest = format!("{reads}\n{writes}\ntrigger = {{ schedule = \"0 1 * * *\" }}");
        rules(&[FACTS, &function("work", &rest)].concat()).contains(&"warehouse-change")
    };
    assert!(both("reads = [\"facts\"]", "writes = [\"facts\"]"));
    assert!(!both("reads = [\"facts\"]", "") && !both("", "writes = [\"facts\"]"));
}
