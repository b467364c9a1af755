//! TOML text to a tree: the syntax.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::tree::{Entry, Node, Table, Value};
use crate::diagnostic::language as rules;
use crate::diagnostic::{Diagnostic, Span};

/// What could be read of a text.
pub(super) struct Parsed {
    /// The document; without what the errors made unreadable.
    pub root: Table,
    /// Errors of syntax.
    pub errors: Vec<Diagnostic>,
    /// The byte up to which the tree says what the text says; `None` where that is all of it.
    pub good_until: Option<usize>,
}

/// Reads TOML, going on after errors.
pub(super) fn parse(text: &str) -> Parsed {
    let (document, syntax) = DeTable::parse_recoverable(text);
    let mut reader = Reader {
        errors: vec![],
        bad: None,
    };
    let mut duplicates = 0;
    for error in syntax {
        let span = span(error.span().unwrap_or(0..0));
        if error.message() == DUPLICATE {
            let name = text.get(span.start..span.end).unwrap_or_default();
            duplicates += 1;
            let first = (duplicates <= TRACED).then(|| first_definition(text, span)).flatten();
            reader.errors.push(rules::duplicate_key(name, span, first));
        } else {
            reader.fail(rules::syntax(sentence(text, error.message(), span), span));
        }
    }
    // One slip often trips the parser again, on the same line or on each of the next: the first report is the one that helps.
    reader.errors.sort_by_key(|error| error.span);
    let mut last: Option<(usize, String)> = None;
    reader.errors.retain(|error| {
        if error.rule != rules::SYNTAX {
            return true;
        }
        let line = line_start(text, error.span.unwrap_or_default().start);
        match &mut last {
            Some((before, _)) if *before == line => false,
            Some((before, message))
                if *message == error.message && line_start(text, line.saturating_sub(1)) == *before =>
            {
                *before = line;
                false
            }
            _ => {
                last = Some((line, error.message.clone()));
                true
            }
        }
    });
    let root = reader.table(document.get_ref());
    Parsed {
        root,
        good_until: reader.bad.map(|at| line_start(text, at)),
        errors: reader.errors,
    }
}

/// How many duplicates are traced to their first definition: each costs a parse, and a text may be nothing but duplicates.
const TRACED: usize = 20;

/// The parser's words for a key or table that is there already.
const DUPLICATE: &str = "duplicate key";

/// The parser's sentence for what is wrong at a place; it takes a missing value for a text without its quotes.
fn sentence<'a>(text: &str, said: &'a str, span: Span) -> &'a str {
    let line = text.get(line_start(text, span.start)..span.start).unwrap_or_default();
    if said.starts_with("invalid literal string") && !line.contains('\'') {
        "missing value"
    } else {
        said
    }
}

/// Where the key that `second` repeats was defined first.
///
/// The parser does not say it. So the second key gets a name that nothing else has, and the text is read again: the key of the
/// original name beside it is the first definition.
fn first_definition(text: &str, second: Span) -> Option<Span> {
    const FRESH: &str = "\"\\u0001cloudgen\"";
    let (before, after) = (text.get(..second.start)?, text.get(second.end..)?);
    let key = text.get(second.start..second.end)?;
    let alone = format!("{key} = 0");
    let (alone, _) = DeTable::parse_recoverable(&alone);
    let name = alone.get_ref().keys().next()?.get_ref().to_string();
    let renamed = format!("{before}{FRESH}{after}");
    let (document, _) = DeTable::parse_recoverable(&renamed);
    sibling(document.get_ref(), second.start, &name)
}

/// The place of the key `name` in the table that has a key at byte `at`.
fn sibling(table: &DeTable<'_>, at: usize, name: &str) -> Option<Span> {
    if table.keys().any(|key| key.span().start == at) {
        return table
            .keys()
            .find(|key| key.get_ref() == name)
            .map(|key| span(key.span()));
    }
    table
        .values()
        .find_map(|value| sibling_within(value.get_ref(), at, name))
}

/// The same, anywhere in a value.
fn sibling_within(value: &DeValue<'_>, at: usize, name: &str) -> Option<Span> {
    match value {
        DeValue::Table(table) => sibling(table, at, name),
        DeValue::Array(items) => items.iter().find_map(|item| sibling_within(item.get_ref(), at, name)),
        _ => None,
    }
}

/// Turns the parser's values into ours.
struct Reader {
    errors: Vec<Diagnostic>,
    /// First byte of the first error that made something unreadable.
    bad: Option<usize>,
}

impl Reader {
    fn fail(&mut self, error: Diagnostic) {
        let at = error.span.unwrap_or_default().start;
        self.bad = Some(self.bad.map_or(at, |bad| bad.min(at)));
        self.errors.push(error);
    }

    /// Says that a number does not fit, unless the parser has said what is wrong with it.
    fn not_a_number(&mut self, span: Span) {
        let said = |error: &Diagnostic| {
            error
                .span
                .is_some_and(|at| span.start <= at.start && at.start <= span.end)
        };
        if !self.errors.iter().any(said) {
            self.fail(rules::number_too_large(span));
        }
    }

    fn table(&mut self, table: &DeTable<'_>) -> Table {
        let mut entries: Vec<_> = table.iter().collect();
        // The parser sorts by name; an author thinks in the order of the text.
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
            .into_iter()
            .map(|(key, value)| {
                let entry = Entry {
                    key: span(key.span()),
                    node: self.node(value),
                };
                (key.get_ref().to_string(), entry)
            })
            .collect()
    }

    fn node(&mut self, value: &Spanned<DeValue<'_>>) -> Node {
        let span = span(value.span());
        let value = match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Integer(number) => {
                let parsed = i64::from_str_radix(number.as_str(), number.radix());
                if parsed.is_err() {
                    self.not_a_number(span);
                }
                Value::Integer(parsed.unwrap_or_default())
            }
            DeValue::Float(number) => {
                let parsed = number.as_str().parse().unwrap_or(f64::NAN);
                if !parsed.is_finite() {
                    self.not_a_number(span);
                }
                Value::Float(parsed)
            }
            DeValue::Boolean(truth) => Value::Boolean(*truth),
            DeValue::Datetime(time) => Value::Datetime(time.to_string()),
            DeValue::Array(items) => Value::Array(items.iter().map(|item| self.node(item)).collect()),
            DeValue::Table(table) => Value::Table(self.table(table)),
        };
        Node { span, value }
    }
}

fn span(range: std::ops::Range<usize>) -> Span {
    Span {
        start: range.start,
        end: range.end,
    }
}

/// First byte of the line that a byte is on.
fn line_start(text: &str, at: usize) -> usize {
    text.as_bytes()
        .iter()
        .take(at)
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1)
}
