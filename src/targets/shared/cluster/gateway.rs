//! The gateway between the load balancers and the services, and its routes.
//!
//! Behind the public load balancer it has another port than behind the internal one: a host name of an internal service leads nowhere
//! from the internet.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use serde_json::{Value, json};

use super::{Gateway as Reached, NodePool, POOL, Part, Stack, is_behind, ports, routed};
use crate::ir::{Exposure, Listener as BalancerListener, Peer, Route, Service, System};
use crate::kubernetes::custom::gateway::{
    AllowedRoutes, Gateway, Infrastructure, Listener, ParametersRef, RouteNamespaces,
};
use crate::kubernetes::object::Object;
use crate::kubernetes::policy::label;
use crate::kubernetes::yaml;
use crate::targets::shared::workload::routes::{Section, namespaces, route};
use crate::targets::shared::workload::spread;

/// The gateway's name.
pub(super) const NAME: &str = "gateway";
/// Seconds in which a proxy that ends still answers, until the load balancers have noticed, and those it may take to end.
const DRAIN: (u32, u32) = (45, 60);

/// A listener of the gateway.
pub(super) struct Entry {
    pub(super) exposure: Exposure,
    pub(super) balancer: Peer,
    name: &'static str,
    pub(super) port: u16,
    node_port: u16,
}

pub(super) const LISTENERS: [Entry; 2] = [
    Entry {
        exposure: Exposure::Public,
        balancer: Peer::PublicBalancer,
        name: "public",
        port: ports::PUBLIC,
        node_port: ports::NODE_PUBLIC,
    },
    Entry {
        exposure: Exposure::Internal,
        balancer: Peer::InternalBalancer,
        name: "internal",
        port: ports::INTERNAL,
        node_port: ports::NODE_INTERNAL,
    },
];

pub(super) fn objects(stack: &Stack<'_>, part: Part) -> Vec<Object> {
    let mut objects = vec![];
    let entries: Vec<&Entry> = LISTENERS
        .iter()
        .filter(|entry| is_behind(stack.system, entry.exposure))
        .collect();
    if part.is_none() && !entries.is_empty() {
        objects.push(proxies(stack, &entries));
        objects.push(gateway(stack, &entries));
    }
    objects.extend(ways(stack, part).map(|way| {
        let section = Section {
            gateway: NAME,
            listener: way.listener,
        };
        let metadata = ObjectMeta {
            name: Some(way.name),
            ..stack.names.service_meta(way.service)
        };
        route(stack.names, metadata, way.service, &way.route, section)
    }));
    objects
}

/// What leads from a listener of the gateway to a service.
pub(super) struct Way<'a> {
    name: String,
    pub(super) listener: &'static str,
    service: &'a Service,
    pub(super) route: Route,
}

/// What leads to the services of a part.
pub(super) fn ways<'a>(stack: &Stack<'a>, part: Part) -> impl Iterator<Item = Way<'a>> {
    let system: &'a System = stack.system;
    LISTENERS.iter().flat_map(move |entry| {
        let own = routed(system, entry.exposure).filter(move |(.., service)| service.home.domain == part);
        own.flat_map(move |(listener, listed, service)| {
            let way = |end: &str, route: Route| Way {
                name: format!("{}-{}{end}", service.name, entry.name),
                listener: entry.name,
                service,
                route,
            };
            match entry.exposure {
                Exposure::Public => vec![way("", listed.clone())],
                Exposure::Internal => {
                    let mut ways = vec![way("", by_name(system, listener, listed))];
                    if !listed.paths.is_empty() {
                        // Whatever else leads to it, its own name does.
                        let named = Route {
                            service: listed.service,
                            hosts: vec![private_name(system, service)],
                            paths: vec![],
                        };
                        ways.push(way("-name", named));
                    }
                    ways
                }
            }
        })
    })
}

/// A route of the internal load balancer to a service in the cluster, by names. The load balancer has a port for each group of
/// services, the gateway one for all: it knows by their names alone what was called, and so the load balancer has to pass those names
/// at a port that its services have, and no others.
pub fn by_name(system: &System, listener: &BalancerListener, route: &Route) -> Route {
    let mut route = route.clone();
    if route.is_default() {
        route.hosts = vec![private_name(system, &system.services[route.service])];
    } else if route.hosts.is_empty() {
        let others = listener.routes.iter().map(|other| &system.services[other.service]);
        let hosts: BTreeSet<String> = others.map(|other| private_name(system, other)).collect();
        route.hosts = hosts.into_iter().collect();
    }
    route
}

fn private_name(system: &System, service: &Service) -> String {
    format!("{}.{}", service.name, system.network.private_domain)
}

/// Selects the proxies that Istio makes.
pub(super) fn pods() -> LabelSelector {
    label("gateway.networking.k8s.io/gateway-name", NAME)
}

fn gateway(stack: &Stack<'_>, entries: &[&Entry]) -> Object {
    let listener = |entry: &&Entry| {
        let parts = routed(stack.system, entry.exposure).map(|(.., service)| service.home.domain);
        Listener {
            name: entry.name,
            hostname: None,
            protocol: "HTTP",
            port: entry.port,
            tls: None,
            allowed_routes: AllowedRoutes {
                namespaces: RouteNamespaces {
                    from: "Selector",
                    selector: Some(namespaces(stack.names, parts)),
                },
            },
        }
    };
    Object::custom(
        stack.names.edge_meta(NAME),
        Gateway {
            gateway_class_name: "istio".to_owned(),
            infrastructure: Some(Infrastructure {
                parameters_ref: ParametersRef {
                    group: "",
                    kind: "ConfigMap",
                    name: NAME.to_owned(),
                },
            }),
            listeners: entries.iter().map(listener).collect(),
        },
    )
    .about("A port for each load balancer: a host name of an internal service leads nowhere from the internet")
}

/// What Istio lays over the objects that it makes for the gateway.
fn proxies(stack: &Stack<'_>, entries: &[&Entry]) -> Object {
    let (drain, end) = DRAIN;
    let config = json!({
        "gatewayTopology": { "numTrustedProxies": stack.cloud.hops },
        "terminationDrainDuration": format!("{drain}s"),
    });
    let spread = spread(&pods(), "pod-template-hash");
    let deployment = json!({ "spec": { "template": {
        "metadata": { "annotations": { "proxy.istio.io/config": yaml::document(&config, &vec![]) } },
        "spec": {
            "nodeSelector": { POOL: NodePool::SYSTEM },
            "terminationGracePeriodSeconds": end,
            "topologySpreadConstraints": spread,
        },
    } } });
    let overlays = [
        ("deployment", deployment),
        (
            "horizontalPodAutoscaler",
            json!({ "spec": { "minReplicas": 2, "maxReplicas": 5 } }),
        ),
        ("podDisruptionBudget", json!({ "spec": { "maxUnavailable": 1 } })),
        ("service", service(&stack.cloud.gateway, entries)),
    ];
    let texts = overlays.map(|(key, overlay)| (key.to_owned(), yaml::document(&overlay, &vec![])));
    Object::new(&ConfigMap {
        metadata: stack.names.edge_meta(NAME),
        data: Some(texts.into()),
        ..Default::default()
    })
    .about(
        "Istio would run a single proxy, on any node. Addresses of clients stay as they are (Local), so a load balancer asks the \
         nodes which of them have a proxy",
    )
}

fn service(reached: &Reached, entries: &[&Entry]) -> Value {
    match reached {
        Reached::NodePorts => {
            let status = (ports::STATUS, ports::NODE_STATUS);
            let own = entries.iter().map(|entry| (entry.port, entry.node_port));
            let ports: Vec<Value> = std::iter::once(status)
                .chain(own)
                .map(|(port, node)| json!({ "port": port, "nodePort": node }))
                .collect();
            json!({ "spec": { "type": "NodePort", "externalTrafficPolicy": "Local", "ports": ports } })
        }
        Reached::Internal { annotations } => {
            let annotations: serde_json::Map<String, Value> = annotations
                .iter()
                .map(|(key, value)| ((*key).to_owned(), Value::from(value.as_str())))
                .collect();
            json!({
                "metadata": { "annotations": annotations },
                "spec": { "type": "LoadBalancer", "externalTrafficPolicy": "Local" },
            })
        }
    }
}
