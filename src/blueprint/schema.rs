//! The JSON Schema of the language, made from the types of [`super::model`].
//!
//! It serves two readers: editors (completion, hover), and [`super::walk`], which checks blueprints against it. So it is draft 7, the
//! newest that TOML editors know, and says nothing of `null`, which TOML does not have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::model;
use crate::target::Target;

/// The schema, and what its walker needs besides.
#[derive(Debug)]
pub(super) struct Schema {
    /// The document: the schema of a whole blueprint, with its `definitions`. Environments may hold anything in it.
    pub root: Value,
    /// The words (`x-says`) of each pattern: a map's `patternProperties` carry only the pattern itself.
    pub says: BTreeMap<String, String>,
}

static LANGUAGE: LazyLock<Schema> = LazyLock::new(Schema::language);

/// The schema of the language, made once.
pub(super) fn language() -> &'static Schema {
    &LANGUAGE
}

/// Where definitions are in the document.
const DEFINITIONS: &str = "#/definitions/";
/// Appended to the name of a definition for its copy in overlays.
const PARTIAL: &str = "Overlay";

impl Schema {
    fn language() -> Self {
        let mut generator = SchemaSettings::draft07().into_generator();
        // These occur only as keys of maps, where schemars keeps the pattern and loses the words.
        generator.subschema_for::<model::Name>();
        generator.subschema_for::<model::LabelKey>();
        generator.subschema_for::<model::Variable>();
        let root = generator.into_root_schema_for::<model::Model>().to_value();
        let mut schema = Self::from_root(root);
        schema.close_overrides();
        schema
    }

    /// The document for editors: environments, which [`super::environment`] checks merged, are described as well.
    pub fn for_editors(&self) -> Value {
        let mut root = self.root.clone();
        if let Value::Object(root) = &mut root {
            root.insert("title".to_owned(), "cloudgen blueprint".into());
        }
        open_environments(&mut root);
        root
    }

    /// Takes a root schema of schemars: removes `null` and collects the words of patterns.
    pub fn from_root(mut root: Value) -> Self {
        strip_null(&mut root);
        let mut says = BTreeMap::new();
        collect_says(&root, &mut says);
        Self { root, says }
    }

    /// The schema that a schema stands for: follows `$ref`, and an `allOf` of one.
    pub fn resolve<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        // The chain of references is finite in what schemars makes; the bound keeps a mistake from hanging.
        for _ in 0..16 {
            let next = match (schema.get("$ref"), schema.get("allOf")) {
                (Some(Value::String(name)), _) => name
                    .strip_prefix(DEFINITIONS)
                    .and_then(|name| self.root.get("definitions")?.get(name)),
                (None, Some(Value::Array(all))) if all.len() == 1 => all.first(),
                _ => None,
            };
            match next {
                Some(next) => schema = next,
                None => break,
            }
        }
        schema
    }

    /// Names the targets as the only keys of `override`; schemars takes a documented enum as a key for any text.
    fn close_overrides(&mut self) {
        let Some(Value::Object(overrides)) = self.root.pointer_mut("/properties/override") else {
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
}

/// Says what may stand in an environment: what may stand in a blueprint, with nothing required and no environments.
fn open_environments(root: &mut Value) {
    let Some(Value::Object(definitions)) = root.get("definitions").cloned() else {
        return;
    };
    let strict = strict_definitions(&definitions);
    let mut overlay = root.clone();
    if let Value::Object(overlay) = &mut overlay {
        for key in ["$schema", "definitions", "title"] {
            overlay.remove(key);
        }
        overlay.insert(
            "description".to_owned(),
            "What differs in this environment: merged over the rest of the blueprint.".into(),
        );
        if let Some(Value::Object(properties)) = overlay.get_mut("properties") {
            properties.remove("environments");
        }
    }
    relax(&mut overlay, &strict);
    if let Some(Value::Object(all)) = root.get_mut("definitions") {
        for name in &strict {
            if let Some(mut definition) = definitions.get(name).cloned() {
                relax(&mut definition, &strict);
                all.insert(format!("{name}{PARTIAL}"), definition);
            }
        }
        all.insert(PARTIAL.to_owned(), overlay);
    }
    let reference = json!({ "$ref": format!("{DEFINITIONS}{PARTIAL}") });
    if let Some(Value::Object(patterns)) = root.pointer_mut("/properties/environments/patternProperties") {
        for item in patterns.values_mut() {
            *item = reference.clone();
        }
    }
}

/// The definitions that require something, themselves or in what they refer to.
fn strict_definitions(definitions: &Map<String, Value>) -> BTreeSet<String> {
    let mut strict = BTreeSet::new();
    loop {
        let more: Vec<&String> = definitions
            .iter()
            .filter(|(name, definition)| !strict.contains(*name) && is_strict(definition, &strict))
            .map(|(name, _)| name)
            .collect();
        if more.is_empty() {
            return strict;
        }
        strict.extend(more.into_iter().cloned());
    }
}

fn is_strict(schema: &Value, strict: &BTreeSet<String>) -> bool {
    match schema {
        Value::Object(map) => {
            map.get("required").is_some_and(Value::is_array)
                || reference(map).is_some_and(|name| strict.contains(name))
                || map.values().any(|value| is_strict(value, strict))
        }
        Value::Array(items) => items.iter().any(|item| is_strict(item, strict)),
        _ => false,
    }
}

/// Takes `required` out, and points references to strict definitions at their copies.
fn relax(schema: &mut Value, strict: &BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            // A property may be called `required`, too: its schema is no array.
            if map.get("required").is_some_and(Value::is_array) {
                map.remove("required");
            }
            if let Some(name) = reference(map).filter(|name| strict.contains(*name)) {
                let copy = format!("{DEFINITIONS}{name}{PARTIAL}");
                map.insert("$ref".to_owned(), copy.into());
            }
            map.values_mut().for_each(|value| relax(value, strict));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| relax(item, strict)),
        _ => {}
    }
}

/// The definition that a schema refers to.
fn reference(schema: &Map<String, Value>) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(DEFINITIONS)
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
