//! `cloudgen patterns`: the patterns that a blueprint can name.

use super::{Done, console};

/// A pattern: its name, and what it is for in one line.
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// The commented blueprint that `init` gives.
    pub(super) starter: &'static str,
}

/// Every pattern that compiles.
pub(super) const KNOWN: &[Known] = &[Known {
    name: "monolith",
    about: "one application and one database: a web tier and an application tier, each behind its own load balancer",
    starter: include_str!("starters/monolith.toml"),
}];

pub(super) fn run() -> Done {
    let width = KNOWN.iter().map(|known| known.name.len()).max();
    let width = width.unwrap_or_default();
    let lines: String = KNOWN
        .iter()
        .map(|known| format!("{:width$}  {}\n", known.name, known.about))
        .collect();
    console::document(&lines)
}
