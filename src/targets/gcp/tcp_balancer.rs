//! Load balancers of services that do not speak HTTP: internal passthrough Network Load Balancers, one for each.
//!
//! They are no machines but a property of the network: packets reach a healthy machine as the caller sent them, and answers go back
//! the direct way.

use super::Stack;
use super::compute::Group;
use crate::ir::Service;
use crate::list;
use crate::terraform::{Address, Block};

/// Adds the load balancer of one service. Gives the rule that leads there.
pub(super) fn lower(stack: &mut Stack<'_>, service: &Service, address: &Address, group: &Group) -> Address {
    stack.module.file("load_balancer", "");
    let machines = Block::new()
        .set("group", group.manager.attr("instance_group"))
        .set("balancing_mode", "CONNECTION");
    let body = Block::new()
        .set("name", stack.name(&service.name))
        .set("region", stack.region())
        .set("load_balancing_scheme", "INTERNAL")
        .set("protocol", "TCP")
        .set("connection_draining_timeout_sec", 60)
        .set("health_checks", group.checks())
        .block("backend", machines);
    let backend = stack
        .module
        .comment("Connections go to the machines of every zone alike, and keep the caller's address.")
        .resource("google_compute_region_backend_service", &service.name, body);
    let body = Block::new()
        .set("name", stack.name(&service.name))
        .set("region", stack.region())
        .set("network", stack.network.id.clone())
        .set("subnetwork", stack.network.application.clone())
        .set("load_balancing_scheme", "INTERNAL")
        .set("ip_address", address.id())
        .set("ip_protocol", "TCP")
        .set("ports", list![service.port.to_string()])
        .set("backend_service", backend.id());
    stack
        .module
        .resource("google_compute_forwarding_rule", &service.name, body)
}
