//! TLS inside the cluster: a certificate authority for the object store, made and renewed by cert-manager.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::custom::cert_manager::{Authority, Certificate, Issuer, IssuerRef, PrivateKey, SelfSigned};
use super::object::Object;
use super::stack::{STORE, Stack, store_key};

/// Three months, in cert-manager's words.
const SERVER: &str = "2160h";
/// Ten years.
const AUTHORITY: &str = "87600h";

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    if !stack.has_store() {
        return vec![];
    }
    let root = store_key("root");
    let authority = store_key("ca");
    let trust = store_key("trust");
    let meta = |name: &str| stack.meta(name, STORE, "storage");
    vec![
        self_signed(meta(&root)).about("A certificate authority for the object store alone"),
        Object::custom(
            meta(&authority),
            Certificate {
                is_ca: Some(true),
                common_name: Some(format!("{} {STORE}", stack.system.prefix)),
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
            "with a new key no client would trust the store before its restart",
        ),
        Object::custom(
            meta(STORE),
            Issuer {
                ca: Some(Authority {
                    secret_name: authority.clone(),
                }),
                ..Default::default()
            },
        ),
        Object::custom(
            meta(STORE),
            Certificate {
                duration: Some(SERVER),
                dns_names: names(stack, STORE, true),
                usages: vec!["digital signature", "server auth"],
                ..certificate(&store_key("tls"), STORE)
            },
        ),
        Object::custom(
            meta(&trust),
            Certificate {
                common_name: Some(format!("{STORE} client")),
                duration: Some(SERVER),
                usages: vec!["client auth"],
                ..certificate(&trust, STORE)
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
    let namespace = &stack.namespace;
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
