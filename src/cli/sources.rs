//! Reading the folders that functions name.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use crate::blueprint::model::Model;
use crate::blueprint::{LARGEST, Sources, Unreadable, folders};

/// Reads every folder that a blueprint names, from the folder that the blueprint stands in.
///
/// What tools leave behind is not code and is left out: entries that begin with a dot, `__pycache__`, and what is compiled by itself.
pub fn read(base: &Path, model: &Model) -> Sources {
    let folders = folders(model).into_iter();
    folders
        .map(|folder| {
            let mut files = BTreeMap::new();
            let mut left = LARGEST;
            let read = enter(&base.join(folder), "", &mut files, &mut left);
            let found = match read {
                Ok(()) if files.is_empty() => Err(Unreadable::Empty),
                Ok(()) => Ok(files),
                Err(problem) => Err(problem),
            };
            (folder.to_owned(), found)
        })
        .collect()
}

/// Adds the files below a folder. `inside` is its path in the function's folder, with a slash at its end unless it is empty.
fn enter(
    folder: &Path,
    inside: &str,
    files: &mut BTreeMap<String, String>,
    left: &mut usize,
) -> Result<(), Unreadable> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory if inside.is_empty() => Unreadable::Missing,
        _ => Unreadable::Failed(error.to_string()),
    };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| is_plain(name)) else {
            return Err(Unreadable::Strange(format!("{inside}{}", name.display())));
        };
        if name.starts_with('.') || name == "__pycache__" || name.ends_with(".pyc") {
            continue;
        }
        let path = format!("{inside}{name}");
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            enter(&entry.path(), &format!("{path}/"), files, left)?;
        } else if kind.is_file() {
            let bytes = std::fs::read(entry.path()).map_err(failed)?;
            *left = left.checked_sub(bytes.len()).ok_or(Unreadable::TooLarge)?;
            let Ok(text) = String::from_utf8(bytes) else {
                return Err(Unreadable::NotText(path));
            };
            files.insert(path, text);
        } else {
            return Err(Unreadable::Strange(path));
        }
    }
    Ok(())
}

/// True for names that are the same on every file system, and in Terraform's text.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-@+".contains(c);
    name.chars().all(plain)
}
