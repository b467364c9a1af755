//! Golden diagnostics: what is said of every bad blueprint in `tests/bad`, to the letter.
//!
//! Beside each `NAME.toml` stands `NAME.txt`, the text that a user would see. `CLOUDGEN_BLESS=1 cargo test --test diagnostics` writes
//! them anew. The first lines of a blueprint may choose an environment (`# env: dev`) and targets (`# targets: aws gcp`; all if
//! it does not say).

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cloudgen::blueprint;
use cloudgen::diagnostic::{Diagnostic, render};
use cloudgen::target::Target;

/// What a blueprint's leading comments ask for.
fn directive<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .take_while(|line| line.starts_with('#'))
        .find_map(|line| line.strip_prefix('#')?.trim_start().strip_prefix(name))
        .map(str::trim)
}

/// Everything said of a blueprint: once, however many targets say it.
fn diagnose(text: &str) -> Vec<Diagnostic> {
    let blueprint = match blueprint::load(text, directive(text, "env:")) {
        Ok(blueprint) => blueprint,
        Err(diagnostics) => return diagnostics,
    };
    let names = directive(text, "targets:");
    let wanted = |target: &Target| names.is_none_or(|names| names.split_whitespace().any(|name| name == target.name()));
    let mut all: Vec<Diagnostic> = vec![];
    for target in Target::ALL.into_iter().filter(wanted) {
        for diagnostic in cloudgen::compile(&blueprint, target).diagnostics {
            if !all.contains(&diagnostic) {
                all.push(diagnostic);
            }
        }
    }
    all
}

fn blueprints() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    paths.sort();
    paths
}

#[test]
fn every_bad_blueprint_says_what_is_wrong() {
    let bless = std::env::var_os("CLOUDGEN_BLESS").is_some_and(|value| value == "1");
    let mut problems = vec![];
    let mut golden = BTreeSet::new();
    for path in blueprints() {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let diagnostics = diagnose(&text);
        if diagnostics.is_empty() {
            problems.push(format!("{name}: nothing is wrong with it"));
        }
        for diagnostic in &diagnostics {
            if diagnostic.fix.is_none() {
                problems.push(format!("{name}: {} has no fix", diagnostic.rule));
            }
        }
        let actual = render::text(&format!("tests/bad/{name}"), &text, &diagnostics, false);
        let expected = path.with_extension("txt");
        golden.insert(expected.clone());
        if bless {
            fs::write(&expected, actual).unwrap();
        } else if fs::read_to_string(&expected).ok().as_deref() != Some(actual.as_str()) {
            problems.push(format!("{name}: changed; it now says\n{actual}"));
        }
    }
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") && !golden.contains(&path) {
            problems.push(format!("{}: stale, no blueprint beside it", path.display()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
