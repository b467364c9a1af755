//! Blocks against schemas.

use super::catalog::{self, BlockKind};
use super::dynamic::Written;
use super::literal::{self, Given};
use super::schema::{Argument, Attribute, Body, Nested, Schema};
use super::violation::{Path, Problem, Violation};
use super::{dynamic, lookup, rules, value};
use crate::diagnostic::nearest;
use crate::terraform::Block;
use hcl::Expression;
use std::collections::BTreeSet;

/// Checks the body of a block as Terraform and the provider would, without evaluating anything: names, required and read-only
/// arguments, numbers of blocks, types and values of literals, arguments that need or exclude each other, meta-arguments.
///
/// `type_name` is the first label of the block. A `dynamic` block is checked as the block that it repeats. What is not a literal
/// (a reference, a call, a template) counts as set and is not looked into.
pub fn check_block(kind: BlockKind, type_name: &str, body: &Block) -> Vec<Violation> {
    let mut found = vec![];
    let schema = match find(kind, type_name, body) {
        Ok(schema) => schema,
        Err(problem) => return vec![Path::ROOT.violation(problem)],
    };
    if schema.deprecated {
        found.push(Path::ROOT.violation(Problem::Deprecated { says: None }));
    }
    if let (BlockKind::Resource, Some(Argument::Attribute(id)), Some(value)) =
        (kind, schema.member(&schema.body, "id"), body.attribute("id"))
        && id.optional
        && id.computed
        && literal::given(value) != Given::No
    {
        // The plugin SDK adds this attribute to every resource, optional, and then takes no value for it.
        found.push(Path::ROOT.name("id").violation(Problem::ReadOnly));
    }
    let meta = catalog::meta(kind);
    let is_meta = |name: &str| meta.is_some_and(|meta| meta.has_member(&meta.body, name));
    dynamic::check(body, &Path::ROOT, &mut found);
    Checker::new(schema, &mut found).members(&schema.body, body, &Path::ROOT, &|name| !is_meta(name));
    rules::check(schema, body, &mut found);
    let mut names = body
        .attributes()
        .map(|(name, _)| name)
        .chain(dynamic::nested(body).map(|written| written.name));
    if let Some(meta) = meta
        && names.any(is_meta)
    {
        Checker::new(meta, &mut found).members(&meta.body, body, &Path::ROOT, &is_meta);
        rules::check(meta, body, &mut found);
        check_ignored(schema, body, &mut found);
    }
    found
}

/// The schema of a type in the provider that the body names, else in the one that the type's name starts with.
fn find(kind: BlockKind, type_name: &str, body: &Block) -> Result<&'static Schema, Problem> {
    let own = type_name.split('_').next().unwrap_or(type_name);
    let named = body.attribute("provider").and_then(literal::words);
    let named = named.as_ref().and_then(|words| words.first());
    let own = match kind {
        BlockKind::Provider => type_name,
        _ => own,
    };
    let of = |provider: &str| catalog::provider(provider)?.schema(kind, type_name);
    // The data of google-beta has few types: others are taken to be as in google.
    let schema = match named.is_some_and(|named| named == "google-beta") {
        true => of("google-beta").or_else(|| of(own)),
        false => of(own),
    };
    schema.ok_or_else(|| match own == "google" && of("google-beta").is_some() {
        true => Problem::NeedsProvider {
            provider: "google-beta",
        },
        false => Problem::UnknownType {
            suggestion: suggest(type_name, lookup::types(own, kind)),
        },
    })
}

/// Checks that what `ignore_changes` names is there.
fn check_ignored(schema: &'static Schema, body: &Block, found: &mut Vec<Violation>) {
    let lifecycle = body.nested().find(|(name, ..)| *name == "lifecycle");
    let Some(Expression::Array(ignored)) = lifecycle.and_then(|(.., body)| body.attribute("ignore_changes")) else {
        return;
    };
    let path = Path::ROOT.name("lifecycle");
    let path = path.name("ignore_changes");
    for (index, reference) in ignored.iter().enumerate() {
        let words = match reference {
            Expression::String(name) => Some(vec![name.clone()]),
            other => literal::words(other),
        };
        let words = words.unwrap_or_default();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let Some(first) = words.first() else {
            continue;
        };
        if !lookup::exists(schema, &words) {
            let known = schema.members(&schema.body).map(|(name, _)| name);
            let suggestion = suggest(first, known);
            found.push(path.index(index).violation(Problem::UnknownArgument { suggestion }));
        }
    }
}

fn suggest(name: &str, known: impl Iterator<Item = &'static str>) -> Option<String> {
    let known: Vec<&str> = known.filter(|known| *known != name).collect();
    nearest(name, &known).map(str::to_owned)
}

struct Checker<'a> {
    schema: &'static Schema,
    found: &'a mut Vec<Violation>,
}

impl<'a> Checker<'a> {
    fn new(schema: &'static Schema, found: &'a mut Vec<Violation>) -> Self {
        Checker { schema, found }
    }

    fn report(&mut self, path: &Path<'_>, problem: Problem) {
        self.found.push(path.violation(problem));
    }

    fn body(&mut self, schema: &'static Body, body: &Block, path: &Path<'_>) {
        dynamic::check(body, path, self.found);
        self.members(schema, body, path, &|_| true);
    }

    /// Checks those arguments and blocks of a body that `concerns` holds for.
    fn members(&mut self, schema: &'static Body, body: &Block, path: &Path<'_>, concerns: &dyn Fn(&str) -> bool) {
        for (name, value) in body.attributes().filter(|(name, _)| concerns(name)) {
            let path = path.name(name);
            match self.schema.member(schema, name) {
                Some(Argument::Attribute(attribute)) => self.attribute(attribute, value, &path),
                Some(Argument::Block(_)) => self.report(&path, Problem::NotAnArgument),
                None => {
                    let suggestion = self.suggest(schema, name);
                    self.report(&path, Problem::UnknownArgument { suggestion });
                }
            }
        }
        let blocks: Vec<Written<'_>> = dynamic::nested(body).filter(|written| concerns(written.name)).collect();
        for (place, written) in blocks.iter().enumerate() {
            let named = |other: &&Written<'_>| other.name == written.name;
            let path = path.name(written.name);
            let also_set = body.attribute(written.name).is_some();
            match blocks.iter().filter(named).count() {
                1 => self.nested(schema, written, also_set, &path),
                _ => {
                    let index = blocks[..place].iter().filter(named).count();
                    self.nested(schema, written, also_set, &path.index(index));
                }
            }
        }
        let mut names: BTreeSet<&str> = blocks.iter().map(|block| block.name).collect();
        names.extend(self.schema.needed(schema));
        for name in names {
            match self.schema.member(schema, name) {
                Some(Argument::Attribute(attribute)) if attribute.required => {
                    let value = body.attribute(name).map_or(Given::No, literal::given);
                    let as_block =
                        attribute.kind.block_fields().is_some() && blocks.iter().any(|block| block.name == name);
                    if value == Given::No && !as_block {
                        self.report(&path.name(name), Problem::MissingRequired);
                    }
                }
                Some(Argument::Block(nested)) => self.count(nested, &blocks, name, path),
                _ => {}
            }
        }
    }

    fn attribute(&mut self, attribute: &'static Attribute, value: &Expression, path: &Path<'_>) {
        if literal::given(value) == Given::No {
            return;
        }
        if !attribute.is_settable() {
            return self.report(path, Problem::ReadOnly);
        }
        if attribute.deprecated {
            let says = attribute.facts.as_ref().and_then(|facts| facts.deprecated.clone());
            self.report(path, Problem::Deprecated { says });
        }
        value::check(attribute, value, path, self.found);
    }

    fn nested(&mut self, schema: &'static Body, written: &Written<'_>, also_set: bool, path: &Path<'_>) {
        if written.labelled {
            self.report(path, Problem::UnexpectedLabels);
        }
        match self.schema.member(schema, written.name) {
            Some(Argument::Block(nested)) => {
                if nested.deprecated {
                    self.report(path, Problem::Deprecated { says: None });
                }
                self.body(&nested.body, written.body, path);
            }
            // Terraform takes blocks for an attribute that is a list or set of objects, unless it is set as well.
            Some(Argument::Attribute(attribute)) if attribute.kind.block_fields().is_some() && !also_set => {
                match attribute.is_settable() {
                    true => value::check_block(attribute, written.body, path, self.found),
                    false => self.report(path, Problem::ReadOnly),
                }
            }
            Some(Argument::Attribute(_)) => self.report(path, Problem::NotABlock),
            None => {
                let suggestion = self.suggest(schema, written.name);
                self.report(path, Problem::UnknownBlock { suggestion });
            }
        }
    }

    /// Checks the number of blocks of a name. A `dynamic` makes any number of them, unless it repeats a literal.
    fn count(&mut self, nested: &'static Nested, blocks: &[Written<'_>], name: &str, path: &Path<'_>) {
        let written = blocks.iter().filter(|written| written.name == name);
        let counts: Vec<Option<usize>> = written.map(|written| written.times).collect();
        let given = counts.iter().flatten().sum();
        if nested.least > given && counts.iter().all(Option::is_some) {
            let least = nested.least;
            self.report(&path.name(name), Problem::TooFewBlocks { least, given });
        }
        if let Some(most) = nested.most
            && given > most
        {
            self.report(&path.name(name), Problem::TooManyBlocks { most, given });
        }
    }

    fn suggest(&self, schema: &'static Body, name: &str) -> Option<String> {
        suggest(name, self.schema.members(schema).map(|(name, _)| name))
    }
}
