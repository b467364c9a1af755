//! Azure registers no resource provider by itself, and refuses what is made of one that is not registered.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::fs;

use support::{entries, project};

/// How a type begins, and the resource provider that makes it; the first that fits. None for what every subscription has.
const MADE_BY: [(&str, Option<&str>); 41] = [
    ("api_management", Some("Microsoft.ApiManagement")),
    ("application_insights", Some("Microsoft.Insights")),
    ("application_", Some("Microsoft.Network")),
    ("bastion_", Some("Microsoft.Network")),
    ("consumption_", Some("Microsoft.Consumption")),
    ("container_app", Some("Microsoft.App")),
    ("container_registry", Some("Microsoft.ContainerRegistry")),
    ("cosmosdb_", Some("Microsoft.DocumentDB")),
    ("disk_", Some("Microsoft.Compute")),
    ("dns_", Some("Microsoft.Network")),
    ("eventgrid_", Some("Microsoft.EventGrid")),
    ("eventhub", Some("Microsoft.EventHub")),
    ("federated_identity_", Some("Microsoft.ManagedIdentity")),
    ("key_vault", Some("Microsoft.KeyVault")),
    ("kubernetes_", Some("Microsoft.ContainerService")),
    ("kusto_", Some("Microsoft.Kusto")),
    ("lb", Some("Microsoft.Network")),
    ("linux_function_app", Some("Microsoft.Web")),
    ("linux_virtual_machine", Some("Microsoft.Compute")),
    ("log_analytics_", Some("Microsoft.OperationalInsights")),
    ("logic_app_", Some("Microsoft.Logic")),
    ("managed_redis", Some("Microsoft.Cache")),
    ("management_lock", None),
    ("monitor_", Some("Microsoft.Insights")),
    ("mssql_", Some("Microsoft.Sql")),
    ("mysql_", Some("Microsoft.DBforMySQL")),
    ("nat_gateway", Some("Microsoft.Network")),
    ("network_", Some("Microsoft.Network")),
    ("postgresql_", Some("Microsoft.DBforPostgreSQL")),
    ("private_", Some("Microsoft.Network")),
    ("public_ip", Some("Microsoft.Network")),
    ("resource_group", None),
    ("role_", None),
    ("service_plan", Some("Microsoft.Web")),
    ("servicebus_", Some("Microsoft.ServiceBus")),
    ("storage_", Some("Microsoft.Storage")),
    ("subnet", Some("Microsoft.Network")),
    ("user_assigned_identity", Some("Microsoft.ManagedIdentity")),
    ("virtual_machine", Some("Microsoft.Compute")),
    ("virtual_network", Some("Microsoft.Network")),
    ("web_application_firewall", Some("Microsoft.Network")),
];

#[test]
fn whatever_is_made_has_its_provider_registered() {
    let blueprints = entries(&project("golden"));
    let trees = blueprints.iter().map(|blueprint| blueprint.join("azure/terraform"));
    let trees: Vec<_> = trees.filter(|tree| tree.is_dir()).collect();
    assert!(!trees.is_empty(), "no golden tree is of Azure");
    let mut missing = BTreeSet::new();
    for tree in trees {
        let files = entries(&tree).into_iter().filter(|file| file.is_file());
        let text: String = files.map(|file| fs::read_to_string(file).unwrap()).collect();
        let types = text.lines().filter_map(|line| line.strip_prefix("resource \"azurerm_"));
        let types: BTreeSet<&str> = types.filter_map(|line| line.split('"').next()).collect();
        for made in types {
            let known = MADE_BY.iter().find(|(begin, _)| made.starts_with(begin));
            let Some((_, by)) = known else {
                missing.insert(format!("nobody says who makes azurerm_{made}"));
                continue;
            };
            if by.is_some_and(|by| !text.contains(&format!("\"{by}\""))) {
                missing.insert(format!("{}: {by:?} for azurerm_{made}", tree.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
