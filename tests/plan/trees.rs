//! Every example blueprint on every cloud in every environment, through everything that Terraform does with it.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use crate::support::{Case, Example, examples, manifests};
use crate::{Offline, addresses, has_terraform};

#[test]
fn every_tree_is_planned_applied_and_then_planned_without_changes() {
    if !has_terraform() {
        return;
    }
    let has_terraform = |case: &Case| !case.rendered.terraform().is_empty();
    let cases: Vec<Case> = examples()
        .iter()
        .flat_map(Example::cases)
        .filter(has_terraform)
        .collect();
    let trees: BTreeSet<String> = cases.iter().map(name).collect();
    let waiting = Mutex::new(VecDeque::from(cases));
    let findings = Mutex::new(addresses::stale(&trees));
    thread::scope(|scope| {
        // Terraform uses more than one processor, but waits a good part of its time.
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap().pop_front();
                    let Some(case) = next else { break };
                    if let Err(finding) = check(&case) {
                        findings.lock().unwrap().push(format!("{}: {finding}", name(&case)));
                    }
                }
            });
        }
    });
    let mut findings = findings.into_inner().unwrap();
    findings.sort();
    assert!(findings.is_empty(), "\n{}", findings.join("\n\n"));
}

fn name(case: &Case) -> String {
    format!("{}.{}", case.folder, case.target)
}

/// What is wrong with a tree.
fn check(case: &Case) -> Result<(), String> {
    let checked = catch_unwind(AssertUnwindSafe(|| walk(case)));
    checked.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>();
        Err(words.cloned().unwrap_or_else(|| "the test failed".to_owned()))
    })
}

fn walk(case: &Case) -> Result<(), String> {
    let files: Vec<(&str, &str)> = case.rendered.files.iter().collect();
    let folder = crate::folder(&files);
    let root = folder.path().join("terraform");
    let offline = Offline::start(&root);
    offline.succeed(&["init", "-input=false", "-no-color"]);
    offline.succeed(&["validate", "-no-color"]);
    offline.succeed(&["plan", "-input=false", "-no-color", "-out=first"]);
    let planned = addresses::of_plan(&offline.succeed(&["show", "-json", "first"]));
    offline.succeed(&["apply", "-input=false", "-no-color", "first"]);
    let second = offline.terraform(&["plan", "-input=false", "-no-color", "-detailed-exitcode"]);
    if second.code != Some(0) {
        return Err(format!("the second plan is not empty\n{}\n{}", second.out, second.err));
    }
    cluster(case, &offline, folder.path())?;
    addresses::compare(&name(case), &planned).map_or(Ok(()), Err)
}

/// Writes what only Terraform knows beside the objects of a managed cluster, as its README says, and checks them all.
fn cluster(case: &Case, offline: &Offline<'_>, folder: &Path) -> Result<(), String> {
    if case.rendered.kubernetes.is_empty() || !manifests::has_tools() {
        return Ok(());
    }
    let outputs: serde_json::Value = serde_json::from_str(&offline.succeed(&["output", "-json"])).unwrap();
    let written = outputs.as_object().unwrap().keys();
    for output in written.filter(|name| *name == "kubernetes" || name.starts_with("kubernetes_")) {
        let part = output
            .trim_start_matches("kubernetes")
            .trim_start_matches('_')
            .replace('_', "-");
        let path = folder.join("kubernetes").join(part).join("terraform.yaml");
        fs::write(path, offline.succeed(&["output", "-raw", output])).unwrap();
    }
    let objects = manifests::build(&folder.join("kubernetes"))?;
    manifests::validate(&objects)
}
