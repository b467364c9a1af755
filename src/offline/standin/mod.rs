//! Stand-ins: values for what only a cloud would know. Each follows from the type, the place of the value and the configuration alone,
//! and looks like the real one.

mod aws;
mod azure;
mod google;
mod seed;
mod text;

#[cfg(test)]
mod tests;

use super::settings::Settings;
use super::value::Value;
use crate::terraform::provider::{Argument, Attribute, Body, Nested, Nesting, Schema, Type};
use std::collections::BTreeMap;
use std::path::Path;

pub use seed::Seed;

/// The time of everything that is created.
pub const MOMENT: &str = "2024-01-01T00:00:00Z";

/// What a value is made for.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// `aws_vpc`
    pub type_name: &'a str,
    /// The schema of that type.
    pub schema: &'static Schema,
    /// The settings of its provider.
    pub settings: &'a Settings,
    /// The folder that terraform runs in.
    pub root: &'a Path,
}

impl<'a> Scene<'a> {
    /// `aws`; google-beta is `google` here.
    pub fn cloud(&self) -> &'a str {
        self.type_name.split('_').next().unwrap_or_default()
    }

    /// `db-instance` of `aws_db_instance`.
    pub fn word(&self) -> String {
        let (_, word) = self.type_name.split_once('_').unwrap_or(("", self.type_name));
        word.replace('_', "-")
    }

    /// The region of the provider.
    pub fn region(&self) -> &'a str {
        self.settings.region(self.cloud())
    }
}

/// Makes the values of one resource or data source.
pub struct Maker<'a> {
    scene: &'a Scene<'a>,
    seed: Seed,
    /// What is known of it: the plan, or the configuration.
    known: &'a Value,
    /// It stands for several things that are already there.
    is_data: bool,
    /// The name that it has or might have.
    name: String,
}

/// Arguments that name a thing, the best first.
const NAMES: [&str; 19] = [
    "name",
    "identifier",
    "cluster_identifier",
    "bucket",
    "function_name",
    "family",
    "cluster_name",
    "db_name",
    "repository_name",
    "domain_name",
    "role_name",
    "table_name",
    "topic_name",
    "name_prefix",
    "account_id",
    "secret_id",
    "display_name",
    "service_name",
    "description",
];

impl<'a> Maker<'a> {
    /// A maker of the values of a resource.
    pub fn of_resource(scene: &'a Scene<'a>, seed: Seed, known: &'a Value) -> Self {
        Self::new(scene, seed, known, false)
    }

    /// A maker of the values of a data source.
    pub fn of_data(scene: &'a Scene<'a>, seed: Seed, known: &'a Value) -> Self {
        Self::new(scene, seed, known, true)
    }

    fn new(scene: &'a Scene<'a>, seed: Seed, known: &'a Value, is_data: bool) -> Self {
        let id = known.field("id").as_text().and_then(|id| id.rsplit(['/', ':']).next());
        let given = NAMES.iter().filter_map(|name| known.field(name).as_text());
        let name = given.chain(id).map(str::to_owned).find(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| format!("{}-{}", scene.word(), seed.hex("name", 8)));
        Maker {
            scene,
            seed,
            known,
            is_data,
            name,
        }
    }

    /// The value with everything in it that is unknown made up.
    pub fn fill(&self, value: &Value) -> Value {
        self.body(&self.scene.schema.body, value, &Place::default())
    }

    fn body(&self, body: &'static Body, value: &Value, place: &Place) -> Value {
        let fields = self.scene.schema.members(body).map(|(name, argument)| {
            let (value, place) = (value.field(name), place.field(name));
            let value = match argument {
                Argument::Attribute(attribute) => self.attribute(attribute, value, &place),
                Argument::Block(nested) => self.nested(nested, value, &place),
            };
            (name.to_owned(), value)
        });
        Value::Object(fields.collect())
    }

    fn attribute(&self, attribute: &'static Attribute, value: &Value, place: &Place) -> Value {
        let is_settable = attribute.optional;
        match (value, &attribute.kind) {
            // A list of objects that could be set, and is not: there is nothing in it.
            (Value::Unknown(_), Type::List(element) | Type::Set(element)) if is_settable && !is_scalar(element) => {
                Value::List(vec![])
            }
            (value, kind) => self.value(kind, value, place),
        }
    }

    fn nested(&self, nested: &'static Nested, value: &Value, place: &Place) -> Value {
        match (value, nested.nesting) {
            (Value::Object(_), _) => self.body(&nested.body, value, place),
            (Value::List(items), _) => {
                let items = items.iter().enumerate();
                let fill = |(index, item)| self.body(&nested.body, item, &place.index(index));
                Value::List(items.map(fill).collect())
            }
            (Value::Unknown(_), Nesting::Single) => Value::Null,
            // What a provider might put where the block was left out.
            (Value::Unknown(_), _) => {
                let item = empty_block(self.scene.schema, &nested.body);
                Value::List(vec![self.body(&nested.body, &item, &place.index(0))])
            }
            (_, Nesting::Single) => Value::Null,
            _ => Value::List(vec![]),
        }
    }

    fn value(&self, kind: &Type, value: &Value, place: &Place) -> Value {
        match (kind, value) {
            (_, Value::Unknown(_)) => self.make(kind, place),
            (Type::List(element) | Type::Set(element), Value::List(items)) => {
                let items = items.iter().enumerate();
                let fill = |(index, item)| self.value(element, item, &place.index(index));
                Value::List(items.map(fill).collect())
            }
            (Type::Map(element), Value::Object(entries)) => {
                let fill = |(key, item): (&String, &Value)| (key.clone(), self.value(element, item, &place.field(key)));
                Value::Object(entries.iter().map(fill).collect())
            }
            (Type::Object(kinds), Value::Object(_)) => {
                let fill = |(name, kind): &(&'static str, Type)| {
                    let value = self.value(kind, value.field(name), &place.field(name));
                    ((*name).to_owned(), value)
                };
                Value::Object(kinds.iter().map(fill).collect())
            }
            _ => value.clone(),
        }
    }

    /// A value of a type.
    fn make(&self, kind: &Type, place: &Place) -> Value {
        match kind {
            Type::Any => Value::Dynamic(b"\"string\"".to_vec(), Box::new(self.text(place).into())),
            Type::String => self.text(place).into(),
            Type::Number => Value::whole(self.number(place)),
            Type::Bool => false.into(),
            Type::Map(_) => Value::Object(BTreeMap::new()),
            Type::Object(kinds) => {
                let field =
                    |(name, kind): &(&'static str, Type)| ((*name).to_owned(), self.make(kind, &place.field(name)));
                Value::Object(kinds.iter().map(field).collect())
            }
            Type::List(element) | Type::Set(element) => {
                if let (Type::String, Some(zones)) = (element.as_ref(), self.zones(place.name())) {
                    return Value::texts(zones);
                }
                let items = 0..self.count(place.name());
                Value::List(items.map(|index| self.make(element, &place.index(index))).collect())
            }
        }
    }

    /// The number of elements in a list that is made up.
    fn count(&self, name: &str) -> usize {
        let is_many = matches!(name, "ids" | "names" | "self_links" | "arns" | "zones") || name.ends_with("_ids");
        match self.is_data && is_many {
            true => 3,
            false => 1,
        }
    }

    fn zones(&self, name: &str) -> Option<Vec<String>> {
        if !matches!(name, "availability_zones" | "zones" | "node_locations") {
            return None;
        }
        let suffixes = match self.scene.cloud() {
            "google" => ["-b", "-c", "-d"],
            _ => ["a", "b", "c"],
        };
        Some(suffixes.map(|suffix| format!("{}{suffix}", self.scene.region())).into())
    }

    fn number(&self, place: &Place) -> i64 {
        match place.name() {
            name if name.contains("port") => 443,
            "number" | "project_number" => 100_000_000_000 + i64::from(self.seed.below(&place.text(), 1_000_000_000)),
            "year" => 2024,
            _ => 1,
        }
    }

    /// A setting that is configured as a text.
    fn given(&self, name: &str) -> Option<&'a str> {
        self.known.field(name).as_text()
    }
}

/// A nested block in which nothing is known.
fn empty_block(schema: &'static Schema, body: &'static Body) -> Value {
    let fields = schema.members(body).map(|(name, argument)| {
        let value = match argument {
            Argument::Attribute(attribute) if !attribute.write_only => Value::unknown(),
            Argument::Block(nested) if nested.nesting != Nesting::Single => Value::List(vec![]),
            _ => Value::Null,
        };
        (name.to_owned(), value)
    });
    Value::Object(fields.collect())
}

fn is_scalar(kind: &Type) -> bool {
    matches!(kind, Type::String | Type::Number | Type::Bool | Type::Any)
}

/// Where in a resource a value is.
#[derive(Debug, Clone, Default)]
struct Place {
    steps: Vec<String>,
    /// How many of the steps are indexes.
    indexes: usize,
    name: String,
}

impl Place {
    fn field(&self, name: &str) -> Self {
        let mut place = self.clone();
        place.steps.push(name.to_owned());
        name.clone_into(&mut place.name);
        place
    }

    fn index(&self, index: usize) -> Self {
        let mut place = self.clone();
        place.steps.push(index.to_string());
        place.indexes += 1;
        place
    }

    /// The same place with another name.
    fn beside(&self, name: &str) -> Self {
        let mut place = self.clone();
        place.steps.pop();
        place.field(name)
    }

    /// The name of the argument.
    fn name(&self) -> &str {
        &self.name
    }

    /// True for an argument of the resource itself.
    fn is_top(&self) -> bool {
        self.steps.len() - self.indexes == 1
    }

    fn text(&self) -> String {
        self.steps.join(".")
    }
}
