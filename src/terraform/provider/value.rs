//! Values against types and facts.

use super::dynamic;
use super::facts::{Facts, Scalar};
use super::literal;
use super::schema::Attribute;
use super::types::Type;
use super::violation::{Path, Problem, Violation};
use crate::diagnostic::nearest;
use crate::terraform::Block;
use hcl::Expression;
use std::borrow::Cow;

/// Checks the value of an attribute; what is not a literal is skipped.
pub(super) fn check(attribute: &Attribute, value: &Expression, path: &Path<'_>, found: &mut Vec<Violation>) {
    let mut checker = Checker {
        sensitive: attribute.sensitive || attribute.write_only,
        found,
    };
    checker.value(&attribute.kind, attribute.facts.as_deref(), value, path);
}

/// Checks a value of a list or set of objects that is written as a nested block: there a field may be missing.
pub(super) fn check_block(attribute: &Attribute, body: &Block, path: &Path<'_>, found: &mut Vec<Violation>) {
    let mut checker = Checker {
        sensitive: attribute.sensitive,
        found,
    };
    checker.fields(&attribute.kind, attribute.facts.as_deref(), body, path);
}

struct Checker<'a> {
    /// Messages do not quote the value.
    sensitive: bool,
    found: &'a mut Vec<Violation>,
}

impl Checker<'_> {
    fn value(&mut self, kind: &Type, facts: Option<&Facts>, value: &Expression, path: &Path<'_>) {
        match (kind, value) {
            (Type::Any, _) | (_, Expression::Null) => {}
            (_, Expression::Parenthesis(inner)) => self.value(kind, facts, inner, path),
            (_, Expression::Conditional(branches)) => {
                self.value(kind, facts, &branches.true_expr, path);
                self.value(kind, facts, &branches.false_expr, path);
            }
            (Type::String | Type::Number | Type::Bool, _) => self.scalar(kind, facts, value, path),
            (Type::List(element) | Type::Set(element), Expression::Array(items)) => {
                // Facts about the fields of objects in a list are told of the list.
                let facts = match element.as_ref() {
                    Type::Object(_) => facts,
                    _ => facts.and_then(|facts| facts.element.as_deref()),
                };
                for (index, item) in items.iter().enumerate() {
                    self.value(element, facts, item, &path.index(index));
                }
            }
            (Type::Map(element), Expression::Object(entries)) => {
                for (key, item) in entries {
                    let key = literal::key(key).unwrap_or("...");
                    self.value(element, None, item, &path.key(key));
                }
            }
            (Type::Object(fields), Expression::Object(entries)) => {
                for (name, kind) in fields {
                    let entry = entries.iter().find(|(key, _)| literal::key(key) == Some(*name));
                    match entry {
                        Some((_, value)) => {
                            let facts = facts.and_then(|facts| facts.of.get(*name));
                            self.value(kind, facts, value, &path.name(name));
                        }
                        None if entries.keys().all(|key| literal::key(key).is_some()) => {
                            // In this syntax an object has all fields, null or not.
                            self.report(&path.name(name), Problem::MissingRequired);
                        }
                        None => {}
                    }
                }
                for name in entries.keys().filter_map(literal::key) {
                    self.field(fields, name, path);
                }
            }
            _ => self.mismatch(kind, value, path),
        }
    }

    fn fields(&mut self, kind: &Type, facts: Option<&Facts>, body: &Block, path: &Path<'_>) {
        let fields = kind.block_fields().unwrap_or_default();
        let known = |name: &str| fields.iter().find(|(known, _)| *known == name);
        let inside = |name: &str| facts.and_then(|facts| facts.of.get(name));
        for (name, value) in body.attributes() {
            match known(name) {
                Some((_, kind)) => self.value(kind, inside(name), value, &path.name(name)),
                None => self.field(fields, name, path),
            }
        }
        for written in dynamic::nested(body) {
            let (name, body) = (written.name, written.body);
            match known(name) {
                Some((_, kind)) if kind.block_fields().is_some() => {
                    self.fields(kind, inside(name), body, &path.name(name));
                }
                Some(_) => self.report(&path.name(name), Problem::NotABlock),
                None => self.field(fields, name, path),
            }
        }
    }

    fn field(&mut self, fields: &[(&'static str, Type)], name: &str, path: &Path<'_>) {
        let known: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        if !known.contains(&name) {
            let suggestion = nearest(name, &known).map(str::to_owned);
            self.report(&path.name(name), Problem::UnknownArgument { suggestion });
        }
    }

    fn scalar(&mut self, kind: &Type, facts: Option<&Facts>, value: &Expression, path: &Path<'_>) {
        let Some(scalar) = convert(kind, value) else {
            return self.mismatch(kind, value, path);
        };
        let shown = || match self.sensitive {
            true => "the (sensitive) value".to_owned(),
            false => value.to_string(),
        };
        let objection = facts.and_then(|facts| facts.objection(&scalar, shown));
        if let Some(problem) = objection {
            self.report(path, problem);
        }
    }

    /// Reports a literal of another type; whatever is not a literal may be of any type.
    fn mismatch(&mut self, kind: &Type, value: &Expression, path: &Path<'_>) {
        let Some(given) = literal::describe(value) else {
            return;
        };
        if matches!(
            (kind, value),
            (Type::String | Type::Number | Type::Bool, Expression::TemplateExpr(_))
        ) {
            return;
        }
        let given = match value {
            Expression::String(_) | Expression::Number(_) | Expression::Bool(_) if !self.sensitive => {
                format!("{given} ({value})")
            }
            _ => given.to_owned(),
        };
        let expected = kind.to_string();
        self.report(path, Problem::WrongType { expected, given });
    }

    fn report(&mut self, path: &Path<'_>, problem: Problem) {
        self.found.push(path.violation(problem));
    }
}

/// A literal as the scalar type that Terraform converts it to; nothing where it has to be evaluated or cannot be converted.
fn convert<'a>(kind: &Type, value: &'a Expression) -> Option<Scalar<'a>> {
    match (kind, value) {
        (Type::String, Expression::String(text)) => Some(Scalar::Text(Cow::from(text))),
        (Type::String, Expression::Number(number)) => Some(Scalar::Text(Cow::from(number.to_string()))),
        (Type::String, Expression::Bool(flag)) => Some(Scalar::Text(Cow::from(flag.to_string()))),
        (Type::Number, Expression::Number(number)) => number.as_f64().map(Scalar::Number),
        (Type::Number, Expression::String(text)) => text
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .map(Scalar::Number),
        (Type::Bool, Expression::Bool(_)) => Some(Scalar::Bool),
        (Type::Bool, Expression::String(text)) => match text.as_str() {
            "true" | "false" | "1" | "0" => Some(Scalar::Bool),
            _ => None,
        },
        _ => None,
    }
}
