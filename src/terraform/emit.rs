//! Text of blocks and expressions, laid out as `terraform fmt` does.
//!
//! `terraform fmt` aligns the `=` of attributes that stand on consecutive lines and have their value on the same line; a comment, a
//! blank line or a value of several lines ends such a run.

use std::borrow::Cow;
use std::fmt::Write;

use hcl::Expression;
use hcl::expr::{FuncCall, Object, ObjectKey, TemplateExpr, Traversal, TraversalOperator};

use super::block::{Block, Item};

/// Lists longer than this many characters are written one element a line.
const LINE: usize = 100;

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

/// An expression on one line, as it stands inside `${ }`.
pub fn inline(value: &Expression) -> String {
    let mut out = String::new();
    match value {
        Expression::FuncCall(_) | Expression::Array(_) | Expression::Object(_) => expression(&mut out, value, 0),
        _ => compact(&mut out, value),
    }
    out
}

/// Escapes text for the inside of a quoted template.
pub fn escape(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'$' | b'%');
    if text.bytes().all(plain) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 2);
    for character in escape_markers(text).chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => out.push_str(&format!("\\u{:04x}", control as u32)),
            other => out.push(other),
        }
    }
    out.into()
}

/// Doubles the first character of `${` and `%{`, so that they stay text.
pub fn escape_markers(text: &str) -> Cow<'_, str> {
    if !text.contains(['$', '%']) {
        return text.into();
    }
    text.replace("${", "$${").replace("%{", "%%{").into()
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    out.push_str(&escape(text));
    out.push('"');
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
        let mut text = String::new();
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
                if is_long(value) {
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

/// Writes an expression whose first line continues the current one and whose further lines are indented for `depth`.
fn expression(out: &mut String, value: &Expression, depth: usize) {
    match value {
        Expression::String(text) => quote(out, text),
        Expression::Array(items) => array(out, items, depth),
        Expression::Object(object) if object.is_empty() => out.push_str("{}"),
        Expression::Object(object) => {
            out.push_str("{\n");
            write_object(out, depth + 1, object);
            indent(out, depth);
            out.push('}');
        }
        Expression::FuncCall(call) => write_call(out, call, depth),
        Expression::TemplateExpr(template) => match template.as_ref() {
            TemplateExpr::QuotedString(raw) => {
                out.push('"');
                out.push_str(raw);
                out.push('"');
            }
            TemplateExpr::Heredoc(heredoc) => {
                out.push_str("<<-EOT\n");
                for row in heredoc.template.lines() {
                    if !row.is_empty() {
                        indent(out, depth + 1);
                        out.push_str(row);
                    }
                    out.push('\n');
                }
                indent(out, depth);
                out.push_str("EOT");
            }
        },
        other => compact(out, other),
    }
}

fn write_call(out: &mut String, call: &FuncCall, depth: usize) {
    out.push_str(call.name.name.as_str());
    out.push('(');
    write_list(out, &call.args, depth);
    // The line that ends a heredoc holds nothing else.
    if out.ends_with("EOT") && matches!(call.args.last(), Some(Expression::TemplateExpr(_))) {
        out.push('\n');
        indent(out, depth);
    }
    if call.expand_final {
        out.push_str("...");
    }
    out.push(')');
}

fn write_list(out: &mut String, items: &[Expression], depth: usize) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        expression(out, item, depth);
    }
}

/// The entries of an object: as attributes, but without blank lines between them.
fn write_object(out: &mut String, depth: usize, object: &Object<ObjectKey, Expression>) {
    let values = Values::of(object.values(), depth, Some);
    let entry = |(key, value)| Line::Attribute {
        name: object_key(key),
        value,
    };
    let lines: Vec<Line<'_>> = object.keys().zip(values.iter()).map(entry).collect();
    let mut index = 0;
    while index < lines.len() {
        // Here no blank line stands above a heredoc, so it aligns with what precedes it.
        let stands_alone = |value: &str| is_long(value) && !value.starts_with("<<");
        index += write_run(out, depth, &lines[index..], stands_alone).max(1);
    }
}

fn array(out: &mut String, items: &[Expression], depth: usize) {
    // An only element of several lines hugs the brackets: `[{ ... }]` reads better than a deeper level.
    let hugs = items.len() < 2;
    // Elements that cannot stand on one line are not laid out twice: nested lists would double the work at every level.
    if hugs || !items.iter().any(has_lines) {
        let start = out.len();
        out.push('[');
        write_list(out, items, depth);
        out.push(']');
        let fits = |line: &str| line.chars().count() <= LINE && !is_long(line);
        if hugs || out.get(start..).is_some_and(fits) {
            return;
        }
        out.truncate(start);
    }
    out.push_str("[\n");
    for item in items {
        indent(out, depth + 1);
        expression(out, item, depth + 1);
        out.push_str(",\n");
    }
    indent(out, depth);
    out.push(']');
}

/// True for a value that is written on several lines whatever its length.
fn has_lines(value: &Expression) -> bool {
    match value {
        Expression::Object(object) => !object.is_empty(),
        Expression::Array(items) => items.iter().any(has_lines),
        Expression::FuncCall(call) => call.args.iter().any(has_lines),
        Expression::TemplateExpr(template) => matches!(template.as_ref(), TemplateExpr::Heredoc(_)),
        _ => false,
    }
}

fn object_key(key: &ObjectKey) -> Cow<'_, str> {
    let mut out = String::new();
    match key {
        ObjectKey::Identifier(identifier) => return identifier.as_str().into(),
        ObjectKey::Expression(Expression::String(text)) => quote(&mut out, text),
        ObjectKey::Expression(other) => {
            out.push('(');
            compact(&mut out, other);
            out.push(')');
        }
        _ => {}
    }
    out.into()
}

/// Writes references, operators, conditionals and numbers, which have no layout of their own.
fn compact(out: &mut String, value: &Expression) {
    match value {
        Expression::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        // Writing into a string cannot fail.
        Expression::Number(number) => drop(write!(out, "{number}")),
        Expression::Variable(name) => out.push_str(name.as_str()),
        Expression::Traversal(traversal) if is_plain(traversal) => names(out, traversal),
        _ => out.push_str(hcl::format::to_string(value).unwrap_or_default().trim_end()),
    }
}

/// True for a reference that has no index but text and numbers: what most references are, which take no detour through a formatter.
fn is_plain(traversal: &Traversal) -> bool {
    let plain = |operator: &TraversalOperator| {
        matches!(
            operator,
            TraversalOperator::GetAttr(_) | TraversalOperator::Index(Expression::String(_) | Expression::Number(_))
        )
    };
    matches!(traversal.expr, Expression::Variable(_)) && traversal.operators.iter().all(plain)
}

fn names(out: &mut String, traversal: &Traversal) {
    compact(out, &traversal.expr);
    for operator in &traversal.operators {
        match operator {
            TraversalOperator::GetAttr(name) => {
                out.push('.');
                out.push_str(name.as_str());
            }
            TraversalOperator::Index(index) => {
                out.push('[');
                expression(out, index, 0);
                out.push(']');
            }
            _ => {}
        }
    }
}

fn indent(out: &mut String, depth: usize) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}
