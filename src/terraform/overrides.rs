//! Raw attributes that a blueprint adds to one emitted resource, or replaces in it.

use hcl::Expression;
use serde_json::{Map, Value};

use super::block::Block;
use super::module::{Definition, Module};
use super::provider::{self, Argument, BlockKind};
use super::verify::{Fault, verify};
use crate::diagnostic::{Diagnostic, Places, overrides as rules};

/// The override of one resource.
#[derive(Debug, Clone)]
pub struct Override<'a> {
    /// The Terraform type.
    pub resource_type: &'a str,
    /// The resource's name in the output.
    pub name: &'a str,
    /// Arguments and nested blocks by name.
    pub arguments: &'a Map<String, Value>,
    /// Where it stands in the blueprint, dotted.
    pub path: String,
}

/// Applies overrides to a module. What they name is checked first, what comes out afterwards.
pub fn apply(module: &mut Module, overrides: &[Override<'_>], places: &Places) -> Vec<Diagnostic> {
    let mut problems = vec![];
    for wanted in overrides {
        if let Some(problem) = missing(module, wanted, places) {
            problems.push(problem);
            continue;
        }
        let Some(body) = module.resource_body_mut(wanted.resource_type, wanted.name) else {
            continue;
        };
        for (name, value) in wanted.arguments {
            set(body, wanted.resource_type, &mut vec![name.as_str()], value);
        }
    }
    if problems.is_empty() && !overrides.is_empty() {
        let faults = verify(module);
        problems.extend(overrides.iter().flat_map(|wanted| rejected(wanted, &faults, places)));
    }
    problems
}

fn missing(module: &Module, wanted: &Override<'_>, places: &Places) -> Option<Diagnostic> {
    let resources = || {
        module
            .definitions()
            .iter()
            .filter(|definition| definition.keyword == "resource")
    };
    let type_of = |definition: &Definition| definition.labels.first().cloned().unwrap_or_default();
    let mut types: Vec<String> = resources().map(type_of).collect();
    types.sort();
    types.dedup();
    let at = places.key(&wanted.path);
    if !types.iter().any(|known| known == wanted.resource_type) {
        let known = types.iter().map(String::as_str);
        return Some(rules::type_not_emitted(at, wanted.resource_type, known));
    }
    let names: Vec<&str> = resources()
        .filter(|definition| type_of(definition) == wanted.resource_type)
        .filter_map(|definition| definition.labels.get(1).map(String::as_str))
        .collect();
    match names.contains(&wanted.name) {
        true => None,
        false => Some(rules::resource_not_emitted(
            at,
            wanted.resource_type,
            wanted.name,
            names,
        )),
    }
}

/// Sets one argument. A table, or an array of tables, becomes nested blocks where the type has a block of the name.
fn set(body: &mut Block, resource_type: &str, path: &mut Vec<&str>, value: &Value) {
    let Some(&name) = path.last() else { return };
    let is_block = matches!(
        provider::argument(BlockKind::Resource, resource_type, path),
        Some(Argument::Block(_))
    );
    if !is_block {
        body.replace(name, literal(value));
        return;
    }
    let tables: Vec<&Map<String, Value>> = match value {
        Value::Object(table) => vec![table],
        Value::Array(tables) => tables.iter().filter_map(Value::as_object).collect(),
        _ => {
            body.replace(name, literal(value));
            return;
        }
    };
    let blocks = tables
        .into_iter()
        .map(|table| {
            let mut block = Block::new();
            for (key, value) in table {
                let mut path: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
                set(&mut block, resource_type, &mut path, value);
            }
            block
        })
        .collect();
    body.replace_blocks(name, blocks);
}

/// A JSON value as a literal: text never becomes an interpolation.
pub fn literal(value: &Value) -> Expression {
    match value {
        Value::Null => Expression::Null,
        Value::Bool(value) => Expression::Bool(*value),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Expression::from(integer),
            (None, Some(float)) => Expression::from(float),
            (None, None) => Expression::Null,
        },
        Value::String(text) => Expression::String(text.clone()),
        Value::Array(items) => Expression::Array(items.iter().map(literal).collect()),
        Value::Object(table) => super::expr::object(table.iter().map(|(key, value)| (key.clone(), literal(value)))),
    }
}

/// The faults of a resource that stand where its override touched it. A fault of the block as a whole can only come from there,
/// because cloudgen's own output has none.
fn rejected(wanted: &Override<'_>, faults: &[Fault], places: &Places) -> Vec<Diagnostic> {
    let address = format!("{}.{}", wanted.resource_type, wanted.name);
    faults
        .iter()
        .filter(|fault| fault.address == address)
        .map(|fault| {
            let argument = fault.path.split(['.', '[']).next().unwrap_or_default();
            let at = places.key(&format!("{}.{argument}", wanted.path));
            rules::rejected(at, &address, &fault.path, &fault.problem)
        })
        .collect()
}
