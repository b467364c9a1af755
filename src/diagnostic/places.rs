//! Where the values of a blueprint stand in its text.

use std::collections::BTreeMap;

use super::Span;

/// Dotted path (`services.web.reads.0`) to the place of the value and of its key.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Of the value, and of its key where it has one.
    spans: BTreeMap<String, (Span, Option<Span>)>,
}

impl Places {
    /// Notes the place of a value and, where it has one, of its key.
    pub fn insert(&mut self, path: impl Into<String>, value: Span, key: Option<Span>) {
        self.spans.insert(path.into(), (value, key));
    }

    /// Where the value at a path stands, or the nearest enclosing one that exists.
    pub fn span(&self, path: &str) -> Option<Span> {
        let mut path = path;
        loop {
            if let Some((value, _)) = self.spans.get(path) {
                return Some(*value);
            }
            path = path.rsplit_once('.')?.0;
        }
    }

    /// True if the blueprint says the value at a path itself, and it is no default.
    pub fn is_said(&self, path: &str) -> bool {
        self.spans.contains_key(path)
    }

    /// Where the key at a path stands: the place of a bad name. The nearest enclosing value where there is no such key.
    pub fn key(&self, path: &str) -> Option<Span> {
        let own = self.spans.get(path).and_then(|(_, key)| *key);
        own.or_else(|| self.span(path))
    }
}
