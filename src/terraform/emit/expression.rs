//! Expressions.

use std::borrow::Cow;
use std::fmt::Write;

use hcl::Expression;
use hcl::expr::{ForExpr, FuncCall, Object, ObjectKey, TemplateExpr, Traversal, TraversalOperator};

use super::{Line, Values, indent, is_long, write_run};

/// Lists longer than this many characters are written one element a line.
const LINE: usize = 100;

/// An expression on one line, as it stands inside `${ }`.
pub fn inline(value: &Expression) -> String {
    let mut out = String::new();
    match value {
        Expression::FuncCall(_) | Expression::Array(_) | Expression::Object(_) | Expression::ForExpr(_) => {
            expression(&mut out, value, 0);
        }
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

pub(super) fn quote(out: &mut String, text: &str) {
    out.push('"');
    out.push_str(&escape(text));
    out.push('"');
}

/// Writes an expression whose first line continues the current one and whose further lines are indented for `depth`.
pub(super) fn expression(out: &mut String, value: &Expression, depth: usize) {
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
        Expression::ForExpr(each) => write_for(out, each, depth),
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

/// `[for id in ids : value]`, or an object where there are keys.
fn write_for(out: &mut String, each: &ForExpr, depth: usize) {
    let (open, close) = match each.key_expr {
        Some(_) => ("{ ", " }"),
        None => ("[", "]"),
    };
    out.push_str(open);
    out.push_str("for ");
    if let Some(key) = &each.key_var {
        out.push_str(key.as_str());
        out.push_str(", ");
    }
    out.push_str(each.value_var.as_str());
    out.push_str(" in ");
    expression(out, &each.collection_expr, depth);
    out.push_str(" : ");
    if let Some(key) = &each.key_expr {
        expression(out, key, depth);
        out.push_str(" => ");
    }
    expression(out, &each.value_expr, depth);
    if each.grouping {
        out.push_str("...");
    }
    if let Some(condition) = &each.cond_expr {
        out.push_str(" if ");
        expression(out, condition, depth);
    }
    out.push_str(close);
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
