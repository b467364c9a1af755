//! The vault, the entries that the owner fills, private endpoints.

use std::collections::BTreeMap;

use hcl::Expression;
use hcl::expr::{BinaryOp, BinaryOperator, Conditional};

use super::database::{lifecycle, lock};
use super::edge::Zones;
use super::firewall::Firewall;
use super::network::{Network, Subnet};
use super::project::after;
use super::{Stack, names};
use crate::ir::{Id, Secret};
use crate::terraform::{Address, Block, expr};
use crate::{list, template};

/// What the vault says of an entry that nobody has filled: templates/startup/azure.sh passes over it.
const UNFILLED: &str = "unfilled";

/// Stands for whoever applies, where the variable `operators` names nobody.
const CALLER: &str = "caller";

/// The vault.
pub(super) struct Vault {
    /// The vault.
    pub vault: Address,
    /// Terraform may write to it from here on.
    pub ready: Address,
    /// Its private endpoint.
    pub endpoint: Address,
    /// Those that run Terraform, for `for_each`.
    pub operators: Expression,
    /// The object id of each of them.
    pub operator: Expression,
    /// Public address ranges that may reach what is written from outside.
    pub admin_cidrs: Expression,
}

pub(super) fn lower(stack: &mut Stack<'_>, network: &Network, firewall: &Firewall, zones: &Zones) -> Vault {
    stack.module.file("secrets", "");
    let system = stack.system;
    // The vault's firewall takes no private ranges.
    let ranges: Vec<String> = system
        .network
        .admin_cidrs
        .iter()
        .filter(|range| !range.network().is_private())
        .map(ToString::to_string)
        .collect();
    let admin_cidrs = stack.module.variable(
        "admin_cidrs",
        "list(string)",
        ranges,
        "Public address ranges that may reach the vault: those that Terraform runs from, at every plan, apply and destroy.",
    );
    let rules = Block::new()
        .set("default_action", "Deny")
        .set("bypass", "AzureServices")
        .set("ip_rules", admin_cidrs.clone());
    let name = template![names::vault(&system.prefix), "-", stack.project.suffix.attr("hex")];
    let body = stack
        .named(name)
        .set("tenant_id", stack.project.operator.attr("tenant_id"))
        .set("sku_name", "premium")
        .set("rbac_authorization_enabled", true)
        .comment("Azure encrypts nothing with a key that could be purged.")
        .set("purge_protection_enabled", true)
        .set("soft_delete_retention_days", if system.protect { 90 } else { 7 })
        .set("public_network_access_enabled", expr::not_empty(admin_cidrs.clone()))
        .set("tags", stack.tags())
        .block("network_acls", rules)
        .block_some("lifecycle", lifecycle(system.protect, &[]));
    stack.module.comment(
        "Keys and secrets are written through the vault's own address, which only admin_cidrs may reach. Everything else uses the private\nendpoint, or is one of the Azure services that encrypt with a key.",
    );
    let vault = stack.module.resource("azurerm_key_vault", "main", body);
    stack.built("vault", "Key Vault", &vault);
    stack.module.output(
        "vault",
        vault.attr("name"),
        "Name of the vault: its owners fill the secrets in it.",
    );
    if system.protect {
        lock(stack, "vault", &vault);
    }
    let (operators, operator) = operators(stack);
    let ready = writers(stack, &vault, &operators, &operator);
    let endpoint = Endpoint {
        name: "vault",
        resource: &vault,
        subresource: "vault",
        zone: "privatelink.vaultcore.azure.net",
        group: &firewall.groups.vault,
        each: false,
        after: vec![],
    };
    let Reached { endpoint, .. } = private_endpoint(stack, &network.endpoint, zones, &endpoint);
    Vault {
        vault,
        ready,
        endpoint,
        operators,
        operator,
        admin_cidrs,
    }
}

/// Those that run Terraform, for `for_each`, and the object id of each of them.
fn operators(stack: &mut Stack<'_>) -> (Expression, Expression) {
    let operators = stack.module.variable(
        "operators",
        "list(string)",
        Vec::<String>::new(),
        "Object ids of those that run Terraform (a group, or the identity of a pipeline): they may write keys and secrets. Without any, it is whoever applies.",
    );
    let operators = stack.module.local(
        "operators",
        expr::call("toset", [expr::call("coalescelist", [operators, list![CALLER]])]),
    );
    let is_caller = BinaryOp::new(expr::each_key(), BinaryOperator::Eq, Expression::from(CALLER));
    let caller = stack.project.operator.attr("object_id");
    let principal = Expression::from(Conditional::new(is_caller, caller, expr::each_key()));
    (operators, principal)
}

/// Whoever runs Terraform makes the key and writes passwords. Ends with the wait until that is allowed.
fn writers(stack: &mut Stack<'_>, vault: &Address, operators: &Expression, operator: &Expression) -> Address {
    let mut granted = vec![];
    for (name, role) in [
        ("operator_keys", "Key Vault Crypto Officer"),
        ("operator_secrets", "Key Vault Secrets Officer"),
    ] {
        let body = Block::new()
            .set("for_each", operators.clone())
            .set("scope", vault.id())
            .set("role_definition_name", role)
            .set("principal_id", operator.clone());
        stack
            .module
            .comment("Whoever runs Terraform makes the key and writes passwords.");
        granted.push(stack.module.resource("azurerm_role_assignment", name, body));
    }
    let triggers = granted.iter().map(|grant| {
        let name = grant.text().rsplit('.').next().unwrap_or_default().to_owned();
        (name, expr::call("join", [",".into(), grant.all("id")]))
    });
    let body = Block::new()
        .set("create_duration", "90s")
        .set("triggers", expr::object(triggers));
    stack.module.comment("Until the grants have reached the vault.");
    stack.module.resource("time_sleep", "operator", body)
}

/// The entries that the owner fills.
pub(super) fn entries(stack: &mut Stack<'_>, vault: &Vault) -> BTreeMap<Id<Secret>, Address> {
    stack.module.file("secrets", "");
    let system = stack.system;
    let mut entries = BTreeMap::new();
    for (id, secret) in system.secrets.iter() {
        let ignored = Block::new().set("ignore_changes", expr::keywords(["content_type", "tags"]));
        let body = Block::new()
            .set("name", secret.name.as_str())
            .set("key_vault_id", vault.vault.id())
            .set("content_type", UNFILLED)
            .set("value_wo", UNFILLED)
            .set("value_wo_version", 1)
            .set("tags", stack.tags())
            .block("lifecycle", ignored)
            .set("depends_on", after([vault.ready.clone()]));
        let about = secret.description.as_deref().unwrap_or("Filled by its owner.");
        stack.module.comment(&format!(
            "{about}\nThe vault has no entry without a value: the owner's first version takes the place of this one."
        ));
        let entry = stack.module.resource("azurerm_key_vault_secret", &secret.name, body);
        stack.built(&secret.path, "Key Vault secret", &entry);
        entries.insert(id, entry);
    }
    entries
}

/// A private endpoint.
pub(super) struct Endpoint<'a> {
    /// What it is for.
    pub name: &'a str,
    /// What it leads to.
    pub resource: &'a Address,
    /// Azure's word for the part of it.
    pub subresource: &'a str,
    /// The DNS zone that Azure prescribes.
    pub zone: &'a str,
    /// Its application security group.
    pub group: &'a Address,
    /// One for each instance of what it leads to.
    pub each: bool,
    /// What it waits for.
    pub after: Vec<Address>,
}

/// A private endpoint that was added.
pub(super) struct Reached {
    /// The endpoint.
    pub endpoint: Address,
    /// It is in its application security group, which is what rules let pass.
    pub grouped: Address,
}

/// Adds a private endpoint with its DNS record and its application security group.
pub(super) fn private_endpoint(
    stack: &mut Stack<'_>,
    subnet: &Subnet,
    zones: &Zones,
    endpoint: &Endpoint<'_>,
) -> Reached {
    let resource = match endpoint.each {
        true => expr::each_value(&["id"]),
        false => endpoint.resource.id(),
    };
    let connection = Block::new()
        .set("name", endpoint.name)
        .set("private_connection_resource_id", resource)
        .set("subresource_names", list![endpoint.subresource])
        .set("is_manual_connection", false);
    let dns = Block::new()
        .set("name", endpoint.name)
        .set("private_dns_zone_ids", list![zones.privatelink.key(endpoint.zone).id()]);
    let name = stack.prefixed(endpoint.name);
    let body = match endpoint.each {
        true => stack.named_each(endpoint.resource.whole(), template![name, "-", expr::each_key()]),
        false => stack.named(name),
    };
    let body = body
        .set("subnet_id", subnet.id.clone())
        .set("tags", stack.tags())
        .block("private_service_connection", connection)
        .block("private_dns_zone_group", dns);
    let body = match endpoint.after.as_slice() {
        [] => body,
        after_these => body.set("depends_on", after(after_these.to_vec())),
    };
    let address = stack.module.resource("azurerm_private_endpoint", endpoint.name, body);
    let (body, id) = match endpoint.each {
        true => (Block::new().set("for_each", address.whole()), expr::each_value(&["id"])),
        false => (Block::new(), address.id()),
    };
    let body = body
        .set("private_endpoint_id", id)
        .set("application_security_group_id", endpoint.group.id());
    let kind = "azurerm_private_endpoint_application_security_group_association";
    let grouped = stack.module.resource(kind, endpoint.name, body);
    stack.grouped.insert(address.clone(), grouped.clone());
    Reached {
        endpoint: address,
        grouped,
    }
}
