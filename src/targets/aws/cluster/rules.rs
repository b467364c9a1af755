//! Rules of the cluster's security groups.
//!
//! All nodes have one group for what makes them nodes: the control plane, names, images. What a pod is linked to is open to all pods of
//! its pool and to no others; policies in the cluster tell them apart.

use std::collections::BTreeSet;

use hcl::Expression;

use crate::ir::{Exposure, NodePool, Peer};
use crate::targets::aws::Stack;
use crate::targets::aws::endpoint::Endpoints;
use crate::targets::aws::firewall::{CONTROL_PLANE, Groups, NODES, Nodes, pool_word, word};
use crate::targets::aws::rules::{Direction, add, is_pod};
use crate::targets::shared::cluster::ports;
use crate::terraform::Address;
use crate::vocabulary::Egress;

/// What the kubelet of each node answers on: logs, shells and measurements of its pods.
const KUBELET: u16 = 10_250;
/// What the control plane asks of pods: KEDA's measurements, webhooks of operators, measurements of nodes, Istio's webhook.
const ASKED: [u16; 4] = [6443, 9443, 10_251, 15_017];
/// What the cluster's own parts ask of each other: KEDA's adapter its operator, the gateway its controller.
const AMONG: [u16; 2] = [9666, 15_012];
/// Names.
const DNS: u16 = 53;

/// A group, and the word for it in the names of rules.
type End<'a> = (&'a Address, &'a str);

/// Adds the rules. Gives those that a node needs to become one.
pub(in crate::targets::aws) fn lower(
    stack: &mut Stack<'_>,
    groups: &Groups,
    nodes: &Nodes,
    endpoints: &Endpoints,
) -> Vec<Expression> {
    let words: Vec<String> = stack.system.pools.iter().map(pool_word).collect();
    let pools: Vec<End<'_>> = nodes.pools.iter().zip(words.iter().map(String::as_str)).collect();
    let Some(&system) = pools.first() else {
        return vec![];
    };
    let all = (&nodes.all, NODES);
    let control_plane = (&nodes.control_plane, CONTROL_PLANE);
    let mut needed: Vec<Address> = vec![];
    needed.extend(open(stack, all, control_plane, ("tcp", 443)));
    needed.extend(open(stack, control_plane, all, ("tcp", KUBELET)));
    for protocol in ["tcp", "udp"] {
        needed.extend(open(stack, all, system, (protocol, DNS)));
    }
    needed.extend(outside(stack, groups, all, endpoints));
    open(stack, system, all, ("tcp", KUBELET));
    for port in ASKED {
        open(stack, control_plane, system, ("tcp", port));
    }
    for port in AMONG {
        open(stack, system, system, ("tcp", port));
    }
    gateway(stack, groups, system);
    pods(stack, (system, all), &pools);
    links(stack, groups, &pools);
    needed.iter().map(Address::whole).collect()
}

/// What nodes and their pods reach outside the network, and over the endpoints in it.
fn outside(stack: &mut Stack<'_>, groups: &Groups, all: End<'_>, endpoints: &Endpoints) -> Vec<Address> {
    let system = stack.system;
    let mut added = vec![];
    let flows = system.flows.iter().filter(|flow| flow.to == Peer::Internet);
    let mut ports: BTreeSet<u16> = flows
        .filter(|flow| is_pod(stack, flow.from))
        .map(|flow| flow.port)
        .collect();
    if system.network.egress != Egress::None {
        ports.insert(443);
    }
    for port in ports {
        let local = format!("{NODES}_to_internet_{port}");
        let anywhere = ("cidr_ipv4", "0.0.0.0/0".into());
        let why = ("tcp", port, "Kubernetes nodes and their pods to the internet");
        added.push(add(stack, all.0, Direction::Egress, &local, why, anywhere));
    }
    if let Some(group) = groups.find(Peer::Endpoints) {
        let word = word(stack, Peer::Endpoints);
        added.extend(open(stack, all, (group, &word), ("tcp", 443)));
    }
    for (prefix_list, word) in [(&endpoints.s3, "object_store"), (&endpoints.tables, "tables")] {
        let Some(prefix_list) = prefix_list.clone() else {
            continue;
        };
        let local = format!("{NODES}_to_{word}_443");
        let why = format!(
            "Kubernetes nodes and their pods to the {} over its gateway endpoint",
            word.replace('_', " ")
        );
        let list = ("prefix_list_id", prefix_list);
        added.push(add(stack, all.0, Direction::Egress, &local, ("tcp", 443, &why), list));
    }
    added
}

/// Load balancers to the gateway, on the ports of the nodes that it runs on.
fn gateway(stack: &mut Stack<'_>, groups: &Groups, system: End<'_>) {
    let exposures = [
        (Exposure::Public, Peer::PublicBalancer),
        (Exposure::Internal, Peer::InternalBalancer),
    ];
    for (exposure, peer) in exposures {
        let leads = stack.system.flows_from(peer).any(|flow| is_pod(stack, flow.to));
        let Some(group) = groups.find(peer).filter(|_| leads) else {
            continue;
        };
        let word = word(stack, peer);
        for port in [super::gateway::port(exposure), ports::NODE_STATUS] {
            open(stack, (group, &word), system, ("tcp", port));
        }
    }
}

/// The gateway to the services behind it.
fn pods(stack: &mut Stack<'_>, (system, all): (End<'_>, End<'_>), pools: &[End<'_>]) {
    let flows = stack.system.flows.iter();
    let behind = flows.filter_map(|flow| match (flow.from, flow.to) {
        (Peer::PublicBalancer | Peer::InternalBalancer, Peer::Service(id)) => {
            Some((flow.port, number(stack, stack.system.pool_of(id)?)?))
        }
        _ => None,
    });
    let behind: BTreeSet<(u16, usize)> = behind.collect();
    // One rule for a port of all pools: a group has 60 of each kind at most, and there may be many domains.
    let ports: BTreeSet<u16> = behind.iter().map(|(port, _)| *port).collect();
    for port in ports {
        end(stack, Direction::Egress, system, all, ("tcp", port));
    }
    for (port, pool) in behind {
        if let Some(pool) = pools.get(pool) {
            end(stack, Direction::Ingress, system, *pool, ("tcp", port));
        }
    }
}

/// Pods to what they are linked to.
fn links(stack: &mut Stack<'_>, groups: &Groups, pools: &[End<'_>]) {
    let system = stack.system;
    let outgoing = system.flows.iter().filter_map(|flow| match (flow.from, flow.to) {
        (_, Peer::Internet | Peer::Endpoints) => None,
        (Peer::Service(id), to) => Some((number(stack, system.pool_of(id)?)?, to, flow.port)),
        _ => None,
    });
    let outgoing: BTreeSet<(usize, Peer, u16)> = outgoing.collect();
    for (pool, to, port) in outgoing {
        let word = word(stack, to);
        if let (Some(pool), Some(group)) = (pools.get(pool), groups.find(to)) {
            open(stack, *pool, (group, &word), ("tcp", port));
        }
    }
}

fn number(stack: &Stack<'_>, pool: &NodePool) -> Option<usize> {
    stack.system.pools.iter().position(|other| other == pool)
}

/// Both ends of a connection.
fn open(stack: &mut Stack<'_>, from: End<'_>, to: End<'_>, on: (&str, u16)) -> [Address; 2] {
    [
        end(stack, Direction::Egress, from, to, on),
        end(stack, Direction::Ingress, from, to, on),
    ]
}

/// One end of a connection.
fn end(
    stack: &mut Stack<'_>,
    direction: Direction,
    from: End<'_>,
    to: End<'_>,
    (protocol, port): (&str, u16),
) -> Address {
    let why = format!("{} to {}", from.1, to.1).replace('_', " ");
    let local = match protocol {
        "tcp" => format!("{}_to_{}_{port}", from.1, to.1),
        _ => format!("{}_to_{}_{port}_{protocol}", from.1, to.1),
    };
    let (own, other) = match direction {
        Direction::Egress => (from.0, to.0),
        Direction::Ingress => (to.0, from.0),
    };
    let other = ("referenced_security_group_id", other.id());
    add(stack, own, direction, &local, (protocol, port, &why), other)
}
