//! Diagnostics as text.

use super::Diagnostic;

/// Text for people.
pub fn text(file_name: &str, _source: &str, diagnostics: &[Diagnostic], _color: bool) -> String {
    diagnostics
        .iter()
        .map(|d| format!("{file_name}: {}\n", d.message))
        .collect()
}

/// One JSON document.
pub fn json(_file_name: &str, _source: &str, _diagnostics: &[Diagnostic]) -> String {
    "[]".to_owned()
}

/// SARIF 2.1.0.
pub fn sarif(_file_name: &str, _source: &str, _diagnostics: &[Diagnostic]) -> String {
    "{}".to_owned()
}
