//! One Kubernetes object of the output.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::overrides::{merge, unknown};
use super::path::Path;
use super::schema::{self, Fault};
use super::yaml::{self, Comments};

/// An object with its comments.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    value: Value,
    check: fn(&Value) -> Vec<Fault>,
    /// It is as its own type made it, which knows all its fields: there is nothing to check.
    typed: bool,
    about: Option<String>,
    comments: Comments,
}

/// The specification of a custom resource, and what the resource is called.
pub(crate) trait Kind: Serialize {
    /// Group and version.
    const API_VERSION: &'static str;
    /// Kind.
    const KIND: &'static str;
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Custom<S> {
    api_version: &'static str,
    kind: &'static str,
    metadata: ObjectMeta,
    spec: S,
}

impl Object {
    /// An object of a kind that Kubernetes itself has.
    pub(crate) fn new<T: Serialize + DeserializeOwned>(object: &T) -> Self {
        Self::checked_by(object, built_in::<T>, true)
    }

    fn checked_by(object: &impl Serialize, check: fn(&Value) -> Vec<Fault>, typed: bool) -> Self {
        let value =
            serde_json::to_value(object).unwrap_or_else(|error| unreachable!("an object has text keys only: {error}"));
        Self {
            value,
            check,
            typed,
            about: None,
            comments: vec![],
        }
    }

    /// An object of a custom kind.
    pub(crate) fn custom<S: Kind>(metadata: ObjectMeta, spec: S) -> Self {
        let object = Custom {
            api_version: S::API_VERSION,
            kind: S::KIND,
            metadata,
            spec,
        };
        Self::checked_by(&object, custom, false)
    }

    /// An object of a custom kind whose specification is JSON: (group and version, kind).
    pub(crate) fn raw((api_version, kind): (&str, &str), metadata: ObjectMeta, spec: Value) -> Self {
        let object = serde_json::json!({ "apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec });
        Self::checked_by(&object, custom, false)
    }

    /// Its kind.
    pub(crate) fn kind(&self) -> &str {
        self.value.get("kind").and_then(Value::as_str).unwrap_or_default()
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        let name = self.value.pointer("/metadata/name");
        name.and_then(Value::as_str).unwrap_or_default()
    }

    /// Its namespace; none for what has none.
    pub(crate) fn namespace(&self) -> Option<&str> {
        let name = self.value.pointer("/metadata/namespace");
        name.and_then(Value::as_str)
    }

    /// The object as it is.
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// What a JSON pointer leads to.
    pub(crate) fn at(&self, pointer: &str) -> Option<&Value> {
        self.value.pointer(pointer)
    }

    /// Lays raw fields over it.
    pub(crate) fn merge(&mut self, fields: &Map<String, Value>) {
        merge(&mut self.value, &Value::Object(fields.clone()));
        self.typed = false;
    }

    /// What Kubernetes would refuse about it, and where, as text.
    pub(crate) fn told_faults(&self) -> impl Iterator<Item = String> {
        let (kind, name) = (self.kind(), self.name());
        let faults = self.faults().into_iter();
        faults.map(move |(path, problem)| format!("{kind} {name}: `{path}` {problem}"))
    }

    /// What Kubernetes would refuse about it.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        if self.typed { vec![] } else { (self.check)(&self.value) }
    }

    /// Says something above the object.
    pub(crate) fn about(mut self, text: impl Into<String>) -> Self {
        self.about = Some(text.into());
        self
    }

    /// Says something above a key, given by its path: `spec/template/spec/containers/0/lifecycle`.
    pub(crate) fn comment(mut self, path: &'static str, text: impl Into<String>) -> Self {
        self.comments.push((path, text.into()));
        self
    }

    /// The YAML document.
    pub(crate) fn yaml(&self) -> String {
        let about = match &self.about {
            Some(text) => format!("# {text}\n"),
            None => String::new(),
        };
        about + &yaml::document(&self.value, &self.comments)
    }
}

/// Reads the object back as its own type, which loses what it does not know.
fn built_in<T: Serialize + DeserializeOwned>(value: &Value) -> Vec<Fault> {
    let read = serde_json::from_value::<T>(value.clone()).and_then(|object| serde_json::to_value(&object));
    let mut faults = vec![];
    match read {
        Ok(read) => unknown(value, &read, &Path::Root, &mut faults),
        Err(error) => faults.push((String::new(), error.to_string())),
    }
    faults
}

fn custom(value: &Value) -> Vec<Fault> {
    let word = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let kind = format!("{}/{}", word("apiVersion"), word("kind"));
    let mut faults = schema::check(&kind, value.get("spec").unwrap_or(&Value::Null));
    let known = ["apiVersion", "kind", "metadata", "spec"];
    let keys = value.as_object().into_iter().flat_map(Map::keys);
    let strange = keys.filter(|key| !known.contains(&key.as_str()));
    faults.extend(strange.map(|key| (key.clone(), "is no field of this kind".to_owned())));
    faults
}
