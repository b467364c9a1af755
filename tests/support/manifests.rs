//! Kubernetes objects as `kubectl` builds them and strict schemas check them.

use std::path::Path;
use std::process::Command;

use super::project;
use super::tools::{is_there, python, run};

/// True where objects can be built and checked; the test says that it was skipped where not.
pub fn has_tools() -> bool {
    is_there("kubectl", &["version", "--client"]) && can_validate()
}

/// True where objects can be checked.
pub fn can_validate() -> bool {
    is_there(&python(), &["-c", "import jsonschema, kubernetes_validate, yaml"])
}

/// The objects of a folder with a kustomization.
pub fn build(folder: &Path) -> Result<Vec<u8>, String> {
    run(Command::new("kubectl").arg("kustomize").arg(folder), &[])
}

/// Checks objects: fields that no schema knows are errors, and so are kinds without a schema.
pub fn validate(objects: &[u8]) -> Result<(), String> {
    let mut command = Command::new(python());
    let kinds = ["kinds", "argo", "rabbitmq"].map(|name| project(&format!("src/kubernetes/data/{name}.jsonl")));
    command.arg(project("tests/support/validate.py")).args(kinds);
    run(&mut command, objects).map(|_| ())
}
