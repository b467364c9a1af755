//! What several targets share: start-up of machines, the README of the output, state and providers.

mod domains;
pub mod owners;
pub mod report;
pub mod settings;
pub mod sharding;
pub mod startup;
pub(in crate::targets) mod template;
