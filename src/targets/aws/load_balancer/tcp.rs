//! Network load balancers, each in front of one service that does not speak HTTP.

use super::{Balancers, forward};
use crate::ir::{Id, Peer, Service, Tier};
use crate::targets::aws::Stack;
use crate::targets::aws::firewall::Groups;
use crate::targets::aws::network::Network;
use crate::terraform::{Address, Block};

/// Seconds that a connection may be silent: the most that AWS offers. Pools of connections keep them for longer than the usual 350.
pub(in crate::targets::aws) const IDLE_SECONDS: u32 = 6000;

pub(super) fn lower(stack: &mut Stack<'_>, network: &Network, groups: &Groups, balancers: &mut Balancers) {
    let system = stack.system;
    for (id, service) in system.services.iter().filter(|(_, service)| service.is_tcp()) {
        let body = Block::new()
            .set("name", stack.name(&service.name))
            .set("internal", true)
            .set("load_balancer_type", "network")
            .set("security_groups", groups.ids(Peer::TcpBalancer(id)))
            .set("subnets", network.subnets(Tier::Balancer))
            .comment("A zone without a machine, or with fewer, is served by those of the others.")
            .set("enable_cross_zone_load_balancing", true)
            .set("enable_deletion_protection", system.protect);
        let balancer = stack.module.resource("aws_lb", &service.name, body);
        let group = target_group(stack, service, network);
        let body = Block::new()
            .set("load_balancer_arn", balancer.attr("arn"))
            .set("port", service.port)
            .set("protocol", "TCP")
            .comment("Pools keep silent connections for longer than the usual 350 seconds.")
            .set("tcp_idle_timeout_seconds", IDLE_SECONDS)
            .block("default_action", forward(&group));
        let listener = stack.module.resource("aws_lb_listener", &service.name, body);
        balancers.add_tcp(id, balancer, group, listener);
    }
}

fn target_group(stack: &mut Stack<'_>, service: &Service, network: &Network) -> Address {
    let check = Block::new()
        .set("protocol", "TCP")
        .set("interval", 15)
        .set("timeout", 5)
        .set("healthy_threshold", 2);
    let body = Block::new()
        // The port is part of the name: a group for another port is made beside the old one before that goes.
        .set("name", format!("{}-t{}", stack.name(&service.name), service.port))
        .set("vpc_id", network.id.clone())
        .set("port", service.port)
        .set("protocol", "TCP")
        .set("deregistration_delay", 60)
        .comment("What is still connected then is told so, and connects to another machine.")
        .set("connection_termination", true)
        .block("health_check", check)
        .block("lifecycle", Block::new().set("create_before_destroy", true));
    stack.module.resource("aws_lb_target_group", &service.name, body)
}

impl Balancers {
    fn add_tcp(&mut self, id: Id<Service>, balancer: Address, group: Address, listener: Address) {
        self.tcp.push((id, balancer));
        self.target_groups.entry(id).or_default().push(group);
        self.listeners.entry(id).or_default().push(listener);
    }
}
