//! Where the values of a blueprint stand in its text.

use std::collections::BTreeMap;

use super::Span;

/// Dotted path (`services.web.reads.0`) to the place of the value and of its key.
#[derive(Debug, Clone, Default)]
pub struct Places {
    values: BTreeMap<String, Span>,
    keys: BTreeMap<String, Span>,
}

impl Places {
    /// Notes the place of a value and, where it has one, of its key.
    pub fn insert(&mut self, path: impl Into<String>, value: Span, key: Option<Span>) {
        let path = path.into();
        if let Some(key) = key {
            self.keys.insert(path.clone(), key);
        }
        self.values.insert(path, value);
    }

    /// Where the value at a path stands, or the nearest enclosing one that exists.
    pub fn span(&self, path: &str) -> Option<Span> {
        let mut path = path;
        loop {
            if let Some(&span) = self.values.get(path) {
                return Some(span);
            }
            path = path.rsplit_once('.')?.0;
        }
    }

    /// Where the key at a path stands: the place of a bad name. The nearest enclosing value where there is no such key.
    pub fn key(&self, path: &str) -> Option<Span> {
        self.keys.get(path).copied().or_else(|| self.span(path))
    }
}
