//! Environments: overlays that are merged over the rest of a blueprint.

use std::collections::BTreeSet;

use super::schema::{Rules, Schema, language};
use super::tree::{Entry, Table, merge};
use super::walk;
use crate::diagnostic::language as rules;
use crate::diagnostic::{Diagnostic, Span};

/// The key of the overlays.
const ENVIRONMENTS: &str = "environments";

/// Merges the overlay of `chosen` over the blueprint and checks the result, and every other overlay as far as its own text goes.
pub(super) fn merge_and_check(mut base: Table, chosen: Option<&str>, text: &str) -> (Table, Vec<Diagnostic>) {
    let schema = language();
    let environments = base.shift_remove(ENVIRONMENTS);
    let mut found = vec![];
    if let Some(entry) = &environments {
        found.extend(names(schema, entry, text));
    }
    let overlays = environments.as_ref().and_then(|entry| entry.node.table());
    let mut merged = None;
    if let Some(name) = chosen {
        match overlays.and_then(|overlays| overlays.get(name)) {
            Some(entry) => merged = entry.node.table().map(|overlay| over(&base, overlay)),
            None => {
                let known: Vec<&str> = overlays
                    .into_iter()
                    .flat_map(|all| all.keys().map(String::as_str))
                    .collect();
                let place = environments.as_ref().map(|entry| entry.key);
                found.push(rules::unknown_environment(name, place, &known));
            }
        }
    }
    found.extend(walk::document(schema, merged.as_ref().unwrap_or(&base), text));
    for (name, entry) in overlays.into_iter().flatten() {
        let Some(overlay) = entry.node.table() else {
            continue;
        };
        if let Some(nested) = overlay.get(ENVIRONMENTS) {
            let place = format!("{ENVIRONMENTS}.{name}");
            found.push(rules::unknown_key(ENVIRONMENTS, &place, nested.key, None, &[]));
        }
        if chosen != Some(name) {
            found.extend(of_other(schema, &base, overlay, entry, text));
        }
    }
    let mut merged = merged.unwrap_or(base);
    if let Some(entry) = environments {
        merged.insert(ENVIRONMENTS.to_owned(), entry);
    }
    (merged, found)
}

/// A blueprint with an overlay merged over it.
fn over(base: &Table, overlay: &Table) -> Table {
    let mut merged = base.clone();
    merge(&mut merged, overlay);
    merged.shift_remove(ENVIRONMENTS);
    merged
}

/// Checks that environments are tables with good names, without looking inside.
fn names(schema: &Schema, environments: &Entry, text: &str) -> Vec<Diagnostic> {
    let properties = schema.root().map(|root| &root.properties);
    let Some(part) = properties.and_then(|properties| properties.get(ENVIRONMENTS)) else {
        return vec![];
    };
    let mut part = part.clone();
    for item in part.pattern_properties.values_mut() {
        *item = Rules {
            kind: Some("object"),
            ..Rules::default()
        };
    }
    walk::part(schema, &part, ENVIRONMENTS, &environments.node, text)
}

/// The violations that an overlay brings, seen over the blueprint: those at a place in its own text.
fn of_other(schema: &Schema, base: &Table, overlay: &Table, entry: &Entry, text: &str) -> Vec<Diagnostic> {
    let mut own: BTreeSet<Span> = BTreeSet::new();
    entry.node.each_span(&mut |span| {
        own.insert(span);
    });
    walk::changed(schema, &over(base, overlay), &own, text)
}
