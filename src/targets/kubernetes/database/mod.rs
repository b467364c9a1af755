//! Databases: PostgreSQL by CloudNativePG, MySQL by Oracle's operator, SQL Server as a single server of our own.

mod mysql;
pub(super) mod postgres;
mod sqlserver;
mod task;

use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::api::networking::v1::NetworkPolicyPeer;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

use super::firewall::{callers, policy};
use super::stack::{Server, Stack};
use super::{tables, warehouses};
use crate::ir::{Database, Id, Peer, Readers, Shape};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::kubernetes::policy::from;
use crate::targets::shared::sharding::POOL;
use crate::targets::shared::workload::namespaces::Demand;
use crate::vocabulary::Engine;

/// Connections that are left to operators, backups and people.
const MAINTENANCE: u32 = 20;

/// Pods that serve one server from beside: two jobs, and two routers where there are any.
const ASSISTANTS: u32 = 4;

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let servers = stack.servers.iter();
    servers
        .flat_map(|server| match server.database.engine {
            Engine::Postgres => postgres::objects(stack, server),
            Engine::Mysql => mysql::objects(stack, server),
            Engine::Sqlserver | Engine::Oracle => sqlserver::objects(stack, &server.database),
        })
        .collect()
}

/// Network policies of a server and of what serves it.
pub(super) fn policies(stack: &Stack<'_>, server: &Server<'_>) -> Vec<Object> {
    let users = match (server.peer(), server.warehouse) {
        (Some(peer), _) => callers(stack, peer, &server.database.name),
        (None, Some(warehouse)) => warehouses::clients(stack, warehouse),
        (None, None) => tables::users(stack),
    };
    match server.database.engine {
        Engine::Postgres => postgres::policies(stack, server, users),
        Engine::Mysql => mysql::policies(stack, server, users),
        Engine::Sqlserver | Engine::Oracle => sqlserver::policies(stack, &server.database, users),
    }
}

/// Network policies of a database with replicas: one for what is written, one for what is only read.
fn sides(stack: &Stack<'_>, id: Id<Database>, writers: Vec<NetworkPolicyPeer>) -> Vec<Object> {
    let database = &stack.system.databases[id];
    let readers = callers(stack, Peer::Readers(id), &database.name);
    let sides = [("rw", Peer::Database(id), writers), ("ro", Peer::Readers(id), readers)];
    let mut objects = vec![];
    for (suffix, peer, callers) in sides {
        let Some((servers, port)) = target(stack, peer).filter(|_| !callers.is_empty()) else {
            continue;
        };
        let ingress = vec![from(callers, &[port])];
        let mut policy = policy(stack, (&database.name, "database"), servers, ingress, vec![]);
        policy.metadata.name = Some(format!("{}-{suffix}", database.name));
        if let Some(spec) = &mut policy.spec {
            spec.policy_types = Some(vec!["Ingress".to_owned()]);
        }
        objects.push(Object::new(&policy));
    }
    objects
}

/// The pods, and their port, that connections to a database, to its replicas or to its shards end at.
pub(super) fn target(stack: &Stack<'_>, peer: Peer) -> Option<(LabelSelector, u16)> {
    let (id, role) = match peer {
        Peer::Database(id) => (id, "primary"),
        Peer::Readers(id) => (id, "replica"),
        Peer::Shards(id) => return Some((stack.shard_pods(id), container_port(&stack.system.databases[id]))),
        _ => return None,
    };
    let database = &stack.system.databases[id];
    let mut servers = stack.database_pods(database);
    if database.readers.is_some() {
        let (key, value) = match database.engine {
            Engine::Postgres => ("cnpg.io/instanceRole", role),
            // Its ports tell the two apart.
            Engine::Mysql => ("component", "mysqlrouter"),
            Engine::Sqlserver | Engine::Oracle => return None,
        };
        servers
            .match_expressions
            .get_or_insert_default()
            .push(LabelSelectorRequirement {
                key: key.to_owned(),
                operator: "In".to_owned(),
                values: Some(vec![value.to_owned()]),
            });
    }
    let port = match (peer, database.engine) {
        (Peer::Readers(_), Engine::Mysql) => mysql::READ_PORT,
        _ => container_port(database),
    };
    Some((servers, port))
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

/// The host name at which services reach the replicas of a database.
pub(super) fn reader_host(database: &Database) -> String {
    match database.engine {
        Engine::Postgres => format!("{}-ro", database.name),
        Engine::Mysql | Engine::Sqlserver | Engine::Oracle => host(database),
    }
}

/// The port at that name.
pub(super) fn reader_port(database: &Database) -> u16 {
    match database.engine {
        Engine::Mysql => mysql::READ_PORT,
        Engine::Postgres | Engine::Sqlserver | Engine::Oracle => database.port,
    }
}

/// The port of the pods behind the name at which services reach a database.
pub(super) fn container_port(database: &Database) -> u16 {
    match database.engine {
        // The router's, behind the Service's 3306.
        Engine::Mysql => mysql::ROUTER_PORT,
        Engine::Postgres | Engine::Sqlserver | Engine::Oracle => database.port,
    }
}

/// What a server takes, the job that adds a standby included.
pub(super) fn demand(stack: &Stack<'_>, server: &Server<'_>) -> Demand {
    let database = &*server.database;
    let Shape { cpu, memory_gb, .. } = database.size;
    let instances = instances(stack, database);
    let mut demand = Demand::of(instances + 1, cpu, memory_gb);
    if database.readers.is_some() || server.is_shard {
        // What stands beside each of many servers does not fit into the headroom.
        demand.cpu += instances;
        demand.memory_gb += instances;
    }
    if server.is_shard && database.engine != Engine::Postgres {
        // Nor do the routers and jobs of many.
        demand = demand.plus(Demand::of(ASSISTANTS, 1, 1));
    }
    demand
}

/// One server, one per zone, or one more than there are replicas: a standby answers reads, and a replica takes over, so each is both.
pub(super) fn instances(stack: &Stack<'_>, database: &Database) -> u32 {
    let zones = u32::try_from(stack.system.network.zones).unwrap_or(1);
    let replicas = match database.readers {
        Some(Readers::Fixed(count)) => count,
        Some(Readers::Scaled(scale)) => scale.min,
        None => 0,
    };
    match database.engine {
        Engine::Postgres if database.multi_zone => zones.max(1 + replicas),
        // A group that is to outlive one of its members needs three; of two, neither outlives the other.
        Engine::Mysql if database.multi_zone || replicas > 0 => 3.max(1 + replicas),
        Engine::Postgres => 1 + replicas,
        Engine::Mysql | Engine::Sqlserver | Engine::Oracle => 1,
    }
}

/// How many connections a server must accept, where proxies open more to it than it accepts by default.
fn connections(stack: &Stack<'_>, server: &Server<'_>, default: u32) -> Option<u32> {
    let of = match (server.of, server.warehouse) {
        (Some(of), _) => of,
        (None, Some(_)) => return Some(warehouses::CONNECTIONS),
        (None, None) => return Some(tables::CONNECTIONS),
    };
    let proxy = stack.system.databases[of].sharding.as_ref()?.proxy()?;
    let needed = POOL * stack.system.services[proxy].scale.max + MAINTENANCE;
    (needed > default).then_some(needed)
}

/// The whole size is requested: a database is the last pod that a node should squeeze.
fn resources(database: &Database) -> ResourceRequirements {
    let cpu = database.size.cpu.to_string();
    let memory = format!("{}Gi", database.size.memory_gb);
    pod::resources((&cpu, &memory), (&cpu, &memory))
}
