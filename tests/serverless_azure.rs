//! Functions, tables and streams on Azure: what starts a function reaches it, and what it fails on is kept.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use cloudgen::blueprint::{self, Blueprint};
use cloudgen::output::Rendered;
use cloudgen::target::Target;

const SHOP: &str = r#"
name = "shop"
pattern = "serverless"
region = "seoul"

[apis.front]
jwt = { issuer = "https://login.example.com/", audiences = ["shop"] }

[buckets.media]

[queues.jobs]

[tables.items]
partition_key = "tenant"
sort_key = "created"
changes = "new"
capacity = { read = 10, write = 10, max_read = 400, max_write = 200 }

[streams.clicks]
partitions = 2

[secrets.key]

[services.web]
runtime = "container"
image = "nginx:1.29"
port = 8080
public = true
routes = ["/"]
calls = ["price"]
publishes = ["clicks"]

[functions.thumb]
runtime = "python3.13"
source = "code"
reads = ["media", "key"]
writes = ["media"]
prefixes = { media = "small/" }
concurrency = 50
timeout_seconds = 90
trigger = { bucket = "media", prefix = "in/", suffix = ".jpg" }

[functions.count]
runtime = "python3.13"
source = "code"
writes = ["items"]
trigger = { stream = "clicks", from = "oldest" }

[functions.tell]
runtime = "python3.13"
source = "code"
trigger = { table = "items" }

[functions.close]
runtime = "python3.13"
source = "code"
trigger = { schedule = "0 2 * * mon-fri", timezone = "Asia/Seoul" }

[functions.price]
image = "ghcr.io/shop/price:1.0"
trigger = { http = "GET /price/{id}", api = "front" }

[functions.work]
image = "ghcr.io/shop/work:1.0"
trigger = { queue = "jobs", batch = 5 }
"#;

fn blueprint() -> Blueprint {
    let mut blueprint = blueprint::load(SHOP, None).unwrap();
    let main = "def handle(event, context):\n    return None\n";
    let files = BTreeMap::from([("main.py".to_owned(), main.to_owned())]);
    blueprint.sources.insert("code".to_owned(), Ok(files));
    blueprint
}

fn rendered() -> Rendered {
    let compiled = cloudgen::compile(&blueprint(), Target::Azure);
    compiled.value.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
}

/// A file without the blanks that only align it.
fn flat(rendered: &Rendered, path: &str) -> String {
    let text = rendered.files.get(path).unwrap_or_else(|| panic!("there is no {path}"));
    let lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}

/// The text of one resource, from its first line to the next resource.
fn block(text: &str, first: &str) -> String {
    let rest = text
        .split(first)
        .nth(1)
        .unwrap_or_else(|| panic!("there is no {first}"));
    rest.split("\nresource \"").next().unwrap().to_owned()
}

#[test]
fn events_of_a_bucket_wait_in_a_queue() {
    let rendered = rendered();
    let triggers = flat(&rendered, "terraform/triggers.tf");
    let holds = |text: &str| assert!(triggers.contains(text), "{text} is not in\n{triggers}");
    holds("blobs/in/\"");
    holds("subject_ends_with = \".jpg\"");
    holds("queue_name = azurerm_storage_queue.thumb_events.name");
    holds("storage_blob_container_name = azurerm_storage_container.thumb_dead.name");
    holds("scope = azurerm_storage_queue.thumb_events.id");
    let app = block(
        &flat(&rendered, "terraform/functions.tf"),
        "\"azurerm_linux_function_app\" \"thumb\" {",
    );
    let holds = |text: &str| assert!(app.contains(text), "{text} is not in\n{app}");
    holds("AzureTrigger__queueServiceUri = azurerm_storage_account.functions_code.primary_queue_endpoint");
    holds("AzureFunctionsJobHost__extensions__queues__maxDequeueCount = \"3\"");
    holds("AzureFunctionsJobHost__functionTimeout = \"00:02:00\"");
    // As many in one instance as there is memory for; 12 with four each are not more than 50.
    holds("app_scale_limit = 12");
    holds("AzureFunctionsJobHost__extensions__queues__batchSize = \"4\"");
    // Its own account for what its host remembers.
    holds("storage_account_name = azurerm_storage_account.thumb_host.name");
    holds("\"@Microsoft.KeyVault(SecretUri=${azurerm_key_vault_secret.key.versionless_id})\"");
    let json = &rendered
        .files
        .get("terraform/functions/thumb/event/function.json")
        .unwrap();
    assert!(json.contains("\"queueName\": \"thumb-events\""), "{json}");
    // It writes below its prefix alone.
    let identity = flat(&rendered, "terraform/identity.tf");
    assert!(
        identity.contains("blobs:path] StringStartsWith 'small/')"),
        "{identity}"
    );
}

#[test]
fn what_has_no_dead_letters_is_kept_by_the_entry() {
    let rendered = rendered();
    for (function, trigger) in [
        ("count", "eventHubTrigger"),
        ("tell", "cosmosDBTrigger"),
        ("close", "timerTrigger"),
    ] {
        let file = |name: &str| {
            let path = format!("terraform/functions/{function}/event/{name}");
            rendered.files.get(path.as_str()).unwrap().to_owned()
        };
        let json: serde_json::Value = serde_json::from_str(&file("function.json")).unwrap();
        assert_eq!(json["bindings"][0]["type"], trigger);
        assert_eq!(json["retry"]["maxRetryCount"], 2);
        assert_eq!(
            json["bindings"][1]["path"],
            format!("{function}-dead/{{rand-guid}}.json")
        );
        assert!(file("__init__.py").contains("dead.set("), "{function}");
    }
    let alarms = flat(&rendered, "terraform/alarms.tf");
    assert!(alarms.contains("Uri has \"/count-dead/\""), "{alarms}");
    let close = flat(&rendered, "terraform/functions/close/event/function.json");
    assert!(close.contains("\"schedule\": \"0 0 2 * * 1-5\""), "{close}");
    let functions = flat(&rendered, "terraform/functions.tf");
    assert!(functions.contains("WEBSITE_TIME_ZONE = \"Asia/Seoul\""));
}

#[test]
fn callers_reach_functions_over_private_endpoints() {
    let rendered = rendered();
    let firewall = flat(&rendered, "terraform/firewall.tf");
    for rule in [
        "containers-to-price",
        "front-to-price",
        "functions-to-functions-code",
        "functions-to-items",
    ] {
        let times = firewall.matches(&format!("name = \"{rule}\"")).count();
        assert_eq!(times, 2, "{rule}: out of one subnet, into the other");
    }
    let apis = flat(&rendered, "terraform/apis.tf");
    let url = "<set-backend-service base-url=\"https://shop-price-${random_id.suffix.hex}.azurewebsites.net\" />";
    assert!(apis.contains(url), "{apis}");
    let app = block(
        &flat(&rendered, "terraform/functions.tf"),
        "\"azurerm_linux_function_app\" \"price\" {",
    );
    assert!(app.contains("public_network_access_enabled = false"));
    assert!(
        app.contains("registry_url = \"https://ghcr.io\"") && app.contains("image_tag = \"1.0\""),
        "{app}"
    );
}

#[test]
fn tables_and_streams_have_roles_on_single_things() {
    let rendered = rendered();
    let identity = flat(&rendered, "terraform/identity.tf");
    let granted = block(&identity, "\"azurerm_cosmosdb_sql_role_assignment\" \"items\" {");
    // Who only writes reads nothing, who watches writes nothing but how far it is.
    assert!(
        granted.contains("role = azurerm_cosmosdb_sql_role_definition.items_writer.id"),
        "{granted}"
    );
    assert!(granted.contains("/dbs/items/colls/tell-leases"), "{granted}");
    assert!(identity.contains("role = \"Azure Event Hubs Data Sender\""));
    let tables = flat(&rendered, "terraform/tables.tf");
    // 400 reads, and 200 writes that are worth six of them.
    assert!(tables.contains("max_throughput = 2000"), "{tables}");
    let streams = flat(&rendered, "terraform/streams.tf");
    assert!(streams.contains("\"azurerm_eventhub_consumer_group\" \"count_from_clicks\""));
}

#[test]
fn code_that_is_written_for_azure_stays_as_it_is() {
    let mut blueprint = blueprint();
    let files = BTreeMap::from([
        ("main.py".to_owned(), "def handle():\n    pass\n".to_owned()),
        ("host.json".to_owned(), "{ \"version\": \"2.0\" }\n".to_owned()),
    ]);
    blueprint.sources.insert("code".to_owned(), Ok(files));
    let rendered = cloudgen::compile(&blueprint, Target::Azure).value.unwrap();
    assert!(
        rendered
            .files
            .get("terraform/functions/close/event/function.json")
            .is_none()
    );
    let readme = rendered.files.get("README.md").unwrap();
    assert!(readme.contains("schedule=\"0 0 2 * * 1-5\""), "{readme}");
}

#[test]
fn the_single_document_holds_the_code() {
    let rendered = rendered();
    assert!(rendered.terraform().contains("filename = \"event/function.json\""));
    assert!(!rendered.terraform().contains("source_dir"));
}
