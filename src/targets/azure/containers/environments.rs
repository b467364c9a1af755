//! Environments of containers: one for what is shared and one for each domain, each in a subnet of its own.

use std::collections::{BTreeMap, BTreeSet};

use hcl::Expression;

use crate::catalog;
use crate::check::{container_block, container_environment};
use crate::ir::{Balancer, Domain, Id, Service};
use crate::list;
use crate::targets::azure::network::Subnet;
use crate::targets::azure::project::after;
use crate::targets::azure::{Parts, Stack, edge};
use crate::template;
use crate::terraform::{Address, Block};
use crate::vocabulary::Runtime;

/// The workload profile of containers that Azure places itself.
pub(super) const CONSUMPTION: &str = "Consumption";

/// The environments, by domain; none for what is shared.
pub(in crate::targets::azure) struct Environments(BTreeMap<Option<Id<Domain>>, Environment>);

struct Environment {
    environment: Address,
    /// The virtual network finds its containers from here on.
    found: Address,
}

impl Environments {
    /// The environment of a domain.
    pub fn of(&self, domain: Option<Id<Domain>>) -> Option<&Address> {
        self.0.get(&domain).map(|built| &built.environment)
    }

    /// The host name of a service on containers.
    pub fn host(&self, stack: &Stack<'_>, id: Id<Service>) -> Option<Expression> {
        let service = &stack.system.services[id];
        let environment = self.of(service.home.domain).filter(|_| is_on(service))?;
        let domain = environment.attr("default_domain");
        Some(template![stack.prefixed(&service.name), ".", domain])
    }

    /// What a gateway waits for until it finds its services on containers.
    pub fn found(&self, stack: &Stack<'_>, balancer: &Balancer) -> Vec<Address> {
        let routes = balancer.listeners.iter().flat_map(|listener| &listener.routes);
        let services = routes.map(|route| &stack.system.services[route.service]);
        let services = services.filter(|service| is_on(service));
        services
            .filter_map(|service| Some(self.0.get(&service.home.domain)?.found.clone()))
            .collect()
    }

    /// (name, environment)
    pub fn iter<'a>(&'a self, stack: &'a Stack<'_>) -> impl Iterator<Item = (String, &'a Address)> {
        let named = |(&domain, built): (&Option<Id<Domain>>, &'a Environment)| {
            (container_environment(stack.system, domain), &built.environment)
        };
        self.0.iter().map(named)
    }
}

/// True for a service on containers.
pub(in crate::targets::azure) fn is_on(service: &Service) -> bool {
    service.runtime == Runtime::Container
}

/// The domains that have services on containers.
fn domains(stack: &Stack<'_>) -> BTreeSet<Option<Id<Domain>>> {
    let services = stack.system.services.iter().filter(|(_, service)| is_on(service));
    services.map(|(_, service)| service.home.domain).collect()
}

/// A subnet for each environment.
pub(in crate::targets::azure) fn subnets(
    stack: &mut Stack<'_>,
    network: &Address,
) -> BTreeMap<Option<Id<Domain>>, Subnet> {
    let domains = domains(stack);
    domains
        .into_iter()
        .map(|domain| (domain, subnet(stack, network, domain)))
        .collect()
}

fn subnet(stack: &mut Stack<'_>, network: &Address, domain: Option<Id<Domain>>) -> Subnet {
    let name = container_environment(stack.system, domain);
    let service = Block::new().set("name", "Microsoft.App/environments").set(
        "actions",
        list!["Microsoft.Network/virtualNetworks/subnets/join/action"],
    );
    let delegation = Block::new()
        .set("name", "environment")
        .block("service_delegation", service);
    let body = Block::new()
        .set("name", name.as_str())
        .set("resource_group_name", stack.project.group.attr("name"))
        .set("virtual_network_name", network.attr("name"))
        .set(
            "address_prefixes",
            list![container_block(stack.system, domain).to_string()],
        )
        .block("delegation", delegation);
    let about = match domain {
        Some(_) => {
            "The block follows from the domain's name, or its slot: no other domain moves it. The environment has its own way out, because\nNAT gateways that span zones take no subnet of containers."
        }
        None => {
            "The environment has its own way out, because NAT gateways that span zones take no subnet of containers."
        }
    };
    stack.module.comment(about);
    let own = stack.module.resource("azurerm_subnet", &name, body);
    Subnet {
        id: own.id(),
        cidr: own.attr("address_prefixes.0"),
    }
}

/// The environments with their names in the virtual network.
pub(in crate::targets::azure) fn lower(stack: &mut Stack<'_>, parts: &Parts) -> Environments {
    let domains = domains(stack);
    let built = domains.into_iter().map(|domain| (domain, build(stack, parts, domain)));
    Environments(built.collect())
}

fn build(stack: &mut Stack<'_>, parts: &Parts, domain: Option<Id<Domain>>) -> Environment {
    let name = container_environment(stack.system, domain);
    stack.module.file("containers", "");
    let consumption = Block::new()
        .set("name", CONSUMPTION)
        .set("workload_profile_type", CONSUMPTION);
    let subnet = parts.network.containers.get(&domain).map(|subnet| subnet.id.clone());
    let body = stack
        .named(stack.prefixed(&name))
        .set_some("infrastructure_subnet_id", subnet)
        .set(
            "infrastructure_resource_group_name",
            stack.prefixed(&format!("{name}-infrastructure")),
        )
        .comment("Its address is one of the subnet's.")
        .set("internal_load_balancer_enabled", true)
        .set("public_network_access", "Disabled")
        .set("zone_redundancy_enabled", true)
        .comment("By the diagnostic setting: the workspace has no keys.")
        .set("logs_destination", "azure-monitor")
        .set("tags", stack.tags())
        .block("workload_profile", consumption)
        .blocks("workload_profile", dedicated(stack, domain))
        .set("depends_on", after(parts.firewall.guard(&name)));
    let environment = stack.module.resource("azurerm_container_app_environment", &name, body);
    let path = domain.map_or("services".to_owned(), |domain| {
        stack.system.domains[domain].path.clone()
    });
    stack.built(&path, "Container Apps environment", &environment);
    let found = edge::container_zone(stack, &parts.network, &name, &environment);
    Environment { environment, found }
}

/// Machines for containers that are too large for Azure to place itself.
fn dedicated(stack: &Stack<'_>, domain: Option<Id<Domain>>) -> Vec<Block> {
    // By profile: machines at least and at most.
    let mut wanted: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let services = stack.system.services.iter().map(|(_, service)| service);
    for service in services.filter(|service| is_on(service) && service.home.domain == domain) {
        let Some(container) = catalog::azure_container(&service.size) else {
            continue;
        };
        if let Some(machine) = container.machine {
            let (least, most) = wanted.entry(machine.name).or_default();
            *least += service.scale.min.div_ceil(container.per_machine());
            *most += service.scale.max.div_ceil(container.per_machine());
        }
    }
    let block = |(name, (least, most)): (&str, (u32, u32))| {
        Block::new()
            .set("name", name)
            .set("workload_profile_type", name)
            .set("minimum_count", least)
            .comment("Twice what the services have at most: a new revision starts beside the old one.")
            .set("maximum_count", 2 * most)
    };
    wanted.into_iter().map(block).collect()
}
