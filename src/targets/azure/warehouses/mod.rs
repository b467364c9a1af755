//! Warehouses: a cluster of Data Explorer each, with one database. Its tables are made by a script when Terraform runs.

mod access;
pub(super) mod readme;
mod records;
mod sinks;
mod tables;

use std::collections::BTreeMap;

use hcl::Expression;

use super::database::lifecycle;
use super::encryption::wait;
use super::project::after;
use super::secrets::{Endpoint, private_endpoint};
use super::streams::Streaming;
use super::{Parts, Stack, names};
use crate::ir::{Id, System, Warehouse};
use crate::list;
use crate::terraform::{Address, Block};
use crate::vocabulary::WarehouseSize;

pub(super) use access::lower as access;
pub(super) use sinks::{alarms, consumer_groups};

/// A warehouse.
pub(super) struct Built {
    /// The cluster.
    pub cluster: Address,
    /// The database.
    pub database: Address,
    /// It has its tables from here on.
    pub tables: Address,
    /// It can be reached from here on.
    pub endpoint: Address,
}

impl Built {
    /// Where clients reach it.
    pub fn url(&self) -> Expression {
        self.cluster.attr("uri")
    }
}

/// The zone of private endpoints: every region has its own.
pub(super) fn zone(system: &crate::check::Checked<'_>) -> String {
    format!("privatelink.{}.kusto.windows.net", system.region())
}

pub(super) fn lower(
    stack: &mut Stack<'_>,
    parts: &Parts,
    streams: Option<&Streaming>,
) -> BTreeMap<Id<Warehouse>, Built> {
    let system = stack.system;
    if system.warehouses.is_empty() {
        return BTreeMap::new();
    }
    stack.module.file("warehouses", "");
    let (key, ready) = key(stack, parts);
    let warehouses = system.warehouses.iter();
    warehouses
        .map(|(id, item)| {
            let streams = streams.filter(|_| is_filled(item));
            let built = build(stack, parts, streams, (id, item), (&key, &ready));
            if let Some(streams) = streams {
                sinks::lower(stack, item, &built, streams);
            }
            (id, built)
        })
        .collect()
}

/// Data Explorer takes keys of 2048 bits, and the system's has more.
fn key(stack: &mut Stack<'_>, parts: &Parts) -> (Address, Address) {
    let policy = Block::new().block("automatic", Block::new().set("time_after_creation", "P365D"));
    let body = Block::new()
        .set("name", "warehouses")
        .set("key_vault_id", parts.vault.vault.id())
        .set("key_type", "RSA-HSM")
        .set("key_size", 2048)
        .set("key_opts", list!["unwrapKey", "wrapKey"])
        .set("tags", stack.tags())
        .block("rotation_policy", policy)
        .block_some("lifecycle", lifecycle(stack.system.protect, &[]))
        .set("depends_on", after([parts.vault.ready.clone()]));
    stack
        .module
        .comment("Data Explorer takes keys of 2048 bits, and that of everything else has more.");
    let key = stack.module.resource("azurerm_key_vault_key", "warehouses", body);
    let body = Block::new()
        .set("scope", key.attr("resource_versionless_id"))
        .set("role_definition_name", "Key Vault Crypto Service Encryption User")
        .set("principal_id", parts.encryption.identity.attr("principal_id"))
        .set("principal_type", "ServicePrincipal");
    let grant = stack.module.resource("azurerm_role_assignment", "warehouses", body);
    let ready = wait(stack, "warehouses", &grant);
    (key, ready)
}

/// (machine, how many). A cluster of fewer than two has no promise of Azure's.
fn size(size: WarehouseSize) -> (&'static str, u32) {
    match size {
        WarehouseSize::Small => ("Standard_E2ads_v5", 2),
        WarehouseSize::Medium => ("Standard_E8ads_v5", 2),
        WarehouseSize::Large => ("Standard_E16ads_v5", 4),
    }
}

fn build(
    stack: &mut Stack<'_>,
    parts: &Parts,
    streams: Option<&Streaming>,
    (id, item): (Id<Warehouse>, &Warehouse),
    (key, ready): (&Address, &Address),
) -> Built {
    let system = stack.system;
    let name = item.name.as_str();
    let (machine, count) = size(item.size);
    let sku = Block::new().set("name", machine).set("capacity", count);
    let identity = Block::new()
        .set("type", "SystemAssigned, UserAssigned")
        .set("identity_ids", list![parts.encryption.identity.id()]);
    let short = names::cluster(&system.prefix, name);
    let body = stack
        .named(crate::template![short, stack.project.suffix.attr("hex")])
        .set("zones", stack.zones())
        .comment("It never stops by itself: questions and records may come at any time.")
        .set("auto_stop_enabled", false)
        .set("disk_encryption_enabled", true)
        .set("double_encryption_enabled", true)
        .set("public_network_access_enabled", false)
        .set("outbound_network_access_restricted", true)
        .set_some("allowed_fqdns", streams.map(|streams| list![streams.host.clone()]))
        .set("streaming_ingestion_enabled", true)
        .set("purge_enabled", false)
        .set("tags", stack.tags())
        .block("sku", sku)
        .comment("It reads streams as itself, and the key as the other. It has both from the start: added later, its own would be known one apply later.")
        .block("identity", identity)
        .block_some("lifecycle", lifecycle(system.protect, &[]));
    let cluster = stack.module.resource("azurerm_kusto_cluster", name, body);
    let body = Block::new()
        .set("cluster_id", cluster.id())
        .set("key_vault_id", parts.vault.vault.id())
        .comment("Named without a version, a rotated key is taken by itself.")
        .set("key_name", key.attr("name"))
        .set("user_identity", parts.encryption.identity.id())
        .set("depends_on", after([ready.clone()]));
    let encrypted = stack
        .module
        .resource("azurerm_kusto_cluster_customer_managed_key", name, body);
    let body = stack
        .named(item.database())
        .set("cluster_name", cluster.attr("name"))
        .block_some("lifecycle", lifecycle(system.protect, &[]))
        .set("depends_on", after([encrypted]));
    let database = stack.module.resource("azurerm_kusto_database", name, body);
    let tables = tables::lower(stack, item, &database);
    let endpoint = Endpoint {
        name,
        resource: &cluster,
        subresource: "cluster",
        zone: &zone(system),
        group: &parts.firewall.groups.warehouses[&id],
        each: false,
        // A cluster that is being changed takes none.
        after: vec![tables.clone()],
    };
    let endpoint = private_endpoint(stack, &parts.network.endpoint, &parts.zones, &endpoint).endpoint;
    stack.module.file("warehouses", "");
    stack.built(&item.path, "Data Explorer cluster with one database", &cluster);
    Built {
        cluster,
        database,
        tables,
        endpoint,
    }
}

/// True if streams fill one of them.
pub(super) fn are_filled(system: &System) -> bool {
    system.warehouses.iter().any(|(_, item)| is_filled(item))
}

fn is_filled(item: &Warehouse) -> bool {
    item.tables.iter().any(|table| table.stream.is_some())
}
