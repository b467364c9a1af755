//! Rules about managed clusters on Google Cloud. One constructor per rule.

use super::{Diagnostic, Span};

/// `cluster-existing-network`
pub fn existing_network(at: Option<Span>) -> Diagnostic {
    Diagnostic::error(
        "cluster-existing-network",
        at,
        "a managed cluster on Google Cloud needs a network that is made for it",
    )
    .reason("pods have ranges of their own in the subnet of their nodes, a range for each domain, which an existing subnet does not have")
    .fix("leave `network.existing.gcp` out, or use `runtime = \"container\"`")
}

/// `cluster-way-out`
pub fn no_way_out(at: Option<Span>) -> Diagnostic {
    Diagnostic::error(
        "cluster-way-out",
        at,
        "a managed cluster on Google Cloud needs a way out to the internet",
    )
    .reason("the gateway and what reads secrets come from registries on the internet")
    .fix("use `egress = \"nat\"`, or `runtime = \"container\"`")
}

/// `kubernetes-version`
pub fn version(at: Option<Span>, version: &str, offered: &[&str]) -> Diagnostic {
    let all = offered.join("`, `");
    Diagnostic::warning(
        "kubernetes-version",
        at,
        format!("GKE is not known to offer Kubernetes {version}"),
    )
    .reason("an apply fails where the channel does not have it")
    .fix(format!(
        "use one of `{all}`, or leave it out: GKE takes its own and moves on by itself"
    ))
}

/// `machine-for-a-pod`
pub fn machine(at: Option<Span>, service: &str, key: &str) -> Diagnostic {
    Diagnostic::error(
        "machine-for-a-pod",
        at,
        format!("`{key}` names a machine, and `{service}` runs as pods on the nodes of its pool"),
    )
    .fix(format!(
        "remove `{key}`, and name the machine type of the nodes in `nodes = {{ size = {{ gcp = \"..\" }} }}` of the domain or of `[kubernetes]`"
    ))
}

/// `no-room-for-pods`
pub fn pods(at: Option<Span>, wanted: u32, there: u32) -> Diagnostic {
    Diagnostic::error(
        "no-room-for-pods",
        at,
        format!("the pods of these nodes have addresses for {there} of them on Google Cloud, not for {wanted}"),
    )
    .reason(
        "every node takes 128 addresses, and while the nodes of a pool are replaced, there is one more in each zone",
    )
    .fix("use larger nodes, and fewer of them")
}

/// `no-room-for-nodes`
pub fn nodes(at: Option<Span>, wanted: u32, range: &str, there: u32) -> Diagnostic {
    Diagnostic::error(
        "no-room-for-nodes",
        at,
        format!("the cluster has up to {wanted} nodes, and their subnet {range} has {there} addresses"),
    )
    .reason("while the nodes of a pool are replaced, there is one more in each zone")
    .fix("give `network.cidr` a larger block, or use larger nodes, and fewer of them")
}
