//! Can the cluster be made, and do its nodes find room?

use crate::catalog;
use crate::diagnostic::{Diagnostic, eks};
use crate::ir::{Network, System};
use crate::target::Target;
use crate::vocabulary::{Egress, Runtime};

/// Groups of nodes in one cluster.
const POOLS: usize = 30;
/// Addresses of a node: its own, those that it holds for pods at least, and those that it keeps free.
const ADDRESSES: u32 = 13;
/// More nodes of a pool in each zone while it is updated.
const SURGE: u32 = 2;
/// Addresses of the control plane in a subnet, those that it needs while it is upgraded too, and those that AWS keeps for itself.
const KEPT: u64 = 11;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let services = system.services.iter().map(|(_, service)| service);
    let inside = services.filter(|service| service.runtime == Runtime::Kubernetes);
    for service in inside {
        let at = |key: &str| system.places.span(&format!("{}.{key}", service.path));
        if service.size.exact(Target::Aws).is_some() {
            problems.push(eks::machine(at("size.aws"), &service.name, "size.aws"));
        }
        if service.machine_image.get(Target::Aws).is_some() {
            let key = "machine_image.aws";
            problems.push(eks::machine(at(key), &service.name, key));
        }
        if system.network.egress == Egress::None {
            problems.push(eks::egress(at("runtime"), &service.name));
        }
    }
    if system.pools.is_empty() {
        return;
    }
    let offered = catalog::eks_versions();
    if let Some(version) = &system.cluster.version
        && !offered.contains(&version.as_str())
    {
        let at = system.places.span("kubernetes.version");
        problems.push(eks::version(at, version, offered));
    }
    if system.pools.len() > POOLS {
        let at = system.places.key("kubernetes");
        problems.push(eks::pools(at, system.pools.len(), POOLS));
    }
    match &system.network.existing.aws {
        Some(existing) if existing.application.len() < 2 => {
            let at = system.places.span("network.existing.aws.application");
            problems.push(eks::subnets(at, existing.application.len()));
        }
        Some(_) => {}
        None => room(system, problems),
    }
}

/// Do the nodes of all pools, and their pods, fit into the subnet of one zone?
fn room(system: &System, problems: &mut Vec<Diagnostic>) {
    let Network { zones, .. } = system.network;
    let subnet = system.network.spare(1).quarter(0);
    let room = (1_u64 << (32 - subnet.prefix_len())).saturating_sub(KEPT);
    let nodes: u32 = system.pools.iter().map(|pool| pool.max).sum();
    let zones = u32::try_from(zones).unwrap_or(1).max(1);
    let each = nodes.div_ceil(zones) + SURGE;
    let pods = system.services.iter().filter(|(id, _)| system.pool_of(*id).is_some());
    let pods: u32 = pods.map(|(_, service)| service.scale.max).sum();
    let needed = u64::from(each * ADDRESSES + pods.div_ceil(zones));
    if needed > room {
        let at = system.places.span("network.cidr").or(system.places.key("name"));
        problems.push(eks::room(at, nodes, needed, room));
    }
}
