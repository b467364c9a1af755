//! Custom resources against their own projects' schemas. Fields that a schema does not have are errors.
//!
//! `data/kinds.jsonl` has one kind a line: the structure of its `spec` for Gateway API 1.6, cert-manager 1.21, External Secrets 2.9,
//! CloudNativePG 1.30 with its Barman Cloud plugin 0.14, KEDA 2.20, the Prometheus operator 0.93, Istio 1.30, Strimzi 1.2, and the MySQL operator 9.1,
//! all under the Apache licence 2.0 but the last, which is under the Universal Permissive License 1.0. Rules that tie several fields together (`anyOf` and
//! its like) are left to the tests, which validate the output against the same files; those in the common expression language are not part of
//! it.
//!
//! `data/rabbitmq.jsonl` has the kinds of RabbitMQ's operators in the same form. It is written by hand, with the fields that a system has a
//! use for as the Cluster Operator 2.22 and the Messaging Topology Operator 1.20 name them: their own schemas are under the Mozilla Public
//! License 2.0, and no copy of them is kept here.
//!
//! `data/argo.jsonl` has the kinds of Argo Workflows 4.1 in the same way, by hand: their own schemas are half a megabyte each, of which a
//! system has a use for thirty fields.

use std::sync::OnceLock;

use serde_json::Value;

use super::path::Path;
use crate::{pattern, split};

const DATA: [&str; 3] = [
    include_str!("data/kinds.jsonl"),
    include_str!("data/argo.jsonl"),
    include_str!("data/rabbitmq.jsonl"),
];

/// (path, what is wrong)
pub(crate) type Fault = (String, String);

/// What is wrong with the `spec` of an object of a custom kind, given as `GROUP/VERSION/KIND`.
pub(crate) fn check(kind: &str, spec: &Value) -> Vec<Fault> {
    let mut walk = Walk { faults: vec![] };
    match schema(kind) {
        Some(schema) => walk.value(spec, schema, &Path::Root.field("spec")),
        None => walk
            .faults
            .push((String::new(), format!("no schema is known for {kind}"))),
    }
    walk.faults
}

/// A line of the data, whose schema is read when its kind is first asked for.
struct Kind {
    name: &'static str,
    json: &'static str,
    schema: OnceLock<Option<Schema<'static>>>,
}

impl Kind {
    /// Finds the kind and the schema, with which a line ends.
    fn new(line: &'static str) -> Option<Self> {
        let (_, rest) = line.split_once("\"kind\":\"")?;
        let (name, rest) = rest.split_once("\",\"schema\":")?;
        Some(Kind {
            name,
            json: rest.strip_suffix('}')?,
            schema: OnceLock::new(),
        })
    }
}

/// One kind each.
fn lines() -> impl Iterator<Item = &'static str> {
    DATA.into_iter().flat_map(str::lines)
}

/// The schema of a kind.
fn schema(kind: &str) -> Option<&'static Schema<'static>> {
    static KINDS: OnceLock<Vec<Kind>> = OnceLock::new();
    let kinds = KINDS.get_or_init(|| lines().filter_map(Kind::new).collect());
    let kind = kinds.iter().find(|known| known.name == kind)?;
    kind.schema.get_or_init(|| Schema::read(kind.json)).as_ref()
}

/// A part of a schema. What is below it stays text until a value is held against it: kinds have thousands of fields, objects few.
#[derive(Default)]
struct Schema<'a> {
    /// A name, or a list of names.
    types: &'a str,
    words: Option<Vec<Value>>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    min_length: Option<f64>,
    max_length: Option<f64>,
    min_items: Option<f64>,
    max_items: Option<f64>,
    required: Vec<&'a str>,
    pattern: Option<String>,
    items: Option<&'a str>,
    properties: split::Members<'a>,
    /// A schema, or `true` or `false`.
    additional_properties: Option<&'a str>,
}

impl<'a> Schema<'a> {
    fn read(json: &'a str) -> Option<Self> {
        let mut reader = split::Reader::object(json)?;
        let mut schema = Schema::default();
        while let Some(key) = reader.key()? {
            match key {
                "properties" => schema.properties = reader.members()?,
                _ => schema.set(key, reader.value()?)?,
            }
        }
        Some(schema)
    }

    fn set(&mut self, key: &str, json: &'a str) -> Option<()> {
        let number = || json.parse().ok().map(Some);
        match key {
            "type" => self.types = json,
            "enum" => self.words = serde_json::from_str(json).ok()?,
            "minimum" => self.minimum = number()?,
            "maximum" => self.maximum = number()?,
            "minLength" => self.min_length = number()?,
            "maxLength" => self.max_length = number()?,
            "minItems" => self.min_items = number()?,
            "maxItems" => self.max_items = number()?,
            "required" => self.required = split::array(json)?.into_iter().filter_map(split::text).collect(),
            "pattern" => self.pattern = serde_json::from_str(json).ok()?,
            "items" => self.items = Some(json),
            "additionalProperties" => self.additional_properties = Some(json),
            _ => {}
        }
        Some(())
    }

    /// The names of the types that it admits; none where it admits all.
    fn types(&self) -> impl Iterator<Item = &'a str> + Clone {
        self.types
            .split(|c: char| !c.is_ascii_alphabetic())
            .filter(|name| !name.is_empty())
    }

    /// The least and the greatest number, length of a text or of a list that it admits, beside that of a value.
    fn limits(&self, value: &Value) -> Option<(f64, Option<f64>, Option<f64>)> {
        match value {
            Value::Number(number) => Some((number.as_f64()?, self.minimum, self.maximum)),
            Value::String(text) => Some((text.chars().count() as f64, self.min_length, self.max_length)),
            Value::Array(items) => Some((items.len() as f64, self.min_items, self.max_items)),
            _ => None,
        }
    }
}

struct Walk {
    faults: Vec<Fault>,
}

impl Walk {
    fn report(&mut self, path: &Path<'_>, problem: impl Into<String>) {
        self.faults.push((path.joined(), problem.into()));
    }

    /// Checks a value against a part of a schema that is still text.
    fn below(&mut self, value: &Value, schema: &str, path: &Path<'_>) {
        match Schema::read(schema) {
            Some(schema) => self.value(value, &schema, path),
            None => self.report(path, "has a schema that cannot be read"),
        }
    }

    fn value(&mut self, value: &Value, schema: &Schema<'_>, path: &Path<'_>) {
        let mut types = schema.types().peekable();
        if types.peek().is_some() && !types.any(|name| has_type(value, name)) {
            let names: Vec<&str> = schema.types().collect();
            return self.report(path, format!("is not of type {}", names.join(" or ")));
        }
        if let Some(allowed) = &schema.words
            && !allowed.contains(value)
        {
            let allowed: Vec<String> = allowed.iter().map(|word| word.to_string().replace('"', "`")).collect();
            self.report(path, format!("is none of {}", allowed.join(", ")));
        }
        if let Some((amount, least, most)) = schema.limits(value) {
            if let Some(least) = least.filter(|&least| amount < least) {
                self.report(path, format!("is less, or shorter, than {least}"));
            }
            if let Some(most) = most.filter(|&most| amount > most) {
                self.report(path, format!("is more, or longer, than {most}"));
            }
        }
        match value {
            Value::String(text) => {
                if let Some(pattern) = &schema.pattern
                    && pattern::follows(pattern, text) == Some(false)
                {
                    self.report(path, format!("does not match `{pattern}`"));
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if let Some(schema) = schema.items {
                        self.below(item, schema, &path.item(index));
                    }
                }
            }
            Value::Object(_) => self.object(value, schema, path),
            _ => {}
        }
    }

    fn object(&mut self, value: &Value, schema: &Schema<'_>, path: &Path<'_>) {
        let Value::Object(map) = value else { return };
        for name in schema.required.iter().filter(|name| !map.contains_key(**name)) {
            self.report(path, format!("lacks `{name}`"));
        }
        for (key, inner) in map {
            let path = path.field(key);
            let known = schema.properties.iter().find(|(name, _)| name == key);
            match (known, schema.additional_properties) {
                (Some((_, schema)), _) => self.below(inner, schema, &path),
                (None, Some("false")) => self.report(&path, "is no field of this kind"),
                (None, Some("true") | None) => {}
                (None, Some(schema)) => self.below(inner, schema, &path),
            }
        }
    }
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Schema, lines, split};

    fn reads(json: &str) -> bool {
        let closed = |json: &str| matches!(json, "true" | "false");
        Schema::read(json).is_some_and(|schema| {
            let additional = schema.additional_properties.into_iter().filter(|json| !closed(json));
            let fields = schema.properties.into_iter().map(|(_, json)| json);
            fields.chain(schema.items).chain(additional).all(reads)
        })
    }

    #[test]
    fn every_schema_can_be_read() {
        for line in lines() {
            let schema = split::object(line).and_then(|parts| parts.into_iter().find(|(key, _)| *key == "schema"));
            let kind = Kind::new(line);
            assert_eq!(kind.as_ref().map(|kind| ("schema", kind.json)), schema, "{line}");
            assert!(kind.is_some_and(|kind| reads(kind.json)), "{line}");
        }
    }
}
