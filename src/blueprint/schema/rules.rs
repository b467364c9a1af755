//! What the language says of one value: the keywords of its JSON Schema that [`crate::blueprint::walk`] understands.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A schema. Keywords that only describe (`default`, `title`) are not read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(remote = "Self", default, rename_all = "camelCase")]
pub struct Rules {
    /// The schema `false`, which admits nothing.
    #[serde(skip)]
    pub nothing: bool,
    #[serde(rename = "$ref")]
    pub reference: Option<&'static str>,
    pub all_of: Vec<Rules>,
    pub any_of: Vec<Rules>,
    pub one_of: Vec<Rules>,
    /// The one JSON type; several are several branches.
    #[serde(rename = "type")]
    pub kind: Option<&'static str>,
    #[serde(rename = "const")]
    pub word: Option<&'static str>,
    #[serde(rename = "enum")]
    pub words: Vec<&'static str>,
    pub properties: Keys,
    pub pattern_properties: BTreeMap<String, Rules>,
    pub additional_properties: Option<Box<Rules>>,
    pub required: Vec<&'static str>,
    #[serde(rename = "if")]
    pub condition: Option<Box<Rules>>,
    pub not: Option<Box<Rules>>,
    pub then: Option<Box<Rules>>,
    pub min_properties: Option<u64>,
    pub max_properties: Option<u64>,
    pub items: Option<Box<Rules>>,
    pub min_items: Option<u64>,
    pub max_items: Option<u64>,
    pub unique_items: bool,
    pub format: Option<&'static str>,
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    #[serde(borrow)]
    pub pattern: Cow<'static, str>,
    /// The pattern in words.
    #[serde(borrow, rename = "x-says")]
    pub says: Cow<'static, str>,
    #[serde(borrow)]
    pub description: Cow<'static, str>,
    /// JSON values.
    #[serde(borrow)]
    pub examples: Vec<&'static RawValue>,
}

impl<'de: 'static> Deserialize<'de> for Rules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Schema;

        impl<'de: 'static> Visitor<'de> for Schema {
            type Value = Rules;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a schema")
            }

            fn visit_bool<E: Error>(self, truth: bool) -> Result<Rules, E> {
                Ok(Rules {
                    nothing: !truth,
                    ..Rules::default()
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, keywords: A) -> Result<Rules, A::Error> {
                Rules::deserialize(MapAccessDeserializer::new(keywords))
            }
        }

        deserializer.deserialize_any(Schema)
    }
}

impl Rules {
    /// The alternatives, if there are any.
    pub fn branches(&self) -> &[Rules] {
        match self.any_of.as_slice() {
            [] => &self.one_of,
            branches => branches,
        }
    }

    /// The first example, as JSON.
    pub fn example(&self) -> Option<&'static str> {
        self.examples.first().map(|example| example.get())
    }
}

/// The keys of a table, in the order in which the model has them, each with the schema of its value.
#[derive(Debug, Clone, Default)]
pub struct Keys(Vec<Key>);

/// A key, whose schema is read when it is first asked for: a blueprint says little of what it could.
#[derive(Debug, Clone)]
struct Key {
    name: &'static str,
    json: &'static str,
    rules: OnceLock<Box<Rules>>,
}

impl Key {
    fn rules(&self) -> &Rules {
        let read = || serde_json::from_str(self.json).unwrap_or_default();
        self.rules.get_or_init(|| Box::new(read()))
    }
}

impl Keys {
    /// Keys with the JSON of their schemas.
    pub fn new(keys: impl Iterator<Item = (&'static str, &'static str)>) -> Self {
        let key = |(name, json)| Key {
            name,
            json,
            rules: OnceLock::new(),
        };
        Keys(keys.map(key).collect())
    }

    /// The schema of a key.
    pub fn get(&self, name: &str) -> Option<&Rules> {
        self.0.iter().find(|key| key.name == name).map(Key::rules)
    }

    /// Whether there is a key.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|key| key.name == name)
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|key| key.name)
    }
}

impl<'de: 'static> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Properties;

        impl<'de: 'static> Visitor<'de> for Properties {
            type Value = Keys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of schemas")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut properties: A) -> Result<Keys, A::Error> {
                let mut keys = vec![];
                while let Some((name, json)) = properties.next_entry::<&'static str, &'static RawValue>()? {
                    keys.push((name, json.get()));
                }
                Ok(Keys::new(keys.into_iter()))
            }
        }

        deserializer.deserialize_map(Properties)
    }
}
