//! Rules about managed clusters on Azure. One constructor per rule.

use std::fmt::Display;

use super::{Diagnostic, Span};

/// `no-subnet-for-nodes`
pub fn existing_network(at: Option<Span>, service: &str) -> Diagnostic {
    Diagnostic::error(
        "no-subnet-for-nodes",
        at,
        format!("`{service}` runs in a cluster, and the existing network on Azure has no subnets for its nodes"),
    )
    .reason("the nodes of each domain have a subnet of their own, whose firewall rules follow from the links")
    .fix("use `runtime = \"vm\"`, or leave `network.existing.azure` out")
}

/// `cluster-without-egress`
pub fn no_egress(at: Option<Span>) -> Diagnostic {
    Diagnostic::error(
        "cluster-without-egress",
        at,
        "nodes of a cluster on Azure could not start: `network.egress` is \"none\"",
    )
    .reason("they load their packages and images, and sign in, over the internet")
    .fix("use `egress = \"nat\"`")
}

/// `no-room-for-nodes`
pub fn no_room(at: Option<Span>, pool: &str, needed: u32, subnet: impl Display, there: u32) -> Diagnostic {
    Diagnostic::error(
        "no-room-for-nodes",
        at,
        format!("the nodes of `{pool}` need up to {needed} addresses on Azure, and their subnet {subnet} has {there}"),
    )
    .reason("a change of their size makes all of them anew, beside the old ones")
    .fix("take fewer and larger nodes, or give `network.cidr` a larger block")
}

/// `too-many-nodes`
pub fn too_many(at: Option<Span>, needed: u32, most: u32) -> Diagnostic {
    Diagnostic::error(
        "too-many-nodes",
        at,
        format!("the cluster could have {needed} nodes on Azure, and there are addresses for the pods of {most}"),
    )
    .reason("every node has 256 addresses for its pods, and a change of size makes the nodes of a pool anew beside the old ones")
    .fix("take fewer and larger nodes")
}

/// `node-not-offered`
pub fn machine(at: Option<Span>, machine: &str) -> Diagnostic {
    Diagnostic::error(
        "node-not-offered",
        at,
        format!("`{machine}` cannot be a node of a cluster's own parts on Azure"),
    )
    .reason("Azure takes no burstable machines for them, and none of less than two processors and 4 GiB")
    .fix("take a machine of the D or E series, such as `Standard_D4s_v5`")
}

/// `same-pool`
pub fn same_pool(at: Option<Span>, [first, second]: [&str; 2]) -> Diagnostic {
    Diagnostic::error(
        "same-pool",
        at,
        format!("the nodes of the domains `{first}` and `{second}` would have the same name on Azure"),
    )
    .reason("a name of nodes has twelve letters and digits there")
    .fix("give one of the domains another name")
}
