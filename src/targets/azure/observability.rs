//! Logs: one workspace for what the services say and who used what, flow logs of the network.

use std::collections::BTreeMap;

use hcl::Expression;

use super::{Parts, Stack, Stores, cluster, queues, storage, streams};
use crate::ir::{Id, Service};
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::{Egress, Engine};
use crate::{list, object, template};

/// What writes logs.
pub(super) struct Watched {
    /// What answers for the APIs, by name.
    pub apis: Vec<(String, Address)>,
    /// Bastion.
    pub bastion: Option<Address>,
    /// The gateways by name.
    pub gateways: Vec<(&'static str, Address)>,
    /// Environments of containers by name.
    pub environments: Vec<(String, Address)>,
    /// The Kubernetes cluster.
    pub cluster: Option<Address>,
    /// The registry of images.
    pub registry: Option<Address>,
    /// Scale sets.
    pub machines: BTreeMap<Id<Service>, Address>,
}

/// The workspace.
pub(super) fn workspace(stack: &mut Stack<'_>) -> Address {
    stack.module.file("observability", "");
    let system = stack.system;
    let body = stack
        .named(system.prefix.as_str())
        .set("sku", "PerGB2018")
        .set("retention_in_days", system.log_days)
        .set("local_authentication_enabled", false)
        .set("tags", stack.tags());
    let workspace = stack.module.resource("azurerm_log_analytics_workspace", "main", body);
    stack.built("observability", "Log Analytics workspace", &workspace);
    workspace
}

/// What goes to the workspace.
pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts, stores: &Stores, watched: &Watched, workspace: &Address) {
    stack.module.file("observability", "");
    let system = stack.system;
    diagnostics(stack, parts, stores, watched, workspace);
    if let Some(cluster) = &watched.cluster {
        control_plane(stack, cluster, workspace);
    }
    shards(stack, stores, workspace);
    let says = system.network.egress != Egress::None || system.network.existing.azure.is_some();
    if says && stack.has_machines() {
        machines(stack, watched, workspace);
    }
    if system.network.existing.azure.is_none() {
        flow_logs(stack, parts);
    }
}

fn diagnostics(stack: &mut Stack<'_>, parts: &Parts, stores: &Stores, watched: &Watched, workspace: &Address) {
    let system = stack.system;
    let mut sources: Vec<(String, Expression)> = vec![("vault".to_owned(), parts.vault.vault.id())];
    sources.extend(watched.apis.iter().map(|(name, gateway)| (name.clone(), gateway.id())));
    sources.extend(
        watched
            .bastion
            .iter()
            .map(|bastion| ("bastion".to_owned(), bastion.id())),
    );
    sources.extend(
        watched
            .gateways
            .iter()
            .map(|(name, gateway)| (format!("{name}-gateway"), gateway.id())),
    );
    sources.extend(
        stores
            .databases
            .values()
            .flat_map(|built| &built.logs)
            .map(|(name, id)| (format!("databases/{name}"), id.clone())),
    );
    sources.extend(stores.buckets.iter().map(|(id, built)| {
        let name = format!("buckets/{}", system.buckets[*id].name);
        (name, template![built.account.id(), "/blobServices/default"])
    }));
    sources.extend(
        stores
            .messaging
            .iter()
            .map(|built| (queues::NAME.to_owned(), built.namespace.id())),
    );
    sources.extend(
        stores
            .streams
            .iter()
            .map(|built| (streams::NAME.to_owned(), built.namespace.id())),
    );
    sources.extend(stores.tables.iter().map(|(id, built)| {
        let name = format!("tables/{}", system.tables[*id].name);
        (name, built.account.id())
    }));
    sources.extend(stores.warehouses.iter().map(|(id, built)| {
        let name = format!("warehouses/{}", system.warehouses[*id].name);
        (name, built.cluster.id())
    }));
    sources.extend(stores.caches.iter().map(|(id, built)| {
        let name = format!("caches/{}", system.caches[*id].name);
        (name, built.database())
    }));
    sources.extend(
        watched
            .environments
            .iter()
            .map(|(name, environment)| (name.clone(), environment.id())),
    );
    sources.extend(watched.registry.iter().map(|built| ("registry".to_owned(), built.id())));
    sources.sort_by(|(a, _), (b, _)| a.cmp(b));
    let body = Block::new()
        .set("for_each", expr::object(sources))
        .set("name", system.prefix.as_str())
        .set("target_resource_id", expr::each_value(&[]))
        .set("log_analytics_workspace_id", workspace.id())
        .block("enabled_log", Block::new().set("category_group", "allLogs"));
    stack.module.comment("Access and audit logs.");
    stack
        .module
        .resource("azurerm_monitor_diagnostic_setting", "main", body);
}

/// Logs of the cluster's control plane.
fn control_plane(stack: &mut Stack<'_>, cluster: &Address, workspace: &Address) {
    let body = Block::new()
        .set("name", stack.system.prefix.as_str())
        .set("target_resource_id", cluster.id())
        .set("log_analytics_workspace_id", workspace.id());
    let logs = cluster::LOGS.map(|category| Block::new().set("category", category));
    stack.module.comment(
        "Whatever is changed in the cluster, and by whom. What is only read would be nine tenths of the volume.",
    );
    let kind = "azurerm_monitor_diagnostic_setting";
    stack.module.resource(kind, "cluster", body.blocks("enabled_log", logs));
}

/// Logs of the shards, and their metrics, which the workspace compares with each other.
fn shards(stack: &mut Stack<'_>, stores: &Stores, workspace: &Address) {
    let system = stack.system;
    for (id, database, _) in system.sharded() {
        let Some(shards) = stores.databases.get(&id).and_then(|built| built.shards.as_ref()) else {
            continue;
        };
        let metrics = match database.engine {
            Engine::Sqlserver => "Basic",
            _ => "AllMetrics",
        };
        for (index, logs) in shards.logs.iter().enumerate() {
            let metrics = (index == 0).then(|| Block::new().set("category", metrics));
            let body = Block::new()
                .set("for_each", shards.ids.clone())
                .set("name", system.prefix.as_str())
                .set("target_resource_id", logs.id(&logs.resource.each()))
                .set("log_analytics_workspace_id", workspace.id())
                .block("enabled_log", Block::new().set("category_group", "allLogs"))
                .block_some("enabled_metric", metrics);
            let name = format!("{}{}", database.shard_name(), logs.part.replace('/', "-"));
            stack.module.resource("azurerm_monitor_diagnostic_setting", &name, body);
        }
    }
}

/// The services' output goes to the journal, from there to syslog, from there to the workspace.
fn machines(stack: &mut Stack<'_>, watched: &Watched, workspace: &Address) {
    let system = stack.system;
    let destination = Block::new()
        .set("name", "workspace")
        .set("workspace_resource_id", workspace.id());
    let source = Block::new()
        .set("name", "syslog")
        .set("streams", list!["Microsoft-Syslog"])
        .set(
            "facility_names",
            list!["auth", "authpriv", "cron", "daemon", "kern", "syslog", "user"],
        )
        .set(
            "log_levels",
            list!["Info", "Notice", "Warning", "Error", "Critical", "Alert", "Emergency"],
        );
    let flow = Block::new()
        .set("streams", list!["Microsoft-Syslog"])
        .set("destinations", list!["workspace"]);
    let body = stack
        .named(stack.prefixed("machines"))
        .set("kind", "Linux")
        .set("tags", stack.tags())
        .block("destinations", Block::new().block("log_analytics", destination))
        .block("data_sources", Block::new().block("syslog", source))
        .block("data_flow", flow);
    stack
        .module
        .comment("What the services print goes to the journal, from there to syslog, and from there to the workspace.");
    let rule = stack
        .module
        .resource("azurerm_monitor_data_collection_rule", "machines", body);
    let sets = watched
        .machines
        .iter()
        .map(|(id, set)| (system.services[*id].name.clone(), set.id()));
    let body = Block::new()
        .set("for_each", expr::object(sets))
        .set("name", stack.prefixed("machines"))
        .set("target_resource_id", expr::each_value(&[]))
        .set("data_collection_rule_id", rule.id());
    stack
        .module
        .resource("azurerm_monitor_data_collection_rule_association", "machines", body);
}

fn flow_logs(stack: &mut Stack<'_>, parts: &Parts) {
    let system = stack.system;
    let account = storage::flow_logs(stack, parts);
    let default = object! {
        "name" => format!("NetworkWatcher_{}", system.region()),
        "resource_group_name" => "NetworkWatcherRG",
    };
    let watcher = stack.module.variable(
        "network_watcher",
        "object({ name = string, resource_group_name = string })",
        default,
        "The region's network watcher. Azure makes one of this name with a subscription's first virtual network there.",
    );
    let retention = Block::new().set("enabled", true).set("days", system.log_days.min(365));
    let body = Block::new()
        .set("name", system.prefix.as_str())
        .set("location", stack.project.group.attr("location"))
        .set("network_watcher_name", expr::attribute(watcher.clone(), &["name"]))
        .set(
            "resource_group_name",
            expr::attribute(watcher, &["resource_group_name"]),
        )
        .set("target_resource_id", parts.network.id.clone())
        .set("storage_account_id", account.id())
        .set("enabled", true)
        .set("version", 2)
        .set("tags", stack.tags())
        .block("retention_policy", retention);
    stack.module.resource("azurerm_network_watcher_flow_log", "main", body);
}
