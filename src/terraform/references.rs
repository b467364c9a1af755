//! The references inside an expression.

use hcl::expr::{Expression, ObjectKey, Operation, TemplateExpr, TraversalOperator};
use hcl::template::{Directive, Element, Template};

use super::block::{Block, Item};

/// A reference, word by word: `aws_subnet.public["a"].id` is `aws_subnet`, `public`, `*`, `id`. Every index and splat that is not a
/// number stands as `*`.
pub type Reference = Vec<String>;

/// Every reference in a block, nested blocks included.
pub fn of_block(block: &Block) -> Vec<Reference> {
    let mut found = vec![];
    walk_block(block, &mut found);
    found
}

fn walk_block(block: &Block, found: &mut Vec<Reference>) {
    for item in block.items() {
        match item {
            // Paths in the block itself, not references.
            Item::Attribute(name, _) if name == "ignore_changes" => {}
            Item::Attribute(_, value) => walk(value, found),
            Item::Block(_, _, body) => walk_block(body, found),
            Item::Comment(_) => {}
        }
    }
}

fn walk(value: &Expression, found: &mut Vec<Reference>) {
    match value {
        Expression::Array(items) => items.iter().for_each(|item| walk(item, found)),
        Expression::Object(object) => {
            for (key, value) in object {
                if let ObjectKey::Expression(key) = key {
                    walk(key, found);
                }
                walk(value, found);
            }
        }
        Expression::FuncCall(call) => call.args.iter().for_each(|argument| walk(argument, found)),
        Expression::Parenthesis(inner) => walk(inner, found),
        Expression::Conditional(conditional) => {
            walk(&conditional.cond_expr, found);
            walk(&conditional.true_expr, found);
            walk(&conditional.false_expr, found);
        }
        Expression::Operation(operation) => match operation.as_ref() {
            Operation::Unary(unary) => walk(&unary.expr, found),
            Operation::Binary(binary) => {
                walk(&binary.lhs_expr, found);
                walk(&binary.rhs_expr, found);
            }
        },
        Expression::ForExpr(each) => {
            walk(&each.collection_expr, found);
            each.key_expr.iter().for_each(|key| walk(key, found));
            walk(&each.value_expr, found);
            each.cond_expr.iter().for_each(|condition| walk(condition, found));
        }
        Expression::TemplateExpr(template) => walk_template_text(template, found),
        Expression::Traversal(traversal) => {
            let Expression::Variable(root) = &traversal.expr else {
                walk(&traversal.expr, found);
                return;
            };
            let mut words = vec![root.as_str().to_owned()];
            for operator in &traversal.operators {
                words.push(match operator {
                    TraversalOperator::GetAttr(name) => name.as_str().to_owned(),
                    TraversalOperator::Index(Expression::Number(index)) => index.to_string(),
                    TraversalOperator::LegacyIndex(index) => index.to_string(),
                    TraversalOperator::Index(index) => {
                        walk(index, found);
                        "*".to_owned()
                    }
                    TraversalOperator::AttrSplat | TraversalOperator::FullSplat => "*".to_owned(),
                });
            }
            found.push(words);
        }
        _ => {}
    }
}

fn walk_template_text(template: &TemplateExpr, found: &mut Vec<Reference>) {
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
                Some(words) => found.push(words),
                None => text.parse().iter().for_each(|expression| walk(expression, found)),
            }
        }
    } else if let Ok(template) = Template::from_expr(template) {
        walk_template(&template, found);
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
fn plain(text: &str) -> Option<Reference> {
    let names = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let starts = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let is_plain = starts && text.bytes().all(names) && !matches!(text, "true" | "false" | "null");
    is_plain.then(|| text.split('.').map(str::to_owned).collect())
}

fn walk_template(template: &Template, found: &mut Vec<Reference>) {
    for element in template.elements() {
        match element {
            Element::Literal(_) => {}
            Element::Interpolation(interpolation) => walk(&interpolation.expr, found),
            Element::Directive(directive) => match directive.as_ref() {
                Directive::If(condition) => {
                    walk(&condition.cond_expr, found);
                    walk_template(&condition.true_template, found);
                    condition
                        .false_template
                        .iter()
                        .for_each(|template| walk_template(template, found));
                }
                Directive::For(each) => {
                    walk(&each.collection_expr, found);
                    walk_template(&each.template, found);
                }
            },
        }
    }
}
