//! The public entry point and its routes.
//!
//! There is no internal load balancer: a Service spreads the connections of its callers over the pods that are ready, and a second
//! class of gateway is not something that every cluster has. Each service has a Service of its own name and port.

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::edge;
use super::stack::Stack;
use crate::ir::{Balancer, Tls};
use crate::kubernetes::custom::gateway::{
    AllowedRoutes, Filter, Gateway, HttpRoute, Infrastructure, Listener, ListenerTls, ParametersRef, ParentRef,
    Redirect, RouteNamespaces, Rule, SecretRef,
};
use crate::kubernetes::object::Object;
use crate::target::Target;
use crate::targets::shared::workload::routes::{self, Section};

/// The gateway's name.
pub(super) const NAME: &str = "public";
/// Proxies that Istio runs for a Gateway.
pub(super) const LEAST_PROXIES: u32 = 2;
const MOST_PROXIES: u32 = 5;

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let Some(balancer) = &stack.system.public else {
        return vec![];
    };
    let encrypted = balancer.tls(Target::Kubernetes) != Tls::Off;
    let mut objects = vec![];
    if is_istio(stack) {
        objects.push(proxies(stack, NAME));
    }
    objects.push(gateway(stack, balancer));
    if encrypted {
        objects.push(redirect(stack));
    }
    let section = if encrypted { "https" } else { "http" };
    let section = Section {
        gateway: NAME,
        listener: section,
    };
    let listed = balancer.listeners.iter().flat_map(|listener| &listener.routes);
    objects.extend(listed.map(|route| {
        let service = &stack.system.services[route.service];
        routes::route(stack.names, stack.names.service_meta(service), service, route, section)
    }));
    objects
}

/// Metadata of an object in the entry point's namespace.
pub(super) fn edge_meta(stack: &Stack<'_>, name: &str) -> ObjectMeta {
    stack.names.edge_meta(name)
}

fn gateway(stack: &Stack<'_>, balancer: &Balancer) -> Object {
    let listed = || AllowedRoutes {
        namespaces: RouteNamespaces {
            from: "Selector",
            selector: Some(served(stack, balancer)),
        },
    };
    let same = AllowedRoutes {
        namespaces: RouteNamespaces {
            from: "Same",
            selector: None,
        },
    };
    let hostname = only_host(balancer);
    let mut listeners = vec![];
    let certificate = edge::certificate_secret(balancer);
    if let Some(secret) = &certificate {
        listeners.push(Listener {
            name: "https",
            hostname: hostname.clone(),
            protocol: "HTTPS",
            port: 443,
            tls: Some(ListenerTls {
                mode: "Terminate",
                certificate_refs: vec![SecretRef {
                    kind: "Secret",
                    name: secret.clone(),
                }],
            }),
            allowed_routes: listed(),
        });
    }
    listeners.push(Listener {
        name: "http",
        hostname,
        protocol: "HTTP",
        port: 80,
        tls: None,
        // With a certificate this listener only redirects, from a route beside it.
        allowed_routes: if certificate.is_some() { same } else { listed() },
    });
    Object::custom(
        edge_meta(stack, NAME),
        Gateway {
            gateway_class_name: stack.system.cluster.gateway_class.clone(),
            infrastructure: infrastructure(stack, NAME),
            listeners,
        },
    )
}

/// Where Istio finds what it lays over the objects of a Gateway.
pub(super) fn infrastructure(stack: &Stack<'_>, name: &str) -> Option<Infrastructure> {
    is_istio(stack).then(|| Infrastructure {
        parameters_ref: ParametersRef {
            group: "",
            kind: "ConfigMap",
            name: name.to_owned(),
        },
    })
}

/// The namespaces with services that are public.
fn served(stack: &Stack<'_>, balancer: &Balancer) -> LabelSelector {
    let routes = balancer.listeners.iter().flat_map(|listener| &listener.routes);
    let parts = routes.map(|route| stack.system.services[route.service].home.domain);
    routes::namespaces(stack.names, parts)
}

/// True if Istio makes the proxies.
pub(super) fn is_istio(stack: &Stack<'_>) -> bool {
    stack.system.cluster.gateway_class == "istio"
}

/// What Istio lays over the objects that it makes for the Gateway.
pub(super) fn proxies(stack: &Stack<'_>, name: &str) -> Object {
    let scale = format!("spec:\n  minReplicas: {LEAST_PROXIES}\n  maxReplicas: {MOST_PROXIES}\n");
    let data = [
        ("horizontalPodAutoscaler", scale.as_str()),
        ("podDisruptionBudget", "spec:\n  maxUnavailable: 1\n"),
    ];
    Object::new(&ConfigMap {
        metadata: edge_meta(stack, name),
        data: Some(data.map(|(key, text)| (key.to_owned(), text.to_owned())).into()),
        ..Default::default()
    })
    .about("Istio would run a single proxy")
}

/// The entry point's domain, unless routes name other hosts: a listener that has a name takes no routes of others.
fn only_host(balancer: &Balancer) -> Option<String> {
    let routes = balancer.listeners.iter().flat_map(|listener| &listener.routes);
    let mut hosts = routes.flat_map(|route| &route.hosts);
    let domain = balancer.domain.as_ref()?;
    hosts.all(|host| host == domain).then(|| domain.clone())
}

fn redirect(stack: &Stack<'_>) -> Object {
    let rule = Rule {
        filters: vec![Filter {
            kind: "RequestRedirect",
            request_redirect: Some(Redirect {
                scheme: "https",
                status_code: 301,
            }),
            cors: None,
        }],
        ..Default::default()
    };
    Object::custom(
        edge_meta(stack, "redirect-to-https"),
        HttpRoute {
            parent_refs: vec![ParentRef {
                name: NAME.to_owned(),
                namespace: None,
                section_name: "http",
            }],
            hostnames: vec![],
            rules: vec![rule],
        },
    )
}
