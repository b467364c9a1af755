//! Rules for the nodes of the managed cluster, and so for all pods on them: a pool of nodes has a service account of its own.
//!
//! What leaves a node is seen as the node's, whichever pod sent it, so that a rule for its service account holds for pods too: the rules
//! of a domain's nodes open single addresses and close those of all pods, so that no domain's pods get to another's. What arrives from a
//! pod has the pod's address, which no rule by service account knows: there the system's range counts, whose pods bring requests. GKE
//! adds rules of its own, which let pods of the cluster in everywhere; they open nothing outward.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;

use super::{CHECKERS, Rule, Way, Who, body, opened, outward, shared};
use crate::check::gcp_nodes;
use crate::ir::{Exposure, Flow, NodePool, Peer};
use crate::targets::gcp::Stack;
use crate::targets::gcp::edge::Entries;
use crate::targets::gcp::network::Ground;
use crate::targets::shared::cluster::is_behind;
use crate::targets::shared::cluster::ports::{NODE_INTERNAL, NODE_PUBLIC, NODE_STATUS};
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Runtime;
use crate::{list, template};

/// The API, and the tunnel through which the control plane reaches pods.
const API: u16 = 443;
const TUNNEL: u16 = 8132;
/// The kubelet.
const KUBELET: u16 = 10250;
/// All addresses of pods and of the cluster's services.
const PODS: &str = "100.64.0.0/10";

/// Adds the rules. Gives those that the nodes of a pool wait for, by its name.
pub(super) fn lower(stack: &mut Stack<'_>, entries: &Entries) -> BTreeMap<String, Vec<Address>> {
    let system = stack.system;
    let Some(ground) = &stack.network.cluster else {
        return BTreeMap::new();
    };
    let control_plane = ground.control_plane.attr("ip_cidr_range");
    let nodes = ground.nodes.attr("ip_cidr_range");
    let accounts = stack.nodes.iter();
    let emails: Vec<_> = accounts
        .map(|(name, it)| (name.clone(), it.account.attr("email")))
        .collect();
    let accounts = stack
        .module
        .comment("Nodes of the cluster, by the name of their pool. Rules see what a pod sends as its node's.")
        .local("node_accounts", expr::object(emails));
    let mut all = shared(stack);
    all.retain(|(name, ..)| *name != "ssh_from_iap");
    for (name, rule, _) in &mut all {
        if *name == "deny_network" {
            let private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", PODS];
            let private = private.into_iter().map(hcl::Expression::from).collect();
            rule.far = super::Far::Ranges(hcl::Expression::Array(private));
        }
    }
    all.push((
        "to_control_plane",
        opened(Way::Out, list![control_plane.clone()], vec![API]),
        "The cluster's API.",
    ));
    let all: Vec<Address> = all
        .into_iter()
        .map(|(name, rule, comment)| {
            let part = name.replace('_', "-");
            let full = template![stack.name(""), expr::each_key(), format!("-nodes-{part}")];
            let start = Block::new().set("for_each", accounts.clone());
            let body = body(start, stack, full, &rule, Who::Account(expr::each_value(&[])));
            let name = format!("{name}_of_nodes");
            stack
                .module
                .comment(comment)
                .resource("google_compute_firewall", &name, body)
        })
        .collect();
    let mut rules = BTreeMap::new();
    for pool in &system.pools {
        let mut own = all.clone();
        if pool.domain.is_none() {
            own.push(everywhere(stack, pool, nodes.clone()));
            own.push(tunnel(stack, pool, control_plane.clone()));
            own.extend(from_balancers(stack, pool));
        } else {
            own.push(from_system(stack, pool));
        }
        let flows = flows(stack, pool);
        for (part, rule) in outward(stack, &gcp_nodes(pool), flows.into_iter(), entries) {
            own.push(add(stack, pool, &part, &rule, ""));
        }
        rules.insert(pool.name.clone(), own);
    }
    rules
}

/// What the pods of a pool may open, each once.
fn flows<'a>(stack: &Stack<'a>, pool: &NodePool) -> Vec<&'a Flow> {
    let system = stack.system;
    let mut seen = BTreeSet::new();
    let from = |flow: &&Flow| match flow.from {
        Peer::Service(id) => system.pool_of(id) == Some(pool),
        _ => false,
    };
    let mut flows: Vec<&Flow> = system.flows.iter().filter(from).collect();
    flows.retain(|flow| seen.insert((flow.to, flow.port)));
    flows
}

fn add(stack: &mut Stack<'_>, pool: &NodePool, part: &str, rule: &Rule, comment: &str) -> Address {
    let who = Who::Account(stack.nodes[&pool.name].account.attr("email"));
    let body = body(Block::new(), stack, stack.name(part).into(), rule, who);
    stack
        .module
        .comment(comment)
        .resource("google_compute_firewall", part, body)
}

/// The system's own pods reach all others: the gateway brings requests, the metrics server and the control plane's tunnel ask nodes.
fn everywhere(stack: &mut Stack<'_>, pool: &NodePool, nodes: hcl::Expression) -> Address {
    let part = format!("{}-to-pods", gcp_nodes(pool));
    let pods: BTreeSet<Ipv4Net> = stack.system.pools.iter().map(Ground::range).collect();
    let pods = pods.into_iter().map(|range| range.to_string().into());
    let ranges = std::iter::once(nodes).chain(pods).collect();
    let protocol = |name: &str| Block::new().set("protocol", name);
    let body = Block::new()
        .set_some("project", stack.network.host.as_deref())
        .set("name", stack.name(&part))
        .set("network", stack.network.id.clone())
        .set("direction", "EGRESS")
        .set("priority", 1000)
        .set("destination_ranges", hcl::Expression::Array(ranges))
        .set(
            "target_service_accounts",
            list![stack.nodes[&pool.name].account.attr("email")],
        )
        .block("allow", protocol("tcp"))
        .block("allow", protocol("udp"));
    stack
        .module
        .comment(
            "The gateway brings requests to every pod; metrics and the control plane's tunnel come from this pool too.",
        )
        .resource("google_compute_firewall", &part, body)
}

/// What the control plane asks of pods and nodes comes through a tunnel, which agents on nodes open. Those of domains may not: from
/// there they would not reach the others.
fn tunnel(stack: &mut Stack<'_>, pool: &NodePool, control_plane: hcl::Expression) -> Address {
    let rule = opened(Way::Out, list![control_plane], vec![TUNNEL]);
    let part = format!("{}-to-tunnel", gcp_nodes(pool));
    let comment =
        "Through it the control plane asks pods and nodes. It is opened from this pool alone, which reaches them all.";
    add(stack, pool, &part, &rule, comment)
}

/// The load balancers reach the gateway at the same ports of every node.
fn from_balancers(stack: &mut Stack<'_>, pool: &NodePool) -> Option<Address> {
    let checkers = CHECKERS.into_iter().map(hcl::Expression::from);
    let sources = std::iter::once(stack.network.proxies.clone()).chain(checkers).collect();
    let behind = [(Exposure::Public, NODE_PUBLIC), (Exposure::Internal, NODE_INTERNAL)];
    let behind = behind
        .into_iter()
        .filter(|(exposure, _)| is_behind(stack.system, *exposure));
    let mut ports: Vec<u16> = behind.map(|(_, port)| port).collect();
    if ports.is_empty() {
        return None;
    }
    ports.push(NODE_STATUS);
    let rule = opened(Way::In, hcl::Expression::Array(sources), ports);
    let part = format!("{}-from-balancer", gcp_nodes(pool));
    let comment = "The gateway's ports on the nodes, and its health.";
    Some(add(stack, pool, &part, &rule, comment))
}

/// What the gateway and the metrics server reach in a domain.
fn from_system(stack: &mut Stack<'_>, pool: &NodePool) -> Address {
    let system = stack.system;
    let services = system.services.iter().map(|(_, service)| service);
    let services =
        services.filter(|service| service.runtime == Runtime::Kubernetes && service.home.domain == pool.domain);
    let ports: BTreeSet<u16> = services
        .filter(|service| service.listens())
        .map(|service| service.port)
        .collect();
    let ports = ports.into_iter().chain([KUBELET]).collect();
    let own = system.pools.iter().find(|pool| pool.domain.is_none());
    let sources = own
        .map(|own| Ground::range(own).to_string().into())
        .into_iter()
        .collect();
    let rule = opened(Way::In, hcl::Expression::Array(sources), ports);
    let part = format!("{}-from-{}-nodes", gcp_nodes(pool), NodePool::SYSTEM);
    add(stack, pool, &part, &rule, "")
}
