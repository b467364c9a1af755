//! Kubernetes objects as YAML, with comments.
//!
//! The keys stand in the order in which their type declares them, but what names a thing comes first.

use std::borrow::Cow;
use std::fmt::Write;

use serde_json::{Map, Value};

use super::path::Path;

/// Comments by the path of the key that they stand above, such as `spec/template/spec/containers/0/lifecycle`.
pub(crate) type Comments = Vec<(&'static str, String)>;

/// The keys that come first in their object.
const FIRST: [&str; 15] = [
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "namespace",
    "image",
    "imagePullPolicy",
    "command",
    "args",
    "podSelector",
    "policyTypes",
    "ingress",
    "egress",
    "from",
    "to",
];

/// One document, without the line that separates it from the next.
pub(crate) fn document(value: &Value, comments: &Comments) -> String {
    let mut writer = Writer {
        text: String::new(),
        comments,
    };
    match value {
        Value::Object(map) if !map.is_empty() => writer.map(map, 0, &Path::Root),
        other => writer.text.push_str(&scalar(other)),
    }
    writer.text
}

struct Writer<'a> {
    text: String,
    comments: &'a Comments,
}

impl Writer<'_> {
    /// Starts a line.
    fn indent(&mut self, indent: usize) {
        self.text.extend(std::iter::repeat_n(' ', indent));
    }

    fn comment(&mut self, indent: usize, path: &Path<'_>) {
        for (_, text) in self.comments.iter().filter(|(at, _)| path.is(at)) {
            self.indent(indent);
            // Writing into a string cannot fail.
            let _ = writeln!(self.text, "# {text}");
        }
    }

    fn map(&mut self, map: &Map<String, Value>, indent: usize, path: &Path<'_>) {
        let rank = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
        let mut entries: Vec<(usize, &String, &Value)> =
            map.iter().map(|(key, value)| (rank(key), key, value)).collect();
        entries.sort_by_key(|(rank, ..)| *rank);
        for (_, key, value) in entries {
            let path = path.field(key);
            self.comment(indent, &path);
            self.indent(indent);
            self.text.push_str(&text(key));
            match value {
                Value::Object(map) if !map.is_empty() => {
                    self.text.push_str(":\n");
                    self.map(map, indent + 2, &path);
                }
                Value::Array(items) if !items.is_empty() => {
                    self.text.push_str(":\n");
                    self.items(items, indent + 2, &path);
                }
                other => {
                    self.text.push_str(": ");
                    self.leaf(other, indent);
                }
            }
        }
    }

    fn items(&mut self, items: &[Value], indent: usize, path: &Path<'_>) {
        for (index, item) in items.iter().enumerate() {
            let path = path.item(index);
            self.comment(indent, &path);
            match item {
                Value::Object(map) if !map.is_empty() => {
                    let start = self.text.len();
                    self.map(map, indent + 2, &path);
                    self.dash(start + indent);
                }
                Value::Array(inner) if !inner.is_empty() => {
                    let start = self.text.len();
                    self.items(inner, indent + 2, &path);
                    self.dash(start + indent);
                }
                other => {
                    self.indent(indent);
                    self.text.push_str("- ");
                    self.leaf(other, indent);
                }
            }
        }
    }

    /// Puts a dash into the first line's indentation.
    fn dash(&mut self, at: usize) {
        if self.text.get(at..=at) == Some(" ") {
            self.text.replace_range(at..=at, "-");
        }
    }

    /// Ends a line with a value that has no keys or items of its own.
    fn leaf(&mut self, value: &Value, indent: usize) {
        let block = match value {
            Value::String(text) => block(text, indent + 2),
            _ => None,
        };
        self.text.push_str(&block.map_or_else(|| scalar(value), Cow::Owned));
        self.text.push('\n');
    }
}

/// Text of several lines as a literal block, where YAML can say it so.
fn block(text: &str, indent: usize) -> Option<String> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let plain = |c: char| c == '\n' || !is_special(c);
    if !body.contains('\n') || body.starts_with('\n') || body.ends_with('\n') || !body.chars().all(plain) {
        return None;
    }
    let mut lines = "|".to_owned();
    if body.starts_with(' ') {
        // Otherwise the first line would say how far all are indented.
        lines.push('2');
    }
    if !text.ends_with('\n') {
        lines.push('-');
    }
    for line in body.lines() {
        let line = if line.is_empty() {
            String::new()
        } else {
            format!("{:indent$}{line}", "")
        };
        lines.push('\n');
        lines.push_str(&line);
    }
    Some(lines)
}

/// A value on one line.
fn scalar(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(value) => text(value),
        other => other.to_string().into(),
    }
}

/// Text on one line.
fn text(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        text.into()
    } else if !text.chars().any(is_special) {
        format!("'{}'", text.replace('\'', "''")).into()
    } else {
        quoted(text).into()
    }
}

/// Text with everything escaped that could not stand on a line.
fn quoted(text: &str) -> String {
    let mut line = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => line.extend(['\\', c]),
            '\n' => line.push_str("\\n"),
            '\t' => line.push_str("\\t"),
            // Writing into a string cannot fail.
            c if is_special(c) => drop(write!(line, "\\U{:08X}", u32::from(c))),
            c => line.push(c),
        }
    }
    line + "\""
}

/// True for what YAML takes for a line break, or for nothing that could be printed.
fn is_special(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') || u32::from(c) & 0xfffe == 0xfffe
}

/// True for text that every reader of YAML takes for text without quotes. Kubernetes reads YAML 1.1, where `on`, `no` and `1:30` are
/// none, so nothing that starts like a number is plain but the amounts and addresses that it knows.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let first = text.chars().next();
    let mark = |c: char| {
        matches!(
            c,
            ' ' | '-' | '_' | '.' | '/' | ':' | '@' | '=' | '+' | ',' | '(' | ')' | '%'
        )
    };
    let charset = |c: char| c.is_alphanumeric() || mark(c);
    let starts = match first {
        Some('/') => true,
        Some('-') => text.len() > 1 && !text.starts_with("- ") && !text.starts_with("--") && !starts_number(&text[1..]),
        Some(c) if c.is_ascii_digit() => is_amount(text) || is_block(text),
        Some(c) => c.is_alphabetic(),
        None => false,
    };
    starts
        && text.chars().all(charset)
        && !(text.contains(':') && text.contains(": "))
        && !text.ends_with([':', ' '])
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn starts_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ' ')
}

/// `30Gi`, `500m`, `7d`, `25%`
fn is_amount(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    ["Ki", "Mi", "Gi", "Ti", "MB", "m", "h", "d", "%"].contains(&unit)
}

/// `10.0.0.0/8`
fn is_block(text: &str) -> bool {
    text.parse::<ipnet::Ipv4Net>().is_ok()
}
