//! What a render gives: a tree of files and the same as one document. A leaf: it knows nothing of blueprints or clouds.

use std::collections::BTreeMap;

/// Relative path (forward slashes, no `..`) to text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileTree {
    files: BTreeMap<String, String>,
}

impl FileTree {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file; a second file of the same path replaces the first.
    pub fn insert(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.files.insert(path.into(), text.into());
    }

    /// The files, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

/// The result of compiling one blueprint for one target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// `terraform/*.tf`, `kubernetes/*.yaml`, `README.md`.
    pub files: FileTree,
    /// The Terraform as a single valid `main.tf`; empty where there is none.
    pub terraform: String,
    /// The Kubernetes objects as one multi-document YAML stream; empty where there are none.
    pub kubernetes: String,
}
