//! Providers that plan without a network, an account or a download: they answer a real `terraform` from the schemas and facts that are
//! bundled.
//!
//! ```text
//! terraform --plugin protocol over a unix socket--> server --> plan, apply, data, check --> archive
//! ```
//!
//! - [`needs`] says which providers and types a configuration uses.
//! - [`server`] serves each of those providers; `TF_REATTACH_PROVIDERS` tells terraform where.
//! - [`archive`] has every type of the bundled providers, packed.
//! - [`check`] says what a provider would refuse, [`plan`] what it would plan, [`apply`] makes up what it would create, and [`data`]
//!   what it would find.
//!
//! Nothing is created anywhere and no account is asked: quotas, names that are taken and rules of the service are not checked.

pub mod apply;
pub mod archive;
pub mod check;
pub mod data;
mod error;
pub mod needs;
pub mod plan;
mod protocol;
pub mod server;
pub mod settings;
mod standin;
pub mod value;

pub use error::Error;
pub use needs::Needs;
pub use server::Server;
