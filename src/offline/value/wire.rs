//! The encoding of values on the wire: MessagePack, with unknown values as extensions.

use super::{Number, Unknown, Value};
use crate::terraform::provider::Type;
use rmpv::Value as Packed;
use std::fmt;

/// What came is not a value.
#[derive(Debug)]
pub struct Damaged;

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not an encoded value")
    }
}

/// Reads an encoded value.
pub fn decode(mut data: &[u8]) -> Result<Value, Damaged> {
    let packed = rmpv::decode::read_value(&mut data).map_err(|_| Damaged)?;
    read(packed)
}

/// Encodes a value.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut data = vec![];
    // Writing into memory does not fail.
    let _ = rmpv::encode::write_value(&mut data, &write(value));
    data
}

fn read(packed: Packed) -> Result<Value, Damaged> {
    Ok(match packed {
        Packed::Nil => Value::Null,
        Packed::Boolean(flag) => Value::Bool(flag),
        Packed::Integer(number) => match number.as_i64() {
            Some(number) => Value::whole(number),
            None => Value::Number(Number::Digits(number.to_string())),
        },
        Packed::F32(number) => Value::Number(Number::from(f64::from(number))),
        Packed::F64(number) => Value::Number(Number::from(number)),
        Packed::String(text) => Value::Text(text.into_str().ok_or(Damaged)?),
        Packed::Binary(_) => return Err(Damaged),
        Packed::Ext(code, data) => Value::Unknown(Unknown { code, data }),
        Packed::Array(items) => return read_list(items),
        Packed::Map(entries) => {
            let field = |(name, value): (Packed, Packed)| {
                let name = name.as_str().ok_or(Damaged)?.to_owned();
                Ok((name, read(value)?))
            };
            Value::Object(entries.into_iter().map(field).collect::<Result<_, _>>()?)
        }
    })
}

/// A list, or a value with its type, which is the only place of raw bytes.
fn read_list(items: Vec<Packed>) -> Result<Value, Damaged> {
    if let [Packed::Binary(_), _] = items.as_slice() {
        let mut items = items.into_iter();
        return match (items.next(), items.next()) {
            (Some(Packed::Binary(kind)), Some(value)) => Ok(Value::Dynamic(kind, Box::new(read(value)?))),
            _ => Err(Damaged),
        };
    }
    let items: Result<_, _> = items.into_iter().map(read).collect();
    Ok(Value::List(items?))
}

fn write(value: &Value) -> Packed {
    match value {
        Value::Null => Packed::Nil,
        Value::Unknown(unknown) => Packed::Ext(unknown.code, unknown.data.clone()),
        Value::Bool(flag) => Packed::Boolean(*flag),
        Value::Number(Number::Whole(number)) => Packed::from(*number),
        Value::Number(Number::Exact(number)) => Packed::F64(*number),
        Value::Number(Number::Digits(digits)) => Packed::from(digits.as_str()),
        Value::Text(text) => Packed::from(text.as_str()),
        Value::List(items) => Packed::Array(items.iter().map(write).collect()),
        Value::Object(fields) => {
            let fields = fields.iter();
            Packed::Map(
                fields
                    .map(|(name, value)| (name.as_str().into(), write(value)))
                    .collect(),
            )
        }
        Value::Dynamic(kind, value) => Packed::Array(vec![Packed::Binary(kind.clone()), write(value)]),
    }
}

/// A type as the protocol writes it: `["list","string"]`.
pub fn type_json(kind: &Type) -> serde_json::Value {
    use serde_json::{Value as Json, json};
    match kind {
        Type::Any => json!("dynamic"),
        Type::String => json!("string"),
        Type::Number => json!("number"),
        Type::Bool => json!("bool"),
        Type::List(element) => json!(["list", type_json(element)]),
        Type::Set(element) => json!(["set", type_json(element)]),
        Type::Map(element) => json!(["map", type_json(element)]),
        Type::Object(fields) => {
            let fields = fields.iter().map(|(name, kind)| ((*name).to_owned(), type_json(kind)));
            json!(["object", Json::Object(fields.collect())])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Number, Unknown, Value, decode, encode};

    #[test]
    fn values_come_back_as_they_went() {
        let refined = Unknown {
            code: 12,
            data: vec![0x81, 1, 0xc2],
        };
        let value = Value::from([
            ("a", Value::Null),
            ("b", Value::unknown()),
            ("c", Value::Unknown(refined)),
            ("d", Value::List(vec![true.into(), Value::whole(-7), "x".into()])),
            ("e", Value::Number(Number::Digits("0.1".into()))),
            ("f", Value::Number(Number::Exact(0.5))),
            ("g", Value::Dynamic(b"\"string\"".to_vec(), Box::new("x".into()))),
            ("h", Value::List(vec![])),
        ]);
        let text = |value: &Value| match decode(&encode(value)) {
            Ok(value) => format!("{value:?}"),
            Err(_) => "damaged".to_owned(),
        };
        // A number in digits is sent as a string; only its type tells the two apart.
        let sent = format!("{value:?}").replace("Number(Digits(\"0.1\"))", "Text(\"0.1\")");
        assert_eq!(text(&value), sent);
    }

    #[test]
    fn damaged_values_are_refused() {
        for data in [&[][..], &[0x92, 0xc0], &[0xc4, 1, 0], &[0x81, 1, 2]] {
            assert!(decode(data).is_err(), "{data:?}");
        }
    }
}
