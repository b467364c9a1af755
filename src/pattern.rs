//! Regular expressions of schemas.

mod plain;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use plain::Plain;
use regex_lite::Regex;

/// A pattern that was asked for.
struct Known {
    plain: Option<Plain>,
    /// Compiled when the plain form cannot answer, or there is none: compiling costs more than matching a hundred times.
    regex: OnceLock<Option<Regex>>,
}

/// Whether a text follows a pattern; nothing where our dialect lacks what the pattern uses, so that it is not known what follows it.
pub(crate) fn follows(pattern: &str, text: &str) -> Option<bool> {
    static KNOWN: LazyLock<Mutex<BTreeMap<String, Arc<Known>>>> = LazyLock::new(Mutex::default);
    // No thread waits while another reads or matches.
    let all = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = all().get(pattern).cloned();
    let known = known.unwrap_or_else(|| {
        let known = Arc::new(Known {
            plain: Plain::read(pattern),
            regex: OnceLock::new(),
        });
        all().insert(pattern.to_owned(), Arc::clone(&known));
        known
    });
    let plain = known.plain.as_ref().and_then(|plain| plain.matches(text));
    plain.or_else(|| {
        let regex = known.regex.get_or_init(|| Regex::new(pattern).ok());
        Some(regex.as_ref()?.is_match(text))
    })
}
