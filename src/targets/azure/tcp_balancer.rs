//! Load balancers in front of services that do not speak HTTP: one of its own for each.

use std::collections::BTreeMap;

use hcl::Expression;

use super::Stack;
use super::network::Network;
use crate::ir::{Id, Service};
use crate::list;
use crate::terraform::{Address, Block};

/// By service.
pub(super) type TcpBalancers = BTreeMap<Id<Service>, TcpBalancer>;

/// One of them.
pub(super) struct TcpBalancer {
    balancer: Address,
    /// The pool that the machines join.
    pub pool: Address,
}

impl TcpBalancer {
    /// The address that clients connect to.
    pub fn address(&self) -> Expression {
        self.balancer.attr("private_ip_address")
    }
}

/// They stand in the machines' subnet: that of the application gateways takes nothing else.
pub(super) fn lower(stack: &mut Stack<'_>, network: &Network) -> TcpBalancers {
    let system = stack.system;
    let services = system.services.iter().filter(|(_, service)| service.is_tcp());
    services
        .map(|(id, service)| (id, build(stack, network, service)))
        .collect()
}

fn build(stack: &mut Stack<'_>, network: &Network, service: &Service) -> TcpBalancer {
    let name = service.name.as_str();
    stack.module.file("load_balancer", "");
    let frontend = Block::new()
        .set("name", "internal")
        .set("subnet_id", network.application.id.clone())
        .set("private_ip_address_allocation", "Dynamic")
        .set("zones", stack.all_zones());
    let body = stack
        .named(stack.prefixed(name))
        .set("sku", "Standard")
        .set("tags", stack.tags())
        .comment("An address of all zones, kept for as long as the load balancer is there.")
        .block("frontend_ip_configuration", frontend);
    let balancer = stack.module.resource("azurerm_lb", name, body);
    let part = || Block::new().set("name", name).set("loadbalancer_id", balancer.id());
    let pool = stack.module.resource("azurerm_lb_backend_address_pool", name, part());
    let probe = part()
        .set("protocol", "Tcp")
        .set("port", service.port)
        .set("interval_in_seconds", 5)
        .set("probe_threshold", 2);
    let probe = stack.module.resource("azurerm_lb_probe", name, probe);
    let rule = part()
        .set("frontend_ip_configuration_name", "internal")
        .set("protocol", "Tcp")
        .set("frontend_port", service.port)
        .set("backend_port", service.port)
        .set("backend_address_pool_ids", list![pool.id()])
        .set("probe_id", probe.id())
        .comment("Idle connections of a pool stay for this long, and are then ended rather than forgotten.")
        .set("idle_timeout_in_minutes", 30)
        .set("tcp_reset_enabled", true);
    stack.module.resource("azurerm_lb_rule", name, rule);
    TcpBalancer { balancer, pool }
}
