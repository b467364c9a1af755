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
pub(super) mod logs;
mod pools;
pub(super) mod rules;
pub(super) mod runbook;
mod scaling;
mod workloads;

pub(super) use scaling::{COUNT, followed};

use std::collections::BTreeMap;

use hcl::Expression;

use super::compute::Parts;
use super::encryption::USE;
use super::policy::Statement;
use super::{Base, Stack};
use crate::check::Checked;
use crate::ir::{Peer, Tier};
use crate::targets::shared::cluster::{self as shared, Block, Cloud, Gateway, Manifests};
use crate::terraform::{Address, Module};
use crate::{object, template};

/// The cluster.
struct Cluster {
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

/// Waits for these.
fn after<'a>(addresses: impl IntoIterator<Item = &'a Address>) -> Expression {
    Expression::Array(addresses.into_iter().map(Address::whole).collect())
}

impl Cluster {
    fn name(&self) -> Expression {
        self.cluster.attr("name")
    }
}

/// Adds the cluster, its machines, and what runs on them; nothing where no service asks for it.
pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts<'_>) -> Option<Manifests> {
    if !stack.has_pods() {
        return None;
    }
    stack.module.file("cluster", "");
    let cluster = control_plane::lower(stack, parts);
    access::lower(stack, &cluster);
    let before = addons::before_nodes(stack, &cluster);
    let pools = pools::lower(stack, &cluster, before, parts);
    gateway::attach(stack, &pools, parts.balancers);
    addons::on_nodes(stack, &cluster, &pools);
    let system = stack.system;
    let mut workloads = BTreeMap::new();
    for pool in &system.pools {
        let services = system.services.iter().map(|(id, _)| id);
        for id in services.filter(|&id| system.pool_of(id) == Some(pool)) {
            workloads.insert(id, workloads::lower(stack, id, &cluster, parts));
        }
    }
    scaling::operator(stack, &cluster, parts);
    let scaler = autoscaler::lower(stack, &cluster, parts.base);
    let collector = logs::lower(stack, &cluster, parts);
    let cloud = Cloud {
        gateway: Gateway::NodePorts,
        workloads,
        blocks: &|peer| blocks(system, peer),
        dns: &[],
        // The one that a load balancer saw the request come from.
        hops: 1,
        more: scaler
            .into_iter()
            .chain(collector)
            .map(|object| (None, object))
            .collect(),
    };
    Some(shared::lower(&system, &cloud, &mut stack.module))
}

/// Declares the variable that replaces pods, and machines where there are any.
pub(super) fn declare_rollout(module: &mut Module) {
    let about = "Raise by one to replace every pod and every machine, one after the other: for changed secrets, or a newer \
                 operating system of machines outside the cluster.";
    module.variable("rollout", "number", 1, about);
}

/// What starts nodes with encrypted disks. Their groups are made by EKS, with the account's common role, which may not be there
/// before the first of them: a policy cannot name it as its principal then, but it can name it in a condition.
pub(super) fn disks(base: &Base) -> [Statement; 2] {
    let role = || {
        template![
            "arn:aws:iam::",
            base.account.clone(),
            ":role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
        ]
    };
    let ours = || object! { "aws:PrincipalArn" => role(), "kms:CallerAccount" => base.account.clone() };
    let anyone = || object! { "AWS" => "*" };
    [
        Statement::allow("Nodes", &USE, "*")
            .principal(anyone())
            .condition(object! { "StringEquals" => ours() }),
        Statement::allow("NodesAttachDisks", &["kms:CreateGrant"], "*")
            .principal(anyone())
            .condition(object! {
                "StringEquals" => ours(),
                "Bool" => object! { "kms:GrantIsForAWSResource" => "true" },
            }),
    ]
}

/// The addresses behind a peer outside the cluster, as pods see them. Of a network that is there already only those who made it know
/// the parts: there the security groups alone tell its members apart.
fn blocks(system: Checked<'_>, peer: Peer) -> Vec<Block> {
    let tier = match peer {
        Peer::Internet => return vec![Block::internet()],
        Peer::PublicBalancer => Tier::Public,
        Peer::InternalBalancer | Peer::TcpBalancer(_) => Tier::Balancer,
        Peer::Database(_) | Peer::Readers(_) | Peer::Shards(_) | Peer::Cache(_) => Tier::Data,
        Peer::Endpoints => Tier::Endpoint,
        Peer::Service(_) | Peer::Api(_) => Tier::Application,
    };
    if system.network.existing.aws.is_some() {
        return PRIVATE.map(Block::of).into();
    }
    system.network.zonal(tier).map(|(_, block)| Block::of(block)).collect()
}

/// What networks are made of.
const PRIVATE: [&str; 4] = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"];
