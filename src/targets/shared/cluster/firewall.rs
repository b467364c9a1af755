//! Network policies: closed in both directions, and open where a link of the blueprint says so.
//!
//! Whatever is outside the cluster is known by its addresses. Pods reach each other through the internal load balancer, as everybody does.

use k8s_openapi::api::networking::v1::{NetworkPolicyEgressRule, NetworkPolicyPeer};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::gateway::{self, LISTENERS};
use super::network::has_gateway;
use super::{Block, Part, Stack, is_behind, ports, routed};
use crate::ir::{Exposure, Id, Peer, Service};
use crate::kubernetes::object::Object;
use crate::kubernetes::policy::{block, from, in_namespace, policy, to, to_dns_at};

/// Name resolution by a cache on the node itself, where there is one.
const NODE_LOCAL_DNS: &str = "169.254.20.10/32";
/// Where Istio's control plane runs, and the port at which proxies ask it for their configuration and certificates.
const ISTIO: (&str, u16) = ("istio-system", 15012);

pub(super) fn objects(stack: &Stack<'_>, part: Part) -> Vec<Object> {
    let mut objects = vec![];
    if part.is_none() && has_gateway(stack) {
        objects.push(default_deny(stack.names.edge_meta("default-deny")));
        objects.push(proxies(stack));
    }
    let services: Vec<Object> = stack
        .services(part)
        .map(|(id, item)| service(stack, id, item))
        .collect();
    if !services.is_empty() {
        objects.push(default_deny(stack.names.part_meta("default-deny", part)));
    }
    objects.extend(services);
    objects
}

fn default_deny(metadata: ObjectMeta) -> Object {
    Object::new(&policy(metadata, LabelSelector::default(), vec![], vec![]))
        .about("What no policy below opens is closed, in both directions")
}

fn service(stack: &Stack<'_>, id: Id<Service>, service: &Service) -> Object {
    let is_routed = |exposure| routed(stack.system, exposure).any(|(.., other)| other.name == service.name);
    let mut ingress = vec![];
    if is_routed(Exposure::Public) || is_routed(Exposure::Internal) {
        let mut gateway = in_namespace(&stack.names.edge_namespace());
        gateway.pod_selector = Some(gateway::pods());
        ingress.push(from(vec![gateway], &[service.port]));
    }
    let mut egress: Vec<NetworkPolicyEgressRule> = vec![];
    for flow in stack.system.flows_from(Peer::Service(id)) {
        let blocks = (stack.cloud.blocks)(flow.to);
        open(&mut egress, peers(&blocks), &[flow.port]);
    }
    if let Some(workload) = stack.cloud.workloads.get(&id) {
        for more in &workload.egress {
            open(&mut egress, peers(&more.to), &more.ports);
        }
    }
    // Whoever may reach something finds it by name.
    if !egress.is_empty() {
        egress.insert(0, dns(stack));
    }
    let pods = stack.names.pods(&service.name);
    Object::new(&policy(stack.names.service_meta(service), pods, ingress, egress))
}

/// Opens ports of some peers, each once.
fn open(egress: &mut Vec<NetworkPolicyEgressRule>, peers: Vec<NetworkPolicyPeer>, ports: &[u16]) {
    if peers.is_empty() {
        return;
    }
    let mut rule = to(peers, ports);
    match egress.iter_mut().find(|other| other.to == rule.to) {
        Some(other) => {
            let known = other.ports.get_or_insert_default();
            let more = rule.ports.take().unwrap_or_default();
            known.extend(
                more.into_iter()
                    .filter(|port| !known.contains(port))
                    .collect::<Vec<_>>(),
            );
        }
        None => egress.push(rule),
    }
}

/// The gateway's proxies: they hear the load balancers and the configuration, and speak to the services.
fn proxies(stack: &Stack<'_>) -> Object {
    let mut ingress = vec![];
    let mut health: Vec<NetworkPolicyPeer> = vec![];
    let mut egress = vec![dns(stack), to(vec![in_namespace(ISTIO.0)], &[ISTIO.1])];
    for listener in LISTENERS
        .iter()
        .filter(|listener| is_behind(stack.system, listener.exposure))
    {
        let balancer = peers(&(stack.cloud.blocks)(listener.balancer));
        health.extend(
            balancer
                .iter()
                .filter(|peer| !health.contains(peer))
                .cloned()
                .collect::<Vec<_>>(),
        );
        ingress.push(from(balancer, &[listener.port]));
        for (.., service) in routed(stack.system, listener.exposure) {
            let mut pods = in_namespace(&stack.names.namespace_in(service.home.domain));
            pods.pod_selector = Some(stack.names.pods(&service.name));
            open(&mut egress, vec![pods], &[service.port]);
        }
    }
    ingress.push(from(health, &[ports::STATUS]));
    Object::new(&policy(
        stack.names.edge_meta(gateway::NAME),
        gateway::pods(),
        ingress,
        egress,
    ))
}

fn dns(stack: &Stack<'_>) -> NetworkPolicyEgressRule {
    let addresses = std::iter::once(NODE_LOCAL_DNS).chain(stack.cloud.dns.iter().copied());
    to_dns_at(addresses)
}

fn peers(blocks: &[Block]) -> Vec<NetworkPolicyPeer> {
    let blocks = blocks.iter();
    blocks
        .map(|it| {
            let except: Vec<&str> = it.except.iter().map(String::as_str).collect();
            block(&it.cidr, &except)
        })
        .collect()
}
