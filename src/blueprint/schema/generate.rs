//! The schema of the language from the types of the model, and the text that it is kept as.

use std::collections::BTreeMap;
use std::fmt::Write;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::{DOCUMENT, Definition, SAYS, Schema};
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
    let schema = of_root(root);
    let mut text = String::new();
    let mut line = |name: &str, json: &dyn std::fmt::Display| {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{name} {json}");
    };
    line(DOCUMENT, &schema.root);
    line(SAYS, &schema.says.text);
    for (name, definition) in &schema.definitions {
        line(name, &definition.text);
    }
    text
}

/// The schema of a type.
pub(in crate::blueprint) fn of<T: JsonSchema>() -> Schema {
    of_root(
        SchemaSettings::draft07()
            .into_generator()
            .into_root_schema_for::<T>()
            .to_value(),
    )
}

/// Takes a root schema of schemars: removes `null` and collects the words of patterns.
fn of_root(mut root: Value) -> Schema {
    strip_null(&mut root);
    let mut says = BTreeMap::new();
    collect_says(&root, &mut says);
    let definitions = root.as_object_mut().and_then(|root| root.remove("definitions"));
    let definitions = match definitions {
        Some(Value::Object(definitions)) => definitions,
        _ => Map::new(),
    };
    let definition = |(name, schema): (String, Value)| {
        let definition = Definition {
            text: schema.to_string().into(),
            read: schema.into(),
        };
        (name.into(), definition)
    };
    let says = json!(says);
    Schema {
        root,
        says: Definition {
            text: says.to_string().into(),
            read: says.into(),
        },
        definitions: definitions.into_iter().map(definition).collect(),
    }
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
