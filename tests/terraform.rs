//! Terraform output, checked with the real `terraform`. Only the checks that need no provider are made here.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::path::PathBuf;
use std::process::Command;

use support::tools::{is_there, run};
use support::{Example, entries, examples, project};

/// Every golden tree with Terraform.
fn trees() -> Vec<PathBuf> {
    let blueprints = entries(&project("golden"));
    let trees = blueprints.iter().flat_map(|blueprint| entries(blueprint));
    let trees: Vec<PathBuf> = trees
        .map(|tree| tree.join("terraform"))
        .filter(|tree| tree.is_dir())
        .collect();
    assert!(!trees.is_empty(), "no golden tree has Terraform");
    trees
}

fn fmt() -> Command {
    let mut command = Command::new("terraform");
    command.args(["fmt", "-check", "-diff"]).env("CHECKPOINT_DISABLE", "1");
    command
}

#[test]
fn trees_are_formatted() {
    if !is_there("terraform", &["version"]) {
        return;
    }
    let mut findings = Vec::new();
    for tree in trees() {
        if let Err(difference) = run(fmt().arg("-recursive").arg(&tree), &[]) {
            findings.push(format!("{}: {difference}", tree.display()));
        }
    }
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

#[test]
fn documents_are_formatted() {
    if !is_there("terraform", &["version"]) {
        return;
    }
    for case in examples().iter().flat_map(Example::cases) {
        if case.rendered.terraform().is_empty() {
            continue;
        }
        let formatted = run(fmt().arg("-"), case.rendered.terraform().as_bytes());
        let place = format!("{}/{}", case.folder, case.target);
        assert!(formatted.is_ok(), "{place}: {}", formatted.unwrap_err());
    }
}
