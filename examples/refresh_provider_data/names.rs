//! Which types to keep.

use crate::Result;
use regex_lite::Regex;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The types of the list, one a line; `#` starts a comment.
pub fn listed(file: &Path) -> Result<BTreeSet<String>> {
    let text = fs::read_to_string(file)?;
    let words = text.lines().map(|line| line.split('#').next().unwrap_or(""));
    Ok(words
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect())
}

/// Adds types to the list, sorted, below the comment it starts with.
pub fn add(file: &Path, names: &[String]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let mut all = listed(file)?;
    all.extend(names.iter().cloned());
    let text = fs::read_to_string(file)?;
    let comment: String = text
        .lines()
        .take_while(|line| line.starts_with('#'))
        .map(|line| format!("{line}\n"))
        .collect();
    let names: String = all.iter().map(|name| format!("{name}\n")).collect();
    fs::write(file, comment + &names)?;
    Ok(())
}

/// Every string literal in the Rust files of a folder that looks like a type name; the first argument of a call of `data` counts as
/// `data.TYPE` too.
pub fn in_sources(folder: &Path) -> Result<BTreeSet<String>> {
    let literal = Regex::new(r#"(\bdata\(\s*)?"((?:aws|azurerm|google)_[a-z0-9_]+)""#)?;
    let mut names = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(path)?;
                for found in literal.captures_iter(&text) {
                    names.insert(found[2].to_owned());
                    if found.get(1).is_some() {
                        names.insert(format!("data.{}", &found[2]));
                    }
                }
            }
        }
    }
    Ok(names)
}
