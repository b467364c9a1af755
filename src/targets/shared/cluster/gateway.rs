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
    for entry in entries {
        let own = routed(stack.system, entry.exposure).filter(|(.., service)| service.home.domain == part);
        objects.extend(own.map(|(listener, listed, service)| {
            let section = Section {
                gateway: NAME,
                listener: entry.name,
            };
            let listed = match entry.exposure {
                Exposure::Public => listed.clone(),
                Exposure::Internal => by_name(stack.system, listener, listed),
            };
            let metadata = ObjectMeta {
                name: Some(format!("{}-{}", service.name, entry.name)),
                ..stack.names.service_meta(service)
            };
            route(stack.names, metadata, service, &listed, section)
        }));
    }
    objects
}

/// The internal load balancer has a port for each group of services, the gateway one for all. What arrived at a port is known by the
/// names that its services have.
fn by_name(system: &System, listener: &BalancerListener, route: &Route) -> Route {
    let mut route = route.clone();
    if route.hosts.is_empty() {
        let name = |service: &Service| format!("{}.{}", service.name, system.network.private_domain);
        let hosts = listener
            .routes
            .iter()
            .map(|other| name(&system.services[other.service]));
        route.hosts = hosts.collect::<BTreeSet<String>>().into_iter().collect();
    }
    route
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
