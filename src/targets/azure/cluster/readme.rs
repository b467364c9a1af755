//! What the README of the output says about the cluster and the registry.

use crate::targets::azure::Stack;

pub(in crate::targets::azure) fn lower(stack: &mut Stack<'_>) {
    let _ = stack;
}
