//! Folders with the code of functions, which somebody else reads from disk.

use std::collections::{BTreeMap, BTreeSet};

use super::model::Model;

/// The folders that a blueprint names, by their paths as it says them.
pub type Sources = BTreeMap<String, Result<BTreeMap<String, String>, Unreadable>>;

/// Bytes of all files of a folder together, at most: what is larger holds more than code.
pub const LARGEST: usize = 4 << 20;

/// Why there are no files of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// There is no such folder.
    Missing,
    /// There are no files in it.
    Empty,
    /// This file is not UTF-8 text.
    NotText(String),
    /// This entry is neither a file nor a folder, or its name cannot stand everywhere.
    Strange(String),
    /// Its files have more than [`LARGEST`] bytes.
    TooLarge,
    /// The system's own words.
    Failed(String),
}

/// The folders that the functions of a blueprint name, as it says them.
pub fn folders(model: &Model) -> BTreeSet<&str> {
    let functions = model.all_processes().filter_map(|(_, _, said)| said.function);
    functions
        .filter_map(|said| Some(said.source.as_ref()?.as_str()))
        .collect()
}
