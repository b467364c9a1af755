//! A subnet for the nodes of each pool. Security groups see the node that a pod runs on, and so a pool is what they tell apart.

use std::collections::BTreeMap;

use crate::check::{node_block, nodes_name};
use crate::ir::{Domain, Id};
use crate::list;
use crate::targets::azure::Stack;
use crate::targets::azure::network::Subnet;
use crate::terraform::{Address, Block};

/// The subnets, by domain.
pub(in crate::targets::azure) fn lower(
    stack: &mut Stack<'_>,
    network: &Address,
) -> BTreeMap<Option<Id<Domain>>, Subnet> {
    let system = stack.system;
    let mut subnets = BTreeMap::new();
    for pool in &system.pools {
        let name = nodes_name(pool);
        let body = Block::new()
            .set("name", name.as_str())
            .set("resource_group_name", stack.project.group.attr("name"))
            .set("virtual_network_name", network.attr("name"))
            .set("address_prefixes", list![node_block(system, pool.domain).to_string()])
            .set("default_outbound_access_enabled", false);
        stack.module.comment(match pool.domain {
            Some(_) => "The block follows from the domain's name, or its slot: no other domain moves it.",
            None => "The last address is that of the load balancer in front of the cluster's gateway.",
        });
        let own = stack.module.resource("azurerm_subnet", &name, body);
        let subnet = Subnet {
            id: own.id(),
            cidr: own.attr("address_prefixes.0"),
        };
        subnets.insert(pool.domain, subnet);
    }
    subnets
}

/// Gives the nodes their way out.
pub(in crate::targets::azure) fn ways_out(
    stack: &mut Stack<'_>,
    subnets: &BTreeMap<Option<Id<Domain>>, Subnet>,
    gateway: &Address,
) -> Vec<(Option<Id<Domain>>, Address)> {
    let system = stack.system;
    let pools = system
        .pools
        .iter()
        .filter_map(|pool| Some((pool, subnets.get(&pool.domain)?)));
    let attached = pools.map(|(pool, subnet)| {
        let body = Block::new()
            .set("subnet_id", subnet.id.clone())
            .set("nat_gateway_id", gateway.id());
        let kind = "azurerm_subnet_nat_gateway_association";
        (pool.domain, stack.module.resource(kind, &nodes_name(pool), body))
    });
    attached.collect()
}
