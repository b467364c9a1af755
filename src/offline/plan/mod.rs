//! What a provider plans: configured values stay, what only an apply decides is unknown, and some changes replace the resource.

mod defaults;
mod known;
mod recall;
mod replace;
mod unknown;

#[cfg(test)]
mod tests;

use super::settings::Settings;
use super::value::Value;
use crate::terraform::provider::{Argument, Body, Nesting, Schema};

pub use known::settle;
pub use unknown::unknowns;

/// A change of one resource.
pub struct Change<'a> {
    /// `aws_vpc`
    pub type_name: &'a str,
    /// The schema of that type.
    pub schema: &'static Schema,
    /// What there is; null where nothing is yet.
    pub prior: &'a Value,
    /// What Terraform proposes: the configuration, with what there is where it says nothing. Null for a destroy.
    pub proposed: Value,
    /// True where what there is was imported just now: then nothing is known of what could be configured, and a difference says nothing.
    pub imported: bool,
}

/// The answer to a change.
#[derive(Debug, PartialEq)]
pub struct Planned {
    /// What will be.
    pub state: Value,
    /// True where the answer holds more than the configuration says: Terraform takes that from providers of the older kind only.
    pub lenient: bool,
    /// The arguments whose change replaces the resource.
    pub replaced_by: Vec<String>,
}

/// Plans a change.
pub fn plan(change: Change<'_>, settings: &Settings) -> Planned {
    let Change { schema, prior, .. } = change;
    let mut lenient = false;
    if change.proposed.is_null() {
        return Planned {
            state: Value::Null,
            lenient,
            replaced_by: vec![],
        };
    }
    let mut state = change.proposed;
    restore(schema, &schema.body, prior, &mut state, &mut lenient);
    forget_write_only(schema, &schema.body, &mut state);
    lenient |= defaults::fill(schema, &schema.body, &mut state);
    recall::computed(schema, &schema.body, prior, &mut state);
    known::label(&mut state, settings);
    if *prior == state {
        return Planned {
            state,
            lenient,
            replaced_by: vec![],
        };
    }
    let is_new = prior.is_null() || change.imported;
    lenient |= unknowns(schema, &schema.body, is_new, &mut state);
    settle(change.type_name, &mut state, settings);
    let replaced_by = match prior.is_null() || change.imported {
        true => vec![],
        false => replace::arguments(schema, prior, &state),
    };
    Planned {
        state,
        lenient,
        replaced_by,
    }
}

/// Keeps the blocks that the provider filled in where the configuration has none.
fn restore(schema: &'static Schema, body: &'static Body, prior: &Value, state: &mut Value, lenient: &mut bool) {
    let (Value::Object(prior), Value::Object(state)) = (prior, state) else {
        return;
    };
    for (name, member) in schema.members(body) {
        let (Argument::Block(nested), Some(old)) = (member, prior.get(name)) else {
            continue;
        };
        match (state.get_mut(name), nested.nesting) {
            (Some(Value::List(items)), _) if items.is_empty() && nested.computed && !old.items().is_empty() => {
                items.extend_from_slice(old.items());
                *lenient = true;
            }
            (Some(Value::List(items)), Nesting::List) => {
                for (item, old) in items.iter_mut().zip(old.items()) {
                    restore(schema, &nested.body, old, item, lenient);
                }
            }
            _ => {}
        }
    }
}

/// Takes out what is never kept.
fn forget_write_only(schema: &'static Schema, body: &'static Body, state: &mut Value) {
    each_member(schema, body, state, &mut |_, argument, value| match argument {
        Argument::Attribute(attribute) if attribute.write_only => *value = Value::Null,
        Argument::Attribute(_) => {}
        Argument::Block(nested) => {
            each_block(value, &mut |item| forget_write_only(schema, &nested.body, item));
        }
    });
}

/// Calls `act` with the name of every argument of a body, the argument and its value, which is null where there was none.
fn each_member(
    schema: &'static Schema,
    body: &'static Body,
    value: &mut Value,
    act: &mut dyn FnMut(&'static str, Argument, &mut Value),
) {
    if let Value::Object(fields) = value {
        for (name, argument) in schema.members(body) {
            act(name, argument, fields.entry(name.to_owned()).or_default());
        }
    }
}

/// Calls `act` with each of the nested blocks of a name.
fn each_block(value: &mut Value, act: &mut dyn FnMut(&mut Value)) {
    match value {
        Value::Object(_) => act(value),
        Value::List(items) => items.iter_mut().for_each(act),
        _ => {}
    }
}
