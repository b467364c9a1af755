//! Network policies: closed in both directions, and open where a link of the blueprint says so.

use std::collections::BTreeSet;

use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::alarms::prometheus;
use super::broker;
use super::bucket_events;
use super::caches;
use super::database;
use super::functions;
use super::stack::{BROKER, STORE, Stack};
use super::storage;
use super::streams;
use super::workflows;
use super::{tables, warehouses};
use crate::ir::{Domain, Id, Peer, Resource, Service};
use crate::kubernetes::object::Object;
use crate::kubernetes::policy::{
    self, NOT_INTERNET, block, from, in_namespace, label, pods, to, to_api_server, to_dns,
};
use crate::targets::shared::workload::kind;
use crate::vocabulary::Engine;

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let parts = stack.parts().into_iter();
    let mut objects: Vec<Object> = parts.map(|part| default_deny(stack, part)).collect();
    let services = stack.system.services.iter();
    objects.extend(services.map(|(id, _)| service(stack, id)));
    objects.extend(
        stack
            .servers
            .iter()
            .flat_map(|server| database::policies(stack, server)),
    );
    if stack.has_store() {
        objects.push(store(stack));
    }
    objects.extend(caches::policies(stack));
    objects.extend(broker::policies(stack));
    objects.extend(streams::policies(stack));
    objects.extend(tables::policies(stack));
    objects.extend(warehouses::policies(stack));
    objects.extend(workflows::policies(stack));
    objects
}

/// A policy for some pods of a component.
pub(super) fn policy(
    stack: &Stack<'_>,
    (name, component): (&str, &str),
    pods: LabelSelector,
    ingress: Vec<NetworkPolicyIngressRule>,
    egress: Vec<NetworkPolicyEgressRule>,
) -> NetworkPolicy {
    policy::policy(stack.meta(name, name, component), pods, ingress, egress)
}

/// Pods of a component, as a policy of another component sees them: in the same namespace or in another.
pub(super) fn pods_of(stack: &Stack<'_>, owner: &str, selected: LabelSelector, seen_from: &str) -> NetworkPolicyPeer {
    let (there, here) = (stack.namespace_of(owner), stack.namespace_of(seen_from));
    NetworkPolicyPeer {
        namespace_selector: (there != here).then(|| label("kubernetes.io/metadata.name", &there)),
        ..pods(selected)
    }
}

/// The pods of a service or of a cache, in the same way.
fn component(stack: &Stack<'_>, name: &str, seen_from: &str) -> NetworkPolicyPeer {
    pods_of(stack, name, stack.pods(name), seen_from)
}

/// The services that open connections to a peer, as a policy of the component `seen_from` sees them.
pub(super) fn callers(stack: &Stack<'_>, peer: Peer, seen_from: &str) -> Vec<NetworkPolicyPeer> {
    let flows = stack.system.flows_to(peer);
    flows
        .filter_map(|flow| match flow.from {
            Peer::Service(id) => Some(component(stack, &stack.system.services[id].name, seen_from)),
            _ => None,
        })
        .collect()
}

/// The services that may use a resource.
fn users(stack: &Stack<'_>, wanted: impl Fn(Resource) -> bool) -> Vec<NetworkPolicyPeer> {
    let services = stack.system.services.iter();
    services
        .filter(|(id, _)| stack.system.grants_of(*id).any(|grant| wanted(grant.resource)))
        .map(|(_, service)| component(stack, &service.name, STORE))
        .collect()
}

fn default_deny(stack: &Stack<'_>, part: Option<Id<Domain>>) -> Object {
    let mut policy = policy(stack, ("default-deny", ""), LabelSelector::default(), vec![], vec![]);
    policy.metadata = stack.part_meta("default-deny", part);
    Object::new(&policy).about("What no policy below opens is closed, in both directions")
}

fn service(stack: &Stack<'_>, id: Id<Service>) -> Object {
    let system = stack.system;
    let service = &system.services[id];
    let mut ingress = vec![];
    if service.public || stack.is_routed(id) {
        ingress.push(from(
            vec![in_namespace(&stack.proxy_namespace())],
            &[functions::port(service)],
        ));
    }
    let of_function: BTreeSet<Id<Service>> = system.callers_of(id).collect();
    let mut callers: Vec<NetworkPolicyPeer> = system
        .services
        .iter()
        .filter(|(caller_id, caller)| caller.calls.contains(&id) || of_function.contains(caller_id))
        .map(|(_, caller)| component(stack, &caller.name, &service.name))
        .collect();
    callers.extend(workflows::callers(stack, id));
    if !callers.is_empty() {
        ingress.push(from(callers, &[functions::port(service)]));
    }
    let watched = functions::watch::ports(stack, id);
    if !watched.is_empty() {
        ingress.push(from(vec![prometheus()], &watched));
    }
    let clients = self::callers(stack, Peer::TcpBalancer(id), &service.name);
    if !clients.is_empty() {
        ingress.push(from(clients, &[service.port]));
    }
    let mut egress = vec![];
    let reach = |name: &str| component(stack, name, &service.name);
    for &callee in &service.calls {
        let callee = &system.services[callee];
        egress.push(to(vec![reach(&callee.name)], &[callee.port]));
    }
    for grant in system.grants_of(id) {
        if let Resource::Function(called) = grant.resource {
            egress.push(to(vec![reach(&system.services[called].name)], &[functions::PORT]));
        }
    }
    for flow in system.flows_from(Peer::Service(id)) {
        if let Peer::TcpBalancer(proxy) = flow.to {
            egress.push(to(vec![reach(&system.services[proxy].name)], &[flow.port]));
        }
        if let Peer::Database(database) | Peer::Readers(database) | Peer::Shards(database) = flow.to
            && let Some((servers, port)) = database::target(stack, flow.to)
        {
            let owner = &system.databases[database].name;
            egress.push(to(vec![pods_of(stack, owner, servers, &service.name)], &[port]));
        }
        if let Peer::Cache(cache) = flow.to {
            egress.push(to(vec![reach(&system.caches[cache].name)], &[flow.port]));
        }
    }
    if stack.uses_broker(id) {
        let servers = pods_of(stack, BROKER, broker::servers(), &service.name);
        egress.push(to(vec![servers], &[broker::PORT]));
    }
    if stack.uses_streams(id) {
        egress.push(to(vec![streams::peer(stack, &service.name)], &[streams::PORT]));
    }
    if stack.uses_tables(id) {
        let (servers, port) = tables::peer(stack, &service.name);
        egress.push(to(vec![servers], &[port]));
    }
    for warehouse in warehouses::of_service(stack, id) {
        let (servers, port) = warehouses::peer(stack, warehouse, &service.name);
        egress.push(to(vec![servers], &[port]));
    }
    if stack.uses_store(id) {
        egress.push(to(vec![reach(STORE)], &[storage::PORT]));
    }
    if workflows::starts(stack, id) {
        egress.push(to_api_server());
    }
    let mut internet: Vec<u16> = system
        .flows_from(Peer::Service(id))
        // A proxy asks nobody but the servers behind it.
        .filter(|flow| flow.to == Peer::Internet && !service.is_tcp())
        .map(|flow| flow.port)
        .collect();
    // What is not in the private network elsewhere reaches the internet from a cluster, and what its links say.
    if service.function.as_ref().is_some_and(|function| !function.private) {
        internet = vec![443, 80];
    }
    if !internet.is_empty() {
        egress.push(to(vec![block("0.0.0.0/0", &NOT_INTERNET)], &internet));
    }
    // Whoever may reach something finds it by name.
    if !egress.is_empty() {
        egress.insert(0, to_dns());
    }
    let pods = stack.pods(&service.name);
    Object::new(&policy(stack, (&service.name, kind(service)), pods, ingress, egress))
}

/// The store answers and asks nobody but the broker, where functions want to know of its objects: its own parts talk over the loopback address. Its gRPC port, which knows no authentication,
/// is closed by this policy alone.
fn store(stack: &Stack<'_>) -> Object {
    let mut peers = users(stack, |resource| matches!(resource, Resource::Bucket(_)));
    let databases = stack.system.databases.iter();
    for (id, database) in databases.filter(|(_, database)| database.engine == Engine::Postgres) {
        let servers = |selected| pods_of(stack, &database.name, selected, STORE);
        peers.push(servers(stack.database_pods(database)));
        if database.sharding.is_some() {
            peers.push(servers(stack.shard_pods(id)));
        }
    }
    // What has no path of its own in the blueprint, and warehouses, archive as well.
    for server in stack.archived().filter(|server| server.of.is_none()) {
        let servers = stack.database_pods(&server.database);
        peers.push(pods_of(stack, &server.database.name, servers, STORE));
    }
    let mut ingress = if peers.is_empty() {
        vec![]
    } else {
        vec![from(peers, &[storage::PORT])]
    };
    if bucket_events::is_watched(stack) {
        ingress.push(from(vec![prometheus()], &[bucket_events::METRICS]));
    }
    let egress = match stack.bucket_functions().next() {
        Some(_) => vec![
            to_dns(),
            to(vec![pods_of(stack, BROKER, broker::servers(), STORE)], &[broker::PORT]),
        ],
        None => vec![],
    };
    Object::new(&policy(stack, (STORE, "storage"), stack.pods(STORE), ingress, egress))
}
