//! Rules about warehouses. One constructor per rule.

use super::{Diagnostic, Span};

/// `warehouse-empty`
pub fn empty(at: Option<Span>, what: &str, holds: &str) -> Diagnostic {
    Diagnostic::error("warehouse-empty", at, format!("this {what} has no {holds}")).fix("add one, or remove it")
}

/// `warehouse-stream`
pub fn no_stream(at: Option<Span>, name: &str, kind: &str) -> Diagnostic {
    let message = format!("`{name}` is a {kind}, and only records of a stream become rows");
    Diagnostic::error("warehouse-stream", at, message)
        .fix("name a stream, or let a function that it starts write to the warehouse")
}

/// `warehouse-time`
pub fn no_time(at: Option<Span>, name: &str) -> Diagnostic {
    Diagnostic::error(
        "warehouse-time",
        at,
        format!("`{name}` is no column of this table with the type `timestamp`"),
    )
    .fix(format!(
        "add `{name} = \"timestamp\"` to `columns`, or name another column"
    ))
}

/// `warehouse-age-of-nothing`
pub fn age_of_nothing(at: Option<Span>) -> Diagnostic {
    Diagnostic::error(
        "warehouse-age-of-nothing",
        at,
        "nothing says how old a row of this table is".to_owned(),
    )
    .fix("name the column that says when something happened, `time = \"...\"`, or remove `delete_after_days`")
}
