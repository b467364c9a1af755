//! What the README of the output says about Azure.

use super::Stack;

pub(super) fn lower(_stack: &mut Stack<'_>) {}
