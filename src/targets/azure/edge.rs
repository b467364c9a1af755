//! DNS zones and certificates.

use std::collections::BTreeMap;

use hcl::Expression;

use super::network::Network;
use super::project::{TARGET, after};
use super::secrets::Reached;
use super::tcp_balancer::TcpBalancers;
use super::{Stack, caches, functions, queues, registry, storage, tables, warehouses};
use crate::check::function_places;
use crate::ir::{Balancer, Id, Service, Tls};
use crate::list;
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Engine;

/// Seconds that a client keeps the addresses of read replicas: one that has gone is forgotten soon.
const READER_TTL: u32 = 30;

/// The private DNS zones.
pub(super) struct Zones {
    /// Names of the system's own, where there are some: internal services, read replicas.
    pub internal: Option<Address>,
    /// The virtual network resolves them from here on.
    pub internal_linked: Option<Address>,
    /// Names of services behind a TCP load balancer: the virtual network resolves them from here on.
    pub services: BTreeMap<Id<Service>, Address>,
    /// Names of private endpoints, by zone.
    pub privatelink: Address,
    /// The virtual network resolves names of private endpoints from here on.
    pub linked: Address,
}

pub(super) fn zones(stack: &mut Stack<'_>, network: &Network, balancers: &TcpBalancers) -> Zones {
    stack.module.file("dns", "");
    let system = stack.system;
    let readers = system.databases.iter().any(|(_, item)| item.readers.is_some());
    let wanted = system.internal.is_some() || readers || !balancers.is_empty();
    let internal = wanted.then(|| {
        let body = Block::new()
            .set("name", system.network.private_domain.as_str())
            .set("resource_group_name", stack.project.group.attr("name"))
            .set("tags", stack.tags());
        let zone = stack.module.resource("azurerm_private_dns_zone", "internal", body);
        let body = link(stack, network).set("private_dns_zone_id", zone.id());
        let linked = stack
            .module
            .resource("azurerm_private_dns_zone_virtual_network_link", "internal", body);
        (zone, linked)
    });
    let services = internal
        .iter()
        .flat_map(|(zone, linked)| tcp_records(stack, (zone, linked), balancers))
        .collect();
    let (internal, internal_linked) = internal.unzip();
    let body = Block::new()
        .set("for_each", expr::call("toset", [Expression::from(prescribed(stack))]))
        .set("name", expr::each_value(&[]))
        .set("resource_group_name", stack.project.group.attr("name"))
        .set("tags", stack.tags());
    stack
        .module
        .comment("Azure prescribes the zones that private endpoints are found in.");
    let privatelink = stack.module.resource("azurerm_private_dns_zone", "privatelink", body);
    let linked = Block::new().set("for_each", privatelink.whole());
    let body = link(stack, network).set("private_dns_zone_id", expr::each_value(&["id"]));
    let body = body
        .attributes()
        .fold(linked, |linked, (name, value)| linked.set(name, value.clone()));
    let linked = stack
        .module
        .resource("azurerm_private_dns_zone_virtual_network_link", "privatelink", body);
    Zones {
        internal,
        internal_linked,
        services,
        privatelink,
        linked,
    }
}

/// Records of the services behind a TCP load balancer of their own.
fn tcp_records(
    stack: &mut Stack<'_>,
    (zone, linked): (&Address, &Address),
    balancers: &TcpBalancers,
) -> BTreeMap<Id<Service>, Address> {
    let system = stack.system;
    let records = balancers.iter().map(|(&id, balancer)| {
        let name = system.services[id].name.as_str();
        let body = Block::new()
            .set("name", name)
            .set("private_dns_zone_id", zone.id())
            .set("ttl", 60)
            .set("records", list![balancer.address()])
            .set("tags", stack.tags())
            .set("depends_on", after([linked.clone()]));
        let record = stack.module.resource("azurerm_private_dns_a_record", name, body);
        (id, record)
    });
    records.collect()
}

fn link(stack: &Stack<'_>, network: &Network) -> Block {
    Block::new()
        .set("name", stack.system.prefix.as_str())
        .set("virtual_network_id", network.id.clone())
        .set("tags", stack.tags())
}

fn prescribed(stack: &Stack<'_>) -> Vec<String> {
    let system = stack.system;
    let mut zones = vec!["privatelink.vaultcore.azure.net"];
    let has_functions = !function_places(system).is_empty();
    if !system.buckets.is_empty() || has_functions {
        zones.push(storage::ZONE);
    }
    if functions::has_queues(system) {
        zones.push(storage::QUEUE_ZONE);
    }
    let mut asked = system.functions();
    if asked.any(|(id, _, function)| functions::is_asked(stack, id, function)) {
        zones.push(functions::ZONE);
    }
    if !system.tables.is_empty() {
        zones.push(tables::ZONE);
    }
    if !(system.queues.is_empty() && system.topics.is_empty() && system.streams.is_empty()) {
        zones.push(queues::ZONE);
    }
    if !system.caches.is_empty() {
        zones.push(caches::ZONE);
    }
    if system.registry.is_some() {
        zones.push(registry::ZONE);
    }
    let warehouses = (!system.warehouses.is_empty()).then(|| warehouses::zone(system));
    zones.extend(warehouses.as_deref());
    zones.extend(
        system
            .databases
            .iter()
            .filter_map(|(_, database)| zone(database.engine)),
    );
    zones.sort_unstable();
    zones.dedup();
    zones.into_iter().map(str::to_owned).collect()
}

/// The zone of an engine's private endpoints.
pub(super) fn zone(engine: Engine) -> Option<&'static str> {
    match engine {
        Engine::Postgres => Some("privatelink.postgres.database.azure.com"),
        Engine::Mysql => Some("privatelink.mysql.database.azure.com"),
        Engine::Sqlserver => Some("privatelink.database.windows.net"),
        Engine::Oracle => None,
    }
}

/// A certificate in a key vault of the owner's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Certificate<'a> {
    /// The vault, where the blueprint gives its resource id.
    vault: Option<&'a str>,
    /// URI of the secret.
    pub uri: String,
}

impl Certificate<'_> {
    /// The secret's resource id, where the blueprint gives it.
    pub fn secret_id(&self) -> Option<String> {
        let (_, name) = self.uri.rsplit_once('/')?;
        self.vault.map(|vault| format!("{vault}/secrets/{name}"))
    }
}

/// Reads what a blueprint says of a certificate: the URI of a vault's secret, or its resource id.
pub(super) fn certificate(text: &str) -> Certificate<'_> {
    let parsed = text
        .split_once("/secrets/")
        .filter(|(vault, _)| vault.starts_with("/subscriptions/"));
    match parsed {
        Some((vault, name)) => {
            let host = vault.rsplit('/').next().unwrap_or_default();
            Certificate {
                vault: Some(vault),
                uri: format!("https://{host}.vault.azure.net/secrets/{name}"),
            }
        }
        None => Certificate {
            vault: None,
            uri: text.to_owned(),
        },
    }
}

/// What the gateways read certificates with.
pub(super) struct Certificates {
    identity: Option<Address>,
    /// The identity may read from here on.
    ready: BTreeMap<String, Address>,
}

/// The certificate of one gateway.
pub(super) struct Served {
    /// URI of the secret.
    pub uri: String,
    /// The identity that reads it.
    pub identity: Address,
    /// The grant, where it is ours to give.
    pub grant: Option<Address>,
}

impl Certificates {
    /// The certificate of a gateway, where it has one.
    pub fn of(&self, balancer: &Balancer) -> Option<Served> {
        let Tls::Named(text) = balancer.tls(TARGET) else {
            return None;
        };
        let certificate = certificate(text);
        Some(Served {
            grant: self.ready.get(text).cloned(),
            uri: certificate.uri,
            identity: self.identity.clone()?,
        })
    }
}

/// The identity of the gateways, and its grants on vaults whose resource id is known.
pub(super) fn certificates(stack: &mut Stack<'_>) -> Certificates {
    stack.module.file("edge", "");
    let system = stack.system;
    let named: BTreeMap<&str, &str> = [("public", &system.public), ("internal", &system.internal)]
        .into_iter()
        .filter_map(|(name, balancer)| match balancer.as_ref()?.tls(TARGET) {
            Tls::Named(text) => Some((text, name)),
            _ => None,
        })
        .collect();
    let mut certificates = Certificates {
        identity: None,
        ready: BTreeMap::new(),
    };
    if named.is_empty() {
        return certificates;
    }
    let body = stack.named(stack.prefixed("gateway")).set("tags", stack.tags());
    stack
        .module
        .comment("The application gateways read their certificates with it.");
    let identity = stack.module.resource("azurerm_user_assigned_identity", "gateway", body);
    for (text, name) in named {
        let certificate = certificate(text);
        match certificate.secret_id() {
            Some(secret) => {
                let body = Block::new()
                    .set("scope", secret)
                    .set("role_definition_name", "Key Vault Secrets User")
                    .set("principal_id", identity.attr("principal_id"))
                    .set("principal_type", "ServicePrincipal");
                let name = format!("gateway-{name}-certificate");
                let grant = stack.module.resource("azurerm_role_assignment", &name, body);
                let ready = super::encryption::wait(stack, &name, &grant);
                certificates.ready.insert(text.to_owned(), ready);
            }
            None => {
                let host = certificate
                    .uri
                    .trim_start_matches("https://")
                    .split('/')
                    .next()
                    .unwrap_or_default();
                stack.report.prerequisites.push(format!(
                    "The {name} gateway cannot be created before its identity may read `{}`, and the blueprint does not say where the vault `{host}` is. Run `terraform -chdir=terraform init` and `terraform -chdir=terraform apply -target=azurerm_user_assigned_identity.gateway` first and grant the identity `{}-gateway` the role *Key Vault Secrets User* on that secret (a vault with access policies instead of roles: `get` on secrets); or name the secret by its resource id (`/subscriptions/.../vaults/NAME/secrets/NAME`), and the grant is rendered too. A vault with a firewall must let trusted Azure services pass.",
                    certificate.uri, stack.system.prefix,
                ));
            }
        }
    }
    certificates.identity = Some(identity);
    certificates
}

/// Records of the internal services, all of them at the internal gateway.
pub(super) fn records(stack: &mut Stack<'_>, zones: &Zones, network: &Network) {
    let system = stack.system;
    let (Some(zone), Some(balancer)) = (&zones.internal, &system.internal) else {
        return;
    };
    stack.module.file("dns", "");
    let mut names: Vec<&str> = balancer
        .listeners
        .iter()
        .flat_map(|listener| &listener.routes)
        .map(|route| system.services[route.service].name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let body = Block::new()
            .set("name", name)
            .set("private_dns_zone_id", zone.id())
            .set("ttl", 60)
            .set("records", list![network.internal_address.as_str()])
            .set("tags", stack.tags());
        stack.module.resource("azurerm_private_dns_a_record", name, body);
    }
}

/// The names of the containers of an environment: all of them at its one address. Ends with what the virtual network finds them by.
pub(super) fn container_zone(stack: &mut Stack<'_>, network: &Network, name: &str, environment: &Address) -> Address {
    stack.module.file("dns", "");
    let body = Block::new()
        .set("name", environment.attr("default_domain"))
        .set("resource_group_name", stack.project.group.attr("name"))
        .set("tags", stack.tags());
    stack
        .module
        .comment("The environment's own domain, which its certificate has: the gateways find containers by it.");
    let zone = stack.module.resource("azurerm_private_dns_zone", name, body);
    let body = link(stack, network).set("private_dns_zone_id", zone.id());
    let kind = "azurerm_private_dns_zone_virtual_network_link";
    let linked = stack.module.resource(kind, name, body);
    let body = Block::new()
        .set("name", "*")
        .set("private_dns_zone_id", zone.id())
        .set("ttl", 60)
        .set("records", list![environment.attr("static_ip_address")])
        .set("tags", stack.tags())
        .set("depends_on", after([linked]));
    stack.module.resource("azurerm_private_dns_a_record", name, body)
}

/// The one name of a database's read replicas: the addresses of all their private endpoints.
pub(super) fn reader_record(stack: &mut Stack<'_>, zones: &Zones, name: &str, endpoints: &Reached) -> Option<Address> {
    let zone = zones.internal.as_ref()?;
    let addresses = expr::attribute(
        endpoints.endpoint.all("private_service_connection"),
        &["0", "private_ip_address"],
    );
    let body = Block::new()
        .set("name", name)
        .set("private_dns_zone_id", zone.id())
        .set("ttl", READER_TTL)
        .set("records", addresses)
        .set("tags", stack.tags())
        .comment("No rule lets anybody reach an endpoint that is not in its group yet.")
        .set(
            "depends_on",
            after(
                zones
                    .internal_linked
                    .clone()
                    .into_iter()
                    .chain([endpoints.grouped.clone()]),
            ),
        );
    stack.module.file("dns", "");
    stack
        .module
        .comment("One address for each read replica: clients choose among them.");
    Some(stack.module.resource("azurerm_private_dns_a_record", name, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_named_in_two_ways() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/certs/secrets/shop";
        let by_id = certificate(id);
        assert_eq!(by_id.uri, "https://certs.vault.azure.net/secrets/shop");
        assert_eq!(by_id.vault, id.strip_suffix("/secrets/shop"));
        let by_uri = certificate("https://certs.vault.azure.net/secrets/shop");
        assert_eq!(by_uri.vault, None);
    }
}
