//! TLS inside the cluster: a certificate authority for each thing that services reach by its name, made and renewed by cert-manager.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::stack::{STORE, Stack};
use crate::kubernetes::custom::cert_manager::{Authority, Certificate, Issuer, IssuerRef, PrivateKey, SelfSigned};
use crate::kubernetes::object::Object;

/// Three months, in cert-manager's words.
const SERVER: &str = "2160h";
/// Ten years.
const AUTHORITY: &str = "87600h";
/// What ends the name of the Secret from which clients take the authority's certificate.
pub(super) const TRUST: &str = "trust";

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    if !stack.has_store() {
        return vec![];
    }
    let called = ("the object store", "the store");
    authority(stack, (STORE, "storage"), called, names(stack, STORE, true))
}

/// The Secret of what answers under its own name: its authority's certificate and key, its own, or what clients know it by.
pub(super) fn secret(of: &str, what: &str) -> String {
    format!("{of}-{what}")
}

/// A certificate authority for one thing alone, which comments call by a long and a short name. Its own certificate, for `hosts`, is in the
/// Secret `NAME-tls`; clients find the authority's in the Secret `NAME-trust`.
pub(super) fn authority(
    stack: &Stack<'_>,
    (name, component): (&str, &str),
    (called, short): (&str, &str),
    hosts: Vec<String>,
) -> Vec<Object> {
    let root = secret(name, "root");
    let authority = secret(name, "ca");
    let trust = secret(name, TRUST);
    let meta = |object: &str| stack.meta(object, name, component);
    vec![
        self_signed(meta(&root)).about(format!("A certificate authority for {called} alone")),
        Object::custom(
            meta(&authority),
            Certificate {
                is_ca: Some(true),
                common_name: Some(format!("{} {name}", stack.system.prefix)),
                duration: Some(AUTHORITY),
                private_key: PrivateKey {
                    rotation_policy: "Never",
                    ..PrivateKey::ROTATED
                },
                ..certificate(&authority, &root)
            },
        )
        .comment(
            "spec/privateKey/rotationPolicy",
            format!("with a new key no client would trust {short} before its restart"),
        ),
        Object::custom(
            meta(name),
            Issuer {
                ca: Some(Authority {
                    secret_name: authority.clone(),
                }),
                ..Default::default()
            },
        ),
        Object::custom(
            meta(name),
            Certificate {
                duration: Some(SERVER),
                dns_names: hosts,
                usages: vec!["digital signature", "server auth"],
                ..certificate(&secret(name, "tls"), name)
            },
        ),
        Object::custom(
            meta(&trust),
            Certificate {
                common_name: Some(format!("{name} client")),
                duration: Some(SERVER),
                usages: vec!["client auth"],
                ..certificate(&trust, name)
            },
        )
        .about("Carries the authority's ca.crt to clients without a key that would open anything"),
    ]
}

/// An issuer whose certificates vouch for themselves.
pub(super) fn self_signed(meta: ObjectMeta) -> Object {
    Object::custom(
        meta,
        Issuer {
            self_signed: Some(SelfSigned {}),
            ..Default::default()
        },
    )
}

/// The names under which a Service of this namespace is reached.
pub(super) fn names(stack: &Stack<'_>, service: &str, loopback: bool) -> Vec<String> {
    let namespace = stack.namespace_of(service);
    let mut names = vec![
        service.to_owned(),
        format!("{service}.{namespace}"),
        format!("{service}.{namespace}.svc"),
        format!("{service}.{namespace}.svc.cluster.local"),
    ];
    if loopback {
        names.push("localhost".to_owned());
    }
    names
}

/// A certificate in a Secret, from an issuer of this namespace.
pub(super) fn certificate(secret: &str, issuer: &str) -> Certificate {
    Certificate {
        is_ca: None,
        secret_name: secret.to_owned(),
        common_name: None,
        dns_names: vec![],
        duration: None,
        usages: vec![],
        private_key: PrivateKey::ROTATED,
        issuer_ref: IssuerRef {
            kind: "Issuer",
            name: issuer.to_owned(),
        },
    }
}
