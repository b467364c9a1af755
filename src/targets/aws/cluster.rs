//! Pods: one EKS cluster for the system, with a group of machines for each pool.
//!
//! Requests come over the load balancers that machines and tasks stand behind too; one gateway in the cluster takes them. The unit of
//! the firewall is the pool: what a domain's pods reach outside the cluster is what the security group of its machines opens, whatever
//! a policy in the cluster says.

mod access;
mod addons;
mod autoscaler;
mod control_plane;
pub(super) mod gateway;
mod identity;
pub(super) mod insights;
mod pools;
pub(super) mod rules;
pub(super) mod runbook;
mod workloads;

use hcl::Expression;

use super::Stack;
use super::compute::Parts;
use crate::terraform::{Address, expr};

/// The cluster.
pub(super) struct Cluster {
    /// The cluster itself.
    cluster: Address,
    /// What vouches for the service accounts of pods.
    issuer: Issuer,
}

/// The identity provider of the cluster.
struct Issuer {
    provider: Address,
    /// Its host and path, which conditions on its tokens begin with.
    name: Expression,
}

/// Adds the cluster, its machines and what runs on them for the system itself.
pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts<'_>) -> Option<Cluster> {
    if !stack.has_pods() {
        return None;
    }
    stack.module.file("cluster", "");
    let cluster = control_plane::lower(stack, parts);
    access::lower(stack, &cluster);
    let versions = addons::versions(stack);
    let before = addons::before_nodes(stack, &cluster, &versions);
    let pools = pools::lower(stack, &cluster, before, parts);
    gateway::attach(stack, &pools, parts.balancers);
    addons::on_nodes(stack, &cluster, &versions, &pools, parts);
    Some(cluster)
}

impl Cluster {
    fn name(&self) -> Expression {
        self.cluster.attr("name")
    }
}

/// A name in the output that no component has: theirs are shorter.
fn words(what: &str) -> String {
    format!("kubernetes_{what}")
}

/// Waits for everything in a list.
fn after<'a>(addresses: impl IntoIterator<Item = &'a Address>) -> Expression {
    Expression::Array(addresses.into_iter().map(Address::whole).collect())
}

/// The first element of a list of objects, and an attribute of it.
fn first(list: Expression, names: &[&str]) -> Expression {
    expr::attribute(list, names)
}
