//! Diagnostics for people and for programs: text as rustc writes it, JSON, SARIF.
//!
//! Lines and columns count from 1; columns count characters. A byte order mark is not part of the text.

mod json;
mod place;
mod sarif;
mod text;

pub use json::json;
pub use sarif::sarif;
pub use text::text;

use super::{Diagnostic, Severity};

/// The diagnostics in the order of the text; those of the whole file first.
fn sorted(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by(|a, b| (a.span, a.severity, a.rule, &a.message).cmp(&(b.span, b.severity, b.rule, &b.message)));
    sorted
}

/// The word for a severity that JSON and SARIF share.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

#[cfg(test)]
mod tests;
