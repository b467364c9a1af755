//! Values from the state file, which is JSON, and as JSON.

use super::{Number, Value};
use crate::terraform::provider::{Argument, Body, Nesting, Schema, Type};
use serde_json::Value as Json;

/// A resource as a state holds it, in the shape of its schema: what the state does not have is null, what the schema does not have
/// is left out.
pub fn from_state(schema: &'static Schema, state: &Json) -> Value {
    match state {
        Json::Object(_) => body(schema, &schema.body, state),
        _ => Value::Null,
    }
}

fn body(schema: &'static Schema, of: &'static Body, state: &Json) -> Value {
    let fields = schema.members(of).map(|(name, member)| {
        let value = &state[name];
        let value = match member {
            Argument::Attribute(attribute) => of_type(&attribute.kind, value),
            Argument::Block(nested) => match (nested.nesting, value) {
                (Nesting::Single, Json::Object(_)) => body(schema, &nested.body, value),
                (Nesting::Single, _) => Value::Null,
                (_, Json::Array(items)) => {
                    Value::List(items.iter().map(|item| body(schema, &nested.body, item)).collect())
                }
                _ => Value::List(vec![]),
            },
        };
        (name.to_owned(), value)
    });
    Value::Object(fields.collect())
}

fn of_type(kind: &Type, value: &Json) -> Value {
    match (kind, value) {
        (_, Json::Null) => Value::Null,
        (Type::Any, value) => {
            let encoded = value["type"].to_string().into_bytes();
            Value::Dynamic(encoded, Box::new(plain(&value["value"])))
        }
        (Type::List(element) | Type::Set(element), Json::Array(items)) => {
            Value::List(items.iter().map(|item| of_type(element, item)).collect())
        }
        (Type::Map(element), Json::Object(entries)) => {
            let entries = entries.iter();
            Value::Object(
                entries
                    .map(|(key, item)| (key.clone(), of_type(element, item)))
                    .collect(),
            )
        }
        (Type::Object(fields), Json::Object(_)) => {
            let fields = fields.iter();
            let field = |(name, kind): &(&str, Type)| ((*name).to_owned(), of_type(kind, &value[*name]));
            Value::Object(fields.map(field).collect())
        }
        // A state of an older version may hold a number or a flag as a string, and the other way round.
        (Type::String, Json::Number(_) | Json::Bool(_)) => Value::text(value.to_string()),
        (Type::Number, Json::String(text)) => Number::parse(text).map_or(Value::Null, Value::Number),
        (Type::Bool, Json::String(text)) => Value::Bool(text == "true"),
        (Type::String | Type::Number | Type::Bool, Json::String(_) | Json::Number(_) | Json::Bool(_)) => plain(value),
        _ => Value::Null,
    }
}

/// A value of JSON as it stands.
fn plain(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => Number::parse(&number.to_string()).map_or(Value::Null, Value::Number),
        Json::String(text) => Value::text(text),
        Json::Array(items) => Value::List(items.iter().map(plain).collect()),
        Json::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, field)| (name.clone(), plain(field)))
                .collect(),
        ),
    }
}

impl From<&Json> for Value {
    fn from(value: &Json) -> Self {
        plain(value)
    }
}

/// A value as JSON on one line, the same for equal values: what a stand-in is derived from.
pub fn json_text(value: &Value) -> String {
    to_json(value).to_string()
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Unknown(_) => Json::from("?"),
        Value::Bool(flag) => Json::from(*flag),
        Value::Number(number) => Json::from(number.to_string()),
        Value::Text(text) => Json::from(text.as_str()),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Object(fields) => Json::Object(
            fields
                .iter()
                .map(|(name, field)| (name.clone(), to_json(field)))
                .collect(),
        ),
        Value::Dynamic(_, value) => to_json(value),
    }
}
