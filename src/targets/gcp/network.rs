//! The network: subnets, routes, address translation.

use hcl::Expression;
use ipnet::Ipv4Net;

use super::containers;
use super::project::Project;
use crate::check::{Checked, gcp_pods};
use crate::ir::{Network as Plan, NodePool, Service, Tier};
use crate::list;
use crate::terraform::{Address, Block, Module};
use crate::vocabulary::{Egress, GcpNetwork};

/// Where `private.googleapis.com` answers, on every network.
pub(super) const GOOGLE_APIS: &str = "199.36.153.8/30";

/// The word for the subnet of the proxies in front of shards.
const SHARD_PROXIES: &str = "proxy";
/// Length of its prefix: 1,024 addresses.
const SHARD_PROXIES_PREFIX: u8 = 22;

/// The word for the subnet of the containers.
const CONTAINERS: &str = "containers";

/// The words for the subnets of the cluster's nodes and of its control plane.
const NODES: &str = "nodes";
const CONTROL_PLANE: &str = "control-plane";
/// Ports of a public address that each machine may use where there are nodes: to begin with, and at most.
const PORTS: (u32, u32) = (64, 8192);
/// Length of the prefix of the control plane's subnet: it has one address in it.
const CONTROL_PLANE_PREFIX: u8 = 28;

/// Where the managed cluster is.
#[derive(Debug)]
pub(super) struct Ground {
    /// Subnet of the nodes, in which pods and services have ranges of their own.
    pub nodes: Address,
    /// Subnet of the control plane's address.
    pub control_plane: Address,
}

impl Ground {
    /// The name of the services' range.
    pub const SERVICES: &str = "services";
    /// The name of the range of the pods on the system's own nodes.
    const SYSTEM: &str = "system-pods";
    /// That of the pods of all domains.
    const DOMAINS: &str = "domain-pods";

    /// The name of the range that the pods of a pool are in.
    pub fn pods(pool: &NodePool) -> &'static str {
        match pool.domain {
            Some(_) => Self::DOMAINS,
            None => Self::SYSTEM,
        }
    }

    /// That range.
    pub fn range(pool: &NodePool) -> Ipv4Net {
        let [system, domains, _] = gcp_pods();
        match pool.domain {
            Some(_) => domains,
            None => system,
        }
    }
}

/// The network and where things go in it.
#[derive(Debug)]
pub(super) struct Network {
    /// The network.
    pub id: Expression,
    /// Subnet of the machines and the internal load balancer.
    pub application: Expression,
    /// Subnet of the proxies in front of shards, where it is not that of the other machines.
    shard_proxies: Option<Expression>,
    /// Subnet of the containers, where it is not that of the machines.
    containers: Option<Address>,
    /// Where the managed cluster is.
    pub cluster: Option<Ground>,
    /// Subnet of the endpoints of databases and caches.
    pub data: Expression,
    /// Range of the proxy-only subnet: both load balancers speak to the machines from there.
    pub proxies: Expression,
    /// The proxy-only subnet, where it is made here.
    pub proxy_subnet: Option<Address>,
    /// True if the network was there already; its routes and names are its owner's.
    pub existing: bool,
    /// The project of a network that was there already: its firewall rules belong there, also if it is shared with this one.
    pub host: Option<String>,
    /// What machines need before they start.
    pub ready: Vec<Address>,
}

impl Network {
    /// Subnet of a service's machines.
    pub fn of_service(&self, service: &Service) -> Expression {
        let own = match containers::is_tagged(service) {
            true => self.containers.as_ref().map(Address::id),
            false => self.shard_proxies.clone().filter(|_| service.is_tcp()),
        };
        own.unwrap_or_else(|| self.application.clone())
    }

    /// Where containers of no service stand.
    pub fn of_containers(&self) -> Expression {
        let own = self.containers.as_ref().map(Address::id);
        own.unwrap_or_else(|| self.application.clone())
    }

    /// Range of the containers' addresses; none where the network was there already.
    pub fn containers_range(&self) -> Option<Expression> {
        self.containers.as_ref().map(|subnet| subnet.attr("ip_cidr_range"))
    }

    /// `depends_on` of a load balancer's forwarding rule.
    pub fn proxies_ready(&self) -> Option<Expression> {
        self.proxy_subnet.as_ref().map(|subnet| list![subnet.whole()])
    }
}

pub(super) fn lower(system: &Checked<'_>, module: &mut Module, project: &Project) -> Network {
    match &system.network.existing.gcp {
        Some(existing) => found(existing),
        None => created(system, module, project),
    }
}

fn found(existing: &GcpNetwork) -> Network {
    Network {
        id: existing.network.as_str().into(),
        application: existing.application.as_str().into(),
        shard_proxies: None,
        containers: None,
        cluster: None,
        data: existing.application.as_str().into(),
        proxies: existing.proxies.as_str().into(),
        proxy_subnet: None,
        existing: true,
        host: existing
            .network
            .strip_prefix("projects/")
            .and_then(|rest| rest.split('/').next())
            .map(str::to_owned),
        ready: vec![],
    }
}

fn created(system: &Checked<'_>, module: &mut Module, project: &Project) -> Network {
    module.file("network", "");
    let prefix = system.prefix.as_str();
    let network = module.resource(
        "google_compute_network",
        "main",
        Block::new()
            .set("name", prefix)
            .set("auto_create_subnetworks", false)
            .set("routing_mode", "REGIONAL")
            .comment("The only routes are those below.")
            .set("delete_default_routes_on_create", true)
            .set("depends_on", project.ready()),
    );
    let mut ready = routes(system, module, &network);
    module.comment(&free_slices(system));
    let tier = |module: &mut Module, tier: Tier| {
        let range = system.network.slice(tier).cidr;
        subnet(system, module, &network, tier.name(), range)
    };
    let application = tier(module, Tier::Application);
    let mut data = application.id();
    if !system.databases.is_empty() || !system.caches.is_empty() || super::streams::has_kafka(system) {
        data = tier(module, Tier::Data).id();
    }
    let shard_proxies = shard_proxies(system, module, &network);
    let containers = containers(system, module, &network);
    let cluster = cluster(system, module, &network);
    let proxy_subnet = (system.public.is_some() || system.internal.is_some()).then(|| {
        module
            .comment("The proxies of the load balancers. A subnet of this purpose has no flow logs: the load balancers log each request.")
            .resource(
                "google_compute_subnetwork",
                Tier::Balancer.name(),
                Block::new()
                    .set("name", format!("{prefix}-{}", Tier::Balancer.name()))
                    .set("network", network.id())
                    .set("region", system.region())
                    .set("ip_cidr_range", system.network.slice(Tier::Balancer).cidr.to_string())
                    .set("purpose", "REGIONAL_MANAGED_PROXY")
                    .set("role", "ACTIVE"),
            )
    });
    if system.network.egress == Egress::Nat {
        let nodes = cluster.as_ref().map(|cluster| &cluster.nodes);
        let inside = std::iter::once(&application).chain(&shard_proxies).chain(&containers);
        let inside = inside.chain(nodes);
        ready.push(translation(system, module, &network, inside));
    }
    Network {
        id: network.id(),
        application: application.id(),
        shard_proxies: shard_proxies.map(|subnet| subnet.id()),
        containers,
        cluster,
        data,
        proxies: match &proxy_subnet {
            Some(subnet) => subnet.attr("ip_cidr_range"),
            None => system.network.slice(Tier::Balancer).cidr.to_string().into(),
        },
        proxy_subnet,
        existing: false,
        host: None,
        ready,
    }
}

/// To Google's services always, to the internet where egress is allowed.
fn routes(system: &Checked<'_>, module: &mut Module, network: &Address) -> Vec<Address> {
    let mut routes = vec![];
    let mut route = |module: &mut Module, name: &str, part: &str, range: &str| {
        let body = Block::new()
            .set("name", format!("{}-{part}", system.prefix))
            .set("network", network.id())
            .set("dest_range", range)
            .set("next_hop_gateway", "default-internet-gateway");
        routes.push(module.resource("google_compute_route", name, body));
    };
    module.comment("private.googleapis.com: traffic to it stays in Google's network and needs no address translation.");
    route(module, "google_apis", "google-apis", GOOGLE_APIS);
    if system.network.egress == Egress::Nat {
        route(module, "internet", "internet", "0.0.0.0/0");
    }
    routes
}

/// The subnet of the proxies in front of shards, where there are any.
fn shard_proxies(system: &Checked<'_>, module: &mut Module, network: &Address) -> Option<Address> {
    let range = shard_proxies_range(&system.network)?;
    system.services.iter().find(|(_, service)| service.is_tcp())?;
    module.comment(
        "Proxies in front of shards number themselves by the last ten bits of their address: among 1,024 addresses no two have the same.",
    );
    let body = translated(subnet_body(system, network, SHARD_PROXIES, range));
    Some(module.resource("google_compute_subnetwork", SHARD_PROXIES, body))
}

/// The subnet of the containers, where there are any: the second of the two eighths that no tier has.
fn containers(system: &Checked<'_>, module: &mut Module, network: &Address) -> Option<Address> {
    containers::any_tagged(system).then(|| {
        module.comment("Containers of Cloud Run. It gives their addresses back an hour or two after they are gone, the subnet stays as long.");
        let body = translated(subnet_body(system, network, CONTAINERS, system.network.spare(1).cidr));
        module.resource("google_compute_subnetwork", CONTAINERS, body)
    })
}

/// The subnets of the managed cluster, where there is one.
fn cluster(system: &Checked<'_>, module: &mut Module, network: &Address) -> Option<Ground> {
    if system.pools.is_empty() {
        return None;
    }
    let range = |name: &str, range: Ipv4Net| {
        Block::new()
            .set("range_name", name)
            .set("ip_cidr_range", range.to_string())
    };
    let [own, of_domains, services] = gcp_pods();
    let nodes = system.network.slice(Tier::Management).cidr;
    let mut body = subnet_body(system, network, NODES, nodes).block("secondary_ip_range", range(Ground::SYSTEM, own));
    if !system.domains.is_empty() {
        body = body
            .comment("Of the pods of all domains: none that comes or goes changes the subnet, which its nodes would still be using.")
            .block("secondary_ip_range", range(Ground::DOMAINS, of_domains));
    }
    let body = body.block("secondary_ip_range", range(Ground::SERVICES, services));
    let nodes = module
        .comment(
            "Nodes of the cluster. Whose pods may go where is said by firewall rules for the nodes that they are on.",
        )
        .resource("google_compute_subnetwork", NODES, translated(body));
    let endpoint = system.network.slice(Tier::Endpoint).cidr;
    let first = endpoint.subnets(CONTROL_PLANE_PREFIX).ok()?.next()?;
    module.comment("The one address at which nodes, pods and administrators in the network find the control plane.");
    let control_plane = subnet(system, module, network, CONTROL_PLANE, first);
    Some(Ground { nodes, control_plane })
}

/// A subnet that may leave: after the address translation has let go of it, for Google refuses to delete one that is still translated.
fn translated(body: Block) -> Block {
    body.block("lifecycle", Block::new().set("create_before_destroy", true))
}

/// Its range, in the first of the two eighths that no tier has. In a network whose eighths are smaller there is none: machines of one
/// subnet never have the same number there.
fn shard_proxies_range(network: &Plan) -> Option<Ipv4Net> {
    let mut eighths = network.cidr.subnets(network.cidr.prefix_len() + 3).ok()?;
    let free = eighths.nth(Tier::ALL.len())?;
    free.subnets(SHARD_PROXIES_PREFIX).ok()?.next()
}

fn subnet(system: &Checked<'_>, module: &mut Module, network: &Address, name: &str, range: Ipv4Net) -> Address {
    let body = subnet_body(system, network, name, range);
    module.resource("google_compute_subnetwork", name, body)
}

fn subnet_body(system: &Checked<'_>, network: &Address, name: &str, range: Ipv4Net) -> Block {
    let logs = Block::new()
        .set("aggregation_interval", "INTERVAL_1_MIN")
        .set("flow_sampling", 0.5)
        .set("metadata", "INCLUDE_ALL_METADATA");
    Block::new()
        .set("name", format!("{}-{name}", system.prefix))
        .set("network", network.id())
        .set("region", system.region())
        .set("ip_cidr_range", range.to_string())
        .set("private_ip_google_access", true)
        .block("log_config", logs)
}

/// Says why the plan of the network has more slices than there are subnets.
fn free_slices(system: &Checked<'_>) -> String {
    let slice = |tier: Tier| system.network.slice(tier).cidr;
    if !system.pools.is_empty() {
        return format!(
            "Subnets span the region's zones. {} (public) stays free: no machine has a public address. The cluster's nodes are in\n\
             {} (management), for IAP needs no bastion host; its control plane has an address in {} (endpoints).",
            slice(Tier::Public),
            slice(Tier::Management),
            slice(Tier::Endpoint)
        );
    }
    format!(
        "Subnets span the region's zones. {} (public), {} (management) and {} (endpoints) stay free:\n\
         no machine has a public address, IAP needs no bastion host, and Google's services answer at addresses of their own.",
        slice(Tier::Public),
        slice(Tier::Management),
        slice(Tier::Endpoint)
    )
}

/// Address translation for the machines in some subnets.
fn translation<'a>(
    system: &Checked<'_>,
    module: &mut Module,
    network: &Address,
    inside: impl Iterator<Item = &'a Address>,
) -> Address {
    let inside = inside.map(|subnet| {
        Block::new()
            .set("name", subnet.id())
            .set("source_ip_ranges_to_nat", list!["ALL_IP_RANGES"])
    });
    let router = module.resource(
        "google_compute_router",
        "main",
        Block::new()
            .set("name", system.prefix.as_str())
            .set("network", network.id())
            .set("region", system.region()),
    );
    module.resource(
        "google_compute_router_nat",
        "main",
        Block::new()
            .set("name", system.prefix.as_str())
            .set("router", router.attr("name"))
            .set("region", router.attr("region"))
            .set("nat_ip_allocate_option", "AUTO_ONLY")
            .set("source_subnetwork_ip_ranges_to_nat", "LIST_OF_SUBNETWORKS")
            .when(!system.pools.is_empty(), |block| {
                block
                    .comment("All pods of a node share its ports, of which it would have 64.")
                    .set("enable_dynamic_port_allocation", true)
                    .set("enable_endpoint_independent_mapping", false)
                    .set("min_ports_per_vm", PORTS.0)
                    .set("max_ports_per_vm", PORTS.1)
            })
            .blocks("subnetwork", inside)
            .block(
                "log_config",
                Block::new().set("enable", true).set("filter", "ERRORS_ONLY"),
            ),
    )
}
