//! The language as data, which is made from the types of [`super::model`].
//!
//! It serves two readers: editors (completion, hover), and [`super::walk`], which checks blueprints against it. So it is JSON Schema of
//! draft 7, the newest that TOML editors know, and says nothing of `null`, which TOML does not have. A walk reads what the blueprint
//! uses and no more than the ends of the lines of the rest: what it costs hardly grows with the language.

mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, OnceLock};

use serde_json::{Map, Value, json};

pub(super) use rules::{Keys, Rules};

/// A schema, of which parts are read when they are first asked for.
#[derive(Debug)]
pub(super) struct Schema {
    /// Sorted by name.
    definitions: Vec<Definition>,
}

/// The language: what [`generate::lines`] makes of the types of the model, which takes longer than everything else about a blueprint; a
/// test keeps both the same.
///
/// A line `NAME JSON` for the document, every definition and the `says`, sorted by name. The lines ` KEY JSON` below it are the
/// `properties`, which are empty in the JSON above.
const LANGUAGE: &str = include_str!("language.txt");
/// The name of the document's line.
const DOCUMENT: &str = ".";
/// The name of the line with the words (`x-says`) of each pattern.
const SAYS: &str = "says";

/// The schema of the language. Environments may hold anything in it.
pub(super) fn language() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::new(LANGUAGE));
    &SCHEMA
}

/// Where definitions are in the document.
const DEFINITIONS: &str = "#/definitions/";
/// Appended to the name of a definition for its copy in overlays.
const PARTIAL: &str = "Overlay";

/// One name in the text of a schema.
#[derive(Debug)]
struct Definition {
    name: &'static str,
    json: &'static str,
    /// The lines of its keys.
    keys: &'static str,
    read: OnceLock<Box<Rules>>,
}

impl Definition {
    fn new(lines: &'static str) -> Option<Self> {
        let (line, keys) = lines.split_once('\n')?;
        let (name, json) = line.split_once(' ')?;
        Some(Definition {
            name,
            json,
            keys,
            read: OnceLock::new(),
        })
    }

    fn keys(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        self.keys.lines().filter_map(|line| line.trim_start().split_once(' '))
    }

    fn rules(&self) -> &Rules {
        self.read.get_or_init(|| {
            let mut rules: Box<Rules> = serde_json::from_str(self.json).unwrap_or_default();
            if !self.keys.is_empty() {
                rules.properties = Keys::new(self.keys());
            }
            rules
        })
    }

    fn to_json(&self) -> Option<Value> {
        let read = |json| serde_json::from_str::<Value>(json).ok();
        let mut schema = read(self.json)?;
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            properties.extend(
                self.keys()
                    .filter_map(|(key, json)| Some((key.to_owned(), read(json)?))),
            );
        }
        Some(schema)
    }
}

impl Schema {
    /// Finds the definitions: a look at the end of each line.
    fn new(text: &'static str) -> Self {
        let starts_name = |line: &usize| text.as_bytes().get(*line) != Some(&b' ');
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|newline| newline + 1);
        let mut start = 0;
        let definitions = ends.filter(starts_name).filter_map(|end| {
            let lines = text.get(start..end)?;
            start = end;
            Definition::new(lines)
        });
        Schema {
            definitions: definitions.collect(),
        }
    }

    /// The schema of a whole document.
    pub fn root(&self) -> Option<&Rules> {
        self.find(DOCUMENT).map(Definition::rules)
    }

    fn find(&self, name: &str) -> Option<&Definition> {
        let place = self.definitions.binary_search_by_key(&name, |one| one.name).ok()?;
        self.definitions.get(place)
    }

    /// The words of a pattern: a map's `patternProperties` carry only the pattern itself.
    pub fn says(&self, pattern: &str) -> Option<String> {
        let mut says: BTreeMap<String, String> = serde_json::from_str(self.find(SAYS)?.json).ok()?;
        says.remove(pattern)
    }

    /// The whole document, with its definitions.
    pub fn document(&self) -> Value {
        let mut root = Value::Null;
        let mut definitions = Map::new();
        for definition in &self.definitions {
            let schema = definition.to_json().unwrap_or_default();
            match definition.name {
                DOCUMENT => root = schema,
                SAYS => {}
                name => {
                    definitions.insert(name.to_owned(), schema);
                }
            }
        }
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
    pub fn resolve<'a>(&'a self, mut rules: &'a Rules) -> &'a Rules {
        // The chain of references is finite in what schemars makes; the bound keeps a mistake from hanging.
        for _ in 0..16 {
            let next = match (rules.reference, rules.all_of.as_slice()) {
                (Some(name), _) => name
                    .strip_prefix(DEFINITIONS)
                    .and_then(|name| self.find(name))
                    .map(Definition::rules),
                (None, [only]) => Some(only),
                _ => None,
            };
            match next {
                Some(next) => rules = next,
                None => break,
            }
        }
        rules
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
