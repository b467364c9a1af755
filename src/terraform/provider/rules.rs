//! Rules over several arguments.

use super::dynamic;
use super::literal::{self, Given};
use super::schema::Schema;
use super::violation::{Problem, Violation};
use crate::terraform::Block;
use hcl::Expression;

/// Checks the arguments of a body that need or exclude each other. As in the providers, a path through several blocks of a name means
/// the first of them.
pub(super) fn check(schema: &'static Schema, body: &Block, found: &mut Vec<Violation>) {
    let rules = &schema.rules;
    for group in &rules.exactly_one_of {
        check_group(body, group, true, found);
    }
    for group in &rules.at_least_one_of {
        check_group(body, group, false, found);
    }
    for (path, others) in &rules.conflicts_with {
        for other in others {
            let scope = Scope::around(body, &[path, other]);
            if scope.is_some_and(|scope| scope.given(path) == Given::Yes && scope.given(other) == Given::Yes) {
                found.push(violation(path, Problem::Exclusive { with: other.clone() }));
            }
        }
    }
    for (path, others) in &rules.required_with {
        let all: Vec<&String> = others.iter().chain([path]).collect();
        let Some(scope) = Scope::around(body, &all).filter(|scope| scope.given(path) == Given::Yes) else {
            continue;
        };
        let missing: Vec<String> = others
            .iter()
            .filter(|other| scope.given(other) == Given::No)
            .cloned()
            .collect();
        if !missing.is_empty() {
            found.push(violation(path, Problem::RequiredWith { missing }));
        }
    }
}

fn violation(path: &str, problem: Problem) -> Violation {
    let path = path.to_owned();
    Violation { path, problem }
}

/// A rule holds where the block around its first path is there.
fn check_group(body: &Block, group: &[String], exactly: bool, found: &mut Vec<Violation>) {
    let all: Vec<&String> = group.iter().collect();
    let Some((first, scope)) = group.first().zip(Scope::around(body, &all)) else {
        return;
    };
    let parent = first.rsplit_once('.').map(|(parent, _)| parent);
    if parent.is_some_and(|parent| scope.depth < steps(first) - 1 && scope.given(parent) != Given::Yes) {
        return;
    }
    let used = |given: Given| group.iter().filter(move |path| scope.given(path) == given);
    let (path, of) = (parent.unwrap_or_default(), group.to_vec());
    match (used(Given::Yes).next(), used(Given::Maybe).next()) {
        (None, None) if exactly => found.push(violation(path, Problem::ExactlyOneOf { of })),
        (None, None) => found.push(violation(path, Problem::AtLeastOneOf { of })),
        (Some(one), _) if exactly => {
            found.extend(used(Given::Yes).skip(1).map(|other| {
                let with = one.clone();
                violation(other, Problem::Exclusive { with })
            }));
        }
        _ => {}
    }
}

fn steps(path: &str) -> usize {
    path.split('.').count()
}

/// The innermost block that all paths of a rule go through. What is inside a `dynamic` block depends on what it repeats, but for two
/// arguments that are both inside, that makes no difference.
#[derive(Clone, Copy)]
struct Scope<'a> {
    block: &'a Block,
    depth: usize,
}

impl<'a> Scope<'a> {
    /// Nothing where that block is not there.
    fn around(body: &'a Block, paths: &[&String]) -> Option<Self> {
        let (first, others) = paths.split_first()?;
        let mut scope = Scope { block: body, depth: 0 };
        let mut above = first.split('.').take(steps(first) - 1);
        let shares = |path: &&String, depth: usize| {
            steps(path) > depth + 1 && path.split('.').take(depth + 1).eq(first.split('.').take(depth + 1))
        };
        while let Some(step) = above
            .next()
            .filter(|_| others.iter().all(|path| shares(path, scope.depth)))
        {
            let inside = dynamic::nested(scope.block).find(|written| written.name == step)?;
            scope = Scope {
                block: inside.body,
                depth: scope.depth + 1,
            };
        }
        Some(scope)
    }

    /// Whether the argument or block of a path (from the root) is set.
    fn given(&self, path: &str) -> Given {
        let mut block = self.block;
        let mut certainty = Given::Yes;
        let mut steps = path.split('.').skip(self.depth).peekable();
        while let Some(step) = steps.next() {
            if let Some(value) = block.attribute(step) {
                let inside = steps.try_fold(value, field);
                return inside.map_or(Given::Maybe, literal::given).min(certainty);
            }
            let mut blocks = dynamic::nested(block).filter(|written| written.name == step);
            let Some(written) = blocks.next() else {
                return Given::No;
            };
            certainty = certainty.min(match written.times {
                Some(0) => Given::No,
                Some(_) => Given::Yes,
                None => Given::Maybe,
            });
            block = written.body;
        }
        certainty
    }
}

/// A field of an object, or of the first object in a list.
fn field<'a>(value: &'a Expression, name: &str) -> Option<&'a Expression> {
    match value {
        Expression::Array(items) => field(items.first()?, name),
        Expression::Object(entries) => {
            let mut entries = entries.iter();
            let found = entries.find(|(key, _)| literal::key(key) == Some(name));
            Some(found.map_or(&Expression::Null, |(_, value)| value))
        }
        _ => None,
    }
}
