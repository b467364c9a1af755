//! Target groups: what stands behind a load balancer.

use std::collections::BTreeMap;

use super::{Balancers, name};
use crate::ir::{Balancer, Exposure, Id, Service};
use crate::targets::aws::network::Network;
use crate::targets::aws::{Stack, cluster, edge};
use crate::terraform::{Address, Block};
use crate::vocabulary::Runtime;

/// One target group per service behind the load balancer, and one for all that stand behind the gateway of the cluster.
pub(super) fn lower(
    stack: &mut Stack<'_>,
    balancer: &Balancer,
    network: &Network,
    balancers: &mut Balancers,
) -> BTreeMap<Id<Service>, Address> {
    let system = stack.system;
    let mut added = BTreeMap::new();
    for id in edge::services(balancer) {
        let service = &system.services[id];
        if service.runtime == Runtime::Kubernetes {
            let group = balancers.gateway(stack, balancer.exposure, network);
            added.insert(id, group);
            continue;
        }
        let exposure = name(balancer.exposure);
        let by_address = service.runtime == Runtime::Container;
        // The letter differs from runtime to runtime too: the new group is made beside the old one.
        let letter = match (balancer.exposure, by_address) {
            (Exposure::Public, false) => "p",
            (Exposure::Public, true) => "e",
            (Exposure::Internal, false) => "i",
            (Exposure::Internal, true) => "c",
        };
        let check = Block::new()
            .set("path", service.health.path().unwrap_or_default())
            .set("matcher", "200")
            .set("interval", 15)
            .set("timeout", 5)
            .set("healthy_threshold", 2);
        let body = Block::new()
            // The port is part of the name: a group for another port is made beside the old one before that goes.
            .set(
                "name",
                format!("{}-{letter}{}", stack.name(&service.name), service.port),
            )
            .set_some("target_type", by_address.then_some("ip"))
            .set("vpc_id", network.id.clone())
            .set("port", service.port)
            .set("protocol", "HTTP")
            .set("deregistration_delay", 60)
            .block("health_check", check)
            .block("lifecycle", Block::new().set("create_before_destroy", true));
        let local = format!("{exposure}_{}", service.name);
        let group = stack.module.resource("aws_lb_target_group", &local, body);
        balancers.target_groups.entry(id).or_default().push(group.clone());
        added.insert(id, group);
    }
    added
}

impl Balancers {
    /// The group of the cluster's gateway, which is added once.
    fn gateway(&mut self, stack: &mut Stack<'_>, exposure: Exposure, network: &Network) -> Address {
        if let Some((_, group)) = self.gateway.iter().find(|(other, _)| *other == exposure) {
            return group.clone();
        }
        let group = cluster::gateway::target_group(stack, exposure, network);
        self.gateway.push((exposure, group.clone()));
        group
    }
}
