//! The references inside an expression.

use std::borrow::Cow;

use hcl::expr::{Expression, ObjectKey, Operation, TemplateExpr, TraversalOperator};
use hcl::template::{Directive, Element, Template};

use super::block::{Block, Item};

/// Takes a reference, word by word: `aws_subnet.public["a"].id` is `aws_subnet`, `public`, `*`, `id`. Every index and splat that is not
/// a number stands as `*`.
pub type Visit<'v> = dyn FnMut(&[Cow<'_, str>]) + 'v;

/// Visits every reference in a block, nested blocks included.
pub fn of_block(block: &Block, visit: &mut Visit<'_>) {
    for item in block.items() {
        match item {
            // Paths in the block itself, not references.
            Item::Attribute(name, _) if name == "ignore_changes" => {}
            Item::Attribute(_, value) => walk(value, visit),
            Item::Block(_, _, body) => of_block(body, visit),
            Item::Comment(_) => {}
        }
    }
}

fn walk(value: &Expression, visit: &mut Visit<'_>) {
    match value {
        Expression::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        Expression::Object(object) => {
            for (key, value) in object {
                if let ObjectKey::Expression(key) = key {
                    walk(key, visit);
                }
                walk(value, visit);
            }
        }
        Expression::FuncCall(call) => call.args.iter().for_each(|argument| walk(argument, visit)),
        Expression::Parenthesis(inner) => walk(inner, visit),
        Expression::Conditional(conditional) => {
            walk(&conditional.cond_expr, visit);
            walk(&conditional.true_expr, visit);
            walk(&conditional.false_expr, visit);
        }
        Expression::Operation(operation) => match operation.as_ref() {
            Operation::Unary(unary) => walk(&unary.expr, visit),
            Operation::Binary(binary) => {
                walk(&binary.lhs_expr, visit);
                walk(&binary.rhs_expr, visit);
            }
        },
        Expression::ForExpr(each) => {
            walk(&each.collection_expr, visit);
            each.key_expr.iter().for_each(|key| walk(key, visit));
            walk(&each.value_expr, visit);
            each.cond_expr.iter().for_each(|condition| walk(condition, visit));
        }
        Expression::TemplateExpr(template) => walk_template_text(template, visit),
        Expression::Traversal(traversal) => {
            let Expression::Variable(root) = &traversal.expr else {
                walk(&traversal.expr, visit);
                return;
            };
            let mut words = Vec::with_capacity(traversal.operators.len() + 1);
            words.push(Cow::from(root.as_str()));
            for operator in &traversal.operators {
                words.push(match operator {
                    TraversalOperator::GetAttr(name) => name.as_str().into(),
                    TraversalOperator::Index(Expression::Number(index)) => index.to_string().into(),
                    TraversalOperator::LegacyIndex(index) => index.to_string().into(),
                    TraversalOperator::Index(index) => {
                        walk(index, visit);
                        "*".into()
                    }
                    TraversalOperator::AttrSplat | TraversalOperator::FullSplat => "*".into(),
                });
            }
            visit(&words);
        }
        _ => {}
    }
}

fn walk_template_text(template: &TemplateExpr, visit: &mut Visit<'_>) {
    // Without an interpolation there is nothing to parse; start-up scripts are long.
    let raw = match template {
        TemplateExpr::QuotedString(raw) => raw,
        TemplateExpr::Heredoc(heredoc) => &heredoc.template,
    };
    if !raw.contains("${") {
        return;
    }
    if let Some(expressions) = interpolations(raw) {
        for text in expressions {
            match plain(text) {
                Some(words) => visit(&words),
                None => text.parse().iter().for_each(|expression| walk(expression, visit)),
            }
        }
    } else if let Ok(template) = Template::from_expr(template) {
        walk_template(&template, visit);
    }
}

/// The text inside each `${ }` of a template, without parsing what is around them. Nothing where it takes a parser: templates with
/// directives, expressions with templates of their own.
fn interpolations(raw: &str) -> Option<Vec<&str>> {
    let is_escaped = |(at, _): &(usize, &str), marker| raw.get(..*at).is_some_and(|before| before.ends_with(marker));
    if raw.contains("$$${") || raw.match_indices("%{").any(|found| !is_escaped(&found, '%')) {
        return None;
    }
    let mut inside = vec![];
    for (at, _) in raw.match_indices("${").filter(|found| !is_escaped(found, '$')) {
        let part = raw.get(at + 2..)?;
        let mut depth = 1_usize;
        let mut quoted = false;
        let end = part.bytes().position(|byte| {
            match byte {
                b'"' => quoted = !quoted,
                b'{' if !quoted => depth += 1,
                b'}' if !quoted => depth -= 1,
                _ => {}
            }
            depth == 0
        })?;
        let text = part.get(..end).filter(|text| !text.contains(['\\', '$']))?;
        inside.push(text.trim_matches('~').trim());
    }
    Some(inside)
}

/// The words of a reference that is nothing but names: most are.
fn plain(text: &str) -> Option<Vec<Cow<'_, str>>> {
    let names = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let starts = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let is_plain = starts && text.bytes().all(names) && !matches!(text, "true" | "false" | "null");
    is_plain.then(|| text.split('.').map(Cow::from).collect())
}

fn walk_template(template: &Template, visit: &mut Visit<'_>) {
    for element in template.elements() {
        match element {
            Element::Literal(_) => {}
            Element::Interpolation(interpolation) => walk(&interpolation.expr, visit),
            Element::Directive(directive) => match directive.as_ref() {
                Directive::If(condition) => {
                    walk(&condition.cond_expr, visit);
                    walk_template(&condition.true_template, visit);
                    condition
                        .false_template
                        .iter()
                        .for_each(|template| walk_template(template, visit));
                }
                Directive::For(each) => {
                    walk(&each.collection_expr, visit);
                    walk_template(&each.template, visit);
                }
            },
        }
    }
}
