//! Who asks a warehouse, who adds to it, and how the records of streams come there.

use cloudgen::output::Rendered;
use cloudgen::target::Target;

use super::support::example;
use super::{file, rendered, resource};

const PATH: &str = "terraform/warehouses.tf";
const STREAMS: &str = "terraform/streams.tf";
/// Two streams, of which one fills two tables, and one none.
const SYSTEM: &str = r#"
name = "shop"
pattern = "serverless"
region = "seoul"

[observability]
emails = ["ops@example.com"]

[services.till]
runtime = "container"
image = "ghcr.io/shop/till:1.0"
port = 8080
public = true
publishes = ["clicks", "paid"]
consumes = ["paid"]

[streams.clicks]

[streams.paid]

[warehouses.facts.tables.clicks]
columns = { by = "string" }
stream = "clicks"

[warehouses.facts.tables.a_table_with_a_name_of_more_than_forty_letters]
columns = { by = "string" }
stream = "clicks"

[warehouses.facts.tables.plain]
columns = { by = "string" }
"#;

fn small(text: &str) -> Rendered {
    let example = example(text.to_owned());
    example.render(&example.load(None), Target::Azure)
}

#[test]
fn a_warehouse_knows_who_asks_and_who_adds() {
    let rendered = rendered();
    let cluster = resource(&rendered, PATH, "\"azurerm_kusto_cluster\" \"facts\"");
    for text in [
        "public_network_access_enabled = false",
        "outbound_network_access_restricted = true",
        "allowed_fqdns = [local.event_hubs]",
        "double_encryption_enabled = true",
        "type = \"SystemAssigned, UserAssigned\"",
        "prevent_destroy = true",
    ] {
        assert!(cluster.contains(text), "{text} is not in\n{cluster}");
    }
    let kind = "\"azurerm_kusto_database_principal_assignment\" \"facts\"";
    let granted = resource(&rendered, PATH, kind);
    for (role, count) in [("Viewer", 1), ("Ingestor", 1)] {
        assert_eq!(
            granted.matches(&format!("role = \"{role}\"")).count(),
            count,
            "{granted}"
        );
    }
    let script = resource(&rendered, PATH, "\"azurerm_kusto_script\" \"facts\"");
    assert!(
        script.contains(".create-merge table ['clicks'] (['at']: datetime, ['by']: string, ['id']: long, ['much']: real, ['rest']: dynamic, ['yes']: bool)"),
        "{script}"
    );
    assert!(script.contains("softdelete = 30d"), "{script}");
    let rules = file(&rendered, "terraform/firewall.tf");
    assert_eq!(rules.matches("\"functions-to-facts\"").count(), 2);
    // The functions that are there bring no records.
    assert!(!rules.contains("functions-to-event-hubs"));
}

#[test]
fn records_come_by_a_connection() {
    let rendered = small(SYSTEM);
    let kind = "\"azurerm_kusto_eventhub_data_connection\"";
    let connection = resource(&rendered, PATH, &format!("{kind} \"facts_clicks\""));
    for text in [
        "name = \"facts-clicks\"",
        "eventhub_id = azurerm_eventhub.clicks.id",
        "consumer_group = azurerm_eventhub_consumer_group.facts_clicks_from_clicks.name",
        "identity_id = azurerm_kusto_cluster.facts.id",
        "table_name = \"clicks_records\"",
        "data_format = \"TXT\"",
        "retrieval_start_date = \"2024-01-01T00:00:00Z\"",
        "azurerm_kusto_script.facts_streams, azurerm_private_endpoint.facts, time_sleep.facts_streams]",
    ] {
        assert!(connection.contains(text), "{text} is not in\n{connection}");
    }
    // Names that would be too long end in a digest.
    let long = "facts_a_table_with_a_name_of_more_than_forty_letters";
    let connection = resource(&rendered, PATH, &format!("{kind} \"{long}\""));
    let name = connection.lines().nth(1).unwrap();
    assert!(name.len() <= "name = \"\"".len() + 40, "{name}");
    let kind = "\"azurerm_eventhub_consumer_group\"";
    let group = resource(&rendered, STREAMS, &format!("{kind} \"{long}_from_clicks\""));
    let name = group.lines().nth(1).unwrap();
    assert!(name.len() <= "name = \"\"".len() + 50, "{name}");
    assert_eq!(
        file(&rendered, PATH)
            .matches("azurerm_kusto_eventhub_data_connection\"")
            .count(),
        2
    );
}

#[test]
fn the_cluster_reads_the_streams_that_fill_it_and_no_other() {
    let rendered = small(SYSTEM);
    let granted = resource(&rendered, PATH, "\"azurerm_role_assignment\" \"facts_streams\"");
    assert!(granted.contains("clicks = azurerm_eventhub.clicks.id"), "{granted}");
    assert!(!granted.contains("azurerm_eventhub.paid"), "{granted}");
    assert!(granted.contains("\"Azure Event Hubs Data Receiver\""), "{granted}");
    assert!(
        granted.contains("principal_id = azurerm_kusto_cluster.facts.identity[0].principal_id"),
        "{granted}"
    );
    let script = resource(&rendered, PATH, "\"azurerm_kusto_script\" \"facts_streams\"");
    assert!(script.contains("AllowedUsages"), "{script}");
    assert!(script.contains("continue_on_errors_enabled = true"), "{script}");
}

#[test]
fn streams_let_in_trusted_services_only_where_a_warehouse_reads() {
    let first = "\"azurerm_eventhub_namespace\" \"main\"";
    let namespace = resource(&small(SYSTEM), STREAMS, first);
    for text in [
        "trusted_service_access_enabled = true",
        "default_action = \"Deny\"",
        "ip_rule = []",
    ] {
        assert!(namespace.contains(text), "{text} is not in\n{namespace}");
    }
    assert_eq!(
        namespace.matches("public_network_access_enabled = false").count(),
        2,
        "{namespace}"
    );
    let without = SYSTEM.replace("stream = \"clicks\"\n", "");
    let without = small(&without.replace("consumes = [\"paid\"]", "consumes = [\"paid\", \"clicks\"]"));
    // The attribute stays: Azure would go on letting them in without it.
    assert!(resource(&without, STREAMS, first).contains("trusted_service_access_enabled = false"));
    let text = file(&without, PATH);
    for gone in [
        "data_connection",
        "allowed_fqdns",
        "_refused",
        "facts_streams",
        "policy update",
    ] {
        assert!(!text.contains(gone), "{gone}");
    }
    // It could be asked to read streams later.
    assert!(text.contains("\"SystemAssigned, UserAssigned\""));
}

#[test]
fn a_stream_and_a_warehouse_want_no_functions() {
    let rendered = small(SYSTEM);
    assert!(rendered.files.get("terraform/functions.tf").is_none());
    for (path, text) in rendered.files.iter() {
        for gone in [
            "azurerm_linux_function_app",
            "azurerm_service_plan",
            "hashicorp/archive",
            "azurerm_application_insights",
        ] {
            assert!(!text.contains(gone), "{gone} is in {path}");
        }
    }
    let first = "\"azurerm_monitor_scheduled_query_rules_alert_v2\" \"facts_clicks_refused\"";
    let alarm = resource(&rendered, "terraform/alarms.tf", first);
    for text in [
        "TableName == \"clicks_refused\" and RowCount > 0",
        "window_duration = \"PT1H\"",
        "_ResourceId =~ \"${azurerm_kusto_cluster.facts.id}\"",
    ] {
        assert!(alarm.contains(text), "{text} is not in\n{alarm}");
    }
    let late = "\"azurerm_monitor_metric_alert\" \"facts_late\"";
    assert!(resource(&rendered, "terraform/alarms.tf", late).contains("metric_name = \"DiscoveryLatency\""));
    let (_, failed) = alarm.split_once("FailedIngestion").unwrap();
    assert!(!failed.contains("Table") && !failed.contains("Database"), "{failed}");
    let first = "\"azurerm_monitor_scheduled_query_rules_alert_v2\" \"facts_passed_by\"";
    let alarm = resource(&rendered, "terraform/alarms.tf", first);
    let landings = "\"a_table_with_a_name_of_more_than_forty_letters_records\", \"clicks_records\"";
    let text = format!("Table !in ({landings})");
    assert!(alarm.contains(&text), "{alarm}");
}

#[test]
fn what_was_refused_is_kept_no_longer_than_rows() {
    let text = SYSTEM.replace(
        "columns = { by = \"string\" }\nstream = \"clicks\"\n",
        "columns = { at = \"timestamp\" }\nstream = \"clicks\"\ntime = \"at\"\ndelete_after_days = 3\n",
    );
    let script = resource(&small(&text), PATH, "\"azurerm_kusto_script\" \"facts\"");
    let kept = "['clicks_refused'] policy retention softdelete = 3d";
    assert!(script.contains(kept), "{script}");
}

#[test]
fn what_stands_beside_a_table_is_no_other_table() {
    let text = SYSTEM.replace("tables.plain]", "tables.clicks_refused]");
    let blueprint = cloudgen::blueprint::load(&text, None).unwrap();
    let compiled = cloudgen::compile(&blueprint, Target::Azure);
    let problems = format!("{:?}", compiled.diagnostics);
    assert!(
        compiled.value.is_none() && problems.contains("name-of-part"),
        "{problems}"
    );
}
