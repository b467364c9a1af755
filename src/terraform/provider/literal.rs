//! What is known of an expression without evaluating it.

use hcl::Expression;
use hcl::expr::{ObjectKey, TemplateExpr, TraversalOperator};

/// Whether an argument has a value when the configuration is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Given {
    /// It is absent or null.
    No,
    /// That depends on variables.
    Maybe,
    /// It has one.
    Yes,
}

/// Whether an expression has a value. What the caller of the configuration decides may be null; a resource's attribute is taken to
/// have a value.
pub(super) fn given(value: &Expression) -> Given {
    match value {
        Expression::Null => Given::No,
        Expression::Parenthesis(inner) => given(inner),
        Expression::Conditional(conditional) => {
            let branches = (given(&conditional.true_expr), given(&conditional.false_expr));
            match branches.0 == branches.1 {
                true => branches.0,
                false => Given::Maybe,
            }
        }
        Expression::FuncCall(_) | Expression::Variable(_) => Given::Maybe,
        Expression::Traversal(traversal) => match &traversal.expr {
            Expression::Variable(root) if !["var", "local", "each", "module"].contains(&root.as_str()) => Given::Yes,
            _ => Given::Maybe,
        },
        _ => Given::Yes,
    }
}

/// What a literal is, in a reader's words; nothing for what is not a literal.
pub(super) fn describe(value: &Expression) -> Option<&'static str> {
    match value {
        Expression::Bool(_) => Some("a bool"),
        Expression::Number(_) => Some("a number"),
        Expression::String(_) => Some("a string"),
        Expression::Array(_) => Some("a list"),
        Expression::Object(_) => Some("an object"),
        // `"${x}"` has the type of x; with any text around it, a template is a string.
        Expression::TemplateExpr(template) => match template.as_ref() {
            TemplateExpr::QuotedString(text) if text.starts_with("${") && text.ends_with('}') => None,
            _ => Some("a string"),
        },
        _ => None,
    }
}

/// The text of an object's key; nothing where it has to be evaluated.
pub(super) fn key(key: &ObjectKey) -> Option<&str> {
    match key {
        ObjectKey::Identifier(name) => Some(name.as_str()),
        ObjectKey::Expression(Expression::String(text)) => Some(text),
        ObjectKey::Expression(Expression::Variable(name)) => Some(name.as_str()),
        _ => None,
    }
}

/// A reference as the words between its dots and brackets: `template[0].labels["x"]` is `template`, `0`, `labels`, `x`; a splat is `*`.
/// Nothing where a word has to be evaluated.
pub(super) fn words(value: &Expression) -> Option<Vec<String>> {
    let traversal = match value {
        Expression::Variable(name) => return Some(vec![name.to_string()]),
        Expression::Traversal(traversal) => traversal,
        _ => return None,
    };
    let mut words = words(&traversal.expr)?;
    for operator in &traversal.operators {
        words.push(match operator {
            TraversalOperator::AttrSplat | TraversalOperator::FullSplat => "*".to_owned(),
            TraversalOperator::GetAttr(name) => name.to_string(),
            TraversalOperator::Index(Expression::String(key)) => key.clone(),
            TraversalOperator::Index(Expression::Number(index)) => index.to_string(),
            TraversalOperator::LegacyIndex(index) => index.to_string(),
            TraversalOperator::Index(_) => return None,
        });
    }
    Some(words)
}
