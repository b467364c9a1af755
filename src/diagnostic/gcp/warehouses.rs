//! Rules about warehouses on Google Cloud. One constructor per rule.

use crate::diagnostic::{Diagnostic, Span};

/// `warehouse-kafka`
pub fn kafka(at: Option<Span>, warehouse: &str, stream: &str) -> Diagnostic {
    Diagnostic::error(
        "warehouse-kafka",
        at,
        format!("`{stream}` cannot fill `{warehouse}` on Google Cloud"),
    )
    .reason(
        "records of Kafka get into BigQuery through a cluster of Kafka Connect of twelve processors at least, which a table does not ask for \
         by itself",
    )
    .fix("use a stream without `kafka = true`, or let a service consume it and write to the warehouse")
}

/// `warehouse-change`
pub fn change(at: Option<Span>, service: &str, warehouse: &str) -> Diagnostic {
    Diagnostic::warning(
        "warehouse-change",
        at,
        format!("`{service}` reads and writes `{warehouse}`, and may change and delete its rows on Google Cloud"),
    )
    .reason("BigQuery has one permission for inserting and changing rows; who may read them too can use it for `UPDATE` and `DELETE`")
    .fix("let one function read and another write, or bear it: what was changed can be asked for as it was, for seven days")
}
