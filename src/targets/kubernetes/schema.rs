//! Custom resources against their own projects' schemas. Fields that a schema does not have are errors.
//!
//! `data/kinds.jsonl` has one kind a line: the structure of its `spec` for Gateway API 1.6, cert-manager 1.21, External Secrets 2.9,
//! CloudNativePG 1.30 with its Barman Cloud plugin 0.14, and the MySQL operator 9.1, all under the Apache licence 2.0 but the last,
//! which is under the Universal Permissive License 1.0. Rules that tie several fields together (`anyOf` and its like) are left to the
//! tests, which validate the output against the same file; those in the common expression language are not part of it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex_lite::Regex;
use serde_json::Value;

const DATA: &str = include_str!("data/kinds.jsonl");

/// (path, what is wrong)
pub(super) type Fault = (String, String);

/// What is wrong with the `spec` of an object of a custom kind, given as `GROUP/VERSION/KIND`.
pub(super) fn check(kind: &str, spec: &Value) -> Vec<Fault> {
    let mut faults = vec![];
    match schema(kind) {
        Some(schema) => value(spec, schema, "spec", &mut faults),
        None => faults.push((String::new(), format!("no schema is known for {kind}"))),
    }
    faults
}

/// The schema of a kind. A line is parsed when its kind is first asked for: parsing all of them would take longer than a render.
fn schema(kind: &str) -> Option<&'static Value> {
    static LINES: OnceLock<BTreeMap<&'static str, Line>> = OnceLock::new();
    let lines = LINES.get_or_init(|| DATA.lines().filter_map(named).collect());
    let line = lines.get(kind)?;
    line.schema.get_or_init(|| parsed(line.text)).as_ref()
}

/// One line of the data.
struct Line {
    text: &'static str,
    schema: OnceLock<Option<Value>>,
}

/// A line by its kind, which stands in front of the schema.
fn named(text: &'static str) -> Option<(&'static str, Line)> {
    let (_, rest) = text.split_once("\"kind\":\"")?;
    let (kind, _) = rest.split_once('"')?;
    let schema = OnceLock::new();
    Some((kind, Line { text, schema }))
}

fn parsed(line: &str) -> Option<Value> {
    let mut line: Value = serde_json::from_str(line).ok()?;
    Some(line.get_mut("schema")?.take())
}

fn value(value: &Value, schema: &Value, path: &str, faults: &mut Vec<Fault>) {
    let mut fault = |problem: String| faults.push((path.to_owned(), problem));
    if let Some(expected) = schema.get("type")
        && !has_type(value, expected)
    {
        fault(format!("is not of type {}", words(expected)));
        return;
    }
    if let Some(Value::Array(allowed)) = schema.get("enum")
        && !allowed.contains(value)
    {
        let allowed: Vec<String> = allowed.iter().map(|word| word.to_string().replace('"', "`")).collect();
        fault(format!("is none of {}", allowed.join(", ")));
    }
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    let amount = match value {
        Value::Number(number) => number.as_f64().map(|number| (number, "minimum", "maximum")),
        Value::String(text) => Some((text.chars().count() as f64, "minLength", "maxLength")),
        Value::Array(items) => Some((items.len() as f64, "minItems", "maxItems")),
        _ => None,
    };
    if let Some((amount, least, most)) = amount {
        if let Some(least) = limit(least).filter(|&least| amount < least) {
            fault(format!("is less, or shorter, than {least}"));
        }
        if let Some(most) = limit(most).filter(|&most| amount > most) {
            fault(format!("is more, or longer, than {most}"));
        }
    }
    match value {
        Value::String(text) => {
            let pattern = schema.get("pattern").and_then(Value::as_str);
            if let Some(pattern) = pattern
                && Regex::new(pattern).is_ok_and(|regex| !regex.is_match(text))
            {
                fault(format!("does not match `{pattern}`"));
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    self::value(item, schema, &format!("{path}.{index}"), faults);
                }
            }
        }
        Value::Object(_) => object(value, schema, path, faults),
        _ => {}
    }
}

fn object(value: &Value, schema: &Value, path: &str, faults: &mut Vec<Fault>) {
    let Value::Object(map) = value else { return };
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        if !map.contains_key(name) {
            faults.push((path.to_owned(), format!("lacks `{name}`")));
        }
    }
    for (key, inner) in map {
        let path = format!("{path}.{key}");
        let known = schema.get("properties").and_then(|properties| properties.get(key));
        match (known, schema.get("additionalProperties")) {
            (Some(schema), _) => self::value(inner, schema, &path, faults),
            (None, Some(Value::Bool(false))) => faults.push((path, "is no field of this kind".to_owned())),
            (None, Some(schema @ Value::Object(_))) => self::value(inner, schema, &path, faults),
            (None, _) => {}
        }
    }
}

fn has_type(value: &Value, expected: &Value) -> bool {
    match expected {
        Value::Array(types) => types.iter().any(|one| has_type(value, one)),
        Value::String(name) => match name.as_str() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "null" => value.is_null(),
            _ => true,
        },
        _ => true,
    }
}

fn words(expected: &Value) -> String {
    match expected {
        Value::Array(types) => types.iter().map(words).collect::<Vec<_>>().join(" or "),
        Value::String(name) => name.clone(),
        other => other.to_string(),
    }
}
