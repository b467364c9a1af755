//! Regular expressions of schemas, each compiled once: compiling one costs more than matching it a hundred times.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use regex_lite::Regex;

/// Whether a text follows a pattern; nothing where our dialect lacks what the pattern uses, so that it is not known what follows it.
pub(crate) fn follows(pattern: &str, text: &str) -> Option<bool> {
    static COMPILED: LazyLock<Mutex<BTreeMap<String, Option<Regex>>>> = LazyLock::new(Mutex::default);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if !compiled.contains_key(pattern) {
        compiled.insert(pattern.to_owned(), Regex::new(pattern).ok());
    }
    let regex = compiled.get(pattern)?.as_ref()?;
    Some(regex.is_match(text))
}
