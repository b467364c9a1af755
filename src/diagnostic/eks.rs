//! What the managed cluster on AWS alone is strict about.

use super::{Diagnostic, Span};

/// `cluster-needs-egress`
pub fn egress(at: Option<Span>, service: &str) -> Diagnostic {
    Diagnostic::error(
        "cluster-needs-egress",
        at,
        format!("`{service}` runs in a Kubernetes cluster, and the network has no way to the internet"),
    )
    .reason("nodes pull Istio, External Secrets and the cluster's own parts from public registries, and ask services of AWS for addresses and identities")
    .fix("use `egress = \"nat\"`, or another `runtime`")
}

/// `kubernetes-version`
pub fn version(at: Option<Span>, version: &str, offered: &[&str]) -> Diagnostic {
    let all = offered.join("`, `");
    Diagnostic::error(
        "kubernetes-version",
        at,
        format!("Amazon EKS does not offer Kubernetes {version} in its standard support"),
    )
    .fix(format!("use one of `{all}`, or leave it out"))
}

/// `machine-for-a-pod`
pub fn machine(at: Option<Span>, service: &str, key: &str) -> Diagnostic {
    Diagnostic::error(
        "machine-for-a-pod",
        at,
        format!("`{key}` names a machine, and `{service}` runs as pods on the nodes of its pool"),
    )
    .fix(format!(
        "remove `{key}`, and name the machine type of the nodes in `nodes = {{ size = {{ aws = \"..\" }} }}` of the domain or of `[kubernetes]`"
    ))
}

/// `no-room-for-nodes`
pub fn room(at: Option<Span>, nodes: u32, needed: u64, room: u64) -> Diagnostic {
    Diagnostic::warning(
        "no-room-for-nodes",
        at,
        format!("{nodes} nodes and their pods need about {needed} addresses in a zone, and its subnet for them has {room}"),
    )
    .reason("every pod has an address of the network, in the eighth of it that is kept for the cluster, and a pool that is updated has more nodes for a while")
    .fix("give `network.cidr` a larger block, or lower `max` of the nodes")
}

/// `subnets-for-a-cluster`
pub fn subnets(at: Option<Span>, found: usize) -> Diagnostic {
    Diagnostic::error(
        "subnets-for-a-cluster",
        at,
        format!("Amazon EKS wants subnets in two zones at least, and `application` names {found}"),
    )
    .fix("name a subnet of another zone too")
}

/// `too-many-pools`
pub fn pools(at: Option<Span>, pools: usize, most: usize) -> Diagnostic {
    Diagnostic::warning(
        "quota-to-raise",
        at,
        format!("{pools} pools of nodes, and a cluster on Amazon EKS has {most} unless asked for more"),
    )
    .fix("have the quota `Managed node groups per cluster` of Amazon EKS raised in Service Quotas before the first apply")
}
