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
