//! Expressions beyond literals: templates, calls, references to variables and to the current `for_each` entry.

use hcl::expr::{
    BinaryOp, BinaryOperator, FuncCall, Heredoc, HeredocStripMode, ObjectKey, TemplateExpr, Traversal,
    TraversalOperator, Variable,
};
use hcl::{Expression, Identifier};

use super::emit;

/// A list of values that convert into expressions, each in its own way.
#[macro_export]
macro_rules! list {
    ($($value:expr),* $(,)?) => {
        hcl::Expression::Array(vec![$(hcl::Expression::from($value)),*])
    };
}

/// An object of literal keys.
#[macro_export]
macro_rules! object {
    ($($key:expr => $value:expr),* $(,)?) => {
        $crate::terraform::expr::object(vec![$((String::from($key), hcl::Expression::from($value))),*])
    };
}

/// A string made of literal parts and references: `template!["arn:aws:s3:::", name]`.
#[macro_export]
macro_rules! template {
    ($($part:expr),+ $(,)?) => {
        $crate::terraform::expr::template(vec![$($crate::terraform::expr::Part::from($part)),+])
    };
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Literal text: what looks like an interpolation in it stays text.
    Text(String),
    /// An expression whose value is inserted.
    Value(Expression),
}

impl From<&str> for Part {
    fn from(text: &str) -> Self {
        Part::Text(text.to_owned())
    }
}

impl From<String> for Part {
    fn from(text: String) -> Self {
        Part::Text(text)
    }
}

impl From<&String> for Part {
    fn from(text: &String) -> Self {
        Part::Text(text.clone())
    }
}

impl From<Expression> for Part {
    /// A string literal is text; anything else is inserted.
    fn from(value: Expression) -> Self {
        match value {
            Expression::String(text) => Part::Text(text),
            value => Part::Value(value),
        }
    }
}

/// A quoted template; a plain string when every part is text.
pub fn template(parts: impl IntoIterator<Item = Part>) -> Expression {
    let parts: Vec<Part> = parts.into_iter().collect();
    let plain: Option<String> = parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Value(_) => None,
        })
        .collect();
    if let Some(text) = plain {
        return text.into();
    }
    let mut raw = String::new();
    for part in parts {
        match part {
            Part::Text(text) => raw.push_str(&emit::escape(&text)),
            Part::Value(value) => match quoted(&value) {
                Some(inner) => raw.push_str(inner),
                None => raw.push_str(&interpolation(&value)),
            },
        }
    }
    Expression::from(TemplateExpr::QuotedString(raw))
}

/// The text of a quoted template: within another one it stands as it is.
fn quoted(value: &Expression) -> Option<&str> {
    match value {
        Expression::TemplateExpr(template) => match template.as_ref() {
            TemplateExpr::QuotedString(raw) => Some(raw),
            TemplateExpr::Heredoc(_) => None,
        },
        _ => None,
    }
}

fn interpolation(value: &Expression) -> String {
    format!("${{{}}}", emit::inline(value))
}

/// A heredoc template (`<<-EOT`), for texts of several lines. Ends with a line break.
pub fn heredoc(parts: impl IntoIterator<Item = Part>) -> Expression {
    let mut raw = String::new();
    for part in parts {
        match part {
            Part::Text(text) => raw.push_str(&emit::escape_markers(&text)),
            // Heredocs know no escapes.
            Part::Value(value) => match quoted(&value).filter(|inner| !inner.contains('\\')) {
                Some(inner) => raw.push_str(inner),
                None => raw.push_str(&interpolation(&value)),
            },
        }
    }
    if !raw.ends_with('\n') {
        raw.push('\n');
    }
    let heredoc = Heredoc::new(Identifier::unchecked("EOT"), raw).with_strip_mode(HeredocStripMode::Indent);
    Expression::from(TemplateExpr::Heredoc(heredoc))
}

/// An object. Keys that are identifiers are written bare, others quoted.
pub fn object<K: Into<String>, V: Into<Expression>>(pairs: impl IntoIterator<Item = (K, V)>) -> Expression {
    let pairs = pairs.into_iter().map(|(key, value)| {
        let key: String = key.into();
        let key = match Identifier::new(key.clone()) {
            Ok(identifier) => ObjectKey::Identifier(identifier),
            Err(_) => ObjectKey::Expression(Expression::String(key)),
        };
        (key, value.into())
    });
    Expression::Object(pairs.collect())
}

/// A call of one of Terraform's functions.
pub fn call<V: Into<Expression>>(name: &str, arguments: impl IntoIterator<Item = V>) -> Expression {
    let call = arguments
        .into_iter()
        .fold(FuncCall::builder(Identifier::unchecked(name)), |call, argument| {
            call.arg(argument.into())
        });
    Expression::from(call.build())
}

/// `jsonencode(value)`: IAM policies and the like stay readable in the plan.
pub fn jsonencode(value: impl Into<Expression>) -> Expression {
    call("jsonencode", [value.into()])
}

/// `root.path.to.value`, for the roots that are not resources.
fn path(root: &str, names: &[&str]) -> Expression {
    let root = Variable::unchecked(root);
    let traversal = names
        .iter()
        .fold(Traversal::builder(Expression::from(root)), |traversal, name| {
            traversal.attr(Identifier::unchecked(*name))
        });
    Expression::from(traversal.build())
}

/// `each.key` inside a block with `for_each`.
pub fn each_key() -> Expression {
    path("each", &["key"])
}

/// `each.value`, or an attribute of it, inside a block with `for_each`.
pub fn each_value(names: &[&str]) -> Expression {
    path("each", &[&["value"], names].concat())
}

/// `root.path`, for the iterators of `dynamic` blocks and `for` expressions, and for meta-argument keywords.
pub fn iterator(root: &str, names: &[&str]) -> Expression {
    path(root, names)
}

/// A bare word: a provider alias, a type in a variable's declaration, a keyword of `ignore_changes`.
pub fn keyword(word: &str) -> Expression {
    Expression::from(Variable::unchecked(word))
}

/// A list of bare words (`ignore_changes = [a, b]`).
pub fn keywords<'a>(words: impl IntoIterator<Item = &'a str>) -> Expression {
    Expression::Array(words.into_iter().map(keyword).collect())
}

/// Reads an attribute of an expression's value: `expr.name`, `expr[0].name` (`"0"` and other digits become indexes).
pub fn attribute(value: Expression, names: &[&str]) -> Expression {
    let traversal = names
        .iter()
        .fold(Traversal::builder(value), |traversal, name| match name.parse::<u64>() {
            Ok(index) => traversal.index(index),
            Err(_) => traversal.attr(Identifier::unchecked(*name)),
        });
    Expression::from(traversal.build())
}

/// `value[index]`
pub fn element(value: Expression, index: Expression) -> Expression {
    Expression::from(Traversal::new(value, [TraversalOperator::Index(index)]))
}

pub(super) fn variable(name: &str) -> Expression {
    path("var", &[name])
}

pub(super) fn local(name: &str) -> Expression {
    path("local", &[name])
}

/// `length(value) > 0`
pub fn not_empty(value: Expression) -> Expression {
    let length = call("length", [value]);
    Expression::from(BinaryOp::new(length, BinaryOperator::Greater, Expression::from(0)))
}
