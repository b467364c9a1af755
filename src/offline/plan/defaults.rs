//! What a provider uses where nothing is set.

use super::{each_block, each_member};
use crate::offline::value::Value;
use crate::terraform::provider::{Argument, Body, Schema, Type};
use serde_json::Value as Json;

/// Arguments whose default is not a part of what is planned, or depends on the provider's settings.
const SILENT: [&str; 1] = ["deletion_policy"];

/// Puts defaults where nothing is set; true where there were any to put.
pub fn fill(schema: &'static Schema, body: &'static Body, state: &mut Value) -> bool {
    let mut filled = false;
    each_member(schema, body, state, &mut |name, argument, value| match argument {
        Argument::Attribute(attribute) if value.is_null() && attribute.optional && !SILENT.contains(&name) => {
            if let Some(default) = attribute
                .default()
                .and_then(|default| of_type(&attribute.kind, default))
            {
                *value = default;
                filled = true;
            }
        }
        Argument::Attribute(_) => {}
        Argument::Block(nested) => each_block(value, &mut |item| filled |= fill(schema, &nested.body, item)),
    });
    filled
}

/// A default as a value of the argument's type; nothing where it is not one.
fn of_type(kind: &Type, default: &Json) -> Option<Value> {
    match (kind, default) {
        (Type::String, Json::String(_)) | (Type::Number, Json::Number(_)) | (Type::Bool, Json::Bool(_)) => {
            Some(Value::from(default))
        }
        (Type::String, Json::Number(_) | Json::Bool(_)) => Some(Value::text(default.to_string())),
        _ => None,
    }
}
