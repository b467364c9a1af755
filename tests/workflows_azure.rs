//! Workflows and warehouses on Azure: who may do what, where the steps are run, and what becomes a row.
#![allow(clippy::unwrap_used)]

#[path = "workflows/azure_steps.rs"]
mod steps;
mod support;
#[path = "workflows/azure_warehouses.rs"]
mod warehouses;

use std::collections::BTreeMap;

use cloudgen::blueprint;
use cloudgen::output::Rendered;
use cloudgen::target::Target;
use serde_json::Value;

const SYSTEM: &str = r#"
name = "shop"
pattern = "serverless"
region = "seoul"

[observability]
emails = ["ops@example.com"]

[functions.first]
runtime = "python3.13"
source = "code"
timeout_seconds = 90

[functions.second]
runtime = "python3.13"
source = "code"

[functions.third]
runtime = "nodejs24"
source = "code"
timeout_seconds = 900

[functions.fourth]
runtime = "python3.13"
source = "code"

[functions.asks]
runtime = "python3.13"
source = "code"
reads = ["facts"]
calls = ["flow"]
trigger = { schedule = "0 4 * * *" }

[functions.adds]
runtime = "python3.13"
source = "code"
writes = ["facts"]
trigger = { schedule = "0 5 * * *" }

[streams.clicks]
partitions = 2

[warehouses.facts.tables.clicks]
columns = { id = "integer", at = "timestamp", by = "string", much = "number", yes = "boolean", rest = "json" }
stream = "clicks"
time = "at"
delete_after_days = 30

[workflows.flow]
timeout_seconds = 3000
trigger = { schedule = "30 0 * * *", timezone = "Asia/Seoul" }

[[workflows.flow.steps]]
call = "first"

[[workflows.flow.steps]]
otherwise = [{ wait_seconds = 1 }]

[[workflows.flow.steps.choose]]
field = "kind"
equals = '''it's "so" ${x} {{y}} {% z %}'''

[[workflows.flow.steps.choose.steps]]
catch = [{ call = "fourth" }]
parallel = [
  [{ call = "second" }, { fail = '''no it's "so" ${x} {{y}} {% z %}''' }],
  [{ wait_seconds = 5 }, { call = "third", name = "beside" }],
]

[[workflows.flow.steps.choose]]
field = "n.m"
above = 2.5
steps = [{ fail = "too much" }]

[[workflows.flow.steps.choose]]
field = "done"
equals = true
steps = [{ parallel = [[{ call = "second", name = "left" }], [{ call = "fourth", name = "right" }]] }]

[[workflows.flow.steps]]
call = "third"
retry = { attempts = 3, seconds = 10, backoff = 2 }
"#;

fn rendered() -> Rendered {
    let mut blueprint = blueprint::load(SYSTEM, None).unwrap();
    let files = BTreeMap::from([
        (
            "main.py".to_owned(),
            "def handle(event, context):\n    return None\n".to_owned(),
        ),
        (
            "main.js".to_owned(),
            "export const handle = async () => null;\n".to_owned(),
        ),
    ]);
    blueprint.sources.insert("code".to_owned(), Ok(files));
    let compiled = cloudgen::compile(&blueprint, Target::Azure);
    compiled.value.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
}

fn file<'a>(rendered: &'a Rendered, path: &str) -> &'a str {
    rendered.files.get(path).unwrap_or_else(|| panic!("there is no {path}"))
}

/// A resource without the blanks that only align it.
fn resource(rendered: &Rendered, path: &str, first: &str) -> String {
    let text = file(rendered, path).lines();
    let text: Vec<String> = text
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let text = text.join("\n");
    let rest = text
        .split(&format!("resource {first} {{"))
        .nth(1)
        .unwrap_or_else(|| panic!("there is no {first}"));
    rest.split("\nresource \"").next().unwrap().to_owned()
}

#[test]
fn a_workflow_may_call_its_functions_and_nobody_else() {
    let rendered = rendered();
    let path = "terraform/workflows.tf";
    let granted = resource(&rendered, path, "\"azurerm_role_assignment\" \"flow_asks\"");
    for called in ["first", "second", "third", "fourth"] {
        let queue = format!("scope = azurerm_storage_queue.{called}_calls.id");
        assert!(granted.contains(&queue), "{queue} is not in\n{granted}");
    }
    assert_eq!(granted.matches("Message Sender").count(), 4, "{granted}");
    assert_eq!(granted.matches("Message Processor").count(), 1, "{granted}");
    assert!(granted.contains("scope = azurerm_storage_queue.flow_starts.id"));
    let app = resource(&rendered, path, "\"azurerm_logic_app_workflow\" \"flow\"");
    assert!(app.contains("type = \"SystemAssigned\""), "{app}");
    assert!(
        app.contains("trigger {\nallowed_caller_ip_address_range = [\"192.0.2.0/32\"]"),
        "{app}"
    );
    let account = resource(&rendered, path, "\"azurerm_storage_account\" \"workflow_calls\"");
    for text in [
        "endpoint_resource_id = azurerm_logic_app_workflow.flow.id",
        "bypass = [\"None\"]",
        "default_action = \"Deny\"",
        "shared_access_key_enabled = false",
        "queue_encryption_key_type = \"Account\"",
    ] {
        assert!(account.contains(text), "{text} is not in\n{account}");
    }
    let own = resource(
        &rendered,
        "terraform/functions.tf",
        "\"azurerm_role_assignment\" \"first_host\"",
    );
    assert!(own.contains("scope = azurerm_storage_queue.first_calls.id"), "{own}");
    assert!(!own.contains("flow") && !own.contains("second"), "{own}");
    // Who starts it puts messages into one queue.
    let identity = resource(
        &rendered,
        "terraform/identity.tf",
        "\"azurerm_role_assignment\" \"asks\"",
    );
    assert!(identity.contains("azurerm_storage_queue.flow_starts.id"), "{identity}");
    let app = resource(
        &rendered,
        "terraform/functions.tf",
        "\"azurerm_linux_function_app\" \"asks\"",
    );
    for text in [
        "FLOW_PROTOCOL = \"storagequeue\"",
        "FLOW_WORKFLOW = azurerm_storage_queue.flow_starts.name",
        "FLOW_ENDPOINT = azurerm_storage_account.workflow_calls.primary_queue_endpoint",
    ] {
        assert!(app.contains(text), "{text} is not in\n{app}");
    }
}

#[test]
fn a_function_that_only_workflows_call_has_no_address() {
    let rendered = rendered();
    let json: Value = serde_json::from_str(file(&rendered, "terraform/functions/first/call/function.json")).unwrap();
    assert_eq!(json["bindings"].as_array().unwrap().len(), 1);
    assert_eq!(json["bindings"][0]["queueName"], "first-calls");
    assert!(
        rendered
            .files
            .get("terraform/functions/first/request/function.json")
            .is_none()
    );
    assert!(!file(&rendered, "terraform/functions.tf").contains("azurerm_private_endpoint\" \"first\""));
    let app = resource(
        &rendered,
        "terraform/functions.tf",
        "\"azurerm_linux_function_app\" \"third\"",
    );
    // A call takes as long as it may; the process is stopped later.
    assert!(app.contains("functionTimeout = \"00:15:30\""), "{app}");
    assert!(
        app.contains("AzureCalls__queueServiceUri = azurerm_storage_account.workflow_calls.primary_queue_endpoint"),
        "{app}"
    );
    assert!(app.contains("queues__maxPollingInterval = \"00:00:02\""), "{app}");
    // The workflow is called back, wherever functions may go otherwise.
    let rules = file(&rendered, "terraform/firewall.tf");
    assert!(rules.contains("\"LogicAppsManagement\"") && !rules.contains("\"LogicApps\""));
    for gone in ["flow/runner.py", "flow/workflow.json"] {
        assert!(rendered.files.get(&format!("terraform/functions/{gone}")).is_none());
    }
}

#[test]
fn failed_runs_and_refused_records_are_told() {
    let rendered = rendered();
    let alarm = resource(
        &rendered,
        "terraform/alarms.tf",
        "\"azurerm_monitor_metric_alert\" \"flow_failed\"",
    );
    assert!(alarm.contains("metric_name = \"RunsFailed\""), "{alarm}");
    assert!(alarm.contains("azurerm_logic_app_workflow.flow.id"), "{alarm}");
    for (name, text) in [
        (
            "facts_clicks_refused",
            "TableName == \"clicks_refused\" and RowCount > 0",
        ),
        ("functions_stopped", "FunctionTimeoutException"),
    ] {
        let first = format!("\"azurerm_monitor_scheduled_query_rules_alert_v2\" \"{name}\"");
        let alarm = resource(&rendered, "terraform/alarms.tf", &first);
        assert!(alarm.contains(text), "{alarm}");
    }
}
