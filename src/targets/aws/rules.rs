//! Security group rules: one on each end of every connection that the links open.

use std::collections::{BTreeMap, BTreeSet};

use hcl::Expression;

use super::Stack;
use super::endpoint::{self, Endpoints};
use super::firewall::{Groups, word};
use crate::ir::{Id, Peer, Service, Tls};
use crate::target::Target;
use crate::terraform::Block;
use crate::vocabulary::Egress;

/// Rules by the service whose machines open the connection, for `depends_on`: a machine uses them while it starts.
#[derive(Default)]
pub(super) struct Rules {
    opening: BTreeMap<Id<Service>, Vec<Expression>>,
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
    for flow in system.flows.iter().filter(|flow| flow.to != Peer::Endpoints) {
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
    for (id, _) in system.services.iter() {
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
    for (id, service) in system.services.iter() {
        if let Some(prefix_list) = endpoints.s3.clone().filter(|_| endpoint::uses_s3(stack, id)) {
            let local = format!("{}_to_object_store_443", service.name);
            let why = format!("{} to the object store over its gateway endpoint", service.name);
            let other = ("prefix_list_id", prefix_list);
            let rule = rule(stack, groups, Peer::Service(id), "egress", &local, (443, &why), other);
            rules.opening.entry(id).or_default().extend(rule);
        }
    }
    rules
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
    let outgoing = rule(stack, groups, from, "egress", &local, (port, &why), end(to));
    let incoming = rule(stack, groups, to, "ingress", &local, (port, &why), end(from));
    if let Peer::Service(service) = from {
        let incoming = incoming.filter(|_| matches!(to, Peer::TcpBalancer(_)));
        rules
            .opening
            .entry(service)
            .or_default()
            .extend(outgoing.into_iter().chain(incoming));
    }
}

/// One rule, if its peer has a group. Gives its address.
fn rule(
    stack: &mut Stack<'_>,
    groups: &Groups,
    peer: Peer,
    direction: &str,
    local: &str,
    (port, why): (u16, &str),
    other: (&str, Expression),
) -> Option<Expression> {
    let body = Block::new()
        .set("security_group_id", groups.find(peer)?.id())
        .set("description", why)
        .set("ip_protocol", "tcp")
        .set("from_port", port)
        .set("to_port", port)
        .set(other.0, other.1);
    let kind = match direction {
        "egress" => "aws_vpc_security_group_egress_rule",
        _ => "aws_vpc_security_group_ingress_rule",
    };
    Some(stack.module.resource(kind, local, body).whole())
}
