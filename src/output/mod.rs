//! What a render gives, and what putting it into a folder would change. A leaf: it knows nothing of blueprints or clouds, and it
//! touches no disk.
//!
//! A [`FileTree`] is the text of every file. [`Plan`] compares it with a [`Snapshot`] of a folder and with the [`Inventory`] that the
//! last render left there, and says which files to write, to remove and to refuse. [`diff`] shows the same as a unified diff.

mod diff;
mod inventory;
mod path;
mod plan;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub use diff::diff;
pub use inventory::{INVENTORY_FILE, Inventory, digest};
pub use path::{PathProblem, STAGE_PREFIX};
pub use plan::{Found, Plan, Refusal, Snapshot};

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

    /// Adds a file; a second file of the same path replaces the first. [`FileTree::problems`] tells whether the path can be written.
    pub fn insert(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.files.insert(path.into(), text.into());
    }

    /// The files, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of one file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// True for a tree without files.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The files whose path passes `keep`.
    pub fn filter(mut self, keep: impl Fn(&str) -> bool) -> Self {
        self.files.retain(|path, _| keep(path));
        self
    }

    /// Why this tree cannot be written as it is on every file system: bad paths, and paths that differ only in case or need the same
    /// name for a file and a folder. Empty for a sound tree.
    pub fn problems(&self) -> Vec<PathProblem> {
        path::problems(self.files.keys().map(String::as_str))
    }
}

/// The result of compiling one blueprint for one target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// `terraform/*.tf`, `kubernetes/*.yaml`, `README.md`.
    pub files: FileTree,
    /// What the Terraform is as one document.
    pub single: Single,
    /// The Kubernetes objects as one multi-document YAML stream; empty where there are none.
    pub kubernetes: String,
}

/// The Terraform as a single valid `main.tf`. Folders do without it, so it is put together when somebody asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Single {
    /// There is no Terraform.
    #[default]
    None,
    /// These files, in this order.
    Files(Vec<String>),
    /// What refers to other files of the folder says all of it here.
    Text(String),
}

impl Rendered {
    /// The Terraform as a single valid `main.tf`; empty where there is none.
    pub fn terraform(&self) -> Cow<'_, str> {
        match &self.single {
            Single::None => Cow::default(),
            Single::Files(paths) => {
                let texts: Vec<&str> = paths.iter().filter_map(|path| self.files.get(path)).collect();
                texts.join("\n").into()
            }
            Single::Text(text) => text.into(),
        }
    }

    /// True if there is any.
    pub fn has_terraform(&self) -> bool {
        self.single != Single::None
    }
}
