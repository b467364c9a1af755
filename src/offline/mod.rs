//! Terraform without a network, credentials or provider binaries.
//!
//! [`needs`] reads what a configuration asks of providers.

pub mod needs;
