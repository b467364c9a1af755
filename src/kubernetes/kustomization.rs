//! Kustomizations: what is applied together, in which order, and what is copied between objects.

use serde_json::{Value, json};

use super::yaml;

/// A field that is copied from one object into another: (kind, name, field) of each.
#[derive(Debug, Clone)]
pub(crate) struct Copy {
    pub(crate) from: (&'static str, String, String),
    pub(crate) to: (&'static str, String, String),
    /// The field is not there yet.
    pub(crate) is_new: bool,
}

/// The text of a `kustomization.yaml` that lists files and folders.
pub(crate) fn list(resources: &[String]) -> String {
    let lines: Vec<String> = resources.iter().map(|file| format!("  - {file}\n")).collect();
    format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nsortOptions:\n  order: \
            fifo\nresources:\n{}",
        lines.concat()
    )
}

/// The end of such a text: what is copied, with a comment.
pub(crate) fn copies(copies: &[Copy], comment: &str) -> String {
    if copies.is_empty() {
        return String::new();
    }
    let copy = |Copy { from, to, is_new }: &Copy| {
        let mut target = json!({ "select": { "kind": to.0, "name": to.1 }, "fieldPaths": [to.2] });
        if *is_new && let Value::Object(target) = &mut target {
            target.insert("options".to_owned(), json!({ "create": true }));
        }
        json!({ "source": { "kind": from.0, "name": from.1, "fieldPath": from.2 }, "targets": [target] })
    };
    let copies: Vec<Value> = copies.iter().map(copy).collect();
    let comments = vec![("replacements", comment.to_owned())];
    yaml::document(&json!({ "replacements": copies }), &comments)
}
