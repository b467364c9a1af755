//! Security group rules: one on each end of every connection that the links open.

use std::collections::{BTreeMap, BTreeSet};

use hcl::Expression;

use super::endpoint::{self, Endpoints};
use super::firewall::{Groups, word};
use super::{Stack, cluster, place};
use crate::ir::{Flow, Id, Peer, Service, Tls};
use crate::target::Target;
use crate::terraform::{Address, Block};
use crate::vocabulary::Egress;

/// Rules by the service whose machines open the connection, for `depends_on`: a machine uses them while it starts.
#[derive(Default)]
pub(super) struct Rules {
    opening: BTreeMap<Id<Service>, Vec<Expression>>,
    /// Those that a node of the cluster needs to become one.
    pub(super) of_nodes: Vec<Expression>,
}

impl Rules {
    /// The rules that let a service's machines out, and those that let them in to proxies.
    pub(super) fn of_service(&self, service: Id<Service>) -> Vec<Expression> {
        self.opening.get(&service).cloned().unwrap_or_default()
    }
}

pub(super) fn lower(stack: &mut Stack<'_>, groups: &Groups, endpoints: &Endpoints) -> Rules {
    let system = stack.system;
    stack.module.file("firewall", "");
    let mut connections: Vec<(Peer, Peer, u16)> = vec![];
    let of_machines = |flow: &&Flow| flow.to != Peer::Endpoints && !is_pod(stack, flow.from) && !is_pod(stack, flow.to);
    for flow in system.flows.iter().filter(of_machines) {
        match (flow.to, &system.public) {
            (Peer::PublicBalancer, Some(public)) => {
                connections.push((flow.from, flow.to, 80));
                if public.tls(Target::Aws) != Tls::Off {
                    connections.push((flow.from, flow.to, 443));
                }
            }
            _ => connections.push((flow.from, flow.to, flow.port)),
        }
    }
    // The endpoints of somebody else's network have no group here: they are reached like the internet.
    let own_endpoints = groups.find(Peer::Endpoints).is_some();
    for id in machines(stack) {
        if endpoint::uses_interfaces(stack, id) && (own_endpoints || system.network.egress == Egress::None) {
            connections.push((Peer::Service(id), Peer::Endpoints, 443));
        }
    }
    let mut rules = Rules::default();
    let mut seen = BTreeSet::new();
    for connection in connections {
        if seen.insert(connection) {
            connect(stack, groups, &mut rules, connection);
        }
    }
    for id in machines(stack) {
        let ways = [
            (&endpoints.s3, "object_store", endpoint::uses_s3(stack, id)),
            (&endpoints.tables, "tables", endpoint::uses_tables(stack, id)),
        ];
        let name = &system.services[id].name;
        for (prefix_list, word, _) in ways.into_iter().filter(|(.., uses)| *uses) {
            let (Some(prefix_list), Some(group)) = (prefix_list.clone(), groups.find(Peer::Service(id))) else {
                continue;
            };
            let local = format!("{name}_to_{word}_443");
            let why = format!("{name} to the {} over its gateway endpoint", word.replace('_', " "));
            let other = ("prefix_list_id", prefix_list);
            let rule = add(stack, group, Direction::Egress, &local, ("tcp", 443, &why), other);
            rules.opening.entry(id).or_default().push(rule.whole());
        }
    }
    if let Some(nodes) = groups.nodes() {
        rules.of_nodes = cluster::rules::lower(stack, groups, nodes, endpoints);
    }
    rules
}

/// True for a service whose pods have no group of their own, but that of their nodes.
pub(super) fn is_pod(stack: &Stack<'_>, peer: Peer) -> bool {
    matches!(peer, Peer::Service(id) if stack.system.pool_of(id).is_some())
}

/// The services that have a group of their own.
fn machines(stack: &Stack<'_>) -> Vec<Id<Service>> {
    let system = stack.system;
    let ids = system.services.iter().map(|(id, _)| id);
    ids.filter(|&id| system.pool_of(id).is_none() && place::is_inside(&system, id))
        .collect()
}

/// Both ends of a connection.
fn connect(stack: &mut Stack<'_>, groups: &Groups, rules: &mut Rules, (from, to, port): (Peer, Peer, u16)) {
    let words = (word(stack, from), word(stack, to));
    let local = format!("{}_to_{}_{port}", words.0, words.1);
    let why = format!("{} to {}", words.0, words.1).replace('_', " ");
    let end = |peer: Peer| match groups.find(peer) {
        Some(group) => ("referenced_security_group_id", group.id()),
        None => ("cidr_ipv4", "0.0.0.0/0".into()),
    };
    let mut rule = |group: Option<&Address>, direction, other| {
        Some(add(stack, group?, direction, &local, ("tcp", port, &why), other).whole())
    };
    let outgoing = rule(groups.find(from), Direction::Egress, end(to));
    let incoming = rule(groups.find(to), Direction::Ingress, end(from));
    if let Peer::Service(service) = from {
        let incoming = incoming.filter(|_| matches!(to, Peer::TcpBalancer(_)));
        rules
            .opening
            .entry(service)
            .or_default()
            .extend(outgoing.into_iter().chain(incoming));
    }
}

/// Which way a connection of a rule is opened, as its group sees it.
#[derive(Clone, Copy)]
pub(super) enum Direction {
    Ingress,
    Egress,
}

/// Adds one rule of a group: protocol, port and why; and the other end.
pub(super) fn add(
    stack: &mut Stack<'_>,
    group: &Address,
    direction: Direction,
    local: &str,
    (protocol, port, why): (&str, u16, &str),
    other: (&str, Expression),
) -> Address {
    let body = Block::new()
        .set("security_group_id", group.id())
        .set("description", why)
        .set("ip_protocol", protocol)
        .set("from_port", port)
        .set("to_port", port)
        .set(other.0, other.1);
    let kind = match direction {
        Direction::Egress => "aws_vpc_security_group_egress_rule",
        Direction::Ingress => "aws_vpc_security_group_ingress_rule",
    };
    stack.module.resource(kind, local, body)
}
