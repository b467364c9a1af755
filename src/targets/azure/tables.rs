//! Tables: an account of Cosmos DB each, with one container in one database, both of the table's name.

use std::collections::BTreeMap;

use hcl::Expression;

use super::database::lifecycle;
use super::identity::Identity;
use super::project::after;
use super::secrets::{Endpoint, private_endpoint};
use super::{Parts, Stack, Stores};
use crate::check::{request_units, table_leases};
use crate::ir::{Access, Id, Index, Resource, Service, Table};
use crate::terraform::{Address, Block, expr};
use crate::{list, object, template};

/// The zone of an account's private endpoint.
pub(super) const ZONE: &str = "privatelink.documents.azure.com";
/// Roles that every account has: who reads items, and who changes them too.
const READER: &str = "00000000-0000-0000-0000-000000000001";
const CONTRIBUTOR: &str = "00000000-0000-0000-0000-000000000002";
/// What somebody who only writes may do: Azure has no role for it.
const WRITES: [&str; 5] = [
    "Microsoft.DocumentDB/databaseAccounts/readMetadata",
    "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/create",
    "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/delete",
    "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/replace",
    "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/upsert",
];

/// A table.
pub(super) struct Built {
    /// The account.
    pub account: Address,
    /// The container.
    pub container: Address,
    /// Where the functions that watch it note how far they are.
    leases: BTreeMap<Id<Service>, Address>,
    /// It can be reached from here on.
    pub endpoint: Address,
}

impl Built {
    /// Where clients reach it.
    pub fn url(&self) -> Expression {
        expr::call("trimsuffix", [self.account.attr("endpoint"), "/".into()])
    }
}

pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts) -> BTreeMap<Id<Table>, Built> {
    let system = stack.system;
    let tables = system.tables.iter();
    tables.map(|(id, item)| (id, build(stack, parts, id, item))).collect()
}

fn build(stack: &mut Stack<'_>, parts: &Parts, id: Id<Table>, item: &Table) -> Built {
    let system = stack.system;
    stack.module.file("tables", "");
    let name = item.name.as_str();
    let account = account(stack, parts, item);
    let body = Block::new()
        .set("name", name)
        .set("resource_group_name", stack.project.group.attr("name"))
        .set("account_name", account.attr("name"));
    let database = stack.module.resource("azurerm_cosmosdb_sql_database", name, body);
    let inside = |name: &str| {
        Block::new()
            .set("name", name)
            .set("resource_group_name", stack.project.group.attr("name"))
            .set("account_name", account.attr("name"))
            .set("database_name", database.attr("name"))
    };
    let unique = item
        .key
        .sort
        .as_ref()
        .map(|sort| Block::new().set("paths", list![path(&sort.name)]));
    let units = item.capacity.as_ref().map(request_units);
    let body = inside(name)
        .set("partition_key_paths", list![path(&item.key.partition.name)])
        .set("partition_key_version", 2)
        .when(item.ttl.is_some(), |body| {
            body.comment("An item goes when its own `ttl` is over; one without stays.")
                .set("default_ttl", -1)
        })
        .set_some(
            "throughput",
            units.filter(|(least, most)| least == most).map(|(_, most)| most),
        )
        .block_some(
            "autoscale_settings",
            units
                .filter(|(least, most)| least != most)
                .map(|(_, most)| Block::new().set("max_throughput", most)),
        )
        .block("indexing_policy", indexed(&item.indexes))
        .when(unique.is_some(), |body| body.comment("There is one item of a key."))
        .block_some("unique_key", unique)
        .block_some("lifecycle", lifecycle(system.protect, &[]));
    let leases: Vec<(Id<Service>, Block)> = system
        .watchers_of(id)
        .map(|watcher| {
            let leases = table_leases(&system.services[watcher]);
            let body = inside(&leases).set("partition_key_paths", list!["/id"]);
            let least = units.map(|_| 400);
            (watcher, body.set_some("throughput", least))
        })
        .collect();
    let container = stack.module.resource("azurerm_cosmosdb_sql_container", name, body);
    let leases = leases.into_iter().map(|(watcher, body)| {
        stack.module.comment(
            "How far the function is with the changes of the table, and which of its instances has which part of them.",
        );
        let name = table_leases(&system.services[watcher]);
        (
            watcher,
            stack.module.resource("azurerm_cosmosdb_sql_container", &name, body),
        )
    });
    let leases = leases.collect();
    let endpoint = Endpoint {
        name,
        resource: &account,
        subresource: "Sql",
        zone: ZONE,
        group: &parts.firewall.groups.tables[&id],
        each: false,
        after: vec![],
    };
    let endpoint = private_endpoint(stack, &parts.network.endpoint, &parts.zones, &endpoint).endpoint;
    stack.built(&item.path, "Cosmos DB account with one container", &container);
    Built {
        account,
        container,
        leases,
        endpoint,
    }
}

fn account(stack: &mut Stack<'_>, parts: &Parts, item: &Table) -> Address {
    let place = Block::new()
        .set("location", stack.project.group.attr("location"))
        .set("failover_priority", 0)
        .set("zone_redundant", true);
    let backup = item.restore.then(|| {
        Block::new()
            .comment("To any second of the last 30 days, into an account of its own.")
            .set("type", "Continuous")
            .set("tier", "Continuous30Days")
    });
    let serverless = item
        .capacity
        .is_none()
        .then(|| Block::new().set("name", "EnableServerless"));
    let body = stack
        .named(template![
            stack.prefixed(&item.name),
            "-",
            stack.project.suffix.attr("hex")
        ])
        .set("offer_type", "Standard")
        .set("local_authentication_enabled", false)
        .set("access_key_metadata_writes_enabled", false)
        .set("public_network_access_enabled", false)
        .set("key_vault_key_id", parts.encryption.key.attr("versionless_id"))
        .set(
            "default_identity_type",
            template!["UserAssignedIdentity=", parts.encryption.identity.id()],
        )
        .set("tags", stack.tags())
        .block("identity", parts.encryption.identity())
        .block_some("capabilities", serverless)
        .block("consistency_policy", Block::new().set("consistency_level", "Session"))
        .block("geo_location", place)
        .block_some("backup", backup)
        .block_some("lifecycle", lifecycle(stack.system.protect, &[]))
        .set("depends_on", after([parts.encryption.ready.clone()]));
    stack.module.resource("azurerm_cosmosdb_account", &item.name, body)
}

/// Every property can be searched for. An index of two attributes orders by the second what has the same first.
fn indexed(indexes: &[Index]) -> Block {
    let path_of = |path: &str| Block::new().set("path", path);
    let composite = indexes.iter().filter_map(|index| {
        let sort = index.key.sort.as_ref()?;
        let parts = [&index.key.partition.name, &sort.name];
        let parts = parts.map(|name| Block::new().set("path", path(name)).set("order", "ascending"));
        Some(Block::new().blocks("index", parts))
    });
    Block::new()
        .block("included_path", path_of("/*"))
        .block("excluded_path", path_of("/\"_etag\"/?"))
        .blocks("composite_index", composite)
}

fn path(attribute: &str) -> String {
    format!("/{attribute}")
}

/// Lets services use the tables that they have links to, and functions watch those that start them.
pub(super) fn access(stack: &mut Stack<'_>, stores: &Stores, identities: &mut BTreeMap<Id<Service>, Identity>) {
    let system = stack.system;
    for (id, item) in system.tables.iter() {
        let built = &stores.tables[&id];
        let role = |name: &str| template![built.account.id(), "/sqlRoleDefinitions/", name];
        let scope = |container: &str| {
            let name = item.name.as_str();
            template![built.account.id(), "/dbs/", name, "/colls/", container]
        };
        let users: Vec<(Id<Service>, Access)> = system.users_of(Resource::Table(id)).collect();
        stack.module.file("identity", "");
        let writes = users.iter().any(|(_, access)| *access == Access::Write);
        let writer = writes.then(|| writer(stack, item, &built.account));
        let mut grants: BTreeMap<String, Expression> = BTreeMap::new();
        let mut grant = |service: Id<Service>, what: &str, role: Expression, scope: Expression| {
            let principal = identities[&service].identity.attr("principal_id");
            let key = format!("{}/{what}", system.services[service].name);
            let grant = object! { "principal" => principal, "role" => role, "scope" => scope };
            grants.insert(key, grant);
        };
        for (service, access) in &users {
            let role = match (access, &writer) {
                (Access::Read, _) => role(READER),
                (Access::Write, Some(writer)) => writer.id(),
                _ => role(CONTRIBUTOR),
            };
            grant(*service, "items", role, scope(&item.name));
        }
        for watcher in system.watchers_of(id) {
            grant(watcher, "changes", role(READER), scope(&item.name));
            let leases = table_leases(&system.services[watcher]);
            grant(watcher, "leases", role(CONTRIBUTOR), scope(&leases));
        }
        if grants.is_empty() {
            continue;
        }
        let waits = built.leases.values().chain([&built.container]).cloned();
        let body = Block::new()
            .set("for_each", expr::object(grants))
            .set("resource_group_name", stack.project.group.attr("name"))
            .set("account_name", built.account.attr("name"))
            .set("role_definition_id", expr::each_value(&["role"]))
            .set("principal_id", expr::each_value(&["principal"]))
            .set("scope", expr::each_value(&["scope"]))
            .set("depends_on", after(waits));
        stack
            .module
            .comment("The account's own roles, on single containers: those of Azure's do not reach items.");
        let granted = stack
            .module
            .resource("azurerm_cosmosdb_sql_role_assignment", &item.name, body);
        let watchers = system.watchers_of(id);
        for service in users.into_iter().map(|(service, _)| service).chain(watchers) {
            if let Some(identity) = identities.get_mut(&service)
                && !identity.grants.contains(&granted)
            {
                identity.grants.push(granted.clone());
            }
        }
    }
}

fn writer(stack: &mut Stack<'_>, item: &Table, account: &Address) -> Address {
    let actions: Vec<&str> = WRITES.to_vec();
    let permissions = Block::new().set("data_actions", actions);
    let body = Block::new()
        .set("name", "writer")
        .set("resource_group_name", stack.project.group.attr("name"))
        .set("account_name", account.attr("name"))
        .set("assignable_scopes", list![account.id()])
        .block("permissions", permissions);
    stack
        .module
        .comment("Writes items, and reads none: the roles that every account has read whatever they write.");
    let name = format!("{}-writer", item.name);
    stack
        .module
        .resource("azurerm_cosmosdb_sql_role_definition", &name, body)
}
