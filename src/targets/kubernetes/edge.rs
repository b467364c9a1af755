//! The certificate of the public entry point.

use super::load_balancer::{NAME, edge_meta};
use super::stack::Stack;
use crate::ir::{Balancer, Tls};
use crate::kubernetes::custom::cert_manager::{Certificate, IssuerRef, PrivateKey};
use crate::kubernetes::object::Object;
use crate::target::Target;

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let Some(balancer) = &stack.system.public else {
        return vec![];
    };
    let Tls::Requested { domain, .. } = balancer.tls(Target::Kubernetes) else {
        return vec![];
    };
    let hosts = balancer.listeners.iter().flat_map(|listener| &listener.routes);
    let mut names: Vec<String> = hosts.flat_map(|route| route.hosts.clone()).collect();
    names.push(domain.to_owned());
    names.sort();
    names.dedup();
    vec![requested(stack, NAME, requested_secret(NAME), names)]
}

/// A certificate that the cluster's issuer is asked for.
pub(super) fn requested(stack: &Stack<'_>, name: &str, secret_name: String, dns_names: Vec<String>) -> Object {
    Object::custom(
        edge_meta(stack, name),
        Certificate {
            is_ca: None,
            secret_name,
            common_name: None,
            dns_names,
            duration: None,
            usages: vec![],
            private_key: PrivateKey::ROTATED,
            issuer_ref: IssuerRef {
                kind: "ClusterIssuer",
                name: stack.system.cluster.cluster_issuer.clone(),
            },
        },
    )
}

/// The Secret with the entry point's certificate, in its namespace: the one that the blueprint names, or the requested one.
pub(super) fn certificate_secret(balancer: &Balancer) -> Option<String> {
    match balancer.tls(Target::Kubernetes) {
        Tls::Named(secret) => Some(secret.to_owned()),
        Tls::Requested { .. } => Some(requested_secret(NAME)),
        Tls::Off => None,
    }
}

/// The Secret with a requested certificate.
pub(super) fn requested_secret(name: &str) -> String {
    format!("{name}-tls")
}
