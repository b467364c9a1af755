//! `cloudgen patterns`: the patterns that a blueprint can name.

use crate::patterns::BUILT;

use super::{Done, console};

pub(super) fn run() -> Done {
    let width = BUILT.iter().map(|pattern| pattern.name.len()).max();
    let width = width.unwrap_or_default();
    let lines: String = BUILT
        .iter()
        .map(|pattern| format!("{:width$}  {}\n", pattern.name, pattern.about))
        .collect();
    console::document(&lines)
}
