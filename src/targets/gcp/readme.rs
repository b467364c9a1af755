//! What the README of the output says about Google Cloud.

use super::Stack;

pub(super) fn lower(_stack: &mut Stack<'_>) {}
