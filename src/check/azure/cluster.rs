//! What AKS asks of the managed cluster: its network, the names of its pools, addresses for nodes and pods, machines and versions.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use sha2::{Digest, Sha256};

use super::blocks;
use crate::catalog;
use crate::diagnostic::{Diagnostic, aks, capability};
use crate::ir::{Domain, Id, NodePool, System};
use crate::target::Target;
use crate::vocabulary::{Egress, Runtime};

/// The spare slice of the network that nodes are in.
const SLICE: usize = 0;
/// Letters and digits of the name of a pool.
const NAME: usize = 12;
/// Letters of a longer name that stay, in front of a digest of six.
const HEAD: usize = 6;
/// Addresses of a subnet that Azure keeps for itself.
const RESERVED: u32 = 5;
/// Addresses in the system's subnet that no node has: those of the gateway's load balancer and of the cluster's API.
const OWN: u32 = 2;
/// Nodes whose pods have addresses: 256 each, of a /16.
const NODES: u32 = 256;
/// Addresses of pods and of Kubernetes services, where the network leaves them free, and where it does not. Nobody outside the cluster
/// sees them.
const INSIDE: [(&str, &str); 2] = [("10.244.0.0/16", "10.245.0.0/16"), ("10.246.0.0/16", "10.247.0.0/16")];

/// What belongs to the nodes of a pool is called so.
pub fn nodes_name(pool: &NodePool) -> String {
    format!("{}-nodes", pool.name)
}

/// The addresses of the nodes of a domain, or of the system.
pub fn node_block(system: &System, domain: Option<Id<Domain>>) -> Ipv4Net {
    blocks::block(system, SLICE, domain)
}

/// The addresses of all nodes of the cluster.
pub fn cluster_block(system: &System) -> Ipv4Net {
    system.network.spare(SLICE).cidr
}

/// The addresses of pods, and of Kubernetes services.
pub fn inside_blocks(system: &System) -> (Ipv4Net, Ipv4Net) {
    let parsed = INSIDE
        .iter()
        .filter_map(|(pods, services)| Some((pods.parse().ok()?, services.parse().ok()?)));
    let own = system.network.cidr;
    let apart = |block: &Ipv4Net| !(block.contains(&own) || own.contains(block));
    let mut found = parsed.filter(|(pods, services)| apart(pods) && apart(services));
    found.next().unwrap_or_default()
}

/// The address of the gateway's load balancer: the last of the system's nodes. Azure hands addresses out from the other end.
pub fn gateway_address(system: &System) -> String {
    let block = node_block(system, None);
    block.hosts().last().unwrap_or(block.addr()).to_string()
}

/// What Azure calls a pool: twelve lower-case letters and digits.
pub fn pool_name(pool: &NodePool) -> String {
    match pool.name.len() <= NAME && !pool.name.contains('-') {
        true => pool.name.clone(),
        false => {
            let letters = pool.name.chars().filter(|c| *c != '-');
            letters.take(HEAD).chain(digest(&pool.name).chars()).collect()
        }
    }
}

/// What Azure calls the nodes that stand in for those of a pool while these are made anew.
pub fn rotation_name(pool: &NodePool) -> String {
    format!("tmp{}", digest(&format!("rotation of {}", pool.name)))
}

/// Six hexadecimal digits.
fn digest(text: &str) -> String {
    base16ct::lower::encode_string(&Sha256::digest(text.as_bytes())[..3])
}

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let mut inside = system.services.iter().map(|(_, service)| service);
    let Some(first) = inside.find(|service| service.runtime == Runtime::Kubernetes) else {
        return;
    };
    let at = system.places.span(&format!("{}.runtime", first.path));
    if system.network.existing.azure.is_some() {
        problems.push(aks::existing_network(at, &first.name));
        return;
    }
    if system.network.egress == Egress::None {
        problems.push(aks::no_egress(system.places.span("network.egress").or(at)));
    }
    version(system, problems);
    names(system, problems);
    let places: BTreeSet<_> = system.pools.iter().map(|pool| pool.domain).collect();
    blocks::slots(system, &places, "nodes", problems);
    for pool in &system.pools {
        room(system, pool, problems);
    }
    let nodes: u32 = system.pools.iter().map(|pool| pool.max).sum();
    let anew = system.pools.iter().map(|pool| pool.max).max().unwrap_or_default();
    if nodes + anew > NODES {
        problems.push(aks::too_many(at, nodes + anew, NODES));
    }
    if let Some(pool) = system.pools.first() {
        machine(system, pool, problems);
    }
}

fn version(system: &System, problems: &mut Vec<Diagnostic>) {
    let offered = catalog::azure_kubernetes();
    if let Some(version) = system.cluster.version.as_deref()
        && !offered.contains(&version)
    {
        let at = system.places.span("kubernetes.version");
        problems.push(capability::version(
            at,
            "Kubernetes",
            version,
            Target::Azure,
            None,
            offered,
        ));
    }
}

/// No two pools may have one name. The names of nodes that stand in for others count, too.
fn names(system: &System, problems: &mut Vec<Diagnostic>) {
    let mut taken: BTreeMap<String, &NodePool> = BTreeMap::new();
    for pool in &system.pools {
        for name in [pool_name(pool), rotation_name(pool)] {
            if let Some(other) = taken.insert(name, pool) {
                let domain = pool.domain.map(|id| &system.domains[id]);
                let at = domain.and_then(|domain| system.places.key(&domain.path));
                problems.push(aks::same_pool(at, [&other.name, &pool.name]));
            }
        }
    }
}

/// Every subnet has addresses for twice as many nodes as there may be.
fn room(system: &System, pool: &NodePool, problems: &mut Vec<Diagnostic>) {
    let subnet = node_block(system, pool.domain);
    let own = if pool.domain.is_none() { OWN } else { 0 };
    let there = (1_u32 << (32 - subnet.prefix_len())).saturating_sub(RESERVED + own);
    let needed = 2 * pool.max;
    if needed > there {
        let at = system.places.span(&format!("{}.max", pool.path));
        problems.push(aks::no_room(at, &pool.name, needed, subnet, there));
    }
}

/// Azure is particular about where the cluster's own parts run.
fn machine(system: &System, pool: &NodePool, problems: &mut Vec<Diagnostic>) {
    if let Some(machine) = catalog::machine(Target::Azure, &pool.size)
        && machine.starts_with("Standard_B")
    {
        let at = system.places.span(&format!("{}.size", pool.path));
        problems.push(aks::machine(at, machine));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Shape;
    use crate::vocabulary::PerTarget;

    #[test]
    fn pools_have_short_names_that_stay_apart() {
        let pool = |name: &str| NodePool {
            domain: None,
            name: name.to_owned(),
            path: String::new(),
            size: Shape {
                cpu: 2,
                memory_gb: 8,
                exact: PerTarget::default(),
            },
            min: 1,
            max: 2,
        };
        assert_eq!(pool_name(&pool("market")), "market");
        let names = ["order-history", "order-histogram", "orderhistory", "a-b", "ab"];
        let names: BTreeSet<String> = names.iter().map(|name| pool_name(&pool(name))).collect();
        assert_eq!(names.len(), 5);
        let fits =
            |name: &String| name.len() <= 12 && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        assert!(names.iter().all(fits), "{names:?}");
        assert!(fits(&rotation_name(&pool("market"))));
    }
}
