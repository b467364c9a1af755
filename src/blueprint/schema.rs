//! The JSON Schema of the language, which is made from the types of [`super::model`].
//!
//! It serves two readers: editors (completion, hover), and [`super::walk`], which checks blueprints against it. So it is draft 7, the
//! newest that TOML editors know, and says nothing of `null`, which TOML does not have.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, OnceLock};

use serde_json::{Map, Value, json};

/// The schema, and what its walker needs besides.
#[derive(Debug)]
pub(super) struct Schema {
    /// The schema of a whole blueprint, without its definitions. Environments may hold anything in it.
    pub root: Value,
    says: Definition,
    definitions: BTreeMap<Cow<'static, str>, Definition>,
}

/// A schema that others refer to, read when one is first followed: a blueprint uses few of them.
#[derive(Debug, Default)]
struct Definition {
    text: Cow<'static, str>,
    read: OnceLock<Value>,
}

/// The language as data: a line each for the document, its `says`, and every definition, as `NAME JSON`. It is what
/// [`generate::lines`] makes of the types of the model, which takes longer than everything else about a blueprint; a test keeps both
/// the same.
const LANGUAGE: &str = include_str!("language.txt");
/// The name of the document's line.
const DOCUMENT: &str = ".";
/// The name of the line of [`Schema::says`].
const SAYS: &str = "says";

/// The schema of the language, read once.
pub(super) fn language() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::from_lines(LANGUAGE));
    &SCHEMA
}

/// Where definitions are in the document.
const DEFINITIONS: &str = "#/definitions/";
/// Appended to the name of a definition for its copy in overlays.
const PARTIAL: &str = "Overlay";

impl Schema {
    fn from_lines(text: &'static str) -> Self {
        let mut schema = Schema {
            root: Value::Null,
            says: Definition::default(),
            definitions: BTreeMap::new(),
        };
        for (name, json) in text.lines().filter_map(|line| line.split_once(' ')) {
            match name {
                DOCUMENT => schema.root = serde_json::from_str(json).unwrap_or_default(),
                SAYS => schema.says = Definition::unread(json),
                _ => {
                    schema.definitions.insert(name.into(), Definition::unread(json));
                }
            }
        }
        schema
    }

    /// The words (`x-says`) of a pattern: a map's `patternProperties` carry only the pattern itself.
    pub fn says(&self, pattern: &str) -> Option<&str> {
        self.says.value().get(pattern)?.as_str()
    }

    /// The whole document, with its definitions.
    pub fn document(&self) -> Value {
        let mut root = self.root.clone();
        let definitions: Map<String, Value> = self
            .definitions
            .iter()
            .map(|(name, definition)| (name.clone().into_owned(), definition.value().clone()))
            .collect();
        if let Value::Object(root) = &mut root {
            root.insert("definitions".to_owned(), definitions.into());
        }
        root
    }

    /// The document for editors: environments, which [`super::environment`] checks merged, are described as well.
    pub fn for_editors(&self) -> Value {
        let mut root = self.document();
        if let Value::Object(root) = &mut root {
            root.insert("title".to_owned(), "cloudgen blueprint".into());
        }
        open_environments(&mut root);
        root
    }

    /// The schema that a schema stands for: follows `$ref`, and an `allOf` of one.
    pub fn resolve<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        // The chain of references is finite in what schemars makes; the bound keeps a mistake from hanging.
        for _ in 0..16 {
            let next = match (schema.get("$ref"), schema.get("allOf")) {
                (Some(Value::String(name)), _) => name
                    .strip_prefix(DEFINITIONS)
                    .and_then(|name| self.definitions.get(name))
                    .map(Definition::value),
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
}

impl Definition {
    fn unread(text: &'static str) -> Self {
        Definition {
            text: text.into(),
            read: OnceLock::new(),
        }
    }

    fn value(&self) -> &Value {
        self.read
            .get_or_init(|| serde_json::from_str(&self.text).unwrap_or_default())
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

/// Takes `required` out, also where it depends on another key, and points references to strict definitions at their copies.
fn relax(schema: &mut Value, strict: &BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            // A property may be called `required`, too: its schema is no array.
            if map.get("required").is_some_and(Value::is_array) {
                map.remove("required");
            }
            let then = map.get("then").and_then(|then| then.get("required"));
            if then.is_some_and(Value::is_array) {
                map.remove("if");
                map.remove("then");
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

#[cfg(test)]
pub(super) mod generate;
