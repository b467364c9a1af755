//! What Container Apps ask of services on containers: their size, their names, their environment, and room in the network.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;

use super::blocks;
use crate::catalog;
use crate::diagnostic::{Diagnostic, capability, container_apps};
use crate::ir::{Domain, Id, SHARD_VARIABLES, Service, Sharding, System, Value};
use crate::target::Target;
use crate::vocabulary::Runtime;

/// The longest `PREFIX-NAME` of a container app.
const NAME: usize = 32;
/// Containers of one service.
const REPLICAS: u32 = 300;
/// GiB of disk that a container of more than one processor has. The language's own default is for machines.
const DISK: u32 = 8;
const MACHINE_DISK: u32 = 30;
/// Beginnings of the names that Azure gives variables itself.
const RESERVED: [&str; 2] = ["CONTAINER_APP_", "IDENTITY_"];
/// Bytes of a service's variables, with what stands around each. Azure names no limit: Kubernetes, which is below it, keeps all that it
/// knows of a container in one object of a mebibyte and a half, some of it twice.
const VARIABLES: usize = 512 * 1024;
/// What a variable takes beside its name, and the longest value that Azure makes.
const VARIABLE: usize = 110;
/// Addresses of a subnet that Azure and the environment keep for themselves.
const RESERVED_ADDRESSES: u32 = 17;
/// Blocks that the nodes of an environment have among themselves.
const NODES: [&str; 2] = ["172.30.0.0/16", "172.31.0.0/16"];
/// The spare slice of the network that they are in.
const SLICE: usize = 1;
/// Containers that share one address, where Azure places them itself.
const SHARING: u32 = 10;

/// The domain of a service on containers: what stands outside of all domains has an environment too.
type Place = Option<Id<Domain>>;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let services = system.services.iter().map(|(_, service)| service);
    let services: Vec<&Service> = services
        .filter(|service| service.runtime == Runtime::Container)
        .collect();
    let Some(first) = services.first() else {
        return;
    };
    for service in &services {
        size(system, service, problems);
        settings(system, service, problems);
    }
    if system.network.existing.azure.is_some() {
        let at = system.places.span(&format!("{}.runtime", first.path));
        problems.push(container_apps::existing_network(at, &first.name));
        return;
    }
    let nodes = NODES.iter().filter_map(|block| block.parse::<Ipv4Net>().ok());
    let own = system.network.cidr;
    if nodes
        .into_iter()
        .any(|nodes| nodes.contains(&own) || own.contains(&nodes))
    {
        problems.push(container_apps::network(system.places.span("network.cidr"), own));
    }
    let places: BTreeSet<Place> = services.iter().map(|service| service.home.domain).collect();
    for (_, service) in system.services.iter() {
        if places
            .iter()
            .any(|place| container_environment(system, *place) == service.name)
        {
            let at = system.places.key(&service.path);
            problems.push(capability::name_taken(at, &service.name, Target::Azure));
        }
    }
    blocks::slots(system, &places, "containers", problems);
    room(system, &services, problems);
}

/// What the environment of a domain is called, and what belongs to it.
pub fn container_environment(system: &System, domain: Option<Id<Domain>>) -> String {
    match domain {
        Some(domain) => format!("{}-containers", system.domains[domain].name),
        None => "containers".to_owned(),
    }
}

/// The addresses of the environment of a domain.
pub fn container_block(system: &System, domain: Option<Id<Domain>>) -> Ipv4Net {
    blocks::block(system, SLICE, domain)
}

/// Every environment has addresses for twice as many containers as it may have: a new revision starts beside the old one.
fn room(system: &System, services: &[&Service], problems: &mut Vec<Diagnostic>) {
    // By environment: containers that Azure places itself, and dedicated machines.
    let mut wanted: BTreeMap<Place, (u32, u32, &Service)> = BTreeMap::new();
    for service in services {
        let Some(container) = catalog::azure_container(&service.size) else {
            continue;
        };
        let (placed, machines, _) = wanted.entry(service.home.domain).or_insert((0, 0, service));
        match container.machine {
            None => *placed += service.scale.max,
            Some(_) => *machines += service.scale.max.div_ceil(container.per_machine()),
        }
    }
    for (place, (placed, machines, service)) in wanted {
        let subnet = container_block(system, place);
        let there = (1_u32 << (32 - subnet.prefix_len())).saturating_sub(RESERVED_ADDRESSES);
        let needed = (2 * placed).div_ceil(SHARING) + 2 * machines;
        if needed > there {
            let at = system.places.span(&format!("{}.scale.max", service.path));
            let at = at.or_else(|| system.places.key(&service.path));
            problems.push(container_apps::no_room(at, needed, subnet, there));
        }
    }
}

/// Its size, its name and how many there are.
fn size(system: &System, service: &Service, problems: &mut Vec<Diagnostic>) {
    let at = |key: &str| system.places.span(&format!("{}.{key}", service.path));
    let name = service.name.as_str();
    let full = format!("{}-{name}", system.prefix);
    if full.len() > NAME {
        let at = system.places.key(&service.path);
        problems.push(capability::name_too_long(
            at,
            &full,
            NAME,
            "a container app's name",
            Target::Azure,
        ));
    }
    for (key, said) in [
        ("size", service.size.exact(Target::Azure)),
        ("machine_image", service.machine_image.get(Target::Azure)),
    ] {
        if said.is_some() {
            let key = format!("{key}.azure");
            problems.push(container_apps::machine(at(&key), name, &key));
        }
    }
    if service.size.exact(Target::Azure).is_none() && catalog::azure_container(&service.size).is_none() {
        let asked = (service.size.cpu, service.size.memory_gb);
        problems.push(container_apps::size(
            at("size"),
            asked,
            catalog::azure_largest_container(),
        ));
    }
    if service.scale.max > REPLICAS {
        problems.push(container_apps::replicas(
            at("scale.max"),
            name,
            service.scale.max,
            REPLICAS,
        ));
    }
    if service.disk_gb != MACHINE_DISK && service.disk_gb > DISK {
        problems.push(container_apps::disk(at("disk_gb"), name, DISK));
    }
}

/// Its environment variables.
fn settings(system: &System, service: &Service, problems: &mut Vec<Diagnostic>) {
    let reserved = |name: &&String| RESERVED.iter().any(|start| name.starts_with(start));
    for name in service.environment.keys().filter(reserved) {
        let at = system.places.key(&format!("{}.environment.{name}", service.path));
        problems.push(container_apps::variable(at, name));
    }
    let plain = service.environment.iter();
    let plain: usize = plain.map(|(name, value)| name.len() + value.len() + VARIABLE).sum();
    let others = service.settings.iter().map(|setting| match &setting.value {
        Value::Shards(database) => {
            let sharding = system.databases[*database].sharding.iter();
            let shards = sharding.flat_map(Sharding::active).count();
            shards * SHARD_VARIABLES.len() * (setting.name.len() + VARIABLE)
        }
        Value::Text(text) => setting.name.len() + text.len() + VARIABLE,
        _ => setting.name.len() + VARIABLE,
    });
    let bytes = plain + others.sum::<usize>();
    if bytes > VARIABLES {
        let at = system.places.key(&service.path);
        problems.push(container_apps::variables(at, &service.name, bytes, VARIABLES));
    }
}
