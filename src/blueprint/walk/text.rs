//! Texts: their length and their pattern.

use super::{Place, Walk};
use crate::blueprint::schema::Rules;
use crate::blueprint::tree::Node;
use crate::diagnostic::language as rules;
use crate::pattern;

/// Whether a text follows a pattern. A pattern that is no regular expression, which a test excludes, admits all.
pub(super) fn follows(pattern: &str, text: &str) -> bool {
    pattern::follows(pattern, text).unwrap_or(true)
}

/// A text like `text` that follows `pattern`: in another case, with `-` or `_` for what does not belong.
pub(super) fn better(pattern: &str, text: &str) -> Option<String> {
    let replaced = |with: char| -> String {
        text.trim()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { with })
            .collect()
    };
    let (hyphens, underscores) = (replaced('-'), replaced('_'));
    let stem = hyphens.trim_matches('-').to_lowercase();
    let short: String = stem.chars().take(20).collect();
    let candidates = [
        text.trim().to_lowercase(),
        text.trim().to_uppercase(),
        format!("/{}", text.trim()),
        stem.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-')
            .to_owned(),
        underscores.to_uppercase(),
        underscores.to_lowercase(),
        short.trim_matches('-').to_owned(),
    ];
    candidates
        .into_iter()
        .find(|candidate| !candidate.is_empty() && candidate != text && follows(pattern, candidate))
}

impl Walk<'_> {
    pub(super) fn text(&mut self, rules: &Rules, text: &str, node: &Node, place: &Place<'_>) {
        let characters = text.chars().count();
        let bounds = (rules.min_length, rules.max_length);
        self.size(bounds, characters, "character", node.span, place);
        let pattern = rules.pattern.as_ref();
        if !pattern.is_empty() && !follows(pattern, text) {
            let says = match rules.says.as_ref() {
                "" => self.says(pattern),
                says => says.to_owned(),
            };
            let example = || serde_json::from_str(rules.example()?).ok();
            let better = better(pattern, text).or_else(example);
            self.found
                .push(rules::bad_format(&place.to_string(), node.span, text, &says, better));
        }
    }

    /// A pattern in words.
    pub(super) fn says(&self, pattern: &str) -> String {
        self.schema
            .says(pattern)
            .unwrap_or_else(|| format!("it must match the pattern `{pattern}`"))
    }
}
