//! Add-ons: parts of Kubernetes that EKS installs, in the version that it recommends for the cluster's when they are made.

use super::identity::{OWN, Role};
use super::pools::Pools;
use super::{Cluster, after};
use crate::object;
use crate::targets::aws::Stack;
use crate::terraform::{Address, Block, expr};

/// Addresses of the network for pods, and network policies.
const NETWORK: &str = "vpc-cni";
/// Addresses of Services.
const PROXY: &str = "kube-proxy";
/// Names.
const NAMES: &str = "coredns";
/// The load of pods, which services scale by.
const MEASURES: &str = "metrics-server";
/// Longer than any component's name: services have roles too.
const PLUGIN: &str = "kubernetes_network_plugin";
/// Addresses that a node holds for pods at least, and that it keeps free. What it would hold otherwise is as many as two or three of
/// its interfaces take, which is most of a small network.
const HELD: &str = "10";
const FREE: &str = "2";

/// Adds what a node cannot do without.
pub(super) fn before_nodes(stack: &mut Stack<'_>, cluster: &Cluster) -> Vec<Address> {
    let role = Role {
        local: PLUGIN,
        name: "kubernetes-network-plugin",
        description: "Gives pods addresses of the network".to_owned(),
        account: (OWN, "aws-node"),
    };
    let (role, _) = role.lower(stack, cluster, vec![]);
    let policy = Block::new()
        .set("role", role.attr("name"))
        .set("policy_arn", "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy");
    let policy = stack.module.resource("aws_iam_role_policy_attachment", PLUGIN, policy);
    stack.module.file("cluster", "");
    let configuration = object! {
        "enableNetworkPolicy" => "true",
        "env" => object! { "MINIMUM_IP_TARGET" => HELD, "WARM_IP_TARGET" => FREE },
    };
    let network = addon(cluster, NETWORK)
        .set("service_account_role_arn", role.attr("arn"))
        .comment("A node takes few addresses before its pods need them, and pods obey network policies.")
        .set("configuration_values", expr::jsonencode(configuration))
        .set("depends_on", after([&policy]));
    let network = stack.module.resource("aws_eks_addon", NETWORK, network);
    let proxy = addon(cluster, PROXY);
    let proxy = stack.module.resource("aws_eks_addon", PROXY, proxy);
    vec![network, proxy]
}

/// Adds what runs on nodes. It is not there before a node is.
pub(super) fn on_nodes(stack: &mut Stack<'_>, cluster: &Cluster, pools: &Pools) {
    stack.module.file("cluster", "");
    for name in [NAMES, MEASURES] {
        let body = addon(cluster, name).set("depends_on", after(pools.values()));
        stack.module.resource("aws_eks_addon", name, body);
    }
}

fn addon(cluster: &Cluster, name: &str) -> Block {
    Block::new()
        .set("cluster_name", cluster.name())
        .set("addon_name", name)
        .set("resolve_conflicts_on_create", "OVERWRITE")
        .set("resolve_conflicts_on_update", "OVERWRITE")
}
