//! The managed cluster: AKS, with a pool of nodes for its own parts and one for each domain.

mod control_plane;
mod identity;
mod pools;
pub(super) mod readme;
pub(super) mod rules;
pub(super) mod subnets;
mod workloads;

pub(super) use control_plane::LOGS;

use super::compute::Plan;
use super::{Stack, observability};
use crate::targets::shared::cluster::{self, Manifests};
use crate::terraform::Address;

/// What is built of it.
pub(super) struct Built {
    /// The cluster.
    pub cluster: Address,
    /// What it runs.
    pub manifests: Manifests,
    /// What its logs go to.
    pub workspace: Address,
}

/// Nothing for a system without services in a cluster.
pub(super) fn lower(stack: &mut Stack<'_>, plan: &Plan<'_>) -> Option<Built> {
    let system = stack.system;
    let (own, domains) = system.pools.split_first()?;
    let workspace = observability::workspace(stack);
    stack.module.file("cluster", "");
    let identities = identity::lower(stack, plan);
    let cluster = control_plane::lower(stack, plan, (own, &identities), &workspace);
    control_plane::administrators(stack, plan, &cluster);
    control_plane::output_of_pods(stack, &cluster, &workspace);
    for pool in domains {
        pools::lower(stack, plan, pool, &cluster);
    }
    identity::trust(stack, plan, &cluster);
    let keda = identity::keda(stack, plan, &cluster);
    let blocks = |peer| workloads::blocks(system, peer);
    let cloud = workloads::cloud(stack, plan, keda.as_ref(), &blocks);
    let manifests = cluster::lower(system, &cloud, &mut stack.module);
    Some(Built {
        cluster,
        manifests,
        workspace,
    })
}
