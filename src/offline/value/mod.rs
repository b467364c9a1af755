//! Values as Terraform sends and takes them.

mod json;
mod number;
mod wire;

pub use json::{from_state, json_text};
pub use number::Number;
pub use wire::{Damaged, decode, encode, type_json};

use std::collections::BTreeMap;

/// A value. Its type is not kept with it: that is what a schema is for.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// No value.
    #[default]
    Null,
    /// Known after an apply.
    Unknown(Unknown),
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(String),
    /// A list, set or tuple.
    List(Vec<Value>),
    /// An object or map.
    Object(BTreeMap<String, Value>),
    /// A value of an argument of any type: the JSON of its type, and the value.
    Dynamic(Vec<u8>, Box<Value>),
}

/// An unknown value, as it came: it may say something of the value that will be (not null, a prefix), and that goes back as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown {
    code: i8,
    data: Vec<u8>,
}

impl Value {
    /// An unknown value that says nothing of what it will be.
    pub fn unknown() -> Self {
        Value::Unknown(Unknown { code: 0, data: vec![0] })
    }

    /// A string.
    pub fn text(text: impl Into<String>) -> Self {
        Value::Text(text.into())
    }

    /// A whole number.
    pub fn whole(number: i64) -> Self {
        Value::Number(Number::from(number))
    }

    /// A list of strings.
    pub fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Value::List(texts.into_iter().map(Value::text).collect())
    }

    /// True where there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// True where the value itself is unknown; what is inside does not count.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown(_))
    }

    /// True where neither the value nor anything in it is unknown.
    pub fn is_known(&self) -> bool {
        match self {
            Value::Unknown(_) => false,
            Value::List(items) => items.iter().all(Value::is_known),
            Value::Object(fields) => fields.values().all(Value::is_known),
            Value::Dynamic(_, value) => value.is_known(),
            _ => true,
        }
    }

    /// The string, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// True or false, if it is one of them.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub fn as_whole(&self) -> Option<i64> {
        match self {
            Value::Number(number) => number.as_whole(),
            _ => None,
        }
    }

    /// The elements of a list, set or tuple; none of anything else.
    pub fn items(&self) -> &[Value] {
        match self {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The fields of an object or map.
    pub fn fields(&self) -> Option<&BTreeMap<String, Value>> {
        match self {
            Value::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// A field of an object or map; null where there is none.
    pub fn field(&self, name: &str) -> &Value {
        static NULL: Value = Value::Null;
        self.fields().and_then(|fields| fields.get(name)).unwrap_or(&NULL)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Bool(flag)
    }
}

impl<const N: usize> From<[(&str, Value); N]> for Value {
    fn from(fields: [(&str, Value); N]) -> Self {
        let fields = fields.into_iter();
        Value::Object(fields.map(|(name, value)| (name.to_owned(), value)).collect())
    }
}
