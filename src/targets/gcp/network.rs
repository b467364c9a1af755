//! The network: subnets, routes, address translation.

use hcl::Expression;

use super::project::Project;
use crate::check::Checked;
use crate::ir::Tier;
use crate::list;
use crate::terraform::{Address, Block, Module};
use crate::vocabulary::{Egress, GcpNetwork};

/// Where `private.googleapis.com` answers, on every network.
pub(super) const GOOGLE_APIS: &str = "199.36.153.8/30";

/// The network and where things go in it.
#[derive(Debug)]
pub(super) struct Network {
    /// The network.
    pub id: Expression,
    /// Subnet of the machines and the internal load balancer.
    pub application: Expression,
    /// Subnet of the databases' endpoints.
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
    let application = subnet(system, module, &network, Tier::Application);
    let mut data = application.id();
    if !system.databases.is_empty() {
        data = subnet(system, module, &network, Tier::Data).id();
    }
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
        ready.push(translation(system, module, &network, &application));
    }
    Network {
        id: network.id(),
        application: application.id(),
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

fn subnet(system: &Checked<'_>, module: &mut Module, network: &Address, tier: Tier) -> Address {
    let logs = Block::new()
        .set("aggregation_interval", "INTERVAL_1_MIN")
        .set("flow_sampling", 0.5)
        .set("metadata", "INCLUDE_ALL_METADATA");
    module.resource(
        "google_compute_subnetwork",
        tier.name(),
        Block::new()
            .set("name", format!("{}-{}", system.prefix, tier.name()))
            .set("network", network.id())
            .set("region", system.region())
            .set("ip_cidr_range", system.network.slice(tier).cidr.to_string())
            .set("private_ip_google_access", true)
            .block("log_config", logs),
    )
}

/// Says why the plan of the network has more slices than there are subnets.
fn free_slices(system: &Checked<'_>) -> String {
    let slice = |tier: Tier| system.network.slice(tier).cidr;
    format!(
        "Subnets span the region's zones. {} (public), {} (management) and {} (endpoints) stay free:\n\
         no machine has a public address, IAP needs no bastion host, and Google's services answer at addresses of their own.",
        slice(Tier::Public),
        slice(Tier::Management),
        slice(Tier::Endpoint)
    )
}

fn translation(system: &Checked<'_>, module: &mut Module, network: &Address, application: &Address) -> Address {
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
            .block(
                "subnetwork",
                Block::new()
                    .set("name", application.id())
                    .set("source_ip_ranges_to_nat", list!["ALL_IP_RANGES"]),
            )
            .block(
                "log_config",
                Block::new().set("enable", true).set("filter", "ERRORS_ONLY"),
            ),
    )
}
