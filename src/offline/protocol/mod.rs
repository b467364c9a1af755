//! The messages and the service of Terraform's plugin protocol, version 6. `tfplugin6.rs` is written from `tfplugin6.proto` by
//!
//! ```text
//! cargo run --example generate_protocol
//! ```

#[rustfmt::skip]
#[allow(missing_docs, clippy::all, clippy::pedantic, reason = "generated")]
mod tfplugin6;

pub use tfplugin6::*;
