//! Nested blocks of a set, which Terraform matches with what there was by their values alone.
//!
//! It does not know defaults: a block that the provider filled up looks new to it, and what was computed for the block is lost.

use crate::offline::value::Value;
use crate::terraform::provider::{Argument, Body, Nesting, Schema};

/// Gives the blocks of sets back what was computed for them, where they are otherwise what there was.
pub fn computed(schema: &'static Schema, body: &'static Body, prior: &Value, state: &mut Value) {
    let (Value::Object(prior), Value::Object(state)) = (prior, state) else {
        return;
    };
    for (name, member) in schema.members(body) {
        let (Argument::Block(nested), Some(old)) = (member, prior.get(name)) else {
            continue;
        };
        match (state.get_mut(name), old, nested.nesting) {
            (Some(Value::List(items)), Value::List(old), Nesting::Set) => {
                let mut unused: Vec<&Value> = old.iter().filter(|old| !items.contains(old)).collect();
                for item in items.iter_mut().filter(|item| !old.contains(item)) {
                    let same = unused.iter().position(|old| is_same(schema, &nested.body, old, item));
                    if let Some(place) = same {
                        *item = unused.remove(place).clone();
                    }
                }
            }
            (Some(Value::List(items)), Value::List(old), _) => {
                for (item, old) in items.iter_mut().zip(old) {
                    computed(schema, &nested.body, old, item);
                }
            }
            (Some(item @ Value::Object(_)), old, _) => computed(schema, &nested.body, old, item),
            _ => {}
        }
    }
}

/// Whether a block is what there was, but for what only the provider knows.
fn is_same(schema: &'static Schema, body: &'static Body, old: &Value, new: &Value) -> bool {
    schema.members(body).all(|(name, argument)| {
        let (old, new) = (old.field(name), new.field(name));
        match argument {
            _ if old == new => true,
            Argument::Attribute(attribute) => attribute.computed && new.is_null(),
            Argument::Block(nested) => match (old, new) {
                (Value::List(old), Value::List(new)) if old.len() == new.len() => {
                    let mut pairs = old.iter().zip(new);
                    pairs.all(|(old, new)| is_same(schema, &nested.body, old, new))
                }
                (Value::Object(_), Value::Object(_)) => is_same(schema, &nested.body, old, new),
                _ => nested.computed && new.items().is_empty() && !new.is_unknown(),
            },
        }
    })
}
