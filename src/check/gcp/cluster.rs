//! What GKE asks of services in the managed cluster: addresses for pods and nodes, names, a way out.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use sha2::{Digest, Sha256};

use crate::catalog;
use crate::diagnostic::{Diagnostic, capability, gke};
use crate::ir::{Domain, NodePool, System, Tier};
use crate::target::Target;
use crate::vocabulary::{Egress, Runtime};

/// Where pods and the cluster's own services have their addresses: shared address space, which no network has for anything else.
const PODS: [u8; 4] = [100, 64, 0, 0];
const PODS_PREFIX: u8 = 10;
/// The block of one pool.
const POOL_PREFIX: u8 = 17;
/// The blocks of domains, after that of the system's own pool.
const SLOTS: u32 = 96;
/// The last block, and how much of it services have: 4,096 addresses.
const SERVICES: usize = 127;
const SERVICES_PREFIX: u8 = 20;
/// Nodes that the block of a pool has room for: 128 addresses for each.
const NODES: u32 = 1 << (POD_PREFIX - POOL_PREFIX);
const POD_PREFIX: u8 = 25;
/// Addresses of a subnet that Google keeps.
const KEPT: u32 = 4;
/// The longest id of a service account, and the longest name of a cluster.
const ACCOUNT: usize = 30;
const CLUSTER: usize = 40;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    if system.pools.is_empty() {
        return;
    }
    let mut services = system.services.iter().map(|(_, service)| service);
    let first = services.find(|service| service.runtime == Runtime::Kubernetes);
    let at = first.and_then(|service| system.places.span(&format!("{}.runtime", service.path)));
    if system.network.existing.gcp.is_some() {
        problems.push(gke::existing_network(at));
        return;
    }
    if system.network.egress == Egress::None {
        problems.push(gke::no_way_out(system.places.span("network.egress")));
    }
    if let Some(version) = system.cluster.version.as_deref()
        && !catalog::gke_versions().contains(&version)
    {
        let at = system.places.span("kubernetes.version");
        problems.push(gke::version(at, version, catalog::gke_versions()));
    }
    machines(system, problems);
    slots(system, problems);
    room(system, problems);
    names(system, problems);
}

/// Pods have no machines of their own.
fn machines(system: &System, problems: &mut Vec<Diagnostic>) {
    let services = system.services.iter().map(|(_, service)| service);
    for service in services.filter(|service| service.runtime == Runtime::Kubernetes) {
        let said = [
            ("size.gcp", service.size.exact(Target::Gcp)),
            ("machine_image.gcp", service.machine_image.get(Target::Gcp)),
        ];
        for (key, _) in said.into_iter().filter(|(_, said)| said.is_some()) {
            let at = system.places.span(&format!("{}.{key}", service.path));
            problems.push(gke::machine(at, &service.name, key));
        }
    }
}

/// The addresses of the pods on a pool. They depend on the domain alone, so that no domain moves another's.
pub fn pod_range(system: &System, pool: &NodePool) -> Ipv4Net {
    let number = pool.domain.map_or(0, |domain| slot(&system.domains[domain]));
    block(number as usize, POOL_PREFIX)
}

/// The addresses of the cluster's own services.
pub fn service_range() -> Ipv4Net {
    let whole = block(SERVICES, POOL_PREFIX);
    Ipv4Net::new(whole.addr(), SERVICES_PREFIX).unwrap_or(whole)
}

/// What the nodes of a pool are called, and what belongs to them.
pub fn nodes(pool: &NodePool) -> String {
    format!("{}-nodes", pool.name)
}

fn block(number: usize, prefix: u8) -> Ipv4Net {
    let all = Ipv4Net::new(PODS.into(), PODS_PREFIX).unwrap_or_default();
    let mut blocks = all.subnets(prefix).ok().into_iter().flatten();
    blocks.nth(number).unwrap_or(all)
}

/// The number of a domain's block, from 1: the author's, or the one that its name gives.
fn slot(domain: &Domain) -> u32 {
    let digest = Sha256::digest(domain.name.as_bytes());
    let hash = digest
        .iter()
        .take(4)
        .fold(0, |number: u32, &byte| number << 8 | u32::from(byte));
    domain.slot.unwrap_or(1 + hash % SLOTS)
}

/// No two domains may have the same block.
fn slots(system: &System, problems: &mut Vec<Diagnostic>) {
    let domains: Vec<&Domain> = system
        .pools
        .iter()
        .filter_map(|pool| Some(&system.domains[pool.domain?]))
        .collect();
    let all: BTreeSet<u32> = domains.iter().map(|domain| slot(domain)).collect();
    let mut taken: BTreeMap<u32, &Domain> = BTreeMap::new();
    for domain in domains {
        if let Some(other) = taken.insert(slot(domain), domain) {
            let at = system.places.span(&format!("{}.slot", domain.path));
            let at = at.or_else(|| system.places.key(&domain.path));
            let free = (1..=SLOTS).find(|number| !all.contains(number)).unwrap_or(SLOTS);
            problems.push(gke::same_slot(at, [&other.name, &domain.name], free));
        }
    }
}

/// Nodes have addresses for their pods and for themselves; while they are replaced, there is one more in each zone.
fn room(system: &System, problems: &mut Vec<Diagnostic>) {
    let more = u32::try_from(system.network.zones).unwrap_or_default();
    for pool in &system.pools {
        let there = NODES.saturating_sub(more);
        if pool.max > there {
            let at = system.places.span(&format!("{}.max", pool.path));
            problems.push(gke::pods(at, &pool.name, pool.max, there));
        }
    }
    let range = system.network.slice(Tier::Management).cidr;
    let there = (1_u32 << (32 - range.prefix_len())).saturating_sub(KEPT);
    let wanted: u32 = system.pools.iter().map(|pool| pool.max.saturating_add(more)).sum();
    if wanted > there {
        let at = system.places.span("network.cidr");
        problems.push(gke::nodes(at, wanted, &range.to_string(), there));
    }
}

/// Names of what belongs to the nodes.
fn names(system: &System, problems: &mut Vec<Diagnostic>) {
    if system.prefix.len() > CLUSTER {
        let at = system.places.span("name");
        problems.push(capability::name_too_long(
            at,
            &system.prefix,
            CLUSTER,
            "a cluster's name",
            Target::Gcp,
        ));
    }
    for pool in &system.pools {
        let name = nodes(pool);
        let full = format!("{}-{name}", system.prefix);
        let path = pool.domain.map(|domain| system.domains[domain].path.clone());
        if full.len() > ACCOUNT {
            let at = path.and_then(|path| system.places.key(&path));
            let at = at.or_else(|| system.places.span("name"));
            let what = "the id of the nodes' service account";
            problems.push(capability::name_too_long(at, &full, ACCOUNT, what, Target::Gcp));
        }
    }
    let own: BTreeSet<String> = system.pools.iter().map(nodes).chain([SCALER.to_owned()]).collect();
    for (_, service) in system
        .services
        .iter()
        .filter(|(_, service)| own.contains(&service.name))
    {
        let at = system.places.key(&service.path);
        problems.push(capability::name_taken(at, &service.name, Target::Gcp));
    }
}

/// What counts messages in the cluster, and belongs to nobody's service.
pub const SCALER: &str = "keda";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_lie_beside_each_other() {
        assert_eq!(block(0, POOL_PREFIX).to_string(), "100.64.0.0/17");
        assert_eq!(block(SLOTS as usize, POOL_PREFIX).to_string(), "100.112.0.0/17");
        assert_eq!(service_range().to_string(), "100.127.128.0/20");
        assert_eq!(NODES, 256);
    }
}
