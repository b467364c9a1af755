//! The inventory of resource addresses. They are public: a state knows a resource by its address, so a new one for the same thing means
//! that the thing is destroyed and made anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{entries, project};

/// Where the inventories are: `<blueprint>[@<environment>].<target>.txt`, one address a line.
fn folder() -> PathBuf {
    project("tests/plan/addresses")
}

fn is_blessing() -> bool {
    std::env::var_os("CLOUDGEN_BLESS").is_some_and(|value| value == "1")
}

/// The addresses of the resources in a plan, sorted.
pub fn of_plan(plan: &str) -> String {
    let plan: Value = serde_json::from_str(plan).unwrap();
    let changes = plan["resource_changes"].as_array().unwrap();
    let managed = changes.iter().filter(|change| change["mode"] == "managed");
    let addresses: BTreeSet<&str> = managed.map(|change| change["address"].as_str().unwrap()).collect();
    addresses.iter().map(|address| format!("{address}\n")).collect()
}

/// Compares a tree's addresses with its inventory, or writes that; gives what differs.
pub fn compare(tree: &str, addresses: &str) -> Option<String> {
    let path = folder().join(format!("{tree}.txt"));
    let kept = fs::read_to_string(&path).unwrap_or_default();
    if kept == addresses {
        return None;
    }
    if is_blessing() {
        fs::create_dir_all(folder()).unwrap();
        fs::write(path, addresses).unwrap();
        return None;
    }
    let difference = similar::TextDiff::from_lines(kept.as_str(), addresses);
    let difference = difference
        .unified_diff()
        .context_radius(0)
        .header("kept", "planned")
        .to_string();
    Some(format!(
        "the addresses changed, and with them what a state knows\n{difference}"
    ))
}

/// Inventories that belong to none of these trees; they are removed where changes are being accepted.
pub fn stale(trees: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    for path in entries(&folder()) {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if trees.contains(&name) {
            continue;
        }
        if is_blessing() {
            fs::remove_file(path).unwrap();
        } else {
            found.push(format!("{name}: no blueprint has this tree"));
        }
    }
    found
}
