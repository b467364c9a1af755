//! Virtual network, subnets, egress, flow logs; or the network that is there already.

use std::collections::BTreeMap;

use hcl::Expression;
use ipnet::Ipv4Net;

use super::project::after;
use super::{Stack, apis, cluster, containers, functions};
use crate::ir::{Api, Domain, Id, Tier};
use crate::list;
use crate::terraform::{Address, Block};
use crate::vocabulary::Egress;

/// Regions where Bastion takes zones: a part of the list in Microsoft's reliability guide, read in November 2026. Elsewhere Azure may
/// refuse a Bastion that names some.
const BASTION_ZONES: [&str; 9] = [
    "australiaeast",
    "centralus",
    "eastus",
    "eastus2",
    "koreacentral",
    "qatarcentral",
    "southafricanorth",
    "westeurope",
    "westus2",
];

/// A subnet, ours or not.
#[derive(Clone)]
pub(super) struct Subnet {
    /// Its id.
    pub id: Expression,
    /// Its address block.
    pub cidr: Expression,
}

/// Where things are placed.
pub(super) struct Network {
    /// Id of the virtual network.
    pub id: Expression,
    /// Subnet of the public application gateway.
    pub public: Subnet,
    /// Subnet of the internal application gateway.
    pub balancer: Subnet,
    /// Subnet of the services.
    pub application: Subnet,
    /// Subnet of the databases' private endpoints.
    pub data: Subnet,
    /// Subnet of the other private endpoints.
    pub endpoint: Subnet,
    /// Subnet of Bastion, where it is wanted.
    pub bastion: Option<Subnet>,
    /// Subnets of the environments of containers, by domain.
    pub containers: BTreeMap<Option<Id<Domain>>, Subnet>,
    /// Subnets of the plans of functions, by domain.
    pub functions: BTreeMap<Option<Id<Domain>>, Subnet>,
    /// Subnets of the APIs.
    pub apis: BTreeMap<Id<Api>, Subnet>,
    /// Subnets of the cluster's nodes, by domain.
    pub nodes: BTreeMap<Option<Id<Domain>>, Subnet>,
    /// What has to be there before those nodes can reach the internet.
    pub ways_out: BTreeMap<Option<Id<Domain>>, Vec<Address>>,
    /// The address that nodes have on the internet, and nobody else, where the API of the cluster has to know them by it.
    pub outside: Option<Address>,
    /// The internal gateway's address.
    pub internal_address: String,
    /// What has to be there before a machine can reach the internet.
    pub egress: Vec<Address>,
}

pub(super) fn lower(stack: &mut Stack<'_>) -> Network {
    match stack.system.network.existing.azure.clone() {
        Some(existing) => {
            let subnet = |id: &str, cidr: &str| Subnet {
                id: id.into(),
                cidr: cidr.into(),
            };
            let balancer = subnet(&existing.balancer_subnet_id, &existing.balancer_cidr);
            let endpoint = subnet(&existing.endpoint_subnet_id, "VirtualNetwork");
            Network {
                id: existing.virtual_network_id.as_str().into(),
                public: balancer.clone(),
                balancer,
                application: subnet(&existing.application_subnet_id, "VirtualNetwork"),
                data: endpoint.clone(),
                endpoint,
                bastion: None,
                containers: BTreeMap::new(),
                functions: BTreeMap::new(),
                apis: BTreeMap::new(),
                nodes: BTreeMap::new(),
                ways_out: BTreeMap::new(),
                outside: None,
                internal_address: existing.balancer_cidr.parse().map(last_address).unwrap_or_default(),
                egress: vec![],
            }
        }
        None => create(stack),
    }
}

fn create(stack: &mut Stack<'_>) -> Network {
    let system = stack.system;
    stack.module.file("network", "");
    let body = stack
        .named(system.prefix.as_str())
        .set("address_space", list![system.network.cidr.to_string()])
        .set("tags", stack.tags());
    let network = stack.module.resource("azurerm_virtual_network", "main", body);
    stack
        .module
        .comment("Subnets span the zones: what is placed in them names its zones itself. Those of the gateways and of Bastion keep Azure's default way\nout, without which Azure cannot manage them; no machine of this system is in them.");
    let public = subnet(stack, &network, Tier::Public);
    let application = subnet(stack, &network, Tier::Application);
    let data = subnet(stack, &network, Tier::Data);
    let balancer = subnet(stack, &network, Tier::Balancer);
    let endpoint = subnet(stack, &network, Tier::Endpoint);
    // Nobody signs in to a container that way.
    let bastion = (system.network.bastion && stack.has_machines()).then(|| {
        // Azure wants exactly this name, and a /26 at least.
        let quarter = system.network.slice(Tier::Management).quarter(1);
        let block = quarter
            .subnets(26.max(quarter.prefix_len()))
            .ok()
            .and_then(|mut blocks| blocks.next())
            .unwrap_or(quarter);
        stack.module.comment("Azure prescribes the name.");
        add(stack, &network, "bastion", "AzureBastionSubnet", block, Block::new())
    });
    let containers = containers::environments::subnets(stack, &network);
    let functions = functions::subnets(stack, &network);
    let apis = apis::subnets(stack, &network);
    let nodes = cluster::subnets::lower(stack, &network);
    let mut ways_out = BTreeMap::new();
    let (outside, egress) = match system.network.egress {
        Egress::None => (None, vec![]),
        _ => nat(stack, &application, &nodes, &mut ways_out),
    };
    Network {
        id: network.id(),
        public,
        internal_address: last_address(system.network.slice(Tier::Balancer).cidr),
        balancer,
        application,
        data,
        endpoint,
        bastion,
        containers,
        functions,
        apis,
        nodes,
        ways_out,
        outside,
        egress,
    }
}

/// The last address that Azure leaves to us: gateways fill their subnet from the other end.
fn last_address(block: Ipv4Net) -> String {
    block.hosts().last().unwrap_or(block.addr()).to_string()
}

fn subnet(stack: &mut Stack<'_>, network: &Address, tier: Tier) -> Subnet {
    let block = stack.system.network.slice(tier).cidr;
    let closed = Block::new().set("default_outbound_access_enabled", false);
    let options = match tier {
        Tier::Application => closed,
        // Without it, security groups would not apply to private endpoints.
        Tier::Data | Tier::Endpoint => closed.set("private_endpoint_network_policies", "NetworkSecurityGroupEnabled"),
        _ => Block::new(),
    };
    add(stack, network, tier.name(), tier.name(), block, options)
}

fn add(stack: &mut Stack<'_>, network: &Address, address: &str, name: &str, block: Ipv4Net, options: Block) -> Subnet {
    let body = Block::new()
        .set("name", name)
        .set("resource_group_name", stack.project.group.attr("name"))
        .set("virtual_network_name", network.attr("name"))
        .set("address_prefixes", list![block.to_string()]);
    let body = options
        .attributes()
        .fold(body, |body, (name, value)| body.set(name, value.clone()));
    let own = stack.module.resource("azurerm_subnet", address, body);
    Subnet {
        id: own.id(),
        cidr: own.attr("address_prefixes.0"),
    }
}

/// A way out, and what has to be there before anybody gets to the internet through it.
struct WayOut {
    address: Address,
    gateway: Address,
    addressed: Address,
}

/// The address of the nodes, where they have one to themselves, and what has to be there before a machine can reach the internet.
fn nat(
    stack: &mut Stack<'_>,
    application: &Subnet,
    nodes: &BTreeMap<Option<Id<Domain>>, Subnet>,
    ways_out: &mut BTreeMap<Option<Id<Domain>>, Vec<Address>>,
) -> (Option<Address>, Vec<Address>) {
    stack
        .module
        .comment("StandardV2 spans the zones by itself: one gateway serves all of them.");
    let main = way_out(stack, ("nat", "main"), ("nat", None));
    let body = Block::new()
        .set("subnet_id", application.id.clone())
        .set("nat_gateway_id", main.gateway.id());
    let attached = stack
        .module
        .resource("azurerm_subnet_nat_gateway_association", "application", body);
    stack.built("network.egress", "NAT gateway", &main.gateway);
    let own = (!nodes.is_empty() && !stack.system.cluster.api_cidrs.is_empty()).then(|| {
        stack
            .module
            .comment("The cluster's API answers the address of its nodes, so nobody else leaves with it.");
        let own = way_out(stack, ("nodes", "nodes"), ("nodes", Some("nodes")));
        stack.built("network.egress", "NAT gateway of the cluster's nodes", &own.gateway);
        own
    });
    let theirs = own.as_ref().unwrap_or(&main);
    for (domain, attached) in cluster::subnets::ways_out(stack, nodes, &theirs.gateway) {
        ways_out.insert(domain, vec![theirs.addressed.clone(), attached]);
    }
    (own.map(|own| own.address), vec![main.addressed, attached])
}

/// A NAT gateway with one address. Each has an address in the module and a name in Azure.
fn way_out(
    stack: &mut Stack<'_>,
    (address, gateway): (&str, &str),
    (address_name, gateway_name): (&str, Option<&str>),
) -> WayOut {
    let body = stack
        .named(stack.prefixed(address_name))
        .set("allocation_method", "Static")
        .set("sku", "StandardV2")
        .set("zones", stack.all_zones())
        .set("tags", stack.tags());
    let address = stack.module.resource("azurerm_public_ip", address, body);
    let name = gateway_name.map_or_else(|| stack.system.prefix.clone(), |name| stack.prefixed(name));
    let body = stack
        .named(name)
        .set("sku_name", "StandardV2")
        .set("tags", stack.tags());
    let built = stack.module.resource("azurerm_nat_gateway", gateway, body);
    let body = Block::new()
        .set("nat_gateway_id", built.id())
        .set("public_ip_address_id", address.id());
    let kind = "azurerm_nat_gateway_public_ip_association";
    let addressed = stack.module.resource(kind, gateway, body);
    WayOut {
        address,
        gateway: built,
        addressed,
    }
}

/// Azure Bastion: the only way to a machine.
pub(super) fn bastion(stack: &mut Stack<'_>, subnet: &Subnet, guard: Option<Address>) -> Address {
    stack.module.file("bastion", "");
    let body = stack
        .named(stack.prefixed("bastion"))
        .set("allocation_method", "Static")
        .set("zones", stack.all_zones())
        .set("tags", stack.tags());
    let address = stack.module.resource("azurerm_public_ip", "bastion", body);
    let zonal = BASTION_ZONES.contains(&stack.system.region());
    let configuration = Block::new()
        .set("name", "public")
        .set("subnet_id", subnet.id.clone())
        .set("public_ip_address_id", address.id());
    let body = stack
        .named(stack.system.prefix.as_str())
        .set("sku", "Standard")
        .set("tunneling_enabled", true)
        .set_some("zones", zonal.then(|| stack.all_zones()))
        .set("tags", stack.tags())
        .block("ip_configuration", configuration)
        .set("depends_on", after(guard));
    stack.module.comment(
        "Standard, because only its native client signs in with Entra ID: az network bastion ssh --auth-type AAD.",
    );
    let bastion = stack.module.resource("azurerm_bastion_host", "main", body);
    stack.built("network.bastion", "Bastion", &bastion);
    bastion
}
