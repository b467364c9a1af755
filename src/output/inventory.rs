//! The list of files that cloudgen owns in a folder, kept beside them so that the next render knows which it may replace or remove.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{FileTree, path};

/// The inventory's name in the output folder.
pub const INVENTORY_FILE: &str = ".cloudgen.json";

/// What a render wrote into a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// The version of cloudgen that wrote it.
    pub cloudgen: String,
    /// The target that was rendered.
    pub target: String,
    /// The environment whose overlay was merged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Relative path of each owned file to the SHA-256 of its bytes, in hexadecimal.
    pub files: BTreeMap<String, String>,
}

impl Inventory {
    /// The inventory of a tree that is about to be written.
    pub fn of(tree: &FileTree, target: &str, environment: Option<&str>) -> Self {
        Self {
            cloudgen: env!("CARGO_PKG_VERSION").to_owned(),
            target: target.to_owned(),
            environment: environment.map(str::to_owned),
            files: tree
                .iter()
                .map(|(path, text)| (path.to_owned(), digest(text.as_bytes())))
                .collect(),
        }
    }

    /// Reads an inventory. The paths in it are checked like those of a tree: a doctored one must not make cloudgen remove a file
    /// outside the folder.
    ///
    /// # Errors
    /// What is wrong with it, for a person to read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let inventory: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match path::problems(inventory.files.keys().map(String::as_str)).first() {
            Some(problem) => Err(problem.to_string()),
            None => Ok(inventory),
        }
    }

    /// The inventory as it stands on disk.
    pub fn to_text(&self) -> String {
        // A struct of strings always serialises.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// The SHA-256 of some bytes, in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let mut tree = FileTree::new();
        tree.insert("terraform/main.tf", "a\n");
        tree.insert("README.md", "b\n");
        let inventory = Inventory::of(&tree, "aws", Some("dev"));
        assert_eq!(Inventory::parse(&inventory.to_text()), Ok(inventory));
    }

    #[test]
    fn a_doctored_path_is_refused() {
        let text = r#"{"cloudgen": "0", "target": "aws", "files": {"../x": ""}}"#;
        assert!(Inventory::parse(text).is_err());
    }

    #[test]
    fn digest_of_nothing() {
        assert_eq!(
            digest(b""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
