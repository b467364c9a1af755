//! What several targets share: start-up of machines, pods and managed clusters, the README of the output, state and providers.

pub mod cluster;
mod domains;
pub mod owners;
pub mod report;
pub mod settings;
pub mod sharding;
pub mod sources;
pub mod startup;
pub(in crate::targets) mod template;
pub mod workload;

use sources::Sources;

use crate::terraform::Module;

/// A system as a cloud spells it.
pub struct Lowered {
    /// Terraform.
    pub module: Module,
    /// What there is to say about it.
    pub report: report::Report,
    /// Files that the cloud adds to the code of functions, by the function's name and the path in its folder.
    pub sources: Sources,
    /// What the managed cluster runs; none without such a cluster.
    pub cluster: Option<cluster::Manifests>,
}
