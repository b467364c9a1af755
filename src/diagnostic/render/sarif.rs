//! Diagnostics as SARIF 2.1.0, for code hosts that show them beside the text.
//!
//! Written by hand: what a linter says of one file is a small part of SARIF, and its generated types are larger than this compiler's
//! own model.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::place::Source;
use super::{level, sorted};
use crate::diagnostic::{Diagnostic, Span};

/// The diagnostics of one file as a SARIF log with one run, in the order of the text.
pub fn sarif(file: &str, source: &str, diagnostics: &[Diagnostic]) -> String {
    let source = Source::new(source);
    let rules: Vec<&str> = diagnostics
        .iter()
        .map(|one| one.rule)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let results: Vec<Value> = sorted(diagnostics)
        .into_iter()
        .map(|one| result(file, &source, &rules, one))
        .collect();
    let rules: Vec<Value> = rules
        .iter()
        .map(|id| json!({ "id": id, "shortDescription": { "text": id.replace('-', " ") } }))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": env!("CARGO_PKG_NAME"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                },
            },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn result(file: &str, source: &Source<'_>, rules: &[&str], one: &Diagnostic) -> Value {
    let message: Vec<String> = [
        Some(one.message.clone()),
        one.reason.as_ref().map(|reason| format!("Why: {reason}")),
        one.fix.as_ref().map(|fix| format!("Fix: {fix}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut result = Map::new();
    result.insert("ruleId".to_owned(), one.rule.into());
    result.insert(
        "ruleIndex".to_owned(),
        rules.iter().position(|rule| *rule == one.rule).into(),
    );
    result.insert("level".to_owned(), level(one.severity).into());
    result.insert("message".to_owned(), json!({ "text": message.join("\n") }));
    let place = location(file, source, one.span, None);
    result.insert("locations".to_owned(), json!([place]));
    if !one.related.is_empty() {
        let related: Vec<Value> = one
            .related
            .iter()
            .map(|(span, label)| location(file, source, Some(*span), Some(label)))
            .collect();
        result.insert("relatedLocations".to_owned(), related.into());
    }
    Value::Object(result)
}

fn location(file: &str, source: &Source<'_>, span: Option<Span>, label: Option<&str>) -> Value {
    let mut physical = Map::new();
    physical.insert("artifactLocation".to_owned(), json!({ "uri": uri(file) }));
    if let Some(span) = span {
        let (start, end) = source.positions(span);
        let region = json!({
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        });
        physical.insert("region".to_owned(), region);
    }
    let mut location = Map::new();
    location.insert("physicalLocation".to_owned(), physical.into());
    if let Some(label) = label {
        location.insert("message".to_owned(), json!({ "text": label }));
    }
    location.into()
}

/// A file name as a relative URI reference: forward slashes, everything else that a URI has no room for encoded.
fn uri(file: &str) -> String {
    let mut uri = String::new();
    for byte in file.replace('\\', "/").bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
