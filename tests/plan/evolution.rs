//! Steps of one system: what holds data survives them.

use std::fs;

use cloudgen::target::Target;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Example, examples};
use crate::{Offline, has_terraform};

/// Blueprints of one system, each the step after the one before.
const STEPS: [(&str, &str); 1] = [("estate-1-lift", "estate-2-replica")];

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

#[test]
fn what_holds_data_survives_the_next_step() {
    if !has_terraform() {
        return;
    }
    let examples = examples();
    let named = |name: &str| examples.iter().find(|example| example.name == name).unwrap();
    let mut findings = Vec::new();
    for (before, after) in STEPS {
        for target in [Target::Aws, Target::Azure, Target::Gcp] {
            let lost = lost(named(before), named(after), target);
            findings.extend(
                lost.iter()
                    .map(|what| format!("{before} to {after} on {target}: {what}")),
            );
        }
    }
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

/// What the step would destroy of what holds data, replacement included.
fn lost(before: &Example, after: &Example, target: Target) -> Vec<String> {
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
    let changes = plan["resource_changes"].as_array().unwrap();
    let stateful = changes
        .iter()
        .filter(|change| STATEFUL.contains(&change["type"].as_str().unwrap()));
    let (mut kept, mut lost) = (0, Vec::new());
    for change in stateful {
        let actions = change["change"]["actions"].as_array().unwrap();
        if actions.contains(&"delete".into()) {
            lost.push(format!("{} is lost", change["address"]));
        } else if !actions.contains(&"create".into()) {
            kept += 1;
        }
    }
    if kept < 4 {
        lost.push(format!("only {kept} things that hold data are there before and after"));
    }
    lost
}
