//! Who may open a connection to whom: security groups of the subnets, whose rules name application security groups.
//!
//! The rules of a group are written inside of it, so that a change of several is one call and never meets a priority that is still
//! taken. Among rules that only allow, the order means nothing: each takes the number that its own name gives, and a new one moves
//! no other.

mod groups;
pub(super) mod places;

use std::collections::BTreeMap;

use super::Stack;
use super::network::{Network, Subnet};
use super::security_rules::{Rules, Side, security_group};
use super::tcp_balancer::TcpBalancers;
use super::{apis, caches, cluster, functions, queues, registry};
use crate::check::{container_environment, function_plan, nodes_name};
use crate::ir::{Flow, Id, Peer, Resource, Service, Tls};
use crate::terraform::{Address, Block};
pub(super) use groups::Groups;
use places::{Place, entrance, label, place, platform};

/// What is attached to what.
pub(super) struct Firewall {
    /// The application security groups.
    pub groups: Groups,
    /// Attachments to our own subnets, by subnet; what is placed there waits for them.
    attached: BTreeMap<String, Address>,
    /// The services' security group, where their subnet is not ours: it is attached to the machines.
    pub machines: Option<Address>,
}

impl Firewall {
    /// The attachment to a subnet.
    pub fn guard(&self, subnet: &str) -> Option<Address> {
        self.attached.get(subnet).cloned()
    }
}

pub(super) fn lower(stack: &mut Stack<'_>, network: &Network, balancers: &TcpBalancers) -> Firewall {
    stack.module.file("firewall", "");
    let groups = groups::lower(stack);
    let system = stack.system;
    let mut subnets: BTreeMap<String, Rules> = BTreeMap::new();
    for flow in &system.flows {
        add(stack, (network, balancers), &groups, flow, &mut subnets);
    }
    pulls(stack, network, &groups, &mut subnets);
    cluster::rules::secrets(stack, network, &groups, &mut subnets);
    functions::rules::lower(stack, network, &groups, &mut subnets);
    if system.network.existing.azure.is_some() {
        let rules = subnets.remove("application").unwrap_or_default();
        stack
            .module
            .comment("The subnet is not ours: the group is attached to the machines themselves.");
        let machines = security_group(stack, "application", rules, &[true, false]);
        return Firewall {
            groups,
            attached: BTreeMap::new(),
            machines: Some(machines),
        };
    }
    for gateway in ["public", "balancer"] {
        subnets.entry(gateway.to_owned()).or_default().gateway();
    }
    let mut attached = BTreeMap::new();
    let own: [(&str, &Subnet, &[bool]); 5] = [
        ("public", &network.public, &[true]),
        ("balancer", &network.balancer, &[true]),
        ("application", &network.application, &[true, false]),
        ("data", &network.data, &[true, false]),
        ("endpoint", &network.endpoint, &[true, false]),
    ];
    if let Some(bastion) = &network.bastion {
        administration(&groups, bastion, &mut subnets);
    }
    for (name, subnet, directions) in own {
        if name == "public" {
            stack.module.comment(
                "Azure manages application gateways from outside and forbids rules against what they send: closed inbound only.",
            );
        }
        let rules = subnets.remove(name).unwrap_or_default();
        attached.insert(name.to_owned(), attach(stack, name, subnet, rules, directions));
    }
    for (&domain, subnet) in &network.containers {
        let name = container_environment(system, domain);
        let mut rules = subnets.remove(&name).unwrap_or_default();
        platform(stack, network, domain, &mut rules);
        stack
            .module
            .comment("Containers have no application security groups: the rules name the subnet, which those of one environment share.");
        attached.insert(name.clone(), attach(stack, &name, subnet, rules, &[true, false]));
    }
    for (&domain, subnet) in &network.functions {
        let name = function_plan(system, domain);
        let rules = subnets.remove(&name).unwrap_or_default();
        stack.module.comment(
            "Functions have no application security groups: the rules name the subnet, which those of one plan share.",
        );
        attached.insert(name.clone(), attach(stack, &name, subnet, rules, &[true, false]));
    }
    for (&id, subnet) in &network.apis {
        let api = &system.apis[id];
        let name = apis::part(api);
        let mut rules = subnets.remove(&name).unwrap_or_default();
        apis::platform(api, subnet, &mut rules);
        attached.insert(name.clone(), attach(stack, &name, subnet, rules, &[true, false]));
    }
    for pool in &system.pools {
        let name = nodes_name(pool);
        let mut rules = subnets.remove(&name).unwrap_or_default();
        cluster::rules::platform(stack, network, pool, &mut rules);
        if let Some(subnet) = network.nodes.get(&pool.domain) {
            stack
                .module
                .comment("What leaves the cluster has the address of its node, and so the rules tell pools apart. Azure wants nodes and pods of one cluster\nopen to each other: there, the network policies in the cluster decide.");
            attached.insert(name.clone(), attach(stack, &name, subnet, rules, &[true, false]));
        }
    }
    if let Some(bastion) = &network.bastion {
        stack
            .module
            .comment("Azure refuses a Bastion without exactly these rules.");
        let rules = bastion_rules();
        attached.insert(
            "bastion".to_owned(),
            attach(stack, "bastion", bastion, rules, &[true, false]),
        );
    }
    Firewall {
        groups,
        attached,
        machines: None,
    }
}

/// Adds the rules of one flow, to the subnets of both ends.
fn add(
    stack: &Stack<'_>,
    (network, balancers): (&Network, &TcpBalancers),
    groups: &Groups,
    flow: &Flow,
    subnets: &mut BTreeMap<String, Rules>,
) {
    let port = flow.port.to_string();
    let label = |peer| label(stack, network, groups, peer);
    let name = format!("{}-to-{}", label(flow.from), label(flow.to));
    let mut allow = |subnet: &str, inbound: bool, from: Side, to: Side, port: &str| {
        let rules = subnets.entry(subnet.to_owned()).or_default();
        rules.allow(inbound, &name, from, to, port);
    };
    let prefix = |subnet: &Subnet| Side::Prefix(subnet.cidr.clone());
    let group = |group: &Address| Side::Groups(vec![group.clone()]);
    let at = |service| place(stack, network, groups, service);
    match (flow.from, flow.to) {
        (Peer::Internet, Peer::PublicBalancer) => {
            let tls = stack
                .system
                .public
                .as_ref()
                .is_some_and(|public| public.tls(super::project::TARGET) != Tls::Off);
            let ports: &[&str] = if tls { &["80", "443"] } else { &["80"] };
            for port in ports {
                let internet = Side::Prefix("Internet".into());
                allow("public", true, internet, prefix(&network.public), port);
            }
        }
        (Peer::PublicBalancer | Peer::InternalBalancer, Peer::Service(_)) => {
            let subnet = match flow.from {
                Peer::PublicBalancer => &network.public,
                _ => &network.balancer,
            };
            let to = entrance(stack, network, groups, flow);
            let name = format!("{}-to-{}", label(flow.from), to.label);
            let rules = subnets.entry(to.subnet).or_default();
            for port in to.ports {
                rules.allow(true, &name, prefix(subnet), to.side.clone(), &port);
            }
        }
        (Peer::Service(from), Peer::InternalBalancer) => {
            let from = at(from);
            allow(&from.subnet, false, from.side.clone(), prefix(&network.balancer), &port);
            allow("balancer", true, from.side, prefix(&network.balancer), &port);
        }
        (Peer::Api(from), Peer::InternalBalancer) => {
            if let Some(subnet) = network.apis.get(&from) {
                let own = apis::part(&stack.system.apis[from]);
                allow(&own, false, prefix(subnet), prefix(&network.balancer), &port);
                allow("balancer", true, prefix(subnet), prefix(&network.balancer), &port);
            }
        }
        (Peer::Service(from), Peer::Database(to)) => {
            let (from, to) = (at(from), group(&groups.databases[&to]));
            allow(&from.subnet, false, from.side.clone(), to.clone(), &port);
            allow("data", true, from.side, to, &port);
        }
        (Peer::Service(from), Peer::Readers(to)) => {
            let (from, to) = (at(from), group(&groups.readers[&to]));
            allow(&from.subnet, false, from.side.clone(), to.clone(), &port);
            allow("data", true, from.side, to, &port);
        }
        (Peer::Service(from), Peer::Shards(to)) => {
            let (from, to) = (at(from), group(&groups.shards[&to]));
            allow(&from.subnet, false, from.side.clone(), to.clone(), &port);
            allow("data", true, from.side, to, &port);
        }
        // The balancer changes the destination of a packet behind the sender's rules and before the receiver's, and keeps its source.
        (Peer::Service(from), Peer::TcpBalancer(to)) => {
            let from = at(from);
            let frontend = Side::Prefix(balancers[&to].address());
            allow(&from.subnet, false, from.side.clone(), frontend, &port);
            allow("application", true, from.side, at(to).side, &port);
        }
        (Peer::TcpBalancer(_), Peer::Service(to)) => {
            let probes = Side::Prefix("AzureLoadBalancer".into());
            allow("application", true, probes, at(to).side, &port);
        }
        (Peer::Service(from), Peer::Cache(to)) => {
            let (from, to) = (at(from), group(&groups.caches[&to]));
            allow(&from.subnet, false, from.side.clone(), to.clone(), caches::PORT);
            allow("data", true, from.side, to, caches::PORT);
        }
        // What functions reach is among the rules of their plans.
        (Peer::Service(service), Peer::Endpoints) if stack.system.services[service].function.is_some() => {}
        (Peer::Service(service), Peer::Endpoints) => {
            let from = at(service);
            let to = endpoints(stack, groups, &from.mates);
            if !to.is_empty() {
                let to = Side::Groups(to);
                allow(&from.subnet, false, from.side.clone(), to.clone(), &port);
                allow("endpoint", true, from.side.clone(), to, &port);
            }
            messaging(stack, groups, &from, subnets);
            for (name, group, ports) in functions::rules::of_service(stack, groups, &from.mates) {
                let name = format!("{}-to-{name}", from.label);
                let to = Side::Groups(vec![group]);
                for (subnet, inbound) in [(from.subnet.as_str(), false), ("endpoint", true)] {
                    for port in &ports {
                        let rules = subnets.entry(subnet.to_owned()).or_default();
                        rules.allow(inbound, &name, from.side.clone(), to.clone(), port);
                    }
                }
            }
        }
        (Peer::Service(from), Peer::Internet) => {
            let (from, internet) = (at(from), Side::Prefix("Internet".into()));
            allow(&from.subnet, false, from.side, internet, &port);
        }
        _ => {}
    }
}

/// Lets services reach the queues and topics, where they have something to do with one.
fn messaging(stack: &Stack<'_>, groups: &Groups, from: &Place, subnets: &mut BTreeMap<String, Rules>) {
    let mut grants = from.mates.iter().flat_map(|&id| stack.system.grants_of(id));
    let uses = grants.any(|grant| grant.resource.is_messaging());
    let Some(to) = groups.messaging.as_ref().filter(|_| uses) else {
        return;
    };
    let to = Side::Groups(vec![to.clone()]);
    let name = format!("{}-to-{}", from.label, queues::NAME);
    for (subnet, inbound) in [(from.subnet.as_str(), false), ("endpoint", true)] {
        for port in queues::PORTS {
            let rules = subnets.entry(subnet.to_owned()).or_default();
            rules.allow(inbound, &name, from.side.clone(), to.clone(), port);
        }
    }
}

/// Lets those that take images of the system's own registry reach it: machines, environments, nodes.
fn pulls(stack: &Stack<'_>, network: &Network, groups: &Groups, subnets: &mut BTreeMap<String, Rules>) {
    let Some(to) = &groups.registry else {
        return;
    };
    let services = stack.system.services.iter();
    for (id, _) in services.filter(|(_, service)| registry::is_own(service)) {
        let (from, to) = (place(stack, network, groups, id), Side::Groups(vec![to.clone()]));
        let name = format!("{}-to-{}", from.label, registry::NAME);
        for (subnet, inbound) in [(from.subnet.as_str(), false), ("endpoint", true)] {
            let rules = subnets.entry(subnet.to_owned()).or_default();
            rules.allow(inbound, &name, from.side.clone(), to.clone(), "443");
        }
    }
}

/// The endpoints that services have something to do at.
fn endpoints(stack: &Stack<'_>, groups: &Groups, services: &[Id<Service>]) -> Vec<Address> {
    let grants = services.iter().flat_map(|&id| stack.system.grants_of(id));
    let mut found: Vec<Address> = grants
        .filter_map(|grant| match grant.resource {
            Resource::Bucket(bucket) => Some(groups.buckets[&bucket].clone()),
            Resource::Database(_) | Resource::Proxy(_) | Resource::Shards(_) | Resource::Secret(_) => {
                Some(groups.vault.clone())
            }
            // They have rules of their own, on ports of their own.
            Resource::Cache(_) | Resource::Queue(_) | Resource::Topic(_) | Resource::Subscription(_) => None,
            Resource::Stream(_) | Resource::Table(_) | Resource::Function(_) => None,
            Resource::Workflow(_) | Resource::Warehouse(_) => None,
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Administrators reach every machine from Bastion's subnet, and from nowhere else.
fn administration(groups: &Groups, bastion: &Subnet, subnets: &mut BTreeMap<String, Rules>) {
    let machines = Side::Groups(groups.services.values().cloned().collect());
    let from = Side::Prefix(bastion.cidr.clone());
    let rules = subnets.entry("application".to_owned()).or_default();
    rules.allow(true, "bastion-to-machines", from, machines, "22");
}

fn bastion_rules() -> Rules {
    let mut rules = Rules::default();
    let inside = ("VirtualNetwork", "VirtualNetwork");
    rules.fixed(100, true, "clients", "Tcp", ("Internet", "*"), &["443"]);
    rules.fixed(110, true, "gateway-manager", "Tcp", ("GatewayManager", "*"), &["443"]);
    rules.fixed(120, true, "load-balancer", "Tcp", ("AzureLoadBalancer", "*"), &["443"]);
    rules.fixed(130, true, "between-hosts", "*", inside, &["5701", "8080"]);
    rules.fixed(100, false, "machines", "Tcp", ("*", "VirtualNetwork"), &["22", "3389"]);
    rules.fixed(110, false, "azure", "Tcp", ("*", "AzureCloud"), &["443"]);
    rules.fixed(120, false, "among-hosts", "*", inside, &["5701", "8080"]);
    rules.fixed(130, false, "session-information", "*", ("*", "Internet"), &["80"]);
    rules
}

fn attach(stack: &mut Stack<'_>, name: &str, subnet: &Subnet, rules: Rules, closed: &[bool]) -> Address {
    let group = security_group(stack, name, rules, closed);
    let body = Block::new()
        .set("subnet_id", subnet.id.clone())
        .set("network_security_group_id", group.id());
    stack
        .module
        .resource("azurerm_subnet_network_security_group_association", name, body)
}
