//! Nested blocks as they are written: plainly, or repeated by `dynamic`.

use super::violation::{Path, Problem, Violation};
use crate::terraform::Block;
use hcl::Expression;

/// A nested block, or the blocks that one `dynamic` makes.
pub(super) struct Written<'a> {
    /// The name of the block: of a `dynamic`, its label.
    pub name: &'a str,
    /// The body: of a `dynamic`, its content.
    pub body: &'a Block,
    /// How many blocks there will be; nothing where that has to be evaluated.
    pub times: Option<usize>,
    /// It has labels that a nested block cannot have.
    pub labelled: bool,
}

/// The nested blocks of a body, in order. A `dynamic` without content is left out; [`check`] reports it.
pub(super) fn nested(body: &Block) -> impl Iterator<Item = Written<'_>> {
    body.nested().filter_map(|(name, labels, body)| match name {
        "dynamic" => Some(Written {
            name: labels.first()?,
            body: content(body)?,
            times: body.attribute("for_each").and_then(length),
            labelled: labels.len() > 1,
        }),
        _ => Some(Written {
            name,
            body,
            times: Some(1),
            labelled: !labels.is_empty(),
        }),
    })
}

fn content(body: &Block) -> Option<&Block> {
    let mut nested = body.nested();
    nested.find_map(|(name, _, body)| (name == "content").then_some(body))
}

fn length(collection: &Expression) -> Option<usize> {
    match collection {
        Expression::Array(items) => Some(items.len()),
        Expression::Object(entries) => Some(entries.len()),
        _ => None,
    }
}

/// Checks the `dynamic` blocks of a body themselves: label, arguments, content.
pub(super) fn check(body: &Block, path: &Path<'_>, found: &mut Vec<Violation>) {
    for (name, labels, body) in body.nested() {
        if name != "dynamic" {
            continue;
        }
        let path = path.name(labels.first().map_or("dynamic", String::as_str));
        let mut report = |name: &str, problem: Problem| found.push(path.name(name).violation(problem));
        if labels.is_empty() {
            report("dynamic", Problem::MissingRequired);
        }
        if body.attribute("for_each").is_none() {
            report("for_each", Problem::MissingRequired);
        }
        for (name, _) in body.attributes() {
            if !["for_each", "iterator", "labels"].contains(&name) {
                let suggestion = None;
                report(name, Problem::UnknownArgument { suggestion });
            }
        }
        let (contents, others): (Vec<_>, Vec<_>) = body.nested().partition(|(name, ..)| *name == "content");
        match contents.len() {
            1 => {}
            0 => report("content", Problem::MissingRequired),
            given => report("content", Problem::TooManyBlocks { most: 1, given }),
        }
        for (name, ..) in others {
            let suggestion = Some("content".to_owned());
            report(name, Problem::UnknownBlock { suggestion });
        }
    }
}
