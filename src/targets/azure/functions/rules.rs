//! Who functions may reach, and who reaches them: rules of the subnets of their plans.
//!
//! Apps of one plan share its subnet, and their own code and state are behind private endpoints: every one of them is in the network,
//! whatever its links are.

use std::collections::BTreeMap;

use super::app::goes_out;
use super::is_asked;
use crate::check::function_plan;
use crate::ir::{Domain, Id, Peer, Resource, Service, Trigger};
use crate::targets::azure::Stack;
use crate::targets::azure::apis;
use crate::targets::azure::firewall::{Groups, places};
use crate::targets::azure::network::Network;
use crate::targets::azure::security_rules::{Rules, Side};
use crate::targets::azure::{queues, streams, workflows};
use crate::terraform::Address;

/// What apps need of Azure: tokens, where they send what they measure, and the triggers that their host loads (Front Door is where
/// they come from).
const PLATFORM: [&str; 3] = ["AzureActiveDirectory", "AzureFrontDoor.FirstParty", "AzureMonitor"];

/// What workflows are called back at: Azure counts the addresses where Logic Apps listen as their management. Those that they call from
/// have a tag, too.
const WORKFLOWS: &str = "LogicAppsManagement";

/// True if workflows call a function of the domain.
fn calls_back(stack: &Stack<'_>, domain: Option<Id<Domain>>) -> bool {
    let mut functions = stack.system.functions();
    functions.any(|(id, service, _)| service.home.domain == domain && stack.system.workflows_of(id).next().is_some())
}

/// Adds the rules to those of the subnets.
pub(in crate::targets::azure) fn lower(
    stack: &Stack<'_>,
    network: &Network,
    groups: &Groups,
    subnets: &mut BTreeMap<String, Rules>,
) {
    for (&domain, subnet) in &network.functions {
        let plan = function_plan(stack.system, domain);
        let own = Side::Prefix(subnet.cidr.clone());
        let rules = subnets.entry(plan.clone()).or_default();
        let tags = PLATFORM
            .into_iter()
            .chain(calls_back(stack, domain).then_some(WORKFLOWS));
        for (number, service) in (4000..).zip(tags) {
            let to = Side::Prefix(service.into());
            rules.numbered(
                number,
                false,
                &service.replace('.', "-"),
                ("Tcp", "443"),
                (own.clone(), to),
            );
        }
        if goes_out(stack) {
            let name = format!("{plan}-to-internet");
            let internet = Side::Prefix("Internet".into());
            rules.allow(false, &name, own.clone(), internet, "443");
        }
        for (name, group, ports) in wanted(stack, groups, domain) {
            let name = format!("{plan}-to-{name}");
            let to = Side::Groups(vec![group]);
            for (subnet, inbound) in [(plan.as_str(), false), ("endpoint", true)] {
                for port in &ports {
                    let rules = subnets.entry(subnet.to_owned()).or_default();
                    rules.allow(inbound, &name, own.clone(), to.clone(), port);
                }
            }
        }
    }
    callers(stack, network, groups, subnets);
}

/// (name, private endpoint, ports) of what the functions of a domain reach.
fn wanted(stack: &Stack<'_>, groups: &Groups, domain: Option<Id<Domain>>) -> Vec<(String, Address, Vec<&'static str>)> {
    let system = stack.system;
    let https = vec!["443"];
    let mut wanted: BTreeMap<String, (Address, Vec<&'static str>)> = BTreeMap::new();
    let mut add = |name: &str, group: Option<&Address>, ports: &[&'static str]| {
        if let Some(group) = group {
            wanted.insert(name.to_owned(), (group.clone(), ports.to_vec()));
        }
    };
    add("functions-code", groups.function_code.as_ref(), &https);
    add("functions-host", groups.function_hosts.get(&domain), &https);
    add("vault", Some(&groups.vault), &https);
    let functions = system.functions();
    for (id, service, function) in functions.filter(|(_, service, _)| service.home.domain == domain) {
        if service
            .launch
            .image()
            .is_some_and(|_| crate::targets::azure::registry::is_own(service))
        {
            add("registry", groups.registry.as_ref(), &https);
        }
        if system.workflows_of(id).next().is_some() {
            add(workflows::CALLS, groups.workflows.as_ref(), &https);
        }
        if let Some(Trigger::Table { table, .. }) = function.trigger {
            add(&system.tables[table].name, groups.tables.get(&table), &https);
        }
        for grant in system.grants_of(id) {
            match grant.resource {
                Resource::Bucket(id) => add(&system.buckets[id].name, groups.buckets.get(&id), &https),
                Resource::Table(id) => add(&system.tables[id].name, groups.tables.get(&id), &https),
                Resource::Queue(_) | Resource::Topic(_) | Resource::Subscription(_) => {
                    add(queues::NAME, groups.messaging.as_ref(), &queues::PORTS);
                }
                Resource::Workflow(_) => add(workflows::CALLS, groups.workflows.as_ref(), &https),
                Resource::Stream(_) => add(streams::NAME, groups.streams.as_ref(), &streams::PORTS),
                Resource::Warehouse(id) => {
                    add(&system.warehouses[id].name, groups.warehouses.get(&id), &https);
                }
                _ => {}
            }
        }
    }
    wanted
        .into_iter()
        .map(|(name, (group, ports))| (name, group, ports))
        .collect()
}

/// Lets those in who call a function: services by their links, APIs by their routes.
fn callers(stack: &Stack<'_>, network: &Network, groups: &Groups, subnets: &mut BTreeMap<String, Rules>) {
    let system = stack.system;
    let asked = system
        .functions()
        .filter(|(id, _, function)| is_asked(stack, *id, function));
    for (id, service, _) in asked {
        let Some(to) = groups.functions.get(&id) else { continue };
        let mut allow = |from: &str, label: &str, side: Side| {
            let name = format!("{label}-to-{}", service.name);
            let to = Side::Groups(vec![to.clone()]);
            for (subnet, inbound) in [(from, false), ("endpoint", true)] {
                let rules = subnets.entry(subnet.to_owned()).or_default();
                rules.allow(inbound, &name, side.clone(), to.clone(), "443");
            }
        };
        for caller in system.callers_of(id) {
            let place = places::place(stack, network, groups, caller);
            allow(&place.subnet, &place.label, place.side);
        }
        for (api, item) in system.apis.iter() {
            let Some(subnet) = network
                .apis
                .get(&api)
                .filter(|_| item.routes.iter().any(|route| route.service == id))
            else {
                continue;
            };
            let label = places::label(stack, network, groups, Peer::Api(api));
            allow(&apis::part(item), &label, Side::Prefix(subnet.cidr.clone()));
        }
    }
}

/// Services outside of functions reach streams and tables by their links.
pub(in crate::targets::azure) fn of_service(
    stack: &Stack<'_>,
    groups: &Groups,
    mates: &[Id<Service>],
) -> Vec<(String, Address, Vec<&'static str>)> {
    let system = stack.system;
    let mut wanted: BTreeMap<String, (Address, Vec<&'static str>)> = BTreeMap::new();
    for grant in mates.iter().flat_map(|&id| system.grants_of(id)) {
        let (name, group, ports): (&str, _, &[&'static str]) = match grant.resource {
            Resource::Stream(_) => (streams::NAME, groups.streams.as_ref(), &streams::PORTS),
            Resource::Table(id) => (&system.tables[id].name, groups.tables.get(&id), &["443"]),
            Resource::Warehouse(id) => (&system.warehouses[id].name, groups.warehouses.get(&id), &["443"]),
            Resource::Workflow(_) => (workflows::CALLS, groups.workflows.as_ref(), &["443"]),
            _ => continue,
        };
        if let Some(group) = group {
            wanted.insert(name.to_owned(), (group.clone(), ports.to_vec()));
        }
    }
    wanted
        .into_iter()
        .map(|(name, (group, ports))| (name, group, ports))
        .collect()
}
