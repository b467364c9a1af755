//! Tables: those of one PostgreSQL database that CloudNativePG runs, and a login per service that may do what its links say.
//!
//! What is in a key is a column, and so is what an index or the time to live asks for; whatever else an item has is in the column
//! `attributes`. The database is made, kept and restored like those of the blueprint.

mod jobs;
mod script;

use std::borrow::Cow;
use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::networking::v1::NetworkPolicyPeer;

use super::firewall::{pods_of, policy};
use super::scaling;
use super::secrets;
use super::stack::{Server, Stack};
use crate::check::TABLE_STORE;
use crate::ir::{Backup, Database, Function, Home, Id, Service, Shape, System, Trigger};
use crate::kubernetes::custom::cloudnative_pg::{ClusterRef, DatabaseRole, SecretRef};
use crate::kubernetes::object::Object;
use crate::kubernetes::policy::{in_namespace, to, to_dns};
use crate::vocabulary::{Edition, Engine, License, PerTarget};
pub(super) use jobs::SETUP;

/// The name of the database.
pub(super) const TABLES: &str = TABLE_STORE;
/// Connections that it takes: functions come and go.
pub(super) const CONNECTIONS: u32 = 400;
/// The database's name in it, and its owner's.
const DATABASE: &str = "tables";
const PORT: u16 = 5432;
/// Where clients find the authority's certificate.
pub(super) const CA_FOLDER: &str = "/etc/table-store";
/// GiB of each server.
pub(super) const STORAGE_GB: u32 = 50;
/// The newest major.
const VERSION: &str = "18";
/// Days that it can be restored to.
const DAYS: u32 = 7;

/// The database of the tables, if there are any, as one of the system's servers.
pub(super) fn server<'a>(system: &System) -> Option<Server<'a>> {
    (!system.tables.is_empty()).then(|| Server {
        database: Cow::Owned(database_of_tables()),
        of: None,
        warehouse: None,
        is_shard: false,
    })
}

fn database_of_tables() -> Database {
    Database {
        name: TABLES.to_owned(),
        home: Home {
            domain: None,
            name: TABLES.to_owned(),
        },
        path: "tables".to_owned(),
        engine: Engine::Postgres,
        version: VERSION.to_owned(),
        edition: Edition::Standard,
        license: License::Included,
        size: Shape {
            cpu: 2,
            memory_gb: 4,
            exact: PerTarget::default(),
        },
        storage_gb: STORAGE_GB,
        multi_zone: true,
        backup: Backup {
            hour: 2,
            minute: 0,
            retention_days: DAYS,
        },
        readers: None,
        split: false,
        sharding: None,
        port: PORT,
        database: DATABASE.to_owned(),
        user: DATABASE.to_owned(),
    }
}

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let system = stack.system;
    if system.tables.is_empty() {
        return vec![];
    }
    let mut objects =
        vec![secrets::generator(stack, TABLES, "tables", 32).about("One password per service that uses tables")];
    for (_, service) in logins(stack) {
        objects.extend(login(stack, service));
    }
    let config = jobs::config(stack);
    objects.extend(measured(stack));
    objects.push(Object::new(&config).about("The tables, and who may do what with them"));
    objects.extend(jobs::jobs(stack, &config));
    objects
}

/// The services that log in.
fn logins<'a>(stack: &Stack<'a>) -> Vec<(Id<Service>, &'a Service)> {
    let services = stack.system.services.iter();
    services.filter(|(id, _)| stack.uses_tables(*id)).collect()
}

/// The Secret with the login of a service.
pub(super) fn login_of(service: &str) -> String {
    format!("{TABLES}-login-{service}")
}

fn login(stack: &Stack<'_>, service: &Service) -> [Object; 2] {
    let name = login_of(&service.name);
    let role = DatabaseRole {
        name: service.name.clone(),
        cluster: ClusterRef {
            name: TABLES.to_owned(),
        },
        login: true,
        password_secret: SecretRef { name: name.clone() },
    };
    [
        secrets::login(stack, (&name, TABLES, "tables"), &service.name),
        Object::custom(stack.meta(service.name.as_str(), TABLES, "tables"), role),
    ]
}

/// Where clients reach the database, without a login.
pub(super) fn endpoint(stack: &Stack<'_>, from: &str) -> String {
    let host = stack.host(&format!("{TABLES}-rw"), TABLES, from);
    format!("postgresql://{host}:{PORT}/{DATABASE}?sslmode=verify-full")
}

/// Where a connector reaches it, with the login of its function.
pub(super) fn data_source(stack: &Stack<'_>, service: &Service) -> String {
    let host = stack.host(&format!("{TABLES}-rw"), TABLES, &service.name);
    let name = &service.name;
    format!(
        "postgres://{name}:${{BROKER_PASSWORD}}@{host}:{PORT}/{DATABASE}?sslmode=verify-full&sslrootcert={CA_FOLDER}/ca.crt"
    )
}

/// What KEDA asks for what waits for a function: (parameter, value).
pub(super) fn waiting(stack: &Stack<'_>, service: &Service, each: u32) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("dbName", DATABASE.to_owned()),
        ("host", format!("{TABLES}-rw.{}.svc", stack.namespace_of(TABLES))),
        ("port", PORT.to_string()),
        (
            "query",
            format!("SELECT count(*) FROM \"{}\" WHERE NOT \"dead\"", changes(service)),
        ),
        ("sslmode", "require".to_owned()),
        ("targetQueryValue", each.to_string()),
        ("userName", service.name.clone()),
    ])
}

/// What its measurements are called by, as Prometheus spells names.
pub(super) fn measure(service: &Service) -> String {
    format!("{}_changes", service.name.replace('-', "_"))
}

/// The ConfigMap with what is measured of changes.
pub(super) fn queries() -> String {
    format!("{TABLES}-queries")
}

/// What the operator measures: the changes that wait for each function, and those that are dead.
fn measured(stack: &Stack<'_>) -> Option<Object> {
    let services = stack.system.services.iter();
    let queries: Vec<String> = services
        .filter(|(_, service)| is_started(service) && stack.watches_tables())
        .map(|(_, service)| {
            format!(
                "{}:\n  query: SELECT \"dead\"::text AS dead, count(*) AS number FROM public.\"{}\" GROUP BY 1\n  target_databases:\n    - \
                 {DATABASE}\n  metrics:\n    - dead:\n        usage: LABEL\n        description: it failed too often\n    - number:\n        \
                 usage: GAUGE\n        description: changes\n",
                measure(service),
                changes(service)
            )
        })
        .collect();
    (!queries.is_empty()).then(|| {
        let mut metadata = stack.meta(self::queries(), TABLES, "tables");
        let labels = metadata.labels.get_or_insert_default();
        labels.insert("cnpg.io/reload".to_owned(), String::new());
        Object::new(&ConfigMap {
            metadata,
            data: Some(BTreeMap::from([("queries".to_owned(), queries.concat())])),
            ..Default::default()
        })
    })
}

/// The table in which changes wait for a function.
pub(super) fn changes(service: &Service) -> String {
    format!("{}-changes", service.name)
}

fn is_started(service: &Service) -> bool {
    let started = |function: &Function| matches!(function.trigger, Some(Trigger::Table { .. }));
    service.function.as_ref().is_some_and(started)
}

/// Who opens connections to the database.
pub(super) fn users(stack: &Stack<'_>) -> Vec<NetworkPolicyPeer> {
    let services = logins(stack).into_iter();
    let mut peers: Vec<NetworkPolicyPeer> = services
        .map(|(_, service)| pods_of(stack, &service.name, stack.pods(&service.name), TABLES))
        .collect();
    peers.push(pods_of(stack, TABLES, stack.pods(SETUP), TABLES));
    if stack.system.services.iter().any(|(_, service)| is_started(service)) {
        peers.push(in_namespace(scaling::NAMESPACE));
    }
    peers
}

/// The servers, as a policy of another component sees them, and their port.
pub(super) fn peer(stack: &Stack<'_>, seen_from: &str) -> (NetworkPolicyPeer, u16) {
    let servers = stack.database_pods(&database_of_tables());
    (pods_of(stack, TABLES, servers, seen_from), PORT)
}

/// Lets the jobs reach the database and nothing else.
pub(super) fn policies(stack: &Stack<'_>) -> Vec<Object> {
    if stack.system.tables.is_empty() {
        return vec![];
    }
    let (servers, port) = peer(stack, TABLES);
    let egress = vec![to_dns(), to(vec![servers], &[port])];
    let mut policy = policy(stack, (TABLES, "tables"), stack.pods(SETUP), vec![], egress);
    policy.metadata.name = Some(SETUP.to_owned());
    vec![Object::new(&policy)]
}
