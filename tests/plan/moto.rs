//! What AWS is told, told to a local server that stands in for it: names, policies, mappings, schedules and routes are accepted, and
//! events start the code of functions.

use std::fs;
use std::path::Path;
use std::process::Command;

use cloudgen::blueprint;
use cloudgen::target::Target;

use crate::support::tools::{is_there, python, run};
use crate::support::{entries, project};
use crate::{Offline, folder, has_terraform};

/// Every way to start a function.
const BLUEPRINT: &str = include_str!("moto/blueprint.toml");
const CODE: &str = include_str!("moto/main.py");
/// An object that starts a function, and what has to be there then: of the function itself, and of the one that its message starts. Runs
/// of a workflow, and how each has to end.
const CHECKS: &str = r#"[{ "put": "uploads/a.txt", "into": "media", "content": "one two\nthree\n",
    "expect": ["summaries/a.txt", "kept/a.txt"] },
  { "run": "accept-closing", "input": { "about": { "kind": "\"it's\" ${x} {% $y %} {{z}}" }, "n": 4 }, "status": "SUCCEEDED",
    "output": [{ "caught": true, "had": { "about": { "kind": "\"it's\" ${x} {% $y %} {{z}}" }, "n": 4 } }, { "n": 8 }] },
  { "run": "accept-closing", "input": { "n": 11 }, "status": "FAILED", "cause": "{% $states.input %} is too much" },
  { "run": "accept-closing", "input": { "n": 3, "about": ["kind"] }, "status": "SUCCEEDED", "output": { "n": 6 } },
  { "run": "accept-closing", "input": { "n": "3", "sure": true }, "status": "SUCCEEDED", "output": { "n": "3", "sure": true } },
  { "run": "accept-closing", "input": { "n": -1 }, "status": "FAILED", "cause": "below" }]"#;

/// Applies a tree offline and makes it anew at the local server; what was made, one thing a line.
fn accepted(files: &[(&str, &str)], checks: &str) -> String {
    let folder = folder(files);
    let root = folder.path().join("terraform");
    let offline = Offline::start(&root);
    offline.succeed(&["init", "-input=false", "-no-color"]);
    offline.succeed(&["apply", "-input=false", "-no-color", "-auto-approve"]);
    let state = folder.path().join("state.json");
    fs::write(&state, offline.succeed(&["show", "-json"])).unwrap();
    let mut command = Command::new(python());
    command
        .arg(project("tests/plan/moto/accept.py"))
        .args([state.as_path(), root.as_path()])
        .current_dir(folder.path());
    let said = run(&mut command, checks.as_bytes()).unwrap_or_else(|problem| panic!("{problem}"));
    String::from_utf8(said).unwrap()
}

fn has_moto() -> bool {
    has_terraform() && is_there(&python(), &["-c", "import boto3, jsonata, moto.server"])
}

#[test]
fn events_start_functions_at_a_server_that_stands_in_for_aws() {
    if !has_moto() {
        return;
    }
    let mut blueprint = blueprint::load(BLUEPRINT, None).unwrap();
    let files = [("main.py".to_owned(), CODE.to_owned())].into();
    blueprint.sources.insert("code".to_owned(), Ok(files));
    let compiled = cloudgen::compile(&blueprint, Target::Aws);
    let rendered = compiled.value.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    let files: Vec<(&str, &str)> = rendered.files.iter().collect();
    let made = accepted(&files, CHECKS);
    let has = |line: &str| {
        assert!(
            made.lines().any(|made| made.starts_with(line)),
            "{line} is not in\n{made}"
        )
    };
    for line in [
        "object summaries/a.txt: 2 lines",
        "object kept/a.txt: 2 lines",
        "started accept-summary",
        "started accept-keep",
        "started accept-watch",
        "started accept-tell",
        "schedule accept-nightly",
        "workflow accept-closing",
        "address of accept-price",
        "route GET /items/{id}",
        "alarm accept-summary-dead",
    ] {
        has(line);
    }
}

/// What starts the chains of the example: an upload, and readings of which one is too hot.
const CHAIN: &str = r#"[
    { "put": "uploads/ann/cat.jpg", "into": "media", "content": "no picture", "expect": ["summaries/ann/cat.jpg.json"] },
    { "put": "uploads/ann/notes/a b.txt", "into": "media", "content": "one two\nthree\n",
        "expect": ["summaries/ann-notes/a b.txt.json"],
        "records": { "readings": [{ "device": "d1", "at": "2026-01-31T15:30:10Z", "celsius": 21.5 },
            { "device": "d1", "at": "2026-01-31T15:31:10Z", "celsius": 95 }] } }
]"#;

#[test]
fn what_starts_an_example_arrives_at_its_end() {
    if !has_moto() {
        return;
    }
    let mut examples = crate::support::examples().into_iter();
    let mut example = examples.find(|example| example.name == "media-iot").unwrap();
    // Workflows and warehouses are no part of the chains.
    let parts = example.text.split("\n\n");
    let parts: Vec<&str> = parts
        .filter(|part| !part.contains("workflows") && !part.contains("facts"))
        .collect();
    example.text = parts.join("\n\n");
    let rendered = example.render(&example.load(None), Target::Aws);
    let files: Vec<(&str, &str)> = rendered.files.iter().collect();
    let made = accepted(&files, CHAIN);
    for line in [
        r#"item mediaiot-pictures {"bytes": "10", "day": "#,
        r#"item mediaiot-pictures {"bytes": "14", "day": "#,
        r#"told /v1/messages Bearer the secret mediaiot/push-key: {"owner": "ann", "key": "cat.jpg", "#,
        "started mediaiot-alarm",
        r#"item mediaiot-means {"day": "2026-02-01", "device": "d1", "#,
    ] {
        assert!(
            made.lines().any(|made| made.starts_with(line)),
            "{line} is not in\n{made}"
        );
    }
    // The filter of `notify` lets nothing but pictures and videos through.
    assert_eq!(made.matches("\ntold ").count(), 1, "{made}");
}

#[test]
fn the_examples_are_accepted() {
    let serverless = |path: &Path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("serverless"))
    };
    let blueprints = entries(&project("blueprints"));
    if !has_moto() {
        return;
    }
    for path in blueprints.iter().filter(|path| path.is_file() && serverless(path)) {
        let example = crate::support::examples()
            .into_iter()
            .find(|example| example.path == *path)
            .unwrap();
        let case = example
            .cases()
            .into_iter()
            .find(|case| case.target == Target::Aws && case.environment.is_none());
        let case = case.unwrap();
        let files: Vec<(&str, &str)> = case.rendered.files.iter().collect();
        assert!(accepted(&files, "[]").contains("function "), "{}", path.display());
    }
}
