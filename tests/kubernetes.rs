//! Kubernetes output, checked with `kubectl` and Python.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::path::PathBuf;
use std::process::Command;

use support::tools::{is_there, python, run};
use support::{entries, project};

/// Every golden tree with Kubernetes objects.
fn trees() -> Vec<PathBuf> {
    let blueprints = entries(&project("golden"));
    let trees = blueprints.iter().flat_map(|blueprint| entries(blueprint));
    let trees: Vec<PathBuf> = trees
        .flat_map(|tree| [tree.join("kubernetes"), tree.join("kubernetes/protect")])
        .filter(|tree| tree.is_dir())
        .collect();
    assert!(!trees.is_empty(), "no golden tree has Kubernetes objects");
    trees
}

fn validate(objects: &[u8]) -> Result<(), String> {
    let mut command = Command::new(python());
    let kinds = ["kinds", "rabbitmq"].map(|name| project(&format!("src/kubernetes/data/{name}.jsonl")));
    command.arg(project("tests/support/validate.py")).args(kinds);
    run(&mut command, objects).map(|_| ())
}

fn can_validate() -> bool {
    is_there(&python(), &["-c", "import jsonschema, kubernetes_validate, yaml"])
}

#[test]
fn kustomize_builds_valid_objects() {
    if !is_there("kubectl", &["version", "--client"]) || !can_validate() {
        return;
    }
    let mut findings = Vec::new();
    for tree in trees() {
        let built = run(Command::new("kubectl").arg("kustomize").arg(&tree), &[]);
        if let Err(finding) = built.and_then(|objects| validate(&objects)) {
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
