//! What AWS alone is strict about.

use super::{Diagnostic, Span};

/// `too-much-for-a-machine`
pub fn user_data(at: Option<Span>, service: &str, bytes: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "too-much-for-a-machine",
        at,
        format!(
            "what the machines of `{service}` are told of the shards may take {bytes} bytes, even compressed, and AWS hands over at \
             most {most}"
        ),
    )
    .fix("take fewer shards, tables or keys in the directory, or give shards short ids: `shards = 64` counts them")
}
