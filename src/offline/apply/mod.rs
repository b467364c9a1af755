//! What an apply makes up: the plan with stand-ins for what was unknown. Nothing is created but files of `local_file`.

mod files;
mod random;
mod time;

use super::data;
use super::standin::{Maker, Scene, Seed};
use super::value::Value;
use crate::terraform::provider::{Argument, Nesting};
pub use random::characters;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// The ids that are in use, by type, so that no two resources get the same one.
#[derive(Debug, Default)]
pub struct Taken {
    ids: Mutex<BTreeMap<String, BTreeSet<String>>>,
}

impl Taken {
    /// Takes an id; false where it was taken already, or is none.
    pub fn add(&self, type_name: &str, id: &Value) -> bool {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let of_type = ids.entry(type_name.to_owned()).or_default();
        id.as_text().is_some_and(|id| of_type.insert(id.to_owned()))
    }
}

/// What an apply has made.
#[derive(Debug, PartialEq)]
pub struct Applied {
    /// The resource; null where it was destroyed.
    pub value: Value,
    /// What went wrong.
    pub problem: Option<String>,
}

/// Applies a plan.
pub fn apply(scene: &Scene<'_>, prior: &Value, planned: &Value, taken: &Taken) -> Applied {
    // Some ids follow from the configuration alone: there another attempt gives the same again.
    const ATTEMPTS: usize = 8;
    if planned.is_null() {
        return Applied {
            value: Value::Null,
            problem: None,
        };
    }
    let is_new = prior.is_null() && planned.field("id").is_unknown();
    let mut value = Value::Null;
    for attempt in 0..ATTEMPTS {
        let seed = Seed::new(scene.type_name, planned, attempt);
        value = Maker::of_resource(scene, seed.clone(), planned).fill(planned);
        if !is_new || !value.field("id").is_unknown() && taken.add(scene.type_name, value.field("id")) {
            break;
        }
    }
    let mut made = Made {
        planned,
        seed: Seed::new(scene.type_name, &value, 0),
        value,
    };
    let problem = finish(scene, &mut made).err();
    Applied {
        value: made.value,
        problem,
    }
}

/// A resource that was there before: its id, and stand-ins for what cannot be configured. What can be is left open, for a plan to say.
pub fn imported(scene: &Scene<'_>, id: &str) -> Value {
    let members = scene.schema.members(&scene.schema.body);
    let known = members.map(|(name, argument)| {
        let value = match argument {
            _ if name == "id" => id.into(),
            Argument::Attribute(attribute) if attribute.is_settable() => Value::Null,
            Argument::Attribute(_) => Value::unknown(),
            Argument::Block(nested) if nested.nesting == Nesting::Single => Value::Null,
            Argument::Block(_) => Value::List(vec![]),
        };
        (name.to_owned(), value)
    });
    let known = Value::Object(known.collect());
    let seed = Seed::new(scene.type_name, &id.into(), 0);
    Maker::of_resource(scene, seed, &known).fill(&known)
}

/// A resource that is being made.
struct Made<'a> {
    planned: &'a Value,
    seed: Seed,
    value: Value,
}

impl Made<'_> {
    fn field(&self, name: &str) -> &Value {
        self.value.field(name)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.field(name).as_text()
    }

    /// Sets an attribute that the plan left open.
    fn set(&mut self, name: &str, value: Value) {
        let is_open = self.planned.field(name).is_unknown();
        if let Value::Object(fields) = &mut self.value
            && is_open
        {
            fields.insert(name.to_owned(), value);
        }
    }
}

/// Values that a configuration may rely on.
fn finish(scene: &Scene<'_>, made: &mut Made<'_>) -> Result<(), String> {
    match scene.type_name {
        "random_bytes" => random::bytes(made),
        "random_id" => random::id(made),
        "random_integer" => random::integer(made),
        "random_password" | "random_string" => random::password(made),
        "random_pet" => random::pet(made),
        "random_shuffle" => random::shuffle(made),
        "random_uuid" => random::uuid(made),
        "time_offset" | "time_rotating" | "time_static" => time::moment(made)?,
        "local_file" | "local_sensitive_file" => files::write(scene, made)?,
        "archive_file" | "cloudinit_config" => {
            for (name, value) in data::own(scene, &made.value.clone()).unwrap_or(Ok(vec![]))? {
                made.set(name, value);
            }
        }
        _ => {}
    }
    Ok(())
}
