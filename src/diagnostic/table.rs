//! Rules about tables. One constructor per rule.

use super::{Diagnostic, Span};

/// `table-same-key`
pub fn same_key(at: Option<Span>, name: &str) -> Diagnostic {
    Diagnostic::error(
        "table-same-key",
        at,
        format!("`{name}` cannot both spread items over partitions and order them there"),
    )
    .fix("name another attribute, or remove `sort_key`")
}

/// `table-type-of-nothing`
pub fn type_of_nothing(at: Option<Span>, name: &str) -> Diagnostic {
    Diagnostic::error(
        "table-type-of-nothing",
        at,
        format!("`{name}` is in no key of the table"),
    )
    .reason("only attributes in keys have a type; the others are whatever an item has")
    .fix("remove it")
}

/// `table-capacity`
pub fn capacity_range(at: Option<Span>, key: &str, least: u32) -> Diagnostic {
    Diagnostic::error(
        "table-capacity",
        at,
        format!("`{key}` is less than the {least} that there are at least"),
    )
    .fix(format!("raise it to {least} or more, or remove it"))
}
