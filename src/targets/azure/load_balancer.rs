//! Application gateways: the public one with a web application firewall, the internal one between the tiers.

use super::containers::environments::Environments;
use super::edge::{Certificates, Served};
use super::network::Subnet;
use super::project::{after, as_identity};
use super::{Parts, Stack, dns_zones, routing};
use crate::ir::{Balancer, Id, Service};
use crate::template;
use crate::terraform::{Address, Block};

/// The gateways.
pub(super) struct Gateways {
    public: Option<Address>,
    internal: Option<Address>,
}

impl Gateways {
    /// (name, gateway)
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Address)> {
        [("public", &self.public), ("internal", &self.internal)]
            .into_iter()
            .filter_map(|(name, gateway)| Some((name, gateway.as_ref()?)))
    }

    /// The pools that the machines of a service join.
    pub fn pools(&self, stack: &Stack<'_>, service: Id<Service>) -> Vec<hcl::Expression> {
        let balancers = [
            (&self.public, &stack.system.public),
            (&self.internal, &stack.system.internal),
        ];
        balancers
            .into_iter()
            .filter_map(|(gateway, balancer)| Some((gateway.as_ref()?, balancer.as_ref()?)))
            .filter(|(_, balancer)| serves(balancer, service))
            .map(|(gateway, _)| {
                let name = stack.system.services[service].name.as_str();
                template![gateway.id(), "/backendAddressPools/", name]
            })
            .collect()
    }
}

fn serves(balancer: &Balancer, service: Id<Service>) -> bool {
    balancer
        .listeners
        .iter()
        .flat_map(|listener| &listener.routes)
        .any(|route| route.service == service)
}

pub(super) fn lower(
    stack: &mut Stack<'_>,
    parts: &Parts,
    environments: &Environments,
    certificates: &Certificates,
) -> Gateways {
    stack.module.file("load_balancer", "");
    let behind = (parts, environments);
    let system = stack.system;
    let public = system
        .public
        .as_ref()
        .map(|balancer| public(stack, behind, balancer, certificates));
    let internal = system
        .internal
        .as_ref()
        .map(|balancer| internal(stack, behind, balancer, certificates));
    Gateways { public, internal }
}

fn public(
    stack: &mut Stack<'_>,
    (parts, environments): (&Parts, &Environments),
    balancer: &Balancer,
    certificates: &Certificates,
) -> Address {
    let address = address(stack, "public");
    let policy = firewall_policy(stack);
    let served = certificates.of(balancer);
    let frontend = Block::new()
        .set("name", "public")
        .set("public_ip_address_id", address.id());
    let placed = ("public", "WAF_v2", &parts.network.public);
    let body = gateway(stack, placed, Some(&policy), served.as_ref()).block("frontend_ip_configuration", frontend);
    let body = routing::blocks(stack, environments, (balancer, "public"), body);
    let guards = parts.firewall.guard("public").into_iter();
    let body = body.set(
        "depends_on",
        after(
            guards
                .chain(served.and_then(|served| served.grant))
                .chain(environments.found(stack, balancer)),
        ),
    );
    let gateway = stack
        .module
        .resource("azurerm_application_gateway", "public", without_empty(body));
    stack.module.output(
        "public_address",
        address.attr("ip_address"),
        "Address of the public entry point: point the domain's A record here.",
    );
    dns_zones::entry_point(stack, &address);
    stack.built("edge", "application gateway with a web application firewall", &gateway);
    stack.module.file("load_balancer", "");
    gateway
}

fn internal(
    stack: &mut Stack<'_>,
    (parts, environments): (&Parts, &Environments),
    balancer: &Balancer,
    certificates: &Certificates,
) -> Address {
    stack.module.comment(
        "Azure wants one, unless the subscription is registered for isolated gateways. Nothing listens on it, and the firewall lets in\nAzure's own management only.",
    );
    let address = address(stack, "internal");
    let served = certificates.of(balancer);
    let outside = Block::new()
        .set("name", "public")
        .set("public_ip_address_id", address.id());
    let inside = Block::new()
        .set("name", "internal")
        .set("subnet_id", parts.network.balancer.id.clone())
        .set("private_ip_address", parts.network.internal_address.as_str())
        .set("private_ip_address_allocation", "Static");
    let placed = ("internal", "Standard_v2", &parts.network.balancer);
    let body = gateway(stack, placed, None, served.as_ref())
        .block("frontend_ip_configuration", outside)
        .block("frontend_ip_configuration", inside);
    let body = routing::blocks(stack, environments, (balancer, "internal"), body);
    let guards = parts.firewall.guard("balancer").into_iter();
    let body = body.set(
        "depends_on",
        after(
            guards
                .chain(served.and_then(|served| served.grant))
                .chain(environments.found(stack, balancer)),
        ),
    );
    let gateway = stack
        .module
        .resource("azurerm_application_gateway", "internal", without_empty(body));
    stack.built("edge.internal", "application gateway", &gateway);
    gateway
}

/// An empty `depends_on` says nothing: an existing network has nothing to wait for.
fn without_empty(body: Block) -> Block {
    let is_empty = matches!(body.attribute("depends_on"), Some(hcl::Expression::Array(list)) if list.is_empty());
    if is_empty { body.without("depends_on") } else { body }
}

fn address(stack: &mut Stack<'_>, name: &str) -> Address {
    let body = stack
        .named(stack.prefixed(name))
        .set("allocation_method", "Static")
        .set("zones", stack.all_zones())
        .set("tags", stack.tags());
    stack.module.resource("azurerm_public_ip", name, body)
}

fn firewall_policy(stack: &mut Stack<'_>) -> Address {
    let rules = |kind: &str, version: &str| Block::new().set("type", kind).set("version", version);
    let managed = Block::new()
        .block("managed_rule_set", rules("Microsoft_DefaultRuleSet", "2.1"))
        .block("managed_rule_set", rules("Microsoft_BotManagerRuleSet", "1.1"));
    let settings = Block::new().set("enabled", true).set("mode", "Prevention");
    let body = stack
        .named(stack.prefixed("public"))
        .set("tags", stack.tags())
        .block("policy_settings", settings)
        .block("managed_rules", managed);
    stack
        .module
        .resource("azurerm_web_application_firewall_policy", "public", body)
}

/// What both gateways have in common. The first argument is name, kind and place.
fn gateway(
    stack: &Stack<'_>,
    (name, sku, subnet): (&str, &str, &Subnet),
    firewall: Option<&Address>,
    served: Option<&Served>,
) -> Block {
    let capacity = Block::new().set("min_capacity", 2).set("max_capacity", 10);
    let placed = Block::new().set("name", name).set("subnet_id", subnet.id.clone());
    let tls = Block::new()
        .set("policy_type", "Predefined")
        .set("policy_name", "AppGwSslPolicy20220101S");
    let body = stack
        .named(stack.prefixed(name))
        .set_some("firewall_policy_id", firewall.map(Address::id))
        .set("http2_enabled", true)
        .set("zones", stack.zones())
        .set("tags", stack.tags())
        .block("sku", Block::new().set("name", sku).set("tier", sku))
        .block("autoscale_configuration", capacity)
        .block("gateway_ip_configuration", placed)
        .comment("TLS 1.2 and newer.")
        .block("ssl_policy", tls);
    match served {
        Some(served) => {
            let certificate = Block::new()
                .set("name", "edge")
                .set("key_vault_secret_id", served.uri.as_str());
            body.block("identity", as_identity(&served.identity))
                .comment("Named without a version, a renewed certificate is taken by itself.")
                .block("ssl_certificate", certificate)
        }
        None => body,
    }
}
