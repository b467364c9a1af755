//! Steps of one system: what holds data survives them, and more shards leave the old ones alone.

use std::fs;

use cloudgen::target::Target;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Example, examples, project};
use crate::{Offline, has_terraform};

/// Blueprints of one system, each the step after the one before.
const STEPS: [(&str, &str); 2] = [
    ("estate-1-lift", "estate-2-replica"),
    ("estate-2-replica", "estate-3-domains"),
];

/// Types that hold data, the keys to it, or the names it is found under.
const STATEFUL: [&str; 21] = [
    "aws_db_instance",
    "aws_kms_key",
    "aws_s3_bucket",
    "aws_secretsmanager_secret",
    "azurerm_key_vault",
    "azurerm_key_vault_key",
    "azurerm_key_vault_secret",
    "azurerm_mssql_database",
    "azurerm_mysql_flexible_database",
    "azurerm_mysql_flexible_server",
    "azurerm_postgresql_flexible_server",
    "azurerm_postgresql_flexible_server_database",
    "azurerm_storage_account",
    "azurerm_storage_container",
    "google_kms_crypto_key",
    "google_kms_key_ring",
    "google_secret_manager_secret",
    "google_sql_database",
    "google_sql_database_instance",
    "google_storage_bucket",
    "random_id",
];

/// Types that look at all shards of a database together: they change when shards are added.
const OVERVIEWS: [&str; 3] = [
    "aws_cloudwatch_dashboard",
    "azurerm_monitor_scheduled_query_rules_alert_v2",
    "google_compute_firewall",
];

const CLOUDS: [Target; 3] = [Target::Aws, Target::Azure, Target::Gcp];

#[test]
fn what_holds_data_survives_the_next_step() {
    if !has_terraform() {
        return;
    }
    let examples = examples();
    let named = |name: &str| examples.iter().find(|example| example.name == name).unwrap();
    let mut findings = Vec::new();
    for (before, after) in STEPS {
        for target in CLOUDS {
            let lost = lost(&step([named(before), named(after)], target));
            findings.extend(
                lost.iter()
                    .map(|what| format!("{before} to {after} on {target}: {what}")),
            );
        }
    }
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

/// From 4 to 8 shards: first they are made and nothing else happens, then they are used and only what routes changes.
#[test]
fn more_shards_leave_the_first_ones_alone() {
    if !has_terraform() {
        return;
    }
    let four = sharding("shards           = 4");
    let filling = sharding("shards = 8\nactive = 4");
    let eight = sharding("shards = 8");
    let mut findings = Vec::new();
    for target in CLOUDS {
        let mut found = |what: &str, changes: Vec<String>| {
            findings.extend(changes.iter().map(|change| format!("{target}, {what}: {change}")));
        };
        let made = step([&four, &filling], target);
        found("while they are filled", lost(&made));
        let overview = |change: &Change| OVERVIEWS.contains(&change.resource_type.as_str());
        let touched = made.iter().filter(|change| !change.is_new() && !change.is_kept());
        found(
            "while they are filled",
            touched.filter(|change| !overview(change)).map(Change::text).collect(),
        );
        let used = step([&four, &eight], target);
        found("when they are used", lost(&used));
        let first = |change: &Change| (0..4).any(|shard| change.address.ends_with(&format!("_shard[\"s{shard}\"]")));
        let touched = used.iter().filter(|change| first(change) && !change.is_kept());
        found(
            "when they are used",
            touched.filter(|change| !overview(change)).map(Change::text).collect(),
        );
        let kept = used.iter().filter(|change| first(change)).count();
        if kept < 4 {
            found(
                "when they are used",
                vec![format!("only {kept} things of the first four shards")],
            );
        }
    }
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

/// On Google Cloud a domain with nodes of its own leaves in one step: neither the subnet of the nodes nor their cluster changes, and what
/// leads to the domain lets go of it before it is gone.
#[test]
fn a_domain_with_nodes_leaves_in_one_step() {
    if !has_terraform() {
        return;
    }
    let all = "name = \"mall\"\npattern = \"per-domain\"\nregion = \"seoul\"\nprotect = false\n\
        [domains.stock.services.api]\nruntime = \"kubernetes\"\nimage = \"stock:1\"\nport = 8082\nreads = [\"main\"]\n\
        [domains.stock.databases.main]\nengine = \"postgres\"\n\
        [domains.web.services.shop]\nimage = \"shop:1\"\nport = 8080\npublic = true\ncalls = [\"stock.api\"]\n";
    let ship = "[domains.ship.services.api]\nruntime = \"kubernetes\"\nimage = \"ship:1\"\nport = 8083\nreads = [\"main\"]\n\
        [domains.ship.databases.main]\nengine = \"mysql\"\n\
        [domains.ship.services.worker]\nimage = \"worker:1\"\nport = 8084\n";
    let named = |text: String| Example {
        name: "leaves".to_owned(),
        text,
        path: project("blueprints/per-domain.toml"),
    };
    let before = format!("{all}{ship}").replace("\"stock.api\"", "\"stock.api\", \"ship.api\", \"ship.worker\"");
    let changes = step([&named(before), &named(all.to_owned())], Target::Gcp);
    let of = |change: &&Change| change.address.contains("ship");
    assert!(changes.iter().filter(of).count() > 20);
    let kept = [
        "google_compute_subnetwork",
        "google_container_cluster",
        "google_container_node_pool",
    ];
    let touched = changes.iter().filter(|change| !of(change) && !change.is_kept());
    let touched: Vec<String> = touched
        .filter(|change| kept.contains(&change.resource_type.as_str()))
        .map(Change::text)
        .collect();
    assert!(touched.is_empty(), "{touched:?}");
}

/// The example of the pattern with another number of shards.
fn sharding(shards: &str) -> Example {
    let path = project("blueprints/sharding.toml");
    let text = fs::read_to_string(&path).unwrap();
    let four = "shards           = 4";
    assert!(text.contains(four));
    Example {
        name: "sharding".to_owned(),
        text: text.replace(four, shards),
        path,
    }
}

/// What a plan does with one resource.
struct Change {
    address: String,
    resource_type: String,
    actions: Vec<String>,
}

impl Change {
    fn is_new(&self) -> bool {
        self.actions == ["create"]
    }

    fn is_kept(&self) -> bool {
        self.actions == ["no-op"]
    }

    fn text(&self) -> String {
        format!("{}: {}", self.address, self.actions.join(", "))
    }
}

/// Applies the first example, and plans the second one upon it.
fn step([before, after]: [&Example; 2], target: Target) -> Vec<Change> {
    let folder = TempDir::new().unwrap();
    let write = |example: &Example| {
        let rendered = example.render(&example.load(None), target);
        for path in crate::entries(folder.path()) {
            if path.extension().is_some_and(|extension| extension == "tf") {
                fs::remove_file(path).unwrap();
            }
        }
        for (path, text) in rendered.files.iter() {
            if let Some(name) = path.strip_prefix("terraform/") {
                fs::write(folder.path().join(name), text).unwrap();
            }
        }
    };
    write(before);
    let offline = Offline::start(folder.path());
    offline.succeed(&["init", "-input=false", "-no-color"]);
    offline.succeed(&["apply", "-input=false", "-no-color", "-auto-approve"]);
    drop(offline);
    write(after);
    let offline = Offline::start(folder.path());
    offline.succeed(&["init", "-input=false", "-no-color"]);
    offline.succeed(&["plan", "-input=false", "-no-color", "-out=next"]);
    let plan: Value = serde_json::from_str(&offline.succeed(&["show", "-json", "next"])).unwrap();
    let changes = plan["resource_changes"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    changes
        .filter(|change| change["mode"] == "managed")
        .map(|change| Change {
            address: text(&change["address"]),
            resource_type: text(&change["type"]),
            actions: change["change"]["actions"]
                .as_array()
                .unwrap()
                .iter()
                .map(text)
                .collect(),
        })
        .collect()
}

/// What a step would destroy of what holds data, replacement included.
fn lost(changes: &[Change]) -> Vec<String> {
    let stateful = || {
        changes
            .iter()
            .filter(|change| STATEFUL.contains(&change.resource_type.as_str()))
    };
    let destroyed = stateful().filter(|change| change.actions.iter().any(|action| action == "delete"));
    let mut lost: Vec<String> = destroyed.map(|change| format!("{} is lost", change.address)).collect();
    let kept = stateful().filter(|change| {
        change
            .actions
            .iter()
            .all(|action| action == "no-op" || action == "update")
    });
    let kept = kept.count();
    if kept < 4 {
        lost.push(format!("only {kept} things that hold data are there before and after"));
    }
    lost
}
