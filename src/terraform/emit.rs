//! Text of blocks and expressions, laid out as `terraform fmt` does.
//!
//! `terraform fmt` aligns the `=` of attributes that stand on consecutive lines and have their value on the same line; a comment, a
//! blank line or a value of several lines ends such a run.

mod expression;

use std::borrow::Cow;

use hcl::Expression;

use super::block::{Block, Item};
pub use expression::{escape, escape_markers, inline};
use expression::{expression, quote};

/// Writes a top-level block.
pub fn block(out: &mut String, name: &str, labels: &[String], body: &Block) {
    write_block(out, 0, name, labels, body);
}

/// Writes a comment, of a line for each of the text.
pub fn comment(out: &mut String, depth: usize, text: &str) {
    for row in text.lines() {
        indent(out, depth);
        out.push_str(format!("# {row}").trim_end());
        out.push('\n');
    }
}

fn write_block(out: &mut String, depth: usize, name: &str, labels: &[String], body: &Block) {
    indent(out, depth);
    out.push_str(name);
    for label in labels {
        out.push(' ');
        quote(out, label);
    }
    if body.is_empty() {
        out.push_str(" {}\n");
        return;
    }
    out.push_str(" {\n");
    write_body(out, depth + 1, body);
    indent(out, depth);
    out.push_str("}\n");
}

/// One attribute, comment or nested block. How an attribute is laid out depends on the values around it, so these are text already.
enum Line<'a> {
    Attribute {
        name: Cow<'a, str>,
        value: &'a str,
    },
    Block {
        name: &'a str,
        labels: &'a [String],
        body: &'a Block,
    },
    Comment(&'a str),
}

fn write_body(out: &mut String, depth: usize, body: &Block) {
    let values = Values::of(body.items(), depth, |item| match item {
        Item::Attribute(_, value) => Some(value),
        Item::Block(..) | Item::Comment(_) => None,
    });
    let lines: Vec<Line<'_>> = body.items().iter().zip(values.iter()).map(line).collect();
    let mut previous: Option<&Line<'_>> = None;
    let mut index = 0;
    while index < lines.len() {
        if let Some(previous) = previous
            && needs_gap(previous, &lines[index])
        {
            out.push('\n');
        }
        match &lines[index] {
            Line::Block { name, labels, body } => {
                write_block(out, depth, name, labels, body);
                index += 1;
            }
            Line::Comment(text) => {
                comment(out, depth, text);
                index += 1;
            }
            Line::Attribute { .. } => index += write_run(out, depth, &lines[index..], is_long),
        }
        previous = index.checked_sub(1).and_then(|last| lines.get(last));
    }
}

fn line<'a>((item, value): (&'a Item, &'a str)) -> Line<'a> {
    match item {
        Item::Attribute(name, _) => Line::Attribute {
            name: name.into(),
            value,
        },
        Item::Block(name, labels, body) => Line::Block { name, labels, body },
        Item::Comment(text) => Line::Comment(text),
    }
}

/// The values of most blocks are shorter than this, in bytes.
const USUAL: usize = 256;

/// The text of several values, one behind the other.
struct Values {
    text: String,
    ends: Vec<usize>,
}

impl Values {
    /// The values of items; one that has none counts as empty.
    fn of<'a, T>(
        items: impl IntoIterator<Item = T>,
        depth: usize,
        value: impl Fn(T) -> Option<&'a Expression>,
    ) -> Self {
        let mut text = String::with_capacity(USUAL);
        let end = |item| {
            if let Some(value) = value(item) {
                expression(&mut text, value, depth);
            }
            text.len()
        };
        let ends = items.into_iter().map(end).collect();
        Self { text, ends }
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let value = self.text.get(start..end).unwrap_or_default();
            start = end;
            value
        })
    }
}

/// Writes the attributes at the head of `lines` that align with each other; gives back how many. `stands_alone` says which values
/// begin a run of their own.
fn write_run(out: &mut String, depth: usize, lines: &[Line<'_>], stands_alone: fn(&str) -> bool) -> usize {
    let mut run: Vec<(&str, usize, &str)> = Vec::with_capacity(lines.len());
    for line in lines {
        match line {
            Line::Attribute { name, value } if run.is_empty() || !stands_alone(value) => {
                run.push((name, name.chars().count(), value));
                if is_long(value) && stands_alone(value) {
                    break;
                }
            }
            _ => break,
        }
    }
    let width = run.iter().map(|(_, width, _)| *width).max().unwrap_or(0);
    for (name, own, value) in &run {
        indent(out, depth);
        out.push_str(name);
        out.extend(std::iter::repeat_n(' ', width - own));
        out.push_str(" = ");
        out.push_str(value);
        out.push('\n');
    }
    run.len()
}

fn is_long(value: &str) -> bool {
    value.contains('\n')
}

/// A blank line stands around nested blocks, above comments and around values of several lines.
fn needs_gap(previous: &Line<'_>, next: &Line<'_>) -> bool {
    match (previous, next) {
        (Line::Comment(_), _) => false,
        (Line::Attribute { value, .. }, Line::Attribute { value: next, .. }) => is_long(value) || is_long(next),
        _ => true,
    }
}

fn indent(out: &mut String, depth: usize) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}
