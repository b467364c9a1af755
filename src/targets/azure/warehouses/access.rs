//! Who may ask a warehouse, and who may insert rows.

use std::collections::BTreeMap;

use hcl::Expression;

use super::Built;
use crate::ir::{Id, Resource, Service, Warehouse};
use crate::object;
use crate::targets::azure::identity::Identity;
use crate::targets::azure::project::after;
use crate::targets::azure::{Stack, Stores};
use crate::terraform::{Address, Block, expr};

/// Data Explorer's roles on one database: who has the one sees rows, who has the other adds some, and neither does both.
const ROLES: [(&str, &str); 2] = [("ask", "Viewer"), ("insert", "Ingestor")];

pub(in crate::targets::azure) fn lower(
    stack: &mut Stack<'_>,
    stores: &Stores,
    identities: &mut BTreeMap<Id<Service>, Identity>,
) {
    let system = stack.system;
    for (id, item) in system.warehouses.iter() {
        stack.module.file("warehouses", "");
        let built = &stores.warehouses[&id];
        let mut grants: BTreeMap<String, Expression> = BTreeMap::new();
        let mut grant = |name: &str, (what, role): (&str, &str), identity: &Address| {
            let grant = object! {
                "role" => role,
                "principal" => identity.attr("client_id"),
                "tenant" => identity.attr("tenant_id"),
            };
            grants.insert(format!("{name}-{what}"), grant);
        };
        let users: Vec<_> = system.users_of(Resource::Warehouse(id)).collect();
        for (service, access) in &users {
            let may = [access.reads(), access.writes()];
            for (role, _) in ROLES.into_iter().zip(may).filter(|(_, may)| *may) {
                let name = &system.services[*service].name;
                grant(name, role, &identities[service].identity);
            }
        }
        if grants.is_empty() {
            continue;
        }
        let granted = assignment(stack, item, built, grants);
        for (service, _) in users {
            if let Some(identity) = identities.get_mut(&service) {
                identity.grants.push(granted.clone());
            }
        }
    }
}

fn assignment(stack: &mut Stack<'_>, item: &Warehouse, built: &Built, grants: BTreeMap<String, Expression>) -> Address {
    let body = Block::new()
        .set("for_each", expr::object(grants))
        .set("name", expr::each_key())
        .set("resource_group_name", stack.project.group.attr("name"))
        .set("cluster_name", built.cluster.attr("name"))
        .set("database_name", built.database.attr("name"))
        .set("principal_id", expr::each_value(&["principal"]))
        .set("principal_type", "App")
        .set("tenant_id", expr::each_value(&["tenant"]))
        .set("role", expr::each_value(&["role"]))
        .set("depends_on", after([built.tables.clone()]));
    stack
        .module
        .comment("The database's own roles: Azure's do not reach rows.");
    let kind = "azurerm_kusto_database_principal_assignment";
    stack.module.resource(kind, &item.name, body)
}
