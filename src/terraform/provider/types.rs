//! Types of values, in Terraform's notation.

use std::fmt;

/// The type of an argument's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// `any`: the provider decides.
    Any,
    /// `string`
    String,
    /// `number`
    Number,
    /// `bool`
    Bool,
    /// `list(...)`
    List(Box<Type>),
    /// `set(...)`
    Set(Box<Type>),
    /// `map(...)`
    Map(Box<Type>),
    /// `object({...})`, fields in the order of their names.
    Object(Vec<(&'static str, Type)>),
}

impl Type {
    /// Reads `list(object({a=string}))`; nothing where the text is no type.
    pub(super) fn parse(text: &'static str) -> Option<Self> {
        let (parsed, rest) = Self::prefix(text)?;
        rest.is_empty().then_some(parsed)
    }

    /// The type of the elements of a list, set or map.
    pub fn element(&self) -> Option<&Type> {
        match self {
            Type::List(element) | Type::Set(element) | Type::Map(element) => Some(element),
            _ => None,
        }
    }

    /// The fields of an object type, or of the objects in a list or set: what may also be written as nested blocks.
    pub fn block_fields(&self) -> Option<&[(&'static str, Type)]> {
        match self {
            Type::List(element) | Type::Set(element) => match element.as_ref() {
                Type::Object(fields) => Some(fields),
                _ => None,
            },
            _ => None,
        }
    }

    /// The type that `text` starts with, and what follows it.
    fn prefix(text: &'static str) -> Option<(Self, &'static str)> {
        for (word, scalar) in [
            ("any", Type::Any),
            ("string", Type::String),
            ("number", Type::Number),
            ("bool", Type::Bool),
        ] {
            if let Some(rest) = text.strip_prefix(word) {
                return Some((scalar, rest));
            }
        }
        if let Some(fields) = text.strip_prefix("object({") {
            return Self::fields(fields);
        }
        let (word, inner) = text.split_once('(')?;
        let collection = match word {
            "list" => Type::List,
            "set" => Type::Set,
            "map" => Type::Map,
            _ => return None,
        };
        let (element, rest) = Self::prefix(inner)?;
        Some((collection(Box::new(element)), rest.strip_prefix(')')?))
    }

    /// The object type whose fields `rest` starts with: `a=string,b=bool})`.
    fn fields(mut rest: &'static str) -> Option<(Self, &'static str)> {
        let mut fields = vec![];
        loop {
            if let Some(rest) = rest.strip_prefix("})") {
                return Some((Type::Object(fields), rest));
            }
            let (name, kind) = rest.split_once('=')?;
            let (kind, after) = Self::prefix(kind)?;
            fields.push((name, kind));
            rest = after.strip_prefix(',').unwrap_or(after);
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => write!(f, "any"),
            Type::String => write!(f, "string"),
            Type::Number => write!(f, "number"),
            Type::Bool => write!(f, "bool"),
            Type::List(element) => write!(f, "list({element})"),
            Type::Set(element) => write!(f, "set({element})"),
            Type::Map(element) => write!(f, "map({element})"),
            Type::Object(fields) => {
                let mut separator = "";
                write!(f, "object({{")?;
                for (name, kind) in fields {
                    write!(f, "{separator}{name}={kind}")?;
                    separator = ", ";
                }
                write!(f, "}})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Type;

    #[test]
    fn types_are_read_and_written() {
        for text in [
            "any",
            "list(string)",
            "map(list(number))",
            "set(object({a=string, b=list(object({c=bool}))}))",
        ] {
            let compact: &'static str = text.replace(", ", ",").leak();
            let read = Type::parse(compact).map(|kind| kind.to_string());
            assert_eq!(read.as_deref(), Some(text));
        }
        for text in ["", "text", "list(string", "list()", "string)", "object({a})"] {
            assert_eq!(Type::parse(text), None, "{text}");
        }
    }
}
