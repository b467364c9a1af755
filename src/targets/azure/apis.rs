//! APIs: API Management, which reaches the internal application gateway from a subnet of its own.
//!
//! Of its tiers, Standard v2 is the smallest that reaches a network and has an agreement on service levels: Basic v2 reaches none,
//! Developer has none, and either Premium costs several times as much. It answers at a public address, and what it sends leaves from
//! the subnet. One of them has one host name and one set of paths, so every API has its own.

mod operations;
mod policies;
pub(super) mod readme;

use std::collections::BTreeMap;

use hcl::Expression;

use super::network::Subnet;
use super::project::{TARGET, after};
use super::security_rules::{Rules, Side};
use super::{Parts, Stack, dns_zones, edge, encryption, names};
use crate::check::api_block;
use crate::ir::{Api, Id};
use crate::terraform::{Address, Block};
use crate::{list, template};

/// One unit: a few thousand requests in a second.
const SKU: &str = "StandardV2_1";
/// Parts of Azure that API Management needs, on port 443.
const PLATFORM: [&str; 2] = ["AzureKeyVault", "Storage"];

/// What the parts around an API are called: its subnet, the rules for it, its identity.
pub(super) fn part(api: &Api) -> String {
    format!("api-{}", api.name)
}

/// A subnet for each API.
pub(super) fn subnets(stack: &mut Stack<'_>, network: &Address) -> BTreeMap<Id<Api>, Subnet> {
    let system = stack.system;
    let made = system.apis.iter().map(|(id, api)| (id, subnet(stack, network, api)));
    made.collect()
}

fn subnet(stack: &mut Stack<'_>, network: &Address, api: &Api) -> Subnet {
    let service = Block::new()
        .set("name", "Microsoft.Web/serverFarms")
        .set("actions", list!["Microsoft.Network/virtualNetworks/subnets/action"]);
    let delegation = Block::new()
        .set("name", "api-management")
        .block("service_delegation", service);
    let body = Block::new()
        .set("name", part(api))
        .set("resource_group_name", stack.project.group.attr("name"))
        .set("virtual_network_name", network.attr("name"))
        .set(
            "address_prefixes",
            list![api_block(&stack.system.network, api).to_string()],
        )
        .block("delegation", delegation);
    stack.module.comment(
        "The block follows from the API's name: no other API moves it. It keeps Azure's default way out, because NAT gateways that span zones\ntake no subnet of API Management.",
    );
    let own = stack.module.resource("azurerm_subnet", &part(api), body);
    Subnet {
        id: own.id(),
        cidr: own.attr("address_prefixes.0"),
    }
}

/// Adds what API Management needs besides its services to the rules of its subnet: parts of Azure, and who issues tokens.
pub(super) fn platform(api: &Api, subnet: &Subnet, rules: &mut Rules) {
    let own = || Side::Prefix(subnet.cidr.clone());
    for (number, service) in (4000..).zip(PLATFORM) {
        rules.numbered(
            number,
            false,
            service,
            ("Tcp", "443"),
            (own(), Side::Prefix(service.into())),
        );
    }
    if let Some(jwt) = &api.jwt {
        let (_, host) = jwt.issuer.split_once("://").unwrap_or_default();
        let host = host.split('/').next().unwrap_or_default();
        let port = host.split_once(':').map_or("443", |(_, port)| port);
        let internet = Side::Prefix("Internet".into());
        rules.numbered(4010, false, "issuer-of-tokens", ("Tcp", port), (own(), internet));
    }
}

/// Ends with the gateways, by what their logs are called.
pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts) -> Vec<(String, Address)> {
    let system = stack.system;
    let made = system
        .apis
        .iter()
        .map(|(id, api)| (format!("apis/{}", api.name), build(stack, parts, id, api)));
    made.collect()
}

fn build(stack: &mut Stack<'_>, parts: &Parts, id: Id<Api>, api: &Api) -> Address {
    stack.module.file("apis", "");
    let certificate = api.certificate(TARGET);
    let subnet = parts.network.apis.get(&id).map(|subnet| subnet.id.clone());
    let configuration = Block::new().set_some("subnet_id", subnet);
    let email = stack.system.alarm_emails.first();
    let name = stack.prefixed(&format!("{}-", api.name));
    let body = stack
        .named(template![names::gateway(&name), stack.project.suffix.attr("hex")])
        .set("sku_name", SKU)
        .set("publisher_name", stack.system.name.as_str())
        .when(email.is_none(), |block| {
            block.comment("Azure wants one, and the blueprint names nobody in [observability].")
        })
        .set("publisher_email", email.map_or("nobody@example.com", String::as_str))
        .comment("Out of the network only: callers come to its public address.")
        .set("virtual_network_type", "External")
        .set("tags", stack.tags())
        .block("virtual_network_configuration", configuration)
        .block_some(
            "identity",
            certificate.map(|_| Block::new().set("type", "SystemAssigned")),
        )
        .set("depends_on", after(parts.firewall.guard(&part(api))));
    let gateway = stack.module.resource("azurerm_api_management", &api.name, body);
    let routed = operations::lower(stack, api, &gateway);
    policies::lower(stack, api, (&gateway, &routed));
    let url = match (&api.domain, certificate) {
        (Some(domain), Some(text)) => {
            let certificate = reader(stack, api, text, &gateway);
            named(stack, api, domain, (&gateway, certificate))
        }
        _ => gateway.attr("gateway_url"),
    };
    stack.module.file("outputs", "");
    let description = format!("Where the API {} is called.", api.name);
    stack.module.output(&format!("{}_url", api.name), url, &description);
    stack.built(&api.path, "API Management, Standard v2", &gateway);
    gateway
}

/// What API Management reads the certificate of its host name with.
struct Reader {
    /// URI of the secret.
    uri: String,
    /// It may read from here on, where the grant is ours to give.
    ready: Option<Address>,
}

/// It reads with the identity that Azure gives it: a vault with a firewall lets no other of it in.
fn reader(stack: &mut Stack<'_>, api: &Api, text: &str, gateway: &Address) -> Reader {
    let name = part(api);
    stack.module.file("apis", "");
    let certificate = edge::certificate(text);
    let ready = certificate.secret_id().map(|secret| {
        let body = Block::new()
            .set("scope", secret)
            .set("role_definition_name", "Key Vault Secrets User")
            .set("principal_id", gateway.attr("identity.0.principal_id"))
            .set("principal_type", "ServicePrincipal");
        let grant = stack.module.resource("azurerm_role_assignment", &name, body);
        encryption::wait(stack, &name, &grant)
    });
    if ready.is_none() {
        stack.report.prerequisites.push(format!(
            "The API `{0}` cannot take its host name before it may read `{1}`, and the blueprint does not say where that vault is. Run `terraform -chdir=terraform init` and `terraform -chdir=terraform apply -target={2}` first and grant the identity that API Management has by itself (`az apim list --resource-group {3} --query \"[].identity.principalId\"`) the role *Key Vault Secrets User* on that secret; or name the secret by its resource id (`/subscriptions/.../vaults/NAME/secrets/NAME`), and the grant is rendered too. A vault with a firewall must let trusted Azure services pass.",
            api.name, certificate.uri, gateway.text(), stack.system.prefix,
        ));
    }
    Reader {
        uri: certificate.uri,
        ready,
    }
}

/// Its own host name. Gives the URL.
fn named(stack: &mut Stack<'_>, api: &Api, domain: &str, (gateway, certificate): (&Address, Reader)) -> Expression {
    let host = template![gateway.attr("name"), ".azure-api.net"];
    let zone = api.zone.get(TARGET);
    let record = zone.and_then(|zone| dns_zones::api(stack, &api.name, (zone, domain), host.clone()));
    if record.is_none() {
        stack.module.file("outputs", "");
        let description = format!("Point {domain} here with a CNAME record.");
        let output = format!("{}_address", api.name);
        stack.module.output(&output, host, &description);
    }
    let endpoint = Block::new()
        .set("host_name", domain)
        .comment("Named without a version, a renewed certificate is taken by itself.")
        .set("key_vault_certificate_id", certificate.uri);
    let waits: Vec<Address> = record.into_iter().chain(certificate.ready).collect();
    let body = Block::new()
        .set("api_management_id", gateway.id())
        .block("gateway", endpoint)
        .when(!waits.is_empty(), |block| block.set("depends_on", after(waits)));
    stack.module.file("apis", "");
    stack
        .module
        .resource("azurerm_api_management_custom_domain", &api.name, body);
    format!("https://{domain}").into()
}
