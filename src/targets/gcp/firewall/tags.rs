//! Rules for containers, which are told apart by their tags: rules do not see whom a container runs as.

use hcl::Expression;

use super::{CLOSED, Rule, Way, Who, body, shared};
use crate::ir::{Id, Peer, Service};
use crate::list;
use crate::targets::gcp::{Stack, containers};
use crate::terraform::{Address, Block};

/// The tags of a service's containers: that of all containers of the system, and its own.
pub(in crate::targets::gcp) fn tags(stack: &Stack<'_>, service: &Service) -> Expression {
    list![stack.system.prefix.as_str(), stack.name(&service.name)]
}

/// Where containers call from, if any of them calls a service behind a load balancer that passes packets on as they come: the only one
/// whose machines see who calls.
pub(super) fn containers_range(stack: &mut Stack<'_>) -> Option<Expression> {
    let system = stack.system;
    let calls = |(id, _): (Id<Service>, &Service)| {
        let mut flows = system.flows_from(Peer::Service(id));
        flows.any(|flow| matches!(flow.to, Peer::TcpBalancer(_)))
    };
    let mut tagged = system
        .services
        .iter()
        .filter(|(_, service)| containers::is_tagged(service));
    if !tagged.any(calls) {
        return None;
    }
    let range = stack.network.containers_range();
    Some(range.unwrap_or_else(|| {
        let body = Block::new().set("self_link", stack.network.application.clone());
        let subnet = stack.module.data("google_compute_subnetwork", "application", body);
        subnet.attr("ip_cidr_range")
    }))
}

/// What is the same for all containers. Nothing reaches them through the network, and rules for them write no log.
pub(super) fn for_containers(stack: &mut Stack<'_>) -> Vec<Address> {
    let outward = shared(stack).into_iter().filter(|(_, rule, _)| rule.way == Way::Out);
    let rules: Vec<_> = outward.collect();
    rules
        .into_iter()
        .map(|(name, rule, comment)| {
            let rule = Rule { logged: false, ..rule };
            let name = format!("{name}_of_containers");
            let comment = match rule.priority {
                CLOSED => "Containers are told apart by their tags. All have this one; the priorities are those of machines: 1000 opens what is\nlinked, 2000 closes the rest of the network, 3000 opens the internet, 65000 closes all.",
                _ => comment,
            };
            let full = stack.name(&name.replace('_', "-"));
            let tag = Who::Tag(stack.system.prefix.clone());
            let body = body(Block::new(), stack, full.into(), &rule, tag);
            stack
                .module
                .comment(comment)
                .resource("google_compute_firewall", &name, body)
        })
        .collect()
}
