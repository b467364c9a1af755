//! `cloudgen schema`: the JSON Schema of blueprints.

use super::{Done, Failure, console};

pub(super) fn run() -> Done {
    let schema = crate::blueprint::json_schema();
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|error| Failure::Error(format!("cannot write the schema: {error}")))?;
    console::document(&format!("{text}\n"))
}
