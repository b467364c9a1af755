//! The gateway's routes.

use std::collections::BTreeSet;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::Names;
use crate::ir::{Domain, Id, Route, Service};
use crate::kubernetes::custom::gateway::{BackendRef, HttpRoute, Match, ParentRef, PathMatch, Rule};
use crate::kubernetes::object::Object;
use crate::kubernetes::policy::{label, labelled};

/// A listener of a gateway in the entry point's namespace.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// The gateway.
    pub gateway: &'static str,
    /// The listener.
    pub listener: &'static str,
}

/// The requests of a listener that go to a service.
pub fn route(names: Names<'_>, metadata: ObjectMeta, service: &Service, route: &Route, to: Section) -> Object {
    let paths = if route.paths.is_empty() {
        vec!["/".to_owned()]
    } else {
        route.paths.clone()
    };
    let matches = paths
        .into_iter()
        .map(|value| Match {
            path: PathMatch {
                kind: "PathPrefix",
                value,
            },
            method: None,
        })
        .collect();
    Object::custom(
        metadata,
        HttpRoute {
            parent_refs: vec![ParentRef {
                name: to.gateway.to_owned(),
                namespace: Some(names.edge_namespace()),
                section_name: to.listener,
            }],
            hostnames: route.hosts.clone(),
            rules: vec![Rule {
                matches,
                backend_refs: vec![BackendRef {
                    name: service.name.clone(),
                    port: service.port,
                }],
                ..Default::default()
            }],
        },
    )
}

/// Selects the namespaces of parts.
pub fn namespaces(names: Names<'_>, parts: impl Iterator<Item = Option<Id<Domain>>>) -> LabelSelector {
    let namespaces = parts.map(|part| names.namespace_in(part));
    let namespaces: Vec<String> = namespaces.collect::<BTreeSet<String>>().into_iter().collect();
    match namespaces.as_slice() {
        [one] => label("kubernetes.io/metadata.name", one),
        _ => labelled("kubernetes.io/metadata.name", "In", Some(namespaces)),
    }
}
