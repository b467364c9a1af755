//! Kubernetes objects as YAML, with comments.
//!
//! The keys stand in the order in which their type declares them, but what names a thing comes first.

use std::fmt::Write;

use serde_json::{Map, Value};

/// Comments by the path of the key that they stand above, such as `spec/template/spec/containers/0/lifecycle`.
pub(super) type Comments = Vec<(&'static str, String)>;

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
pub(super) fn document(value: &Value, comments: &Comments) -> String {
    let mut writer = Writer {
        text: String::new(),
        comments,
    };
    match value {
        Value::Object(map) if !map.is_empty() => writer.map(map, 0, ""),
        other => writer.text.push_str(&scalar(other)),
    }
    writer.text
}

struct Writer<'a> {
    text: String,
    comments: &'a Comments,
}

impl Writer<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        // Writing into a string cannot fail.
        let _ = writeln!(self.text, "{:indent$}{text}", "");
    }

    fn comment(&mut self, indent: usize, path: &str) {
        let found: Vec<&String> = self
            .comments
            .iter()
            .filter(|(at, _)| *at == path)
            .map(|(_, text)| text)
            .collect();
        for text in found {
            self.line(indent, &format!("# {text}"));
        }
    }

    fn map(&mut self, map: &Map<String, Value>, indent: usize, path: &str) {
        let rank = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
        let mut entries: Vec<(&String, &Value)> = map.iter().collect();
        entries.sort_by_key(|(key, _)| rank(key));
        for (key, value) in entries {
            let path = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}/{key}")
            };
            self.comment(indent, &path);
            self.entry(&scalar(&Value::String(key.clone())), value, indent, &path);
        }
    }

    fn entry(&mut self, key: &str, value: &Value, indent: usize, path: &str) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                self.line(indent, &format!("{key}:"));
                self.map(map, indent + 2, path);
            }
            Value::Array(items) if !items.is_empty() => {
                self.line(indent, &format!("{key}:"));
                self.items(items, indent + 2, path);
            }
            Value::String(text) => match block(text, indent + 2) {
                Some(block) => self.line(indent, &format!("{key}: {block}")),
                None => self.line(indent, &format!("{key}: {}", scalar(value))),
            },
            other => self.line(indent, &format!("{key}: {}", scalar(other))),
        }
    }

    fn items(&mut self, items: &[Value], indent: usize, path: &str) {
        for (index, item) in items.iter().enumerate() {
            let path = format!("{path}/{index}");
            self.comment(indent, &path);
            match item {
                Value::Object(map) if !map.is_empty() => {
                    let start = self.text.len();
                    self.map(map, indent + 2, &path);
                    // The dash takes the place of the first line's indentation.
                    let dash = start + indent;
                    if self.text.get(dash..dash + 1) == Some(" ") {
                        self.text.replace_range(dash..=dash, "-");
                    }
                }
                Value::String(text) => match block(text, indent + 2) {
                    Some(block) => self.line(indent, &format!("- {block}")),
                    None => self.line(indent, &format!("- {}", scalar(item))),
                },
                other => self.line(indent, &format!("- {}", scalar(other))),
            }
        }
    }
}

/// Text of several lines as a literal block, where YAML can say it so.
fn block(text: &str, indent: usize) -> Option<String> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let plain = |c: char| c == '\n' || !is_special(c);
    if !body.contains('\n') || body.starts_with([' ', '\n']) || body.ends_with('\n') || !body.chars().all(plain) {
        return None;
    }
    let mark = if text.ends_with('\n') { "|" } else { "|-" };
    let mut lines = mark.to_owned();
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
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::String(text) if !text.chars().any(is_special) => format!("'{}'", text.replace('\'', "''")),
        Value::String(text) => quoted(text),
        other => other.to_string(),
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
    let charset = |c: char| c.is_alphanumeric() || " -_./:@=+,()%".contains(c);
    let starts = match first {
        Some('/') => true,
        Some('-') => text.len() > 1 && !text.starts_with("- ") && !text.starts_with("--") && !starts_number(&text[1..]),
        Some(c) if c.is_ascii_digit() => is_amount(text) || is_block(text),
        Some(c) => c.is_alphabetic(),
        None => false,
    };
    starts
        && text.chars().all(charset)
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
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
