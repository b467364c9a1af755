//! One Kubernetes object of the output.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use serde_json::Value;

use super::yaml::{self, Comments};

/// An object with its comments.
#[derive(Debug, Clone)]
pub(super) struct Object {
    value: Value,
    about: Option<String>,
    comments: Comments,
}

/// The specification of a custom resource, and what the resource is called.
pub(super) trait Kind: Serialize {
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
    pub(super) fn new(object: &impl Serialize) -> Self {
        let value =
            serde_json::to_value(object).unwrap_or_else(|error| unreachable!("an object has text keys only: {error}"));
        Self {
            value,
            about: None,
            comments: vec![],
        }
    }

    /// An object of a custom kind.
    pub(super) fn custom<S: Kind>(metadata: ObjectMeta, spec: S) -> Self {
        Self::new(&Custom {
            api_version: S::API_VERSION,
            kind: S::KIND,
            metadata,
            spec,
        })
    }

    /// Says something above the object.
    pub(super) fn about(mut self, text: impl Into<String>) -> Self {
        self.about = Some(text.into());
        self
    }

    /// Says something above a key, given by its path: `spec/template/spec/containers/0/lifecycle`.
    pub(super) fn comment(mut self, path: &'static str, text: impl Into<String>) -> Self {
        self.comments.push((path, text.into()));
        self
    }

    /// The YAML document.
    pub(super) fn yaml(&self) -> String {
        let about = match &self.about {
            Some(text) => format!("# {text}\n"),
            None => String::new(),
        };
        about + &yaml::document(&self.value, &self.comments)
    }
}
