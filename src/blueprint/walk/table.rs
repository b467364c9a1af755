//! Tables: their keys.

use serde_json::{Map, Value as Json};

use super::text::{better, follows};
use super::{Place, Walk};
use crate::blueprint::schema::Schema;
use crate::blueprint::tree::Table;
use crate::diagnostic::Span;
use crate::diagnostic::language as rules;

impl Walk<'_> {
    /// Checks a table; `span` is where it stands, `None` for the whole document.
    pub(super) fn table(&mut self, rules: &Map<String, Json>, table: &Table, span: Option<Span>, place: &Place<'_>) {
        let none = Map::new();
        let map = |keyword| rules.get(keyword).and_then(Json::as_object).unwrap_or(&none);
        let (properties, patterns) = (map("properties"), map("patternProperties"));
        let additional = rules.get("additionalProperties");
        let mut slips = vec![];
        for (key, entry) in table {
            let (schema, about) = if let Some(schema) = properties.get(key) {
                (schema, self.schema.about(schema))
            } else if let Some((_, schema)) = patterns.iter().find(|(pattern, _)| follows(pattern, key)) {
                (schema, None)
            } else if let Some((pattern, schema)) = patterns.iter().next() {
                self.found.push(rules::bad_name(
                    key,
                    &place.to_string(),
                    entry.key,
                    &self.says(pattern),
                    better(pattern, key),
                ));
                (schema, None)
            } else if additional == Some(&Json::Bool(false)) {
                let known = open_keys(properties, table);
                let every: Vec<&str> = properties.keys().map(String::as_str).collect();
                let meant = rules::meant(key, &known).or_else(|| rules::meant(key, &every));
                slips.extend(meant);
                self.found
                    .push(rules::unknown_key(key, &place.to_string(), entry.key, meant, &known));
                continue;
            } else if let Some(schema) = additional {
                (schema, None)
            } else {
                continue;
            };
            if self.concerns(entry) {
                self.value(schema, &entry.node, &place.key(key, about));
            }
        }
        for key in required(rules, table) {
            // A slip of the pen in the key is reported where it stands, once.
            if table.contains_key(key) || slips.contains(&key) {
                continue;
            }
            let schema = properties.get(key).unwrap_or(&Json::Null);
            let example = format!("{key} = {}", self.schema.example(schema));
            self.found.push(rules::missing_key(
                key,
                &place.to_string(),
                span,
                self.schema.about(schema),
                &example,
            ));
        }
        let span = span.unwrap_or_default();
        self.size(
            rules,
            ["minProperties", "maxProperties"],
            table.len(),
            "key",
            span,
            place,
        );
    }
}

/// The keys that a table must have: always, and while it lacks another one (`if` without that one, `then` these).
fn required<'a>(rules: &'a Map<String, Json>, table: &Table) -> impl Iterator<Item = &'a str> {
    let keys = |rules: Option<&'a Json>| {
        rules
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
    };
    let instead = rules.get("if").and_then(|other| other.pointer("/not/required"));
    let lacks = keys(instead).any(|key| !table.contains_key(key));
    let then = rules.get("then").and_then(|then| then.get("required"));
    keys(rules.get("required")).chain(keys(then.filter(|_| lacks)))
}

/// The keys that could still be added; all of them where none is left.
fn open_keys<'a>(properties: &'a Map<String, Json>, table: &Table) -> Vec<&'a str> {
    let all = || properties.keys().map(String::as_str);
    let open: Vec<&str> = all().filter(|key| !table.contains_key(*key)).collect();
    if open.is_empty() { all().collect() } else { open }
}

impl Schema {
    /// What a value is for: the first paragraph of its doc comment, on one line.
    pub(in crate::blueprint) fn about<'a>(&'a self, schema: &'a Json) -> Option<&'a str> {
        let description = |schema: &'a Json| schema.get("description").and_then(Json::as_str);
        description(schema)
            .or_else(|| description(self.resolve(schema)))
            .and_then(|text| text.split("\n\n").next())
    }

    /// What an author could write for a value.
    pub(in crate::blueprint) fn example(&self, schema: &Json) -> String {
        let inner = self.resolve(schema);
        let given = [schema, inner]
            .into_iter()
            .find_map(|schema| schema.get("examples")?.get(0));
        if let Some(given) = given {
            return given.to_string();
        }
        if let Some(word) = self.words(inner).and_then(|words| words.first().copied()) {
            return format!("\"{word}\"");
        }
        let branches = inner.get("anyOf").or_else(|| inner.get("oneOf"));
        if let Some(first) = branches.and_then(|branches| branches.get(0)) {
            return self.example(first);
        }
        match inner.get("type").and_then(Json::as_str) {
            Some("integer" | "number") => match inner.get("minimum").and_then(Json::as_f64) {
                Some(least) => least.to_string(),
                None => "1".to_owned(),
            },
            Some("boolean") => "true".to_owned(),
            Some("array") => match inner.get("items") {
                Some(item) => format!("[{}]", self.example(item)),
                None => "[]".to_owned(),
            },
            Some("object") => "{ ... }".to_owned(),
            _ => "\"...\"".to_owned(),
        }
    }
}
