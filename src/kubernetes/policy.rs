//! Parts of network policies. A policy sees pods, not Services: the port is the container's, the peer is the pod behind the name.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::{
    IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
    NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// Addresses around a cluster: other machines of the same network, carrier-grade translation, link-local metadata services.
pub(crate) const NOT_INTERNET: [&str; 6] = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    // Azure's agent of the machine, which tells what the node was made with.
    "168.63.129.16/32",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
];

/// A policy for some pods. Both directions are closed but for the rules.
pub(crate) fn policy(
    metadata: ObjectMeta,
    pods: LabelSelector,
    ingress: Vec<NetworkPolicyIngressRule>,
    egress: Vec<NetworkPolicyEgressRule>,
) -> NetworkPolicy {
    NetworkPolicy {
        metadata,
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(pods),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            ingress: (!ingress.is_empty()).then_some(ingress),
            egress: (!egress.is_empty()).then_some(egress),
        }),
    }
}

/// Who is let in, and on which TCP ports.
pub(crate) fn from(peers: Vec<NetworkPolicyPeer>, ports: &[u16]) -> NetworkPolicyIngressRule {
    NetworkPolicyIngressRule {
        from: Some(peers),
        ports: Some(tcp(ports)),
    }
}

/// Who may be reached, and on which TCP ports.
pub(crate) fn to(peers: Vec<NetworkPolicyPeer>, ports: &[u16]) -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule {
        to: Some(peers),
        ports: Some(tcp(ports)),
    }
}

/// The API server: no selector names it and its address is the cluster's own, so only its port can be limited. Policies see the
/// address behind the Service, hence 6443 too.
pub(crate) fn to_api_server() -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule {
        to: None,
        ports: Some(tcp(&[443, 6443])),
    }
}

/// Name resolution: the cluster's DNS, and NodeLocal DNSCache where it runs.
pub(crate) fn to_dns() -> NetworkPolicyEgressRule {
    to_dns_at(["169.254.20.10/32"].into_iter())
}

/// Name resolution: the cluster's DNS, and addresses.
pub(crate) fn to_dns_at<'a>(addresses: impl Iterator<Item = &'a str>) -> NetworkPolicyEgressRule {
    let mut dns = in_namespace("kube-system");
    dns.pod_selector = Some(label("k8s-app", "kube-dns"));
    let ports = ["UDP", "TCP"].map(|protocol| NetworkPolicyPort {
        protocol: Some(protocol.to_owned()),
        port: Some(IntOrString::Int(53)),
        end_port: None,
    });
    NetworkPolicyEgressRule {
        to: Some(
            std::iter::once(dns)
                .chain(addresses.map(|cidr| block(cidr, &[])))
                .collect(),
        ),
        ports: Some(ports.to_vec()),
    }
}

/// Pods of this namespace.
pub(crate) fn pods(pods: LabelSelector) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        pod_selector: Some(pods),
        ..Default::default()
    }
}

/// Every pod of a namespace.
pub(crate) fn in_namespace(name: &str) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        namespace_selector: Some(label("kubernetes.io/metadata.name", name)),
        ..Default::default()
    }
}

/// Addresses of a block but for some.
pub(crate) fn block(cidr: &str, except: &[&str]) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        ip_block: Some(IPBlock {
            cidr: cidr.to_owned(),
            except: (!except.is_empty()).then(|| except.iter().map(|cidr| (*cidr).to_owned()).collect()),
        }),
        ..Default::default()
    }
}

/// Selects by labels.
pub(crate) fn selector(labels: BTreeMap<String, String>) -> LabelSelector {
    LabelSelector {
        match_labels: Some(labels),
        ..Default::default()
    }
}

/// Selects by one label.
pub(crate) fn label(key: &str, value: &str) -> LabelSelector {
    selector([(key.to_owned(), value.to_owned())].into())
}

/// Selects by what is asked of one label.
pub(crate) fn labelled(key: &str, operator: &str, values: Option<Vec<String>>) -> LabelSelector {
    LabelSelector {
        match_expressions: Some(vec![LabelSelectorRequirement {
            key: key.to_owned(),
            operator: operator.to_owned(),
            values,
        }]),
        ..Default::default()
    }
}

fn tcp(ports: &[u16]) -> Vec<NetworkPolicyPort> {
    ports
        .iter()
        .map(|&port| NetworkPolicyPort {
            protocol: Some("TCP".to_owned()),
            port: Some(IntOrString::Int(i32::from(port))),
            end_port: None,
        })
        .collect()
}
