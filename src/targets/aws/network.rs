//! The virtual network: subnets per tier and zone, routes, flow logs.

mod flow_log;

use std::collections::BTreeMap;

use hcl::Expression;
use ipnet::Ipv4Net;

use super::encryption::Keys;
use super::{Base, Stack, endpoint, place};
use crate::check::Checked;
use crate::ir::{Service, Tier};
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::{AwsNetwork, Egress};
use crate::{list, object, template};

/// The word for the subnets of proxies.
const PROXY: &str = "proxy";
/// Length of the prefix of all these subnets together: 1,024 addresses.
const PROXIES: u8 = 22;
/// The word for the subnets of the cluster's nodes.
const NODES: &str = "nodes";

/// What others need of the network.
pub(super) struct Network {
    /// The VPC's id.
    pub(super) id: Expression,
    /// Ids of a tier's subnets, as a list.
    pub(super) subnets: BTreeMap<Tier, Expression>,
    /// Ids of the subnets of proxies, as a list, where they have their own.
    proxies: Option<Expression>,
    /// Ids of the subnets of the cluster's nodes and pods, as a list, where they have their own.
    nodes: Option<Expression>,
    /// The zones in which databases may stand, such as `ap-northeast-2a`.
    pub(super) zones: Vec<String>,
    /// Ids of the route tables that private subnets use, as a list, where the network is the system's own.
    pub(super) route_tables: Option<Expression>,
    /// What a machine's way out consists of, for `depends_on`.
    pub(super) way_out: Vec<Expression>,
    /// The route between the public subnets and the internet, where the network is the system's own.
    pub(super) internet: Option<Address>,
}

impl Network {
    /// No network: nothing refers to it.
    fn none() -> Self {
        Self {
            id: Expression::Null,
            subnets: BTreeMap::new(),
            proxies: None,
            nodes: None,
            zones: vec![],
            route_tables: None,
            way_out: vec![],
            internet: None,
        }
    }

    /// Ids of a tier's subnets.
    pub(super) fn subnets(&self, tier: Tier) -> Expression {
        self.subnets.get(&tier).cloned().unwrap_or_else(|| list![])
    }

    /// Ids of the subnets in which a service's machines stand.
    pub(super) fn of_service(&self, service: &Service) -> Expression {
        let own = self.proxies.clone().filter(|_| service.is_tcp());
        own.unwrap_or_else(|| self.subnets(Tier::Application))
    }

    /// Ids of the subnets in which the cluster's nodes and pods stand.
    pub(super) fn nodes(&self) -> Expression {
        self.nodes.clone().unwrap_or_else(|| self.subnets(Tier::Application))
    }
}

pub(super) fn lower(stack: &mut Stack<'_>, base: &Base, keys: &Keys) -> Network {
    let system = stack.system;
    if !place::is_network_used(&system) {
        return Network::none();
    }
    match &system.network.existing.aws {
        Some(existing) => given(stack, existing),
        None => own(stack, base, keys),
    }
}

/// Letters of the zones that every account has. Elsewhere they are a, b and c.
fn zone_letters(region: &str) -> [&'static str; 3] {
    match region {
        "ap-northeast-1" => ["a", "c", "d"],
        "ca-central-1" => ["a", "b", "d"],
        "us-west-1" => ["a", "c", "b"],
        _ => ["a", "b", "c"],
    }
}

/// A network that is there already.
fn given(stack: &mut Stack<'_>, existing: &AwsNetwork) -> Network {
    stack.module.file("network", "");
    let tiers = [
        ("public", &existing.public),
        ("application", &existing.application),
        ("data", &existing.data),
    ];
    let tiers = tiers.into_iter().filter(|(_, subnets)| !subnets.is_empty());
    let tiers = tiers.map(|(tier, subnets)| (tier, expr::object(subnets.clone())));
    let network = expr::object(std::iter::once(("vpc_id", existing.vpc_id.as_str().into())).chain(tiers));
    stack
        .module
        .comment("The network is there already: its routes decide what machines reach outside it.");
    let network = stack.module.local("network", network);
    let ids = |tier: &str| expr::call("values", [expr::attribute(network.clone(), &[tier])]);
    let subnets = [
        (Tier::Public, "public"),
        (Tier::Application, "application"),
        (Tier::Balancer, "application"),
        (Tier::Data, "data"),
    ];
    // Subnets are keyed by the letter of their zone; what is no letter names no zone.
    let letters = existing.data.keys();
    let letters = letters.filter(|key| matches!(key.as_bytes(), [letter] if letter.is_ascii_lowercase()));
    let region = stack.region();
    Network {
        id: expr::attribute(network.clone(), &["vpc_id"]),
        subnets: subnets.into_iter().map(|(tier, name)| (tier, ids(name))).collect(),
        proxies: None,
        nodes: None,
        zones: letters.map(|letter| format!("{region}{letter}")).collect(),
        route_tables: None,
        way_out: vec![],
        internet: None,
    }
}

fn own(stack: &mut Stack<'_>, base: &Base, keys: &Keys) -> Network {
    let system = stack.system;
    let name = |part: &str| object! { "Name" => format!("{}{part}", system.prefix) };
    stack.module.file("network", "");
    let module = &mut stack.module;
    let vpc = module.resource(
        "aws_vpc",
        "main",
        Block::new()
            .set("cidr_block", system.network.cidr.to_string())
            .set("enable_dns_hostnames", true)
            .set("enable_dns_support", true)
            .set("tags", name("")),
    );
    module
        .comment("The default security group allows everything between its members: taken over here without any rule.")
        .resource(
            "aws_default_security_group",
            "main",
            Block::new().set("vpc_id", vpc.id()).set("tags", name("-unused")),
        );
    let gateway = system.public.is_some() || system.network.egress == Egress::Nat;
    let mut subnets: BTreeMap<Tier, Address> = BTreeMap::new();
    let tiers = Tier::ALL.into_iter().filter(|tier| match tier {
        Tier::Public => gateway,
        Tier::Application => true,
        Tier::Data => place::has_data(&system),
        Tier::Management => place::has_sessions(&system),
        Tier::Balancer => system.internal.is_some() || has_proxies(&system),
        Tier::Endpoint => !endpoint::interfaces(&system).is_empty(),
    });
    module.comment(
        "Each tier has an eighth of the network; each zone takes a quarter of that, and one quarter stays free.",
    );
    for tier in tiers {
        let blocks = system.network.zonal(tier).map(|(_, block)| block);
        let subnet = subnet(stack, tier.name(), blocks, &vpc);
        subnets.insert(tier, subnet);
    }
    let proxies = has_proxies(&system).then(|| proxies(stack, &vpc));
    let nodes = stack.has_pods().then(|| nodes(stack, &vpc));
    let further: Vec<(&str, &Address)> = [(PROXY, &proxies), (NODES, &nodes)]
        .into_iter()
        .filter_map(|(name, subnets)| Some((name, subnets.as_ref()?)))
        .collect();
    let mut way_out = vec![];
    let public = subnets.get(&Tier::Public).cloned();
    let route = public.as_ref().map(|public| internet(stack, &vpc, public));
    let mut tables = vec![];
    if let (Some(application), Some(public), Some(route)) = (subnets.get(&Tier::Application), &public, &route)
        && system.network.egress == Egress::Nat
    {
        let table = translated(stack, &vpc, application, public, route, &mut way_out);
        for (name, subnets) in &further {
            way_out.push(associate(stack, name, subnets, table.each().id()).whole());
        }
        tables.push(table.all("id"));
    }
    let translated = !tables.is_empty();
    stack.module.comment(if translated {
        "The other tiers have no way out of the network."
    } else {
        "Nothing but the public tier has a way out of the network."
    });
    let isolated = stack.module.resource(
        "aws_route_table",
        "isolated",
        Block::new().set("vpc_id", vpc.id()).set("tags", name("-isolated")),
    );
    for (tier, subnet) in &subnets {
        if *tier == Tier::Public || (*tier == Tier::Application && translated) {
            continue;
        }
        let association = associate(stack, tier.name(), subnet, isolated.id());
        if *tier == Tier::Application {
            way_out.push(association.whole());
        }
    }
    if !translated {
        tables.push(list![isolated.id()]);
        for (name, subnets) in &further {
            way_out.push(associate(stack, name, subnets, isolated.id()).whole());
        }
    }
    flow_log::lower(stack, base, keys, &vpc);
    let region = stack.region();
    let letters = zone_letters(&region).into_iter().take(system.network.zones);
    Network {
        id: vpc.id(),
        zones: letters.map(|letter| format!("{region}{letter}")).collect(),
        subnets: subnets.iter().map(|(tier, subnet)| (*tier, subnet.all("id"))).collect(),
        proxies: proxies.map(|proxies| proxies.all("id")),
        nodes: nodes.map(|nodes| nodes.all("id")),
        route_tables: tables.pop(),
        way_out,
        internet: route,
    }
}

/// True if something stands behind a load balancer of its own.
fn has_proxies(system: &Checked<'_>) -> bool {
    system.services.iter().any(|(_, service)| service.is_tcp())
}

/// The subnets of proxies, in the first of the two eighths that no tier has.
fn proxies(stack: &mut Stack<'_>, vpc: &Address) -> Address {
    let system = stack.system;
    let part = |net: Ipv4Net, length: u8, number: usize| {
        let mut parts = net.subnets(length).into_iter().flatten();
        parts.nth(number).unwrap_or(net)
    };
    let network = system.network.cidr;
    let eighth = part(network, network.prefix_len() + 3, Tier::ALL.len());
    let small = part(eighth, eighth.prefix_len().max(PROXIES), 0);
    let blocks = (0..system.network.zones).map(|zone| part(small, small.prefix_len() + 2, zone));
    stack.module.comment(
        "Proxies number themselves by the last ten bits of their address: among 1,024 addresses no two have the same.",
    );
    subnet(stack, PROXY, blocks, vpc)
}

/// The subnets of the cluster's nodes, in the second of these eighths: every pod has an address in them.
fn nodes(stack: &mut Stack<'_>, vpc: &Address) -> Address {
    let spare = stack.system.network.spare(1);
    let blocks = (0..stack.system.network.zones).map(|zone| spare.quarter(zone));
    stack
        .module
        .comment("Nodes of the Kubernetes cluster, and their pods: each pod has an address of the network.");
    subnet(stack, NODES, blocks, vpc)
}

/// Subnets for one purpose, one per zone.
fn subnet(stack: &mut Stack<'_>, name: &str, blocks: impl Iterator<Item = Ipv4Net>, vpc: &Address) -> Address {
    let region = stack.region();
    let letters = zone_letters(&region);
    let blocks = blocks.zip(letters).map(|(cidr, letter)| (letter, cidr.to_string()));
    let local = name;
    let name = template![stack.name(&format!("{name}-")), expr::each_key()];
    let body = Block::new()
        .set("for_each", expr::object(blocks))
        .set("vpc_id", vpc.id())
        .set("availability_zone", template![region, expr::each_key()])
        .set("cidr_block", expr::each_value(&[]))
        .set("tags", object! { "Name" => name })
        .comment("With fewer zones, what stands in a subnet leaves it before the subnet goes.")
        .block("lifecycle", Block::new().set("create_before_destroy", true));
    stack.module.resource("aws_subnet", local, body)
}

fn associate(stack: &mut Stack<'_>, name: &str, subnets: &Address, table: Expression) -> Address {
    let body = Block::new()
        .set("for_each", subnets.whole())
        .set("route_table_id", table)
        .set("subnet_id", expr::each_value(&["id"]));
    stack.module.resource("aws_route_table_association", name, body)
}

/// The way between the public subnets and the internet. Gives the route.
fn internet(stack: &mut Stack<'_>, vpc: &Address, public: &Address) -> Address {
    let system = stack.system;
    let gateway = Block::new()
        .set("vpc_id", vpc.id())
        .set("tags", object! { "Name" => system.prefix.as_str() });
    let gateway = stack.module.resource("aws_internet_gateway", "main", gateway);
    let table = Block::new()
        .set("vpc_id", vpc.id())
        .set("tags", object! { "Name" => stack.name("public") });
    let table = stack.module.resource("aws_route_table", "public", table);
    let route = Block::new()
        .set("route_table_id", table.id())
        .set("destination_cidr_block", "0.0.0.0/0")
        .set("gateway_id", gateway.id());
    let route = stack.module.resource("aws_route", "public_internet", route);
    associate(stack, "public", public, table.id());
    route
}

/// Address translation for the application subnets. Gives their route tables.
fn translated(
    stack: &mut Stack<'_>,
    vpc: &Address,
    application: &Address,
    public: &Address,
    internet: &Address,
    way_out: &mut Vec<Expression>,
) -> Address {
    let named = |part: &str| object! { "Name" => template![format!("{part}-"), expr::each_key()] };
    let address = Block::new()
        .set("for_each", public.whole())
        .set("domain", "vpc")
        .set("tags", named(&stack.name("nat")))
        .set("depends_on", list![internet.whole()]);
    stack
        .module
        .comment("One gateway per zone: a zone that fails takes nobody else's way out with it.");
    let address = stack.module.resource("aws_eip", "nat", address);
    let gateway = Block::new()
        .set("for_each", public.whole())
        .set("allocation_id", address.each().id())
        .set("subnet_id", expr::each_value(&["id"]))
        .set("tags", named(&stack.name("nat")))
        .set("depends_on", list![internet.whole()]);
    let gateway = stack.module.resource("aws_nat_gateway", "main", gateway);
    let table = Block::new()
        .set("for_each", application.whole())
        .set("vpc_id", vpc.id())
        .set("tags", named(&stack.name("application")));
    let table = stack.module.resource("aws_route_table", "application", table);
    let route = Block::new()
        .set("for_each", table.whole())
        .set("route_table_id", expr::each_value(&["id"]))
        .set("destination_cidr_block", "0.0.0.0/0")
        .set("nat_gateway_id", gateway.each().id());
    let route = stack.module.resource("aws_route", "application_nat", route);
    let association = associate(stack, "application", application, table.each().id());
    way_out.extend([route.whole(), association.whole()]);
    stack.module.file("outputs", "");
    // The output's value is the map of addresses by zone.
    stack.module.output(
        "egress_addresses",
        address.all("public_ip"),
        "Addresses that outside services see, one per zone.",
    );
    stack.module.file("network", "");
    table
}
