//! Warehouses: a PostgreSQL cluster each, which CloudNativePG runs, keeps and restores like the databases of the blueprint.
//!
//! It is no column store, and says so: for some hundred million rows a row store with indexes of blocks and questions on several
//! processors answers well, and nothing else in a cluster has its logins per service, its TLS and its restore to any moment without
//! another operator. Records of streams become rows by a connector for each table, with a login that may do this and nothing else.

pub(super) mod readme;
mod script;
mod sinks;
pub(super) mod watch;

use std::borrow::Cow;
use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::networking::v1::NetworkPolicyPeer;

use super::firewall::{pods_of, policy};
use super::psql::Psql;
use super::secrets;
use super::stack::{Server, Stack};
use crate::ir::{Backup, Database, Id, Resource, Service, Shape, System, Warehouse};
use crate::kubernetes::custom::cloudnative_pg::{ClusterRef, DatabaseRole, SecretRef};
use crate::kubernetes::object::Object;
use crate::kubernetes::policy::{to, to_dns};
use crate::vocabulary::{Edition, Engine, License, PerTarget, WarehouseSize};
pub(super) use sinks::{Sink, demand, sinks};

/// The database's name in every warehouse, where no other is.
const DATABASE: &str = "warehouse";
/// Its owner. No service can be called so.
const OWNER: &str = "warehouse_owner";
const PORT: u16 = 5432;
/// Connections that it takes.
pub(super) const CONNECTIONS: u32 = 200;
const VERSION: &str = "18";
/// Days that it can be restored to.
const DAYS: u32 = 7;
/// Days that a record which became no row is kept.
const REFUSED_DAYS: u32 = 14;

/// Processors, GiB of memory and GiB of the volume of each server.
fn size(size: WarehouseSize) -> (u32, u32, u32) {
    match size {
        WarehouseSize::Small => (2, 8, 200),
        WarehouseSize::Medium => (8, 32, 800),
        WarehouseSize::Large => (32, 128, 3200),
    }
}

/// The databases of the warehouses, as servers of the system.
pub(super) fn servers<'a>(system: &System) -> impl Iterator<Item = Server<'a>> {
    system.warehouses.iter().map(|(id, warehouse)| Server {
        database: Cow::Owned(database(warehouse)),
        of: None,
        warehouse: Some(id),
        is_shard: false,
    })
}

pub(super) fn database(warehouse: &Warehouse) -> Database {
    let (cpu, memory_gb, storage_gb) = size(warehouse.size);
    Database {
        name: warehouse.name.clone(),
        home: warehouse.home.clone(),
        path: warehouse.path.clone(),
        engine: Engine::Postgres,
        version: VERSION.to_owned(),
        edition: Edition::Standard,
        license: License::Included,
        size: Shape {
            cpu,
            memory_gb,
            exact: PerTarget::default(),
        },
        storage_gb,
        multi_zone: true,
        backup: Backup {
            hour: 3,
            minute: 0,
            retention_days: DAYS,
        },
        readers: None,
        split: false,
        sharding: None,
        port: PORT,
        database: DATABASE.to_owned(),
        user: OWNER.to_owned(),
    }
}

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let warehouses = stack.system.warehouses.iter();
    warehouses
        .flat_map(|(id, warehouse)| warehouse_objects(stack, id, warehouse))
        .collect()
}

fn warehouse_objects(stack: &Stack<'_>, id: Id<Warehouse>, warehouse: &Warehouse) -> Vec<Object> {
    let name = &warehouse.name;
    let mut objects = vec![];
    let mut logins: Vec<String> = users(stack, id)
        .into_iter()
        .map(|(_, service)| service.name.clone())
        .collect();
    logins.extend(sinks(stack, id).into_iter().map(|sink| sink.name));
    if !logins.is_empty() {
        let about = "One password for each login of the warehouse";
        objects.push(secrets::generator(stack, name, "warehouse", 32).about(about));
    }
    objects.extend(logins.iter().flat_map(|user| login(stack, warehouse, user)));
    let config = scripts(stack, id, warehouse);
    let database = database(warehouse);
    let psql = Psql {
        database: &database,
        account: setup(warehouse),
        component: "warehouse",
        authority: ca_folder(warehouse),
        config: &config,
    };
    objects.extend(watch::measured(stack, id, warehouse));
    objects.push(Object::new(&config).about("The tables, and who may do what with them"));
    objects.push(psql.once(stack, "tables.sql"));
    objects.push(psql.expiry(stack, "20 * * * *", "expire.sql"));
    objects.extend(sinks::objects(stack, id, warehouse));
    objects
}

/// The identity of the jobs.
pub(super) fn setup(warehouse: &Warehouse) -> String {
    format!("{}-setup", warehouse.name)
}

/// Where clients find the authority's certificate.
pub(super) fn ca_folder(warehouse: &Warehouse) -> String {
    format!("/etc/warehouses/{}", warehouse.name)
}

/// The Secret with a login: `username` and `password`.
pub(super) fn login_of(warehouse: &Warehouse, user: &str) -> String {
    format!("{}-login-{user}", warehouse.name)
}

fn login(stack: &Stack<'_>, warehouse: &Warehouse, user: &str) -> [Object; 2] {
    let name = login_of(warehouse, user);
    let role = DatabaseRole {
        name: user.to_owned(),
        cluster: ClusterRef {
            name: warehouse.name.clone(),
        },
        login: true,
        password_secret: SecretRef { name: name.clone() },
    };
    let metadata = stack.meta(name.as_str(), &warehouse.name, "warehouse");
    [
        secrets::login(stack, (&name, &warehouse.name, "warehouse"), user),
        Object::custom(metadata, role),
    ]
}

fn scripts(stack: &Stack<'_>, id: Id<Warehouse>, warehouse: &Warehouse) -> ConfigMap {
    let mut expire =
        format!("DELETE FROM \"refused-records\" WHERE \"at\" < now() - interval '{REFUSED_DAYS} days';\n");
    for table in &warehouse.tables {
        if let (Some(time), Some(days)) = (&table.time, table.delete_after_days) {
            expire.push_str(&format!(
                "DELETE FROM \"{}\" WHERE \"{time}\" < now() - interval '{days} days' OR \"{time}\" IS NULL AND \"taken-at\" < now() - \
                 interval '{days} days';\n",
                table.name
            ));
        }
    }
    ConfigMap {
        metadata: stack.meta(format!("{}-scripts", warehouse.name), &warehouse.name, "warehouse"),
        data: Some(BTreeMap::from([
            ("expire.sql".to_owned(), expire),
            ("tables.sql".to_owned(), script::script(stack, id, warehouse)),
        ])),
        ..Default::default()
    }
}

/// The services that log in, and what they may do.
fn users<'a>(stack: &Stack<'a>, id: Id<Warehouse>) -> Vec<(Id<Service>, &'a Service)> {
    let users = stack.system.users_of(Resource::Warehouse(id));
    users
        .map(|(service, _)| (service, &stack.system.services[service]))
        .collect()
}

/// The warehouses that a service uses.
pub(super) fn of_service<'a>(stack: &Stack<'a>, service: Id<Service>) -> impl Iterator<Item = &'a Warehouse> {
    let system = stack.system;
    system.grants_of(service).filter_map(move |grant| match grant.resource {
        Resource::Warehouse(id) => Some(&system.warehouses[id]),
        _ => None,
    })
}

/// Its host name, as a component finds it.
pub(super) fn host(stack: &Stack<'_>, warehouse: &Warehouse, from: &str) -> String {
    stack.host(&format!("{}-rw", warehouse.name), &warehouse.name, from)
}

/// Where clients reach it, without a login.
pub(super) fn endpoint(stack: &Stack<'_>, warehouse: &Warehouse, from: &str) -> String {
    format!(
        "postgresql://{}:{PORT}/{DATABASE}?sslmode=verify-full",
        host(stack, warehouse, from)
    )
}

/// The name of its database.
pub(super) const fn database_name() -> &'static str {
    DATABASE
}

/// Who opens connections to it.
pub(super) fn clients(stack: &Stack<'_>, id: Id<Warehouse>) -> Vec<NetworkPolicyPeer> {
    let warehouse = &stack.system.warehouses[id];
    let own = &warehouse.name;
    let services = users(stack, id).into_iter().map(|(_, service)| service.name.clone());
    let seen = services.map(|name| pods_of(stack, &name, stack.pods(&name), own));
    let beside = sinks(stack, id)
        .into_iter()
        .map(|sink| sink.name)
        .chain([setup(warehouse)]);
    seen.chain(beside.map(|name| pods_of(stack, own, stack.pods(&name), own)))
        .collect()
}

/// The servers, as a policy of another component sees them, and their port.
pub(super) fn peer(stack: &Stack<'_>, warehouse: &Warehouse, seen_from: &str) -> (NetworkPolicyPeer, u16) {
    let servers = stack.database_pods(&database(warehouse));
    (pods_of(stack, &warehouse.name, servers, seen_from), PORT)
}

/// Lets jobs and connectors reach what they need and nothing else.
pub(super) fn policies(stack: &Stack<'_>) -> Vec<Object> {
    let mut objects = vec![];
    for (id, warehouse) in stack.system.warehouses.iter() {
        let (servers, port) = peer(stack, warehouse, &warehouse.name);
        let name = setup(warehouse);
        let egress = vec![to_dns(), to(vec![servers], &[port])];
        let mut policy = policy(stack, (&warehouse.name, "warehouse"), stack.pods(&name), vec![], egress);
        policy.metadata.name = Some(name);
        objects.push(Object::new(&policy));
        objects.extend(
            sinks(stack, id)
                .iter()
                .map(|sink| sinks::policy_of(stack, warehouse, sink)),
        );
    }
    objects
}

/// Identities of jobs and connectors: (name, whose they are).
pub(super) fn accounts(stack: &Stack<'_>) -> Vec<(String, String)> {
    let mut accounts = vec![];
    for (id, warehouse) in stack.system.warehouses.iter() {
        let sinks = sinks(stack, id).into_iter().map(|sink| sink.name);
        let names = sinks.chain([setup(warehouse)]);
        accounts.extend(names.map(|name| (name, warehouse.name.clone())));
    }
    accounts
}
