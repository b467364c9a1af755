//! Which arguments replace the resource when they change.

use crate::offline::value::Value;
use crate::terraform::provider::{Argument, Body, Schema};

/// The arguments of the resource whose change replaces it, by name.
pub fn arguments(schema: &'static Schema, prior: &Value, state: &Value) -> Vec<String> {
    let members = schema.members(&schema.body);
    let replacing = members.filter(|(name, argument)| {
        let (old, new) = (prior.field(name), state.field(name));
        old != new && replaces(schema, *argument, &[old], &[new])
    });
    replacing.map(|(name, _)| name.to_owned()).collect()
}

/// Whether the change of an argument replaces the resource. `old` and `new` are its values in all blocks around it, which are
/// compared in their order. A mark on a nested block is about adding or removing one; what changes inside is for the marks there.
fn replaces(schema: &'static Schema, argument: Argument, old: &[&Value], new: &[&Value]) -> bool {
    match argument {
        Argument::Attribute(attribute) => {
            // What was empty and is not known yet may well stay empty.
            let may_stay = |old: &Value, new: &Value| attribute.computed && old.is_null() && new.is_unknown();
            let same = |(old, new): (&&Value, &&Value)| old == new || may_stay(old, new);
            attribute.replaces && !(old.len() == new.len() && old.iter().zip(new).all(same))
        }
        Argument::Block(nested) => {
            let count = |values: &[&Value]| values.iter().map(|value| times(value)).collect::<Vec<_>>();
            (nested.replaces && count(old) != count(new)) || inside(schema, &nested.body, old, new)
        }
    }
}

fn inside(schema: &'static Schema, body: &'static Body, old: &[&Value], new: &[&Value]) -> bool {
    let (old, new) = (blocks(old), blocks(new));
    schema
        .members(body)
        .any(|(name, argument)| replaces(schema, argument, &fields(&old, name), &fields(&new, name)))
}

fn fields<'a>(blocks: &[&'a Value], name: &str) -> Vec<&'a Value> {
    blocks.iter().map(|block| block.field(name)).collect()
}

/// The number of nested blocks; nothing where it is not known.
fn times(value: &Value) -> Option<usize> {
    match value {
        Value::Object(_) => Some(1),
        Value::List(items) => Some(items.len()),
        Value::Null => Some(0),
        _ => None,
    }
}

/// Every nested block of several values.
fn blocks<'a>(values: &[&'a Value]) -> Vec<&'a Value> {
    let blocks = values.iter().flat_map(|value| match value {
        Value::Object(_) => std::slice::from_ref(*value),
        other => other.items(),
    });
    blocks.collect()
}
