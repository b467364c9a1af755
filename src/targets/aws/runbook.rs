//! What the owner of read replicas should know and do.

pub(super) fn replicas(_stack: &super::Stack<'_>, _items: &mut Vec<String>) {}
