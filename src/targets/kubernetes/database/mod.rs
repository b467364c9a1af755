//! Databases: PostgreSQL by CloudNativePG, MySQL by Oracle's operator, SQL Server as a single server of our own.

mod mysql;
pub(super) mod postgres;
mod sqlserver;
mod task;

use k8s_openapi::api::core::v1::ResourceRequirements;

use super::firewall::users;
use super::network::Demand;
use super::object::Object;
use super::pod;
use super::stack::Stack;
use crate::ir::{Database, Id, Resource, Shape};
use crate::vocabulary::Engine;

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let databases = stack.system.databases.iter();
    databases
        .flat_map(|(_, database)| match database.engine {
            Engine::Postgres => postgres::objects(stack, database),
            Engine::Mysql => mysql::objects(stack, database),
            Engine::Sqlserver | Engine::Oracle => sqlserver::objects(stack, database),
        })
        .collect()
}

/// Network policies of a database and of what serves it.
pub(super) fn policies(stack: &Stack<'_>, id: Id<Database>) -> Vec<Object> {
    let database = &stack.system.databases[id];
    let users = users(stack, |resource| resource == Resource::Database(id));
    match database.engine {
        Engine::Postgres => postgres::policies(stack, database, users),
        Engine::Mysql => mysql::policies(stack, database, users),
        Engine::Sqlserver | Engine::Oracle => sqlserver::policies(stack, database, users),
    }
}

/// Service accounts that a database needs besides those which its operator makes.
pub(super) fn accounts(database: &Database) -> Vec<String> {
    let tasks = [task::setup(database), task::backup(database)];
    match database.engine {
        Engine::Postgres => vec![],
        Engine::Mysql => tasks.into(),
        Engine::Sqlserver | Engine::Oracle => std::iter::once(database.name.clone()).chain(tasks).collect(),
    }
}

/// The host name at which services reach a database.
pub(super) fn host(database: &Database) -> String {
    match database.engine {
        Engine::Postgres => format!("{}-rw", database.name),
        Engine::Mysql | Engine::Sqlserver | Engine::Oracle => database.name.clone(),
    }
}

/// The port of the pods behind that name.
pub(super) fn container_port(database: &Database) -> u16 {
    match database.engine {
        // The router's, behind the Service's 3306.
        Engine::Mysql => mysql::ROUTER_PORT,
        Engine::Postgres | Engine::Sqlserver | Engine::Oracle => database.port,
    }
}

/// What a database takes, the job that adds a standby included.
pub(super) fn demand(stack: &Stack<'_>, database: &Database) -> Demand {
    let Shape { cpu, memory_gb, .. } = database.size;
    Demand::of(instances(stack, database) + 1, cpu, memory_gb)
}

/// One server, or one per zone.
fn instances(stack: &Stack<'_>, database: &Database) -> u32 {
    let zones = u32::try_from(stack.system.network.zones).unwrap_or(1);
    match database.engine {
        Engine::Postgres if database.multi_zone => zones,
        // A group that is to outlive one of its members needs three.
        Engine::Mysql if database.multi_zone => 3,
        _ => 1,
    }
}

/// The whole size is requested: a database is the last pod that a node should squeeze.
fn resources(database: &Database) -> ResourceRequirements {
    let cpu = database.size.cpu.to_string();
    let memory = format!("{}Gi", database.size.memory_gb);
    pod::resources((&cpu, &memory), (&cpu, &memory))
}
