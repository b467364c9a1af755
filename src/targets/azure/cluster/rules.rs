//! Firewall rules of the nodes that follow from no link.

use std::collections::BTreeMap;

use super::super::firewall::Groups;
use super::super::security_rules::{Rules, Side};
use crate::check::{cluster_block, inside_blocks, nodes_name};
use crate::ir::{NodePool, Resource};
use crate::targets::azure::Stack;
use crate::targets::azure::network::Network;

/// What the nodes of a pool need of Azure and of each other.
pub(in crate::targets::azure) fn platform(stack: &Stack<'_>, network: &Network, pool: &NodePool, rules: &mut Rules) {
    let system = stack.system;
    if let Some(subnet) = network.nodes.get(&pool.domain) {
        let (pods, _) = inside_blocks(system);
        let inside = [cluster_block(system), pods].map(|block| block.to_string().into());
        rules.nodes(&subnet.cidr, &inside, pool.domain.is_none());
    }
}

/// External Secrets runs on the system's own nodes, and reads the vault for all services of the cluster.
pub(in crate::targets::azure) fn secrets(
    stack: &Stack<'_>,
    network: &Network,
    groups: &Groups,
    subnets: &mut BTreeMap<String, Rules>,
) {
    let system = stack.system;
    let is_read = |resource| {
        matches!(
            resource,
            Resource::Database(_) | Resource::Proxy(_) | Resource::Shards(_) | Resource::Secret(_)
        )
    };
    let mut grants = system
        .grants
        .iter()
        .filter(|grant| system.pool_of(grant.service).is_some());
    let (Some(pool), Some(subnet)) = (system.pools.first(), network.nodes.get(&None)) else {
        return;
    };
    if !grants.any(|grant| is_read(grant.resource)) {
        return;
    }
    let name = format!("{}-to-vault", nodes_name(pool));
    for (group, inbound) in [(nodes_name(pool), false), ("endpoint".to_owned(), true)] {
        let from = Side::Prefix(subnet.cidr.clone());
        let to = Side::Groups(vec![groups.vault.clone()]);
        subnets.entry(group).or_default().allow(inbound, &name, from, to, "443");
    }
}
