//! Checks a tree against the schema of the language, and says every violation where it stands.
//!
//! The keywords understood are those that schemars makes of our types; `walk::tests` fails when the schema has one that is not.

mod shape;
mod table;
mod text;
mod words;

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value as Json;

use super::schema::{Rules, Schema};
use super::tree::{Entry, Node, Table, Value};
use crate::diagnostic::language as rules;
use crate::diagnostic::{Diagnostic, Span};

/// Every violation of `schema` in a whole document. `text` is the text that the tree was read from.
pub(super) fn document(schema: &Schema, root: &Table, text: &str) -> Vec<Diagnostic> {
    whole(Walk::new(schema, text), root)
}

/// Those violations of a whole document that come from what stands at some places: what is nowhere near them is not looked at.
pub(super) fn changed(schema: &Schema, root: &Table, places: &BTreeSet<Span>, text: &str) -> Vec<Diagnostic> {
    let walk = Walk {
        only: Some(places),
        ..Walk::new(schema, text)
    };
    let mut found = whole(walk, root);
    found.retain(|one| one.span.is_some_and(|span| places.contains(&span)));
    found
}

fn whole(mut walk: Walk<'_>, root: &Table) -> Vec<Diagnostic> {
    let place = Place::root();
    if let Some(rules) = walk.schema.root() {
        walk.table(rules, root, None, &place);
    }
    walk.found
}

/// Every violation of one part of the language in a value: `key` of the root table.
pub(super) fn part(schema: &Schema, part: &Rules, key: &str, node: &Node, text: &str) -> Vec<Diagnostic> {
    let mut walk = Walk::new(schema, text);
    let root = Place::root();
    walk.value(part, node, &root.key(key, None));
    walk.found
}

struct Walk<'a> {
    schema: &'a Schema,
    text: &'a str,
    /// Only whether there are violations counts, not how to mend them.
    trial: bool,
    /// Where something has to stand that counts; everywhere if there are no such places.
    only: Option<&'a BTreeSet<Span>>,
    found: Vec<Diagnostic>,
}

/// Where the walk is: the path for messages, and what the language says the value is for.
struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    segment: Segment<'a>,
    /// The language on the nearest key on the way here.
    about: Option<About<'a>>,
}

/// What there is to ask about a key.
type About<'a> = (&'a Schema, &'a Rules);

enum Segment<'a> {
    Root,
    Key(&'a str),
    Item(usize),
}

impl<'a> Place<'a> {
    fn root() -> Self {
        Place {
            parent: None,
            segment: Segment::Root,
            about: None,
        }
    }

    fn key(&'a self, key: &'a str, about: Option<About<'a>>) -> Place<'a> {
        Place {
            parent: Some(self),
            segment: Segment::Key(key),
            about,
        }
    }

    fn item(&'a self, index: usize) -> Place<'a> {
        Place {
            parent: Some(self),
            segment: Segment::Item(index),
            about: self.about,
        }
    }

    /// Why a value here is checked, for the reader who does not know the key.
    fn explain(&self, diagnostic: Diagnostic) -> Diagnostic {
        let about = self.about.and_then(|(schema, rules)| schema.about(rules));
        match (about, diagnostic.reason.is_some()) {
            (Some(about), false) => {
                let mut owner = self;
                while let (Segment::Item(_), Some(parent)) = (&owner.segment, owner.parent) {
                    owner = parent;
                }
                match owner.segment {
                    Segment::Key(key) => diagnostic.reason(format!("`{key}`: {about}")),
                    _ => diagnostic,
                }
            }
            _ => diagnostic,
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
            if matches!(self.segment, Segment::Key(_)) && parent.parent.is_some() {
                f.write_str(".")?;
            }
        }
        match self.segment {
            Segment::Root => Ok(()),
            Segment::Key(key) => f.write_str(key),
            Segment::Item(index) => write!(f, "[{index}]"),
        }
    }
}

impl<'a> Walk<'a> {
    fn new(schema: &'a Schema, text: &'a str) -> Self {
        Walk {
            schema,
            text,
            trial: false,
            only: None,
            found: vec![],
        }
    }

    /// Another walk with the same task, which has found nothing yet.
    fn fresh(&self) -> Self {
        Walk { found: vec![], ..*self }
    }

    /// Whether anything in an entry counts.
    fn concerns(&self, entry: &Entry) -> bool {
        self.only.is_none_or(|places| {
            let mut is_there = places.contains(&entry.key);
            entry.node.each_span(&mut |span| is_there |= places.contains(&span));
            is_there
        })
    }
}

impl Walk<'_> {
    /// Checks one value.
    fn value(&mut self, rules: &Rules, node: &Node, place: &Place<'_>) {
        let rules = self.schema.resolve(rules);
        for part in &rules.all_of {
            self.value(part, node, place);
        }
        if let Some(known) = self.schema.words(rules) {
            return match &node.value {
                Value::String(text) if known.contains(&text.as_str()) => {}
                Value::String(text) => {
                    let error = rules::unknown_value(&place.to_string(), node.span, text, &known);
                    self.found.push(error);
                }
                _ => self.wrong_type(rules, node, place),
            };
        }
        let branches = rules.branches();
        if !branches.is_empty() {
            return self.choose(rules, branches, node, place);
        }
        if !self.schema.admits(rules, node) {
            return self.wrong_type(rules, node, place);
        }
        match &node.value {
            Value::String(text) => self.text(rules, text, node, place),
            Value::Integer(number) => self.number(rules, *number as f64, node, place),
            Value::Float(number) => self.number(rules, *number, node, place),
            Value::Array(items) => self.array(rules, items, node, place),
            Value::Table(table) => self.table(rules, table, Some(node.span), place),
            Value::Boolean(_) | Value::Datetime(_) => {}
        }
    }

    /// Adds a violation, with what the key is for as its reason unless it has one.
    fn report(&mut self, diagnostic: Diagnostic, place: &Place<'_>) {
        self.found.push(place.explain(diagnostic));
    }

    fn number(&mut self, rules: &Rules, number: f64, node: &Node, place: &Place<'_>) {
        let (least, most) = match rules.format {
            Some("uint8") => (Some(0.0), Some(f64::from(u8::MAX))),
            Some("uint16") => (Some(0.0), Some(f64::from(u16::MAX))),
            Some("uint32") => (Some(0.0), Some(f64::from(u32::MAX))),
            Some("int32") => (Some(f64::from(i32::MIN)), Some(f64::from(i32::MAX))),
            Some("uint64" | "uint") => (Some(0.0), None),
            _ => (None, None),
        };
        let (least, most) = (rules.minimum.or(least), rules.maximum.or(most));
        if least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most) {
            let range = words::range(least, most);
            let error = rules::out_of_range(&place.to_string(), node.span, self.raw(node), &range);
            self.report(error, place);
        }
    }

    fn array(&mut self, rules: &Rules, items: &[Node], node: &Node, place: &Place<'_>) {
        let bounds = (rules.min_items, rules.max_items);
        self.size(bounds, items.len(), "item", node.span, place);
        if let Some(rules) = &rules.items {
            for (index, item) in items.iter().enumerate() {
                self.value(rules, item, &place.item(index));
            }
        }
        if rules.unique_items {
            let values: Vec<Json> = items.iter().map(Node::to_json).collect();
            for (index, item) in items.iter().enumerate() {
                let first = values.iter().position(|value| values.get(index) == Some(value));
                if let Some(first) = first.filter(|first| *first < index).and_then(|at| items.get(at)) {
                    let error = rules::repeated_item(&place.to_string(), item.span, first.span);
                    self.report(error, place);
                }
            }
        }
    }

    /// Checks a number of things against the least and the greatest.
    fn size(
        &mut self,
        (least, most): (Option<u64>, Option<u64>),
        size: usize,
        noun: &str,
        span: Span,
        place: &Place<'_>,
    ) {
        let size = size as u64;
        if least.is_some_and(|least| size < least) || most.is_some_and(|most| size > most) {
            let error = rules::wrong_length(
                &place.to_string(),
                span,
                &words::count(size, noun),
                &words::counts(least, most, noun),
            );
            self.report(error, place);
        }
    }

    /// A value as its author wrote it.
    fn raw(&self, node: &Node) -> &str {
        self.text.get(node.span.start..node.span.end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
