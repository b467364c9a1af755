//! Diagnostics as JSON.

use serde_json::{Value, json};

use super::place::{Position, Source};
use super::{level, sorted};
use crate::diagnostic::Diagnostic;

/// The diagnostics of one file as a JSON array of objects, in the order of the text.
///
/// Each has `file`, `line`, `column`, `end` (`line` and `column`, one past the last character), `severity` (`error` or `warning`),
/// `rule`, `message`, `label`, `reason`, `fix` and `related` (places with a `label`). What there is not is `null`: a diagnostic of
/// the whole file has no line.
pub fn json(file: &str, source: &str, diagnostics: &[Diagnostic]) -> String {
    let source = Source::new(source);
    let all: Vec<Value> = sorted(diagnostics)
        .into_iter()
        .map(|one| object(file, &source, one))
        .collect();
    let mut text = serde_json::to_string_pretty(&all).unwrap_or_default();
    text.push('\n');
    text
}

fn object(file: &str, source: &Source<'_>, one: &Diagnostic) -> Value {
    let places = one.span.map(|span| source.positions(span));
    let related: Vec<Value> = one
        .related
        .iter()
        .map(|(span, label)| {
            let (start, end) = source.positions(*span);
            json!({
                "line": start.line,
                "column": start.column,
                "end": position(end),
                "label": label,
            })
        })
        .collect();
    json!({
        "file": file,
        "line": places.map(|(start, _)| start.line),
        "column": places.map(|(start, _)| start.column),
        "end": places.map(|(_, end)| position(end)),
        "severity": level(one.severity),
        "rule": one.rule,
        "message": one.message,
        "label": (!one.label.is_empty()).then_some(&one.label),
        "reason": one.reason,
        "fix": one.fix,
        "related": related,
    })
}

fn position(at: Position) -> Value {
    json!({ "line": at.line, "column": at.column })
}
