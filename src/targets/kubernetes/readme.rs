//! What the owner should know.

use super::stack::Stack;
use crate::targets::shared::report::Report;

/// The facts of the README.
pub(super) fn report(_stack: &Stack<'_>) -> Report {
    Report::default()
}
