//! Text of blocks and expressions, laid out as `terraform fmt` does.
//!
//! `terraform fmt` aligns the `=` of attributes that stand on consecutive lines and have their value on the same line; a comment, a
//! blank line or a value of several lines ends such a run.

use hcl::Expression;
use hcl::expr::{ForExpr, Object, ObjectKey, TemplateExpr, Traversal, TraversalOperator};

use super::block::{Block, Item};

/// Lists longer than this many characters are written one element a line.
const LINE: usize = 100;

/// Writes a top-level block.
pub fn block(name: &str, labels: &[String], body: &Block) -> String {
    let mut out = String::new();
    write_block(&mut out, 0, name, labels, body);
    out
}

/// An expression on one line, as it stands inside `${ }`.
pub fn inline(value: &Expression) -> String {
    match value {
        Expression::FuncCall(_) | Expression::Array(_) | Expression::Object(_) | Expression::ForExpr(_) => {
            expression(value, 0)
        }
        _ => compact(value),
    }
}

/// Escapes text for the inside of a quoted template.
pub fn escape(text: &str) -> String {
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'$' | b'%');
    if text.bytes().all(plain) {
        return text.to_owned();
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
    out
}

/// Doubles the first character of `${` and `%{`, so that they stay text.
pub fn escape_markers(text: &str) -> String {
    if !text.contains(['$', '%']) {
        return text.to_owned();
    }
    text.replace("${", "$${").replace("%{", "%%{")
}

fn write_block(out: &mut String, depth: usize, name: &str, labels: &[String], body: &Block) {
    indent(out, depth);
    out.push_str(name);
    for label in labels {
        out.push_str(&format!(" \"{}\"", escape(label)));
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

/// One attribute, comment or nested block, rendered but for the alignment of its `=`.
enum Line {
    Attribute { name: String, value: String },
    Other { text: String, is_comment: bool },
}

fn write_body(out: &mut String, depth: usize, body: &Block) {
    let lines: Vec<Line> = body.items().iter().map(|item| line(depth, item)).collect();
    let mut previous: Option<&Line> = None;
    let mut index = 0;
    while index < lines.len() {
        if let Some(previous) = previous
            && needs_gap(previous, &lines[index..])
        {
            out.push('\n');
        }
        match &lines[index] {
            Line::Other { text, .. } => {
                out.push_str(text);
                index += 1;
            }
            Line::Attribute { .. } => index += write_run(out, depth, &lines[index..], is_long),
        }
        previous = index.checked_sub(1).and_then(|last| lines.get(last));
    }
}

fn line(depth: usize, item: &Item) -> Line {
    match item {
        Item::Attribute(name, value) => Line::Attribute {
            name: name.clone(),
            value: expression(value, depth),
        },
        Item::Block(name, labels, body) => {
            let mut text = String::new();
            write_block(&mut text, depth, name, labels, body);
            Line::Other {
                text,
                is_comment: false,
            }
        }
        Item::Comment(comment) => {
            let mut text = String::new();
            for row in comment.lines() {
                indent(&mut text, depth);
                text.push_str(format!("# {row}").trim_end());
                text.push('\n');
            }
            Line::Other { text, is_comment: true }
        }
    }
}

/// Writes the attributes at the head of `lines` that align with each other; gives back how many. `stands_alone` says which values
/// begin a run of their own.
fn write_run(out: &mut String, depth: usize, lines: &[Line], stands_alone: fn(&str) -> bool) -> usize {
    let mut run: Vec<(&str, &str)> = vec![];
    for line in lines {
        match line {
            Line::Attribute { name, value } if run.is_empty() || !stands_alone(value) => {
                run.push((name, value));
                if is_long(value) {
                    break;
                }
            }
            _ => break,
        }
    }
    let width = run.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, value) in &run {
        indent(out, depth);
        out.push_str(name);
        let padding = width - name.chars().count();
        out.extend(std::iter::repeat_n(' ', padding));
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
fn needs_gap(previous: &Line, next: &[Line]) -> bool {
    match (previous, &next[0]) {
        (Line::Other { is_comment: true, .. }, _) => false,
        (Line::Other { .. }, _) | (_, Line::Other { .. }) => true,
        (Line::Attribute { value, .. }, Line::Attribute { value: next, .. }) => is_long(value) || is_long(next),
    }
}

/// An expression whose first line continues the current one and whose further lines are indented for `depth`.
fn expression(value: &Expression, depth: usize) -> String {
    match value {
        Expression::String(text) => format!("\"{}\"", escape(text)),
        Expression::Array(items) => array(items, depth),
        Expression::Object(object) if object.is_empty() => "{}".to_owned(),
        Expression::Object(object) => {
            let mut out = String::from("{\n");
            write_object(&mut out, depth + 1, object);
            indent(&mut out, depth);
            out.push('}');
            out
        }
        Expression::FuncCall(call) => {
            let arguments: Vec<String> = call.args.iter().map(|argument| expression(argument, depth)).collect();
            let dots = if call.expand_final { "..." } else { "" };
            let name = call.name.name.as_str();
            let mut arguments = arguments.join(", ");
            // The line that ends a heredoc holds nothing else.
            if arguments.ends_with("EOT") && matches!(call.args.last(), Some(Expression::TemplateExpr(_))) {
                arguments.push('\n');
                indent(&mut arguments, depth);
            }
            format!("{name}({arguments}{dots})")
        }
        Expression::ForExpr(each) => for_expression(each, depth),
        Expression::TemplateExpr(template) => match template.as_ref() {
            TemplateExpr::QuotedString(raw) => format!("\"{raw}\""),
            TemplateExpr::Heredoc(heredoc) => {
                let mut out = String::from("<<-EOT\n");
                for row in heredoc.template.lines() {
                    if !row.is_empty() {
                        indent(&mut out, depth + 1);
                        out.push_str(row);
                    }
                    out.push('\n');
                }
                indent(&mut out, depth);
                out.push_str("EOT");
                out
            }
        },
        other => compact(other),
    }
}

/// `[for id in ids : value]`, or an object where there are keys.
fn for_expression(each: &ForExpr, depth: usize) -> String {
    let key = each.key_var.iter().map(|key| format!("{}, ", key.as_str()));
    let names = key.chain([each.value_var.as_str().to_owned()]).collect::<String>();
    let collection = expression(&each.collection_expr, depth);
    let mut out = format!("for {names} in {collection} : ");
    if let Some(key) = &each.key_expr {
        out.push_str(&format!("{} => ", expression(key, depth)));
    }
    out.push_str(&expression(&each.value_expr, depth));
    if each.grouping {
        out.push_str("...");
    }
    if let Some(condition) = &each.cond_expr {
        out.push_str(&format!(" if {}", expression(condition, depth)));
    }
    match each.key_expr {
        Some(_) => format!("{{ {out} }}"),
        None => format!("[{out}]"),
    }
}

/// The entries of an object: as attributes, but without blank lines between them.
fn write_object(out: &mut String, depth: usize, object: &Object<ObjectKey, Expression>) {
    let entry = |(key, value): (&ObjectKey, &Expression)| Line::Attribute {
        name: object_key(key),
        value: expression(value, depth),
    };
    let lines: Vec<Line> = object.iter().map(entry).collect();
    let mut index = 0;
    while index < lines.len() {
        // Here no blank line stands above a heredoc, so it aligns with what precedes it.
        let stands_alone = |value: &str| is_long(value) && !value.starts_with("<<");
        index += write_run(out, depth, &lines[index..], stands_alone).max(1);
    }
}

fn array(items: &[Expression], depth: usize) -> String {
    // An only element of several lines hugs the brackets: `[{ ... }]` reads better than a deeper level.
    let hugs = items.len() < 2;
    // Elements that cannot stand on one line are not laid out twice: nested lists would double the work at every level.
    if hugs || !items.iter().any(has_lines) {
        let short: Vec<String> = items.iter().map(|item| expression(item, depth)).collect();
        let line = format!("[{}]", short.join(", "));
        if hugs || (line.chars().count() <= LINE && !is_long(&line)) {
            return line;
        }
    }
    let mut out = String::from("[\n");
    for item in items {
        indent(&mut out, depth + 1);
        out.push_str(&expression(item, depth + 1));
        out.push_str(",\n");
    }
    indent(&mut out, depth);
    out.push(']');
    out
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

fn object_key(key: &ObjectKey) -> String {
    match key {
        ObjectKey::Identifier(identifier) => identifier.as_str().to_owned(),
        ObjectKey::Expression(Expression::String(text)) => format!("\"{}\"", escape(text)),
        ObjectKey::Expression(other) => format!("({})", compact(other)),
        _ => String::new(),
    }
}

/// The spelling of references, operators, conditionals and numbers, which have no layout of their own.
fn compact(value: &Expression) -> String {
    if let Expression::Traversal(traversal) = value
        && let Some(text) = names(traversal)
    {
        return text;
    }
    hcl::format::to_string(value).unwrap_or_default().trim_end().to_owned()
}

/// A reference that has no index but text: what most references are, without the detour through a formatter.
fn names(traversal: &Traversal) -> Option<String> {
    let Expression::Variable(root) = &traversal.expr else {
        return None;
    };
    let mut out = root.as_str().to_owned();
    for operator in &traversal.operators {
        match operator {
            TraversalOperator::GetAttr(name) => {
                out.push('.');
                out.push_str(name.as_str());
            }
            TraversalOperator::Index(Expression::String(key)) => {
                out.push_str("[\"");
                out.push_str(&escape(key));
                out.push_str("\"]");
            }
            _ => return None,
        }
    }
    Some(out)
}

fn indent(out: &mut String, depth: usize) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}
