//! Where services stand, and how rules name them: machines by the application security group of their service, containers by the subnet
//! of their environment and pods by that of their nodes, which all services there share.

use super::super::security_rules::{Rules, Side};
use super::super::startup::registry;
use super::super::{Stack, network::Network};
use super::Groups;
use crate::check::{container_environment, function_plan, nodes_name};
use crate::ir::{Domain, Flow, Id, NodePool, Peer, Service};
use crate::targets::shared::cluster::ports;
use crate::vocabulary::Runtime;

/// Where the environment's proxies take HTTPS: at its load balancer, and behind it.
const HTTPS: [&str; 2] = ["443", "31443"];
/// What every environment needs of Azure: its own images (Front Door is where they come from), tokens, logs.
const PLATFORM: [&str; 4] = [
    "MicrosoftContainerRegistry",
    "AzureFrontDoor.FirstParty",
    "AzureActiveDirectory",
    "AzureMonitor",
];

/// Where a service stands.
pub(in crate::targets::azure) struct Place {
    /// The subnet whose rules apply.
    pub subnet: String,
    /// Its processes.
    pub side: Side,
    /// What they are called in the name of a rule.
    pub label: String,
    /// The services that rules do not tell apart from it, itself included.
    pub mates: Vec<Id<Service>>,
}

/// Where a load balancer reaches a service.
pub(super) struct Entrance {
    /// The subnet whose rules apply.
    pub subnet: String,
    /// Who answers there.
    pub side: Side,
    /// What that is called in the name of a rule.
    pub label: String,
    /// At these ports.
    pub ports: Vec<String>,
}

/// Where a load balancer reaches a service: pods at the gateway of their cluster, which the system's own nodes run.
pub(super) fn entrance(stack: &Stack<'_>, network: &Network, groups: &Groups, flow: &Flow) -> Entrance {
    let (Peer::Service(id), port) = (flow.to, flow.port) else {
        unreachable!("a load balancer has services behind it");
    };
    let system = stack.system;
    if let (Some(_), Some(subnet)) = (system.pool_of(id), network.nodes.get(&None)) {
        let listens = match flow.from {
            Peer::PublicBalancer => ports::PUBLIC,
            _ => ports::INTERNAL,
        };
        return Entrance {
            subnet: format!("{}-nodes", NodePool::SYSTEM),
            side: Side::Prefix(subnet.cidr.clone()),
            label: "cluster-gateway".to_owned(),
            ports: [listens, ports::STATUS].map(|port| port.to_string()).into(),
        };
    }
    let place = place(stack, network, groups, id);
    Entrance {
        ports: match system.services[id].runtime {
            Runtime::Container => HTTPS.map(str::to_owned).into(),
            _ => vec![port.to_string()],
        },
        subnet: place.subnet,
        side: place.side,
        label: place.label,
    }
}

/// Where a service stands.
pub(in crate::targets::azure) fn place(
    stack: &Stack<'_>,
    network: &Network,
    groups: &Groups,
    id: Id<Service>,
) -> Place {
    let system = stack.system;
    let service = &system.services[id];
    let alike = |other: &Service| other.runtime == service.runtime && other.home.domain == service.home.domain;
    let mates = || {
        let mates = system.services.iter().filter(|(_, other)| alike(other));
        mates.map(|(id, _)| id).collect()
    };
    if let Some(pool) = system.pool_of(id)
        && let Some(subnet) = network.nodes.get(&pool.domain)
    {
        return Place {
            subnet: nodes_name(pool),
            side: Side::Prefix(subnet.cidr.clone()),
            label: nodes_name(pool),
            mates: mates(),
        };
    }
    if let Some(subnet) = network.functions.get(&service.home.domain)
        && service.runtime == Runtime::Function
    {
        let name = function_plan(system, service.home.domain);
        return Place {
            subnet: name.clone(),
            side: Side::Prefix(subnet.cidr.clone()),
            label: name,
            mates: mates(),
        };
    }
    match network.containers.get(&service.home.domain) {
        Some(subnet) if service.runtime == Runtime::Container => {
            let name = container_environment(system, service.home.domain);
            Place {
                subnet: name.clone(),
                side: Side::Prefix(subnet.cidr.clone()),
                label: name,
                mates: mates(),
            }
        }
        _ => Place {
            subnet: "application".to_owned(),
            side: Side::Groups(groups.services.get(&id).cloned().into_iter().collect()),
            label: service.name.clone(),
            mates: vec![id],
        },
    }
}

/// What a peer is called in the name of a rule.
pub(in crate::targets::azure) fn label(stack: &Stack<'_>, network: &Network, groups: &Groups, peer: Peer) -> String {
    match peer {
        Peer::Internet => "internet".to_owned(),
        Peer::PublicBalancer => "public-gateway".to_owned(),
        Peer::InternalBalancer => "internal-gateway".to_owned(),
        Peer::Service(id) => place(stack, network, groups, id).label,
        Peer::Database(id) => stack.system.databases[id].name.clone(),
        Peer::Readers(id) => stack.system.databases[id].reader_name(),
        Peer::TcpBalancer(id) => format!("{}-balancer", stack.system.services[id].name),
        Peer::Cache(id) => stack.system.caches[id].name.clone(),
        Peer::Api(id) => stack.system.apis[id].name.clone(),
        Peer::Shards(id) => stack.system.databases[id].shard_name(),
        Peer::Endpoints => "endpoints".to_owned(),
    }
}

/// Adds what the environment of a domain needs of Azure itself to the rules of its subnet.
pub(super) fn platform(stack: &Stack<'_>, network: &Network, domain: Option<Id<Domain>>, rules: &mut Rules) {
    let system = stack.system;
    let services = system.services.iter();
    let services: Vec<(Id<Service>, &Service)> = services
        .filter(|(_, service)| service.runtime == Runtime::Container && service.home.domain == domain)
        .collect();
    let mut wanted: Vec<String> = PLATFORM.map(str::to_owned).into();
    if services.iter().any(|(_, service)| registry(service).is_some()) {
        wanted.push("AzureContainerRegistry".to_owned());
        // Where a registry keeps the layers.
        wanted.push(format!("Storage.{}", system.region()));
    }
    if let Some(subnet) = network.containers.get(&domain) {
        rules.environment(&subnet.cidr, &wanted);
    }
}
