//! Terraform modules as values: blocks, addresses, checks against the provider schemas, and `terraform fmt`-clean text.

mod block;

pub use block::{Block, Item};
