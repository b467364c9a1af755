//! The nodes of the managed cluster: those of the system, and those of each domain with services in it.

use std::collections::BTreeSet;

use super::reader::Reader;
use crate::blueprint::Blueprint;
use crate::blueprint::model::Nodes;
use crate::diagnostic::{Diagnostic, nodes as rules};
use crate::ir::{Choice, Domain, Id, NodePool, Service, Shape, System};
use crate::vocabulary::{PerTarget, Runtime};

/// Processors and GiB of a node that pods do not get: the kubelet's, the system's, and those of what runs on every node. The clouds
/// keep 2 to 6 percent of the processors and 10 to 25 percent of the memory of small machines.
const KEPT: (u32, u32) = (1, 2);
/// What the cluster's own parts and the gateway take, as processors and GiB: DNS, metrics, the gateway's two pods and its controller,
/// External Secrets, KEDA.
const OWN: (u32, u32) = (4, 8);
/// Nodes of the system at least: the gateway has a pod on each of two.
const SYSTEM_NODES: u32 = 2;

/// The pools; none where no service runs in the managed cluster.
pub(super) fn plan(blueprint: &Blueprint, system: &mut System, problems: &mut Vec<Diagnostic>) {
    let services = system.services.iter();
    let inside = services.filter(|(_, service)| service.runtime == Runtime::Kubernetes);
    let used: BTreeSet<Option<Id<Domain>>> = inside.map(|(_, service)| service.home.domain).collect();
    unused(blueprint, system, &used, problems);
    if used.is_empty() {
        return;
    }
    let parts = std::iter::once(None).chain(used.iter().copied().filter(Option::is_some));
    let mut choices = vec![];
    let mut pools = vec![];
    for domain in parts {
        pools.push(pool(blueprint, system, domain, (&mut choices, problems)));
    }
    system.choices.extend(choices);
    system.pools = pools;
}

fn pool(
    blueprint: &Blueprint,
    system: &System,
    domain: Option<Id<Domain>>,
    (choices, problems): (&mut Vec<Choice>, &mut Vec<Diagnostic>),
) -> NodePool {
    let (name, path, said) = match domain {
        Some(id) => {
            let domain = &system.domains[id];
            let said = &blueprint.model.domains[domain.name.as_str()].nodes;
            (domain.name.clone(), format!("{}.nodes", domain.path), said)
        }
        None => {
            let said = &blueprint.model.kubernetes.nodes;
            (NodePool::SYSTEM.to_owned(), "kubernetes.nodes".to_owned(), said)
        }
    };
    if domain.is_some() && name == NodePool::SYSTEM {
        let at = blueprint.places.key(&format!("domains.{name}"));
        let why = "the nodes of the cluster's own parts are called so";
        problems.push(rules::reserved(at, &name, why));
    }
    let members: Vec<&Service> = system
        .services
        .iter()
        .map(|(_, service)| service)
        .filter(|service| service.runtime == Runtime::Kubernetes && service.home.domain == domain)
        .collect();
    let default = default_size(domain.is_none(), &members);
    let mut reader = Reader::new(blueprint, path.clone(), choices, problems);
    let size = reader.size(said.size.as_ref(), default);
    // A machine type that the author named has a size of its own, which nobody here knows.
    let is_known = size.exact == PerTarget::default();
    let small = members.iter().find(|service| is_known && fits(&size, service) == 0);
    if let Some(service) = small {
        let at = blueprint
            .places
            .span(&format!("{path}.size"))
            .or(blueprint.places.key(&service.path));
        problems.push(rules::too_small(at, &service.name, (size.cpu, size.memory_gb)));
    }
    let own = if domain.is_none() { SYSTEM_NODES } else { 0 };
    let nodes = |pods: fn(&Service) -> u32| {
        let needed = members
            .iter()
            .map(|service| pods(service).div_ceil(fits(&size, service).max(1)));
        own + needed.sum::<u32>()
    };
    let min = nodes(|service| service.scale.min);
    // Those that a rolling update adds, too.
    let max = nodes(|service| service.scale.max + service.scale.max.div_ceil(4)) + 1;
    let needed = max - 1;
    if let Some(most) = said.max.filter(|most| is_known && *most < needed) {
        let at = blueprint.places.span(&format!("{path}.max"));
        problems.push(rules::too_few(at, &name, most, needed));
    }
    let (min, max) = limits(said, (min.max(1), max), &path, choices);
    if min > max {
        let at = blueprint.places.span(&path);
        problems.push(rules::range(at, min, max));
    }
    NodePool {
        domain,
        name,
        path,
        size,
        min,
        max,
    }
}

/// What the author said of how many, or what follows from the services.
fn limits(said: &Nodes, (min, max): (u32, u32), path: &str, choices: &mut Vec<Choice>) -> (u32, u32) {
    let mut take = |key: &str, said: Option<u32>, own: u32| {
        said.unwrap_or_else(|| {
            choices.push(Choice {
                path: format!("{path}.{key}"),
                value: own.to_string(),
            });
            own
        })
    };
    let min = take("min", said.min, said.max.map_or(min, |most| min.min(most)));
    (min, take("max", said.max, max.max(min)))
}

/// How many pods of a service fit on one node.
fn fits(size: &Shape, service: &Service) -> u32 {
    let room = |node: u32, kept: u32, pod: u32| node.saturating_sub(kept) / pod.max(1);
    let by_cpu = room(size.cpu, KEPT.0, service.size.cpu);
    by_cpu.min(room(size.memory_gb, KEPT.1, service.size.memory_gb))
}

/// Two of the largest pods fit, as processors and GiB; the next power of two, as machines have them.
fn default_size(is_system: bool, members: &[&Service]) -> (u32, u32) {
    let largest = |of: fn(&Service) -> u32| members.iter().map(|service| of(service)).max().unwrap_or_default();
    let own = if is_system { OWN } else { (0, 0) };
    let cpu = (2 * largest(|service| service.size.cpu) + KEPT.0).max(own.0);
    let memory_gb = (2 * largest(|service| service.size.memory_gb) + KEPT.1).max(own.1);
    (cpu.next_power_of_two(), memory_gb.next_power_of_two())
}

/// Nodes that nobody runs on.
fn unused(blueprint: &Blueprint, system: &System, used: &BTreeSet<Option<Id<Domain>>>, problems: &mut Vec<Diagnostic>) {
    let mut look = |said: &Nodes, path: String, of: String| {
        if *said != Nodes::default() {
            problems.push(rules::unused(blueprint.places.key(&path), &of));
        }
    };
    if used.is_empty() {
        let said = &blueprint.model.kubernetes.nodes;
        look(said, "kubernetes.nodes".to_owned(), "the system".to_owned());
    }
    for (id, domain) in system.domains.iter() {
        if !used.contains(&Some(id)) {
            let said = &blueprint.model.domains[domain.name.as_str()].nodes;
            let of = format!("the domain `{}`", domain.name);
            look(said, format!("{}.nodes", domain.path), of);
        }
    }
}
