//! Arguments that need or exclude each other.

use super::{Finding, Step};
use crate::offline::value::Value;
use crate::terraform::provider::{Argument, Body, Problem, Schema};

/// Checks the rules of a type. As in the providers, a path through several blocks of a name means the first of them.
pub fn check(schema: &'static Schema, config: &Value) -> Vec<Finding> {
    let checker = Checker { schema, config };
    let rules = &schema.rules;
    let mut found = vec![];
    for group in &rules.exactly_one_of {
        checker.group(group, true, &mut found);
    }
    for group in &rules.at_least_one_of {
        checker.group(group, false, &mut found);
    }
    for (path, others) in &rules.conflicts_with {
        for other in others {
            if checker.given(path) == Given::Yes && checker.given(other) == Given::Yes {
                found.push(checker.finding(path, Problem::Exclusive { with: other.clone() }));
            }
        }
    }
    for (path, others) in &rules.required_with {
        if checker.given(path) != Given::Yes {
            continue;
        }
        let missing = others.iter().filter(|other| checker.given(other) == Given::No);
        let missing: Vec<String> = missing.cloned().collect();
        if !missing.is_empty() {
            found.push(checker.finding(path, Problem::RequiredWith { missing }));
        }
    }
    found
}

/// Whether an argument is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    No,
    Maybe,
    Yes,
}

struct Checker<'a> {
    schema: &'static Schema,
    config: &'a Value,
}

impl Checker<'_> {
    fn group(&self, group: &[String], exactly: bool, found: &mut Vec<Finding>) {
        let Some(first) = group.first() else {
            return;
        };
        // A rule holds where the block around its first path is there.
        if let Some((parent, _)) = first.rsplit_once('.')
            && self.given(parent) != Given::Yes
        {
            return;
        }
        let of = |given| group.iter().filter(move |path| self.given(path) == given);
        match (of(Given::Yes).next(), of(Given::Maybe).next()) {
            (None, None) => {
                let of = group.to_vec();
                found.push(self.finding(
                    first,
                    match exactly {
                        true => Problem::ExactlyOneOf { of },
                        false => Problem::AtLeastOneOf { of },
                    },
                ));
            }
            (Some(one), _) if exactly => {
                let others = of(Given::Yes).skip(1);
                found.extend(others.map(|other| self.finding(other, Problem::Exclusive { with: one.clone() })));
            }
            _ => {}
        }
    }

    fn finding(&self, dotted: &str, problem: Problem) -> Finding {
        let top = dotted.split('.').next().unwrap_or(dotted);
        let known = self.schema.members(&self.schema.body).find(|(name, _)| *name == top);
        Finding {
            path: known.map(|(name, _)| Step::Name(name)).into_iter().collect(),
            dotted: dotted.to_owned(),
            problem,
        }
    }

    fn given(&self, path: &str) -> Given {
        let (mut value, mut body): (&Value, Option<&'static Body>) = (self.config, Some(&self.schema.body));
        let mut is_block = false;
        for step in path.split('.') {
            if let Value::List(items) = value {
                value = items.first().unwrap_or(&Value::Null);
            }
            value = match value {
                Value::Object(_) => value.field(step),
                Value::Unknown(_) => return Given::Maybe,
                _ => return Given::No,
            };
            let argument = body.and_then(|body| self.schema.member(body, step));
            body = match argument {
                Some(Argument::Block(nested)) => Some(&nested.body),
                _ => None,
            };
            is_block = body.is_some();
        }
        match value {
            Value::Null => Given::No,
            Value::Unknown(_) => Given::Maybe,
            Value::List(items) if is_block && items.is_empty() => Given::No,
            _ => Given::Yes,
        }
    }
}
