//! The gateway as load balancers see it: a port of the system's nodes.

use super::pools::Pools;
use crate::ir::{Exposure, NodePool};
use crate::targets::aws::Stack;
use crate::targets::aws::load_balancer::{Balancers, name};
use crate::targets::aws::network::Network;
use crate::targets::shared::cluster::{HEALTH, ports};
use crate::terraform::{Address, Block, expr};

/// The node port for what came through a load balancer.
pub(super) fn port(exposure: Exposure) -> u16 {
    match exposure {
        Exposure::Public => ports::NODE_PUBLIC,
        Exposure::Internal => ports::NODE_INTERNAL,
    }
}

/// Name of the target group. Longer than that of any component's.
pub(in crate::targets::aws) fn local(exposure: Exposure) -> String {
    format!("{}_kubernetes_gateway", name(exposure))
}

/// The one target group that all services in the cluster stand behind.
pub(in crate::targets::aws) fn target_group(stack: &mut Stack<'_>, exposure: Exposure, network: &Network) -> Address {
    let port = port(exposure);
    let check = Block::new()
        .comment("Nodes without a pod of the gateway do not answer, and get no requests.")
        .set("port", ports::NODE_STATUS.to_string())
        .set("path", HEALTH)
        .set("matcher", "200")
        .set("interval", 10)
        .set("timeout", 5)
        .set("healthy_threshold", 2)
        .set("unhealthy_threshold", 2);
    let body = Block::new()
        // A digit after the prefix: the names of services' groups have a letter before their port.
        .set("name", stack.name(&format!("gw-{port}")))
        .set("vpc_id", network.id.clone())
        .set("port", port)
        .set("protocol", "HTTP")
        .set("deregistration_delay", 60)
        .block("health_check", check)
        .block("lifecycle", Block::new().set("create_before_destroy", true));
    stack.module.resource("aws_lb_target_group", &local(exposure), body)
}

/// The nodes that the gateway runs on, as targets.
pub(super) fn attach(stack: &mut Stack<'_>, pools: &Pools, balancers: &Balancers) {
    let Some(system) = pools.get(NodePool::SYSTEM) else {
        return;
    };
    stack.module.file("load_balancer", "");
    for (exposure, group) in &balancers.gateway {
        let machines = expr::attribute(system.attr("resources"), &["0", "autoscaling_groups", "0", "name"]);
        let body = Block::new()
            .set("autoscaling_group_name", machines)
            .set("lb_target_group_arn", group.attr("arn"))
            .comment("A new group of nodes is attached before the old one is not.")
            .block("lifecycle", Block::new().set("create_before_destroy", true));
        stack
            .module
            .resource("aws_autoscaling_attachment", &local(*exposure), body);
    }
    stack.module.file("cluster", "");
}
