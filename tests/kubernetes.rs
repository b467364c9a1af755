//! Kubernetes output, checked with `kubectl` and Python.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::path::PathBuf;

use support::manifests::{self, can_validate, validate};
use support::{entries, project};

/// Every golden tree of a plain cluster. What belongs to a managed one is checked where its Terraform is applied (tests/plan).
fn trees() -> Vec<PathBuf> {
    let blueprints = entries(&project("golden"));
    let trees = blueprints.iter().map(|blueprint| blueprint.join("kubernetes"));
    let trees: Vec<PathBuf> = trees
        .flat_map(|tree| [tree.join("kubernetes"), tree.join("kubernetes/protect")])
        .filter(|tree| tree.is_dir())
        .collect();
    assert!(!trees.is_empty(), "no golden tree has Kubernetes objects");
    trees
}

#[test]
fn kustomize_builds_valid_objects() {
    if !manifests::has_tools() {
        return;
    }
    let mut findings = Vec::new();
    for tree in trees() {
        if let Err(finding) = manifests::build(&tree).and_then(|objects| validate(&objects)) {
            findings.push(format!("{}: {finding}", tree.display()));
        }
    }
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

#[test]
fn queues_topics_and_caches_are_valid_objects() {
    if !can_validate() {
        return;
    }
    let text = include_str!("messaging/shop.toml");
    for copies in ["true", "false"] {
        let text = text.replace("multi_zone = true", &format!("multi_zone = {copies}"));
        let blueprint = cloudgen::blueprint::load(&text, None).unwrap();
        let rendered = cloudgen::compile(&blueprint, cloudgen::target::Target::Kubernetes)
            .value
            .unwrap();
        assert_eq!(validate(rendered.kubernetes.as_bytes()), Ok(()));
    }
    let queue =
        "apiVersion: rabbitmq.com/v1beta1\nkind: Queue\nmetadata:\n  name: a\nspec:\n  name: a\n  kind: quorum\n";
    let said = validate(queue.as_bytes()).unwrap_err();
    assert!(said.contains("'kind' was unexpected"), "{said}");
    assert!(
        said.contains("'rabbitmqClusterReference' is a required property"),
        "{said}"
    );
}

#[test]
fn the_validation_finds_what_is_wrong() {
    if !can_validate() {
        return;
    }
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
    assert_eq!(validate(config.as_bytes()), Ok(()));
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    - name: a\n      image: b\n";
    let wrong = [
        (format!("{config}dota:\n  a: b\n"), "dota"),
        (format!("{config}data: 1\n"), "data"),
        (format!("{config}kind: ConfigMap\n"), "given twice"),
        (config.replace("v1", "networking.example.com/v1"), "no schema is kept"),
        (config.replace("ConfigMap", "ConfigMop"), "find schema"),
        (pod.to_owned(), "may run as root"),
        (String::new(), "no objects"),
    ];
    for (objects, finding) in wrong {
        let said = validate(objects.as_bytes()).unwrap_err();
        assert!(said.contains(finding), "{finding}: {said}");
    }
}
