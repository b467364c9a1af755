//! Load balancers of services that do not speak HTTP: internal passthrough Network Load Balancers, one for each.
//!
//! They are no machines but a property of the network: packets reach a healthy machine as the caller sent them, and answers go back
//! the direct way.

use std::collections::BTreeMap;

use super::Stack;
use super::compute::Group;
use super::edge::Entries;
use crate::ir::{Id, Service};
use crate::list;
use crate::terraform::Block;

pub(super) fn lower(stack: &mut Stack<'_>, entries: &Entries, groups: &BTreeMap<Id<Service>, Group>) {
    stack.module.file("load_balancer", "");
    for (id, address) in &entries.tcp {
        let service = &stack.system.services[*id];
        let group = Block::new()
            .set("group", groups[id].manager.attr("instance_group"))
            .set("balancing_mode", "CONNECTION");
        let body = Block::new()
            .set("name", stack.name(&service.name))
            .set("region", stack.region())
            .set("load_balancing_scheme", "INTERNAL")
            .set("protocol", "TCP")
            .set("connection_draining_timeout_sec", 60)
            .set("health_checks", list![groups[id].check.id()])
            .block("backend", group);
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
            .resource("google_compute_forwarding_rule", &service.name, body);
    }
}
