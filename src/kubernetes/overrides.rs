//! `[override.TARGET.KIND.NAME]`: raw fields of one object, merged over what is emitted and checked before anything is written.

use serde_json::{Map, Value};

use super::object::Object;
use super::path::Path;
use crate::diagnostic::{Diagnostic, Places, kubernetes, overrides};

/// The override of one object.
#[derive(Debug, Clone)]
pub(crate) struct Override<'a> {
    /// Its kind.
    pub(crate) kind: &'a str,
    /// Its name.
    pub(crate) name: &'a str,
    /// The fields.
    pub(crate) fields: &'a Map<String, Value>,
    /// Where it stands in the blueprint, dotted.
    pub(crate) path: &'a str,
}

/// Merges every override into its object.
///
/// # Errors
/// Overrides of objects that are not emitted, and fields that Kubernetes would refuse.
pub(crate) fn apply<'a>(
    objects: impl Iterator<Item = &'a mut Object>,
    given: &[Override<'_>],
    places: &Places,
) -> Result<(), Vec<Diagnostic>> {
    let mut objects: Vec<&mut Object> = objects.collect();
    let mut problems = vec![];
    for wanted in given {
        let kind = wanted.kind;
        let at = places.key(wanted.path).or_else(|| places.span(wanted.path));
        let names: Vec<String> = objects
            .iter()
            .filter(|object| object.kind() == kind)
            .map(|object| object.name().to_owned())
            .collect();
        if names.is_empty() {
            let known: Vec<String> = objects.iter().map(|object| object.kind().to_owned()).collect();
            let known = known.iter().map(String::as_str);
            problems.push(overrides::type_not_emitted(at, kind, known));
        } else if !names.iter().any(|name| name == wanted.name) {
            let known = names.iter().map(String::as_str);
            problems.push(overrides::resource_not_emitted(at, kind, wanted.name, known));
        }
        let hit = objects
            .iter_mut()
            .filter(|object| object.kind() == kind && object.name() == wanted.name);
        for object in hit {
            object.merge(wanted.fields);
            for (path, problem) in object.faults() {
                problems.push(kubernetes::override_refused(at, kind, wanted.name, &path, &problem));
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Lays `over` over `value`: objects key by key, lists of named things name by name, anything else as a whole.
pub(crate) fn merge(value: &mut Value, over: &Value) {
    match (value, over) {
        (Value::Object(value), Value::Object(over)) => {
            for (key, over) in over {
                merge(value.entry(key.clone()).or_insert(Value::Null), over);
            }
        }
        (Value::Array(value), Value::Array(over)) if over.iter().all(|item| item.get("name").is_some()) => {
            for over in over {
                let same = |item: &&mut Value| item.get("name") == over.get("name");
                match value.iter_mut().find(same) {
                    Some(item) => merge(item, over),
                    None => value.push(over.clone()),
                }
            }
        }
        (value, over) => *value = over.clone(),
    }
}

/// Fields of `given` that `read` has lost, because the type that read it does not know them.
pub(crate) fn unknown(given: &Value, read: &Value, path: &Path<'_>, faults: &mut Vec<(String, String)>) {
    match (given, read) {
        (Value::Object(given), read) => {
            for (key, inner) in given {
                let path = path.field(key);
                match read.get(key) {
                    Some(read) => unknown(inner, read, &path, faults),
                    // Kubernetes leaves out what says nothing.
                    None if is_empty(inner) => {}
                    None => faults.push((path.joined(), "is no field of this kind".to_owned())),
                }
            }
        }
        (Value::Array(given), Value::Array(read)) => {
            for (index, (given, read)) in given.iter().zip(read).enumerate() {
                unknown(given, read, &path.item(index), faults);
            }
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
