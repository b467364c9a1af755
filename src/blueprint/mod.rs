//! The front end: TOML text to a typed blueprint whose every value knows its place in the text.
//!
//! ```text
//! text --parse--> tree --environments--> merged tree --walk (JSON Schema of model), secrets--> model
//! ```
//!
//! The language is defined once, by the types of [`model`]: their JSON Schema is what editors get from [`json_schema`] and what
//! `walk` checks the tree against. So a new key is one line in the model.

mod environment;
pub mod model;
mod parse;
mod schema;
mod secrets;
mod sources;
mod tree;
mod walk;

use serde::Deserialize;
pub use sources::{LARGEST, Sources, Unreadable, folders};

use crate::diagnostic::language as rules;
use crate::diagnostic::{Diagnostic, Places, Span};

/// A blueprint that obeys the language: the typed values, and where each stands.
#[derive(Debug, Clone)]
pub struct Blueprint {
    /// The typed values, overlay merged.
    pub model: model::Model,
    /// The environment whose overlay was merged.
    pub environment: Option<String>,
    /// Where each value stands.
    pub places: Places,
    /// The code of functions, which [`load`] leaves empty: it reads no disk.
    pub sources: Sources,
}

/// Reads a blueprint, merges the overlay of `environment` into it, and checks it against the language.
///
/// The overlays of the other environments are checked too, as far as they can be wrong by themselves.
///
/// # Errors
/// Every violation of TOML and of the language, sorted by place: syntax, unknown keys, wrong types, values outside their range or
/// set, literal secrets, an environment that the blueprint does not have.
pub fn load(text: &str, environment: Option<&str>) -> Result<Blueprint, Vec<Diagnostic>> {
    let parsed = parse::parse(text);
    let secrets = secrets::find(&parsed.root, text);
    let (tree, mut found) = environment::merge_and_check(parsed.root, environment, text);
    found.extend(secrets);
    if !parsed.errors.is_empty() {
        // The tree may lack what the text has, at the latest behind an error: only what is surely wrong is worth saying.
        let good = parsed.good_until.unwrap_or(text.len());
        found.retain(|one| {
            !matches!(one.rule, rules::MISSING_KEY | rules::UNKNOWN_SHAPE)
                && one.span.is_some_and(|span| span.end <= good)
        });
    }
    found.extend(parsed.errors);
    if !found.is_empty() {
        return Err(in_order(found));
    }
    let json: serde_json::Value = tree
        .iter()
        .map(|(key, entry)| (key.clone(), entry.node.to_json()))
        .collect();
    match model::Model::deserialize(json) {
        Ok(model) => Ok(Blueprint {
            model,
            environment: environment.map(str::to_owned),
            places: tree::places(&tree),
            sources: Sources::new(),
        }),
        Err(error) => Err(vec![rules::model_mismatch(&error.to_string())]),
    }
}

/// The JSON Schema of a blueprint, draft 7, for editors: completion, hover and checks while typing.
pub fn json_schema() -> serde_json::Value {
    schema::language().for_editors()
}

/// Sorts by place and drops what is said twice, and what would quote a text that holds a secret.
fn in_order(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let secrets: Vec<Span> = found
        .iter()
        .filter(|one| one.rule == rules::LITERAL_SECRET)
        .filter_map(|one| one.span)
        .collect();
    found.retain(|one| {
        let quotes = matches!(one.rule, rules::BAD_FORMAT | rules::UNKNOWN_VALUE);
        let holds = |secret: &Span| {
            one.span
                .is_some_and(|at| at.start <= secret.start && secret.end <= at.end)
        };
        !(quotes && secrets.iter().any(holds))
    });
    found.sort_by(|a, b| (a.span, a.rule, &a.message).cmp(&(b.span, b.rule, &b.message)));
    found.dedup();
    found
}

#[cfg(test)]
mod tests;
