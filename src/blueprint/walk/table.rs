//! Tables: their keys.

use super::text::{better, follows};
use super::{Place, Walk};
use crate::blueprint::schema::{Keys, Rules, Schema};
use crate::blueprint::tree::Table;
use crate::diagnostic::Span;
use crate::diagnostic::language as rules;

impl Walk<'_> {
    /// Checks a table; `span` is where it stands, `None` for the whole document.
    pub(super) fn table(&mut self, rules: &Rules, table: &Table, span: Option<Span>, place: &Place<'_>) {
        let (properties, patterns) = (&rules.properties, &rules.pattern_properties);
        let mut slips = vec![];
        for (key, entry) in table {
            let (rules, about) = if let Some(rules) = properties.get(key) {
                (rules, Some((self.schema, rules)))
            } else if let Some((_, rules)) = patterns.iter().find(|(pattern, _)| follows(pattern, key)) {
                (rules, None)
            } else if let Some((pattern, rules)) = patterns.iter().next() {
                self.found.push(rules::bad_name(
                    key,
                    &place.to_string(),
                    entry.key,
                    &self.says(pattern),
                    better(pattern, key),
                ));
                (rules, None)
            } else if let Some(rules) = &rules.additional_properties {
                if rules.nothing {
                    let known = open_keys(properties, table);
                    let every: Vec<&str> = properties.names().collect();
                    let meant = rules::meant(key, &known).or_else(|| rules::meant(key, &every));
                    slips.extend(meant);
                    self.found
                        .push(rules::unknown_key(key, &place.to_string(), entry.key, meant, &known));
                    continue;
                }
                (rules.as_ref(), None)
            } else {
                continue;
            };
            if self.concerns(entry) {
                self.value(rules, &entry.node, &place.key(key, about));
            }
        }
        for key in required(rules, table) {
            // A slip of the pen in the key is reported where it stands, once.
            if table.contains_key(key) || slips.contains(&key) {
                continue;
            }
            let anything = Rules::default();
            let rules = properties.get(key).unwrap_or(&anything);
            let example = format!("{key} = {}", self.schema.example(rules));
            self.found.push(rules::missing_key(
                key,
                &place.to_string(),
                span,
                self.schema.about(rules),
                &example,
            ));
        }
        let span = span.unwrap_or_default();
        let bounds = (rules.min_properties, rules.max_properties);
        self.size(bounds, table.len(), "key", span, place);
    }
}

/// The keys that a table must have: always, and while it lacks another one (`if` without that one, `then` these).
fn required<'a>(rules: &'a Rules, table: &Table) -> impl Iterator<Item = &'static str> + use<'a> {
    let other = rules.condition.as_ref().and_then(|condition| condition.not.as_ref());
    let lacks = other.is_some_and(|other| other.required.iter().any(|key| !table.contains_key(*key)));
    let then = rules.then.as_ref().filter(|_| lacks);
    let also = then.into_iter().flat_map(|then| &then.required);
    rules.required.iter().chain(also).copied()
}

/// The keys that could still be added; all of them where none is left.
fn open_keys(properties: &Keys, table: &Table) -> Vec<&'static str> {
    let all = || properties.names();
    let open: Vec<&str> = all().filter(|key| !table.contains_key(*key)).collect();
    if open.is_empty() { all().collect() } else { open }
}

impl Schema {
    /// What a value is for: the first paragraph of its doc comment, on one line.
    pub(in crate::blueprint) fn about<'a>(&'a self, rules: &'a Rules) -> Option<&'a str> {
        let described = [rules, self.resolve(rules)]
            .into_iter()
            .find(|rules| !rules.description.is_empty())?;
        described.description.split("\n\n").next()
    }

    /// What an author could write for a value.
    pub(in crate::blueprint) fn example(&self, rules: &Rules) -> String {
        let inner = self.resolve(rules);
        if let Some(given) = rules.example().or_else(|| inner.example()) {
            return given.to_owned();
        }
        if let Some(word) = self.words(inner).and_then(|words| words.first().copied()) {
            return format!("\"{word}\"");
        }
        if let Some(first) = inner.branches().first() {
            return self.example(first);
        }
        match inner.kind {
            Some("integer" | "number") => match inner.minimum {
                Some(least) => least.to_string(),
                None => "1".to_owned(),
            },
            Some("boolean") => "true".to_owned(),
            Some("array") => match &inner.items {
                Some(item) => format!("[{}]", self.example(item)),
                None => "[]".to_owned(),
            },
            Some("object") => "{ ... }".to_owned(),
            _ => "\"...\"".to_owned(),
        }
    }
}
