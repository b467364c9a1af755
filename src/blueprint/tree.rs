//! A TOML document as a tree of values, each with its place in the text.

use indexmap::IndexMap;

use crate::diagnostic::{Places, Span};

/// A value and where it stands. A `[table]` stands at its header, a table that only its children imply at the key that implies it.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub span: Span,
    pub value: Value,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Value {
    String(String),
    Integer(i64),
    /// Always finite.
    Float(f64),
    Boolean(bool),
    /// A date, a time or both, as written.
    Datetime(String),
    Array(Vec<Node>),
    Table(Table),
}

/// The entries of a table, in the order in which they were first written.
pub(super) type Table = IndexMap<String, Entry>;

/// One entry of a table: where its key stands, and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub key: Span,
    pub node: Node,
}

impl Node {
    /// The entries, if it is a table.
    pub fn table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Its type, in the words of TOML.
    pub fn noun(&self) -> &'static str {
        match self.value {
            Value::String(_) => "a string",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a float",
            Value::Boolean(_) => "a boolean",
            Value::Datetime(_) => "a date or time",
            Value::Array(_) => "an array",
            Value::Table(_) => "a table",
        }
    }

    /// Whether JSON Schema's `type` admits it. A date is written without quotes, so that it is no JSON type at all.
    pub fn is(&self, json_type: &str) -> bool {
        match self.value {
            Value::String(_) => json_type == "string",
            Value::Integer(_) => matches!(json_type, "integer" | "number"),
            Value::Float(_) => json_type == "number",
            Value::Boolean(_) => json_type == "boolean",
            Value::Datetime(_) => false,
            Value::Array(_) => json_type == "array",
            Value::Table(_) => json_type == "object",
        }
    }

    /// The same value without places.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::String(text) | Value::Datetime(text) => text.as_str().into(),
            Value::Integer(number) => (*number).into(),
            Value::Float(number) => (*number).into(),
            Value::Boolean(truth) => (*truth).into(),
            Value::Array(items) => items.iter().map(Node::to_json).collect(),
            Value::Table(table) => table
                .iter()
                .map(|(key, entry)| (key.clone(), entry.node.to_json()))
                .collect(),
        }
    }

    /// Calls `visit` with every place in it: keys and values.
    pub fn each_span(&self, visit: &mut impl FnMut(Span)) {
        visit(self.span);
        match &self.value {
            Value::Array(items) => items.iter().for_each(|item| item.each_span(visit)),
            Value::Table(table) => table.values().for_each(|entry| {
                visit(entry.key);
                entry.node.each_span(visit);
            }),
            _ => {}
        }
    }
}

/// Merges an overlay into a table: tables merge, everything else replaces. What comes from the overlay keeps its place there.
pub(super) fn merge(base: &mut Table, overlay: &Table) {
    for (key, entry) in overlay {
        if let Some(old) = base.get_mut(key)
            && let (Value::Table(old), Value::Table(new)) = (&mut old.node.value, &entry.node.value)
        {
            merge(old, new);
        } else {
            base.insert(key.clone(), entry.clone());
        }
    }
}

/// The place of everything in a document, by dotted path.
pub(super) fn places(root: &Table) -> Places {
    let mut places = Places::default();
    note(root, &mut String::new(), &mut places);
    places
}

/// Notes what is in a table; `path` leads to it, and does so again afterwards.
fn note(table: &Table, path: &mut String, places: &mut Places) {
    let length = path.len();
    for (key, entry) in table {
        step(path, key);
        places.insert(path.as_str(), entry.node.span, Some(entry.key));
        note_within(&entry.node, path, places);
        path.truncate(length);
    }
}

fn note_within(node: &Node, path: &mut String, places: &mut Places) {
    match &node.value {
        Value::Table(table) => note(table, path, places),
        Value::Array(items) => {
            let length = path.len();
            for (index, item) in items.iter().enumerate() {
                step(path, &index.to_string());
                places.insert(path.as_str(), item.span, None);
                note_within(item, path, places);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

fn step(path: &mut String, step: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(step);
}
