//! Terraform modules as values: blocks, addresses, checks against the provider schemas, and `terraform fmt`-clean text.

mod block;
mod emit;
pub mod expr;
mod module;
pub mod overrides;
mod parts;
pub mod provider;
mod references;
pub mod verify;

pub use block::{Block, Item};
pub use module::{Address, Definition, Kind, Module, identifier};
pub use parts::Part;

#[cfg(test)]
mod tests;
