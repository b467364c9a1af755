//! The schema of the language from the types of the model, and the text that it is kept as.

use std::collections::BTreeMap;
use std::fmt::Write;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::{DOCUMENT, Rules, SAYS, Schema};
use crate::blueprint::model;
use crate::target::Target;

/// The lines that the language is kept as.
pub(in crate::blueprint) fn lines() -> String {
    let mut generator = SchemaSettings::draft07().into_generator();
    // These occur only as keys of maps, where schemars keeps the pattern and loses the words.
    generator.subschema_for::<model::Name>();
    generator.subschema_for::<model::DirectoryKey>();
    generator.subschema_for::<model::LabelKey>();
    generator.subschema_for::<model::Variable>();
    generator.subschema_for::<model::Attribute>();
    generator.subschema_for::<model::ApiPath>();
    let mut root = generator.into_root_schema_for::<model::Model>().to_value();
    close_overrides(&mut root);
    of_root(root)
}

/// The schema of a type.
pub(in crate::blueprint) fn of<T: JsonSchema>() -> Schema {
    let root = SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
    Schema::new(of_root(root.to_value()).leak())
}

impl Schema {
    /// What cannot be read of a schema, and which lines are in the wrong place.
    pub(in crate::blueprint) fn unread(&self) -> Vec<String> {
        let is_read = |json: &'static str| serde_json::from_str::<Rules>(json).is_ok();
        let mut unread = vec![];
        for definition in self.definitions.iter().filter(|definition| definition.name != SAYS) {
            let found = self
                .find(definition.name)
                .is_some_and(|found| found.json == definition.json);
            if !found || !is_read(definition.json) {
                unread.push(definition.name.to_owned());
            }
            let keys = definition.keys().filter(|(_, json)| !is_read(json));
            unread.extend(keys.map(|(key, _)| format!("{}.{key}", definition.name)));
        }
        unread
    }
}

/// The lines of a root schema of schemars, without `null` and with the words of patterns.
fn of_root(mut root: Value) -> String {
    strip_null(&mut root);
    let mut says = BTreeMap::new();
    collect_says(&root, &mut says);
    let mut lines = BTreeMap::new();
    if let Some(Value::Object(definitions)) = root.as_object_mut().and_then(|root| root.remove("definitions")) {
        lines.extend(definitions);
    }
    lines.insert(DOCUMENT.to_owned(), root);
    lines.insert(SAYS.to_owned(), json!(says));
    lines
        .into_iter()
        .map(|(name, schema)| definition(&name, schema))
        .collect()
}

/// The line of a name, and below it those of its keys.
fn definition(name: &str, mut schema: Value) -> String {
    let keys = schema
        .get_mut("properties")
        .and_then(Value::as_object_mut)
        .map(std::mem::take);
    let mut text = format!("{name} {schema}\n");
    for (key, schema) in keys.into_iter().flatten() {
        // Writing into a string cannot fail.
        let _ = writeln!(text, " {key} {schema}");
    }
    text
}

/// Names the targets as the only keys of `override`; schemars takes a documented enum as a key for any text.
fn close_overrides(root: &mut Value) {
    let Some(Value::Object(overrides)) = root.pointer_mut("/properties/override") else {
        return;
    };
    let Some(item) = overrides.insert("additionalProperties".to_owned(), false.into()) else {
        return;
    };
    let properties: Map<String, Value> = Target::ALL
        .iter()
        .map(|target| (target.name().to_owned(), item.clone()))
        .collect();
    overrides.insert("properties".to_owned(), properties.into());
}

/// Removes what says that a value may be `null`.
fn strip_null(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.values_mut().for_each(strip_null);
            if map.get("default") == Some(&Value::Null) {
                map.remove("default");
            }
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|name| name != "null");
                if let [one] = types.as_slice() {
                    let one = one.clone();
                    map.insert("type".to_owned(), one);
                }
            }
            if let Some(Value::Array(branches)) = map.get_mut("anyOf") {
                branches.retain(|branch| branch.get("type") != Some(&json!("null")));
                if branches.len() == 1
                    && let Some(only) = map.remove("anyOf")
                {
                    map.insert("allOf".to_owned(), only);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(strip_null),
        _ => {}
    }
}

/// Collects pattern and words wherever both stand together.
fn collect_says(schema: &Value, says: &mut BTreeMap<String, String>) {
    match schema {
        Value::Object(map) => {
            if let (Some(Value::String(pattern)), Some(Value::String(words))) = (map.get("pattern"), map.get("x-says"))
            {
                says.insert(pattern.clone(), words.clone());
            }
            map.values().for_each(|value| collect_says(value, says));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_says(item, says)),
        _ => {}
    }
}
