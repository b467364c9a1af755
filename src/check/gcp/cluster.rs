//! What GKE asks of services in the managed cluster: addresses for pods and nodes, names, a way out.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;

use crate::catalog;
use crate::diagnostic::{Diagnostic, capability, gke};
use crate::ir::{NodePool, System, Tier};
use crate::target::Target;
use crate::vocabulary::{Egress, Runtime};

/// Where pods and the cluster's own services have their addresses: shared address space, which no network has for anything else.
const SYSTEM: ([u8; 4], u8) = ([100, 64, 0, 0], 17);
const DOMAINS: ([u8; 4], u8) = ([100, 96, 0, 0], 12);
const SERVICES: ([u8; 4], u8) = ([100, 127, 128, 0], 20);
/// The addresses of the pods of one node: 128.
const POD_PREFIX: u8 = 25;
/// Addresses of a subnet that Google keeps.
const KEPT: u32 = 4;
/// The longest id of a service account, and the longest name of a cluster.
const ACCOUNT: usize = 30;
const CLUSTER: usize = 40;
/// The longest name of a repository of Artifact Registry.
const REPOSITORY: usize = 63;

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
    room(system, problems);
    names(system, problems);
}

/// Every image of the system's own registry has a repository.
pub(super) fn repositories(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, repository) in system.repositories.iter() {
        let full = format!("{}-{}", system.prefix, repository.name);
        if full.len() > REPOSITORY {
            let at = system.places.key("registry");
            let what = "the name of an image's repository";
            problems.push(capability::name_too_long(at, &full, REPOSITORY, what, Target::Gcp));
        }
    }
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

/// The addresses of the pods on the system's pool, those of all domains' pods, and those of the cluster's own services. Domains share
/// theirs, so that none that comes or goes changes the subnet.
pub fn pod_ranges() -> [Ipv4Net; 3] {
    [SYSTEM, DOMAINS, SERVICES].map(|(start, prefix)| Ipv4Net::new(start.into(), prefix).unwrap_or_default())
}

/// What the nodes of a pool are called, and what belongs to them.
pub fn nodes(pool: &NodePool) -> String {
    format!("{}-nodes", pool.name)
}

/// Nodes have addresses for their pods and for themselves; while they are replaced, there is one more in each zone.
fn room(system: &System, problems: &mut Vec<Diagnostic>) {
    let more = u32::try_from(system.network.zones).unwrap_or_default();
    let (of_domains, own): (Vec<&NodePool>, Vec<&NodePool>) =
        system.pools.iter().partition(|pool| pool.domain.is_some());
    for (pools, (_, prefix)) in [(own, SYSTEM), (of_domains, DOMAINS)] {
        let there = 1_u32 << (POD_PREFIX - prefix);
        let wanted: u32 = pools.iter().map(|pool| pool.max.saturating_add(more)).sum();
        if let Some(largest) = pools.iter().max_by_key(|pool| pool.max).filter(|_| wanted > there) {
            let at = system.places.span(&format!("{}.max", largest.path));
            problems.push(gke::pods(at, wanted, there));
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
    fn ranges_lie_beside_each_other() {
        let ranges = pod_ranges();
        assert_eq!(
            ranges.map(|range| range.to_string()).join(" "),
            "100.64.0.0/17 100.96.0.0/12 100.127.128.0/20"
        );
        let [system, domains, services] = ranges;
        assert!(!domains.contains(&system) && !domains.contains(&services));
    }
}
