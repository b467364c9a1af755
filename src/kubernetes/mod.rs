//! Kubernetes objects as values: typed or checked against their schemas, and YAML with comments.
//!
//! What several kinds of pods have in common is in [`pod`], who may connect to whom in [`policy`]; [`custom`] holds the custom resources.

pub(crate) mod custom;
pub(crate) mod kustomization;
pub(crate) mod object;
pub(crate) mod overrides;
mod path;
pub(crate) mod pod;
pub(crate) mod policy;
mod schema;
pub(crate) mod yaml;

#[cfg(test)]
mod tests;
