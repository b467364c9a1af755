//! Single values against the facts about them.

use super::{Finding, Step};
use crate::offline::value::Value;
use crate::terraform::provider::{Argument, Attribute, BlockKind, Body, Facts, Nesting, Problem, Scalar, Schema, Type};
use std::borrow::Cow;

/// Checks every value of a configuration.
pub fn check(kind: BlockKind, schema: &'static Schema, config: &Value) -> Vec<Finding> {
    let mut checker = Checker {
        schema,
        path: vec![],
        dotted: vec![],
        found: vec![],
    };
    if let (BlockKind::Resource, Some(Argument::Attribute(id))) = (kind, schema.member(&schema.body, "id"))
        && id.optional
        && id.computed
        && !config.field("id").is_null()
    {
        // The plugin SDK adds this attribute to every resource, optional, and then takes no value for it.
        checker.named("id", |checker| checker.report(Problem::ReadOnly));
    }
    checker.body(&schema.body, config);
    checker.found
}

struct Checker {
    schema: &'static Schema,
    path: Vec<Step>,
    dotted: Vec<&'static str>,
    found: Vec<Finding>,
}

impl Checker {
    fn named(&mut self, name: &'static str, act: impl FnOnce(&mut Self)) {
        self.path.push(Step::Name(name));
        self.dotted.push(name);
        act(self);
        self.path.pop();
        self.dotted.pop();
    }

    fn indexed(&mut self, index: usize, act: impl FnOnce(&mut Self)) {
        self.path.push(Step::Index(index));
        act(self);
        self.path.pop();
    }

    fn report(&mut self, problem: Problem) {
        self.found.push(Finding {
            path: self.path.clone(),
            dotted: self.dotted.join("."),
            problem,
        });
    }

    fn body(&mut self, body: &'static Body, config: &Value) {
        let Value::Object(fields) = config else {
            return;
        };
        for (name, argument) in self.schema.members(body) {
            let Some(value) = fields.get(name).filter(|value| !value.is_null()) else {
                continue;
            };
            self.named(name, |checker| match argument {
                Argument::Attribute(attribute) => checker.attribute(attribute, value),
                Argument::Block(nested) => {
                    let is_there = matches!(value, Value::Object(_)) || !value.items().is_empty();
                    if nested.deprecated && is_there {
                        checker.report(Problem::Deprecated { says: None });
                    }
                    checker.body(&nested.body, value);
                    for (index, item) in value.items().iter().enumerate() {
                        match nested.nesting {
                            Nesting::List => checker.indexed(index, |checker| checker.body(&nested.body, item)),
                            _ => checker.body(&nested.body, item),
                        }
                    }
                }
            });
        }
    }

    fn attribute(&mut self, attribute: &'static Attribute, value: &Value) {
        if !attribute.is_settable() {
            return self.report(Problem::ReadOnly);
        }
        if attribute.deprecated {
            let says = attribute.facts.as_ref().and_then(|facts| facts.deprecated.clone());
            self.report(Problem::Deprecated { says });
        }
        if let Some(facts) = &attribute.facts {
            let is_secret = attribute.sensitive || attribute.write_only;
            self.value(&attribute.kind, facts, value, is_secret);
        }
    }

    fn value(&mut self, kind: &Type, facts: &Facts, value: &Value, is_secret: bool) {
        match (kind, value) {
            (Type::List(element) | Type::Set(element), Value::List(items)) => {
                // Facts about the fields of objects in a list are told of the list.
                let facts = match element.as_ref() {
                    Type::Object(_) => Some(facts),
                    _ => facts.element.as_deref(),
                };
                for item in items {
                    if let Some(facts) = facts {
                        self.value(element, facts, item, is_secret);
                    }
                }
            }
            (Type::Object(kinds), Value::Object(fields)) => {
                for (name, kind) in kinds {
                    if let (Some(facts), Some(value)) = (facts.of.get(*name), fields.get(*name)) {
                        self.named(name, |checker| checker.value(kind, facts, value, is_secret));
                    }
                }
            }
            _ => self.scalar(facts, value, is_secret),
        }
    }

    fn scalar(&mut self, facts: &Facts, value: &Value, is_secret: bool) {
        let scalar = match value {
            Value::Text(text) if is_stand_in(text) => return,
            Value::Text(text) => Scalar::Text(Cow::from(text)),
            Value::Number(number) => Scalar::Number(number.near()),
            _ => return,
        };
        let shown = || match value {
            _ if is_secret => "the (sensitive) value".to_owned(),
            Value::Text(text) => format!("{text:?}"),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        if let Some(problem) = facts.objection(&scalar, shown) {
            self.report(problem);
        }
    }
}

/// Whether a text is what an earlier apply made up, which has no form of its own: a name and eight digits.
fn is_stand_in(text: &str) -> bool {
    const DIGITS: usize = 8;
    let is_hex = |digits: &str| {
        digits.len() == DIGITS
            && digits
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase());
    text.rsplit_once('-')
        .is_some_and(|(word, digits)| is_word(word) && is_hex(digits))
}
