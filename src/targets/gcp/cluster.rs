//! The managed cluster: GKE with nodes of its own for the system and for each domain.
//!
//! What comes in comes through the load balancers to ports of the system's nodes, behind which one gateway stands. What goes out of a
//! node is held to what the links of the services on it say: a domain's pods reach their own databases and no other domain's,
//! whatever a policy inside the cluster says.

mod control_plane;
mod gateway;
mod identity;
mod pools;
mod workloads;

use super::Stack;
use super::edge::Records;
use super::firewall::Rules;
use crate::ir::{Id, Service, System};
use crate::targets::shared::cluster::Manifests;
use crate::vocabulary::Runtime;

pub(super) use gateway::{Gateway, port_name};
pub(super) use identity::{Nodes, accounts};

/// True for services in the managed cluster.
pub(super) fn is_pod(service: &Service) -> bool {
    service.runtime == Runtime::Kubernetes
}

/// Adds the cluster, where there is one. Gives what the load balancers reach.
pub(super) fn lower(stack: &mut Stack<'_>, records: &Records, rules: &Rules) -> Option<Gateway> {
    if stack.system.pools.is_empty() {
        return None;
    }
    stack.module.file("cluster", "");
    let control_plane = control_plane::lower(stack, (records, rules))?;
    let pools = pools::lower(stack, &control_plane, (records, rules));
    let gateway = gateway::lower(stack, &pools);
    identity::trust(stack, &control_plane);
    gateway
}

/// What runs in it.
pub(super) fn manifests(stack: &mut Stack<'_>) -> Option<Manifests> {
    (!stack.system.pools.is_empty()).then(|| workloads::lower(stack))
}

/// The services in the managed cluster.
pub(super) fn all(system: &System) -> impl Iterator<Item = (Id<Service>, &Service)> {
    system.services.iter().filter(|(_, service)| is_pod(service))
}
