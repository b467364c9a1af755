//! Tables: those of one PostgreSQL database that CloudNativePG runs, and a login per service that may do what its links say.
//!
//! What is in a key is a column, and so is what an index or the time to live asks for; whatever else an item has is in the column
//! `attributes`. The database is made, kept and restored like those of the blueprint.

use std::borrow::Cow;
use std::collections::BTreeMap;

use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, Job, JobSpec, JobTemplateSpec};
use k8s_openapi::api::core::v1::{ConfigMap, Container, PodSpec, PodTemplateSpec};
use k8s_openapi::api::networking::v1::NetworkPolicyPeer;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tera::Context;

use super::database;
use super::encryption::secret;
use super::firewall::{pods_of, policy};
use super::scaling;
use super::secrets;
use super::stack::{Server, Stack, credentials};
use crate::check::TABLE_STORE;
use crate::ir::{
    Access, Backup, Database, Function, Home, Id, Resource, Service, Shape, System, Table, Trigger,
};
use crate::kubernetes::custom::cloudnative_pg::{ClusterRef, DatabaseRole, SecretRef};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::kubernetes::policy::{in_namespace, to, to_dns};
use crate::targets::shared::template;
use crate::vocabulary::{Changes, Edition, Engine, KeyType, License, PerTarget};

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

const SCRIPT: &str = include_str!("../../../templates/kubernetes/tables.sql.tera");

/// The database of the tables, if there are any, as one of the system's servers.
pub(super) fn server<'a>(system: &System) -> Option<Server<'a>> {
    (!system.tables.is_empty()).then(|| Server {
        database: Cow::Owned(database_of_tables()),
        of: None,
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
    let mut objects = vec![
        secrets::generator(stack, TABLES, "tables", 32).about("One password per service that uses tables"),
    ];
    for (_, service) in logins(stack) {
        objects.extend(login(stack, service));
    }
    let config = config(stack);
    objects.extend(measured(stack));
    objects.push(Object::new(&config).about("The tables, and who may do what with them"));
    objects.push(setup(stack, &config));
    objects.extend(expiry(stack));
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
        ("query", format!("SELECT count(*) FROM \"{}\" WHERE NOT \"dead\"", changes(service))),
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

#[derive(Serialize)]
struct Column<'a> {
    name: &'a str,
    kind: &'static str,
}

#[derive(Serialize)]
struct Index<'a> {
    name: &'a str,
    columns: Vec<&'a str>,
}

#[derive(Serialize)]
struct Spelled<'a> {
    name: &'a str,
    key: Vec<Column<'a>>,
    columns: Vec<Column<'a>>,
    indexes: Vec<Index<'a>>,
    functions: Vec<&'a str>,
    shows_new: bool,
    shows_old: bool,
}

#[derive(Serialize)]
struct User<'a> {
    name: &'a str,
    grants: Vec<Granted>,
}

#[derive(Serialize)]
struct Granted {
    table: String,
    rights: String,
}

fn kind(kind: KeyType) -> &'static str {
    match kind {
        KeyType::String => "text",
        KeyType::Number => "numeric",
        KeyType::Binary => "bytea",
    }
}

/// The functions that changes of a table start.
fn watchers<'a>(stack: &Stack<'a>, table: Id<Table>) -> impl Iterator<Item = &'a Service> {
    let system = stack.system;
    system.watchers_of(table).map(move |id| &system.services[id])
}

fn spelled<'a>(stack: &Stack<'a>, id: Id<Table>, table: &'a Table) -> Spelled<'a> {
    let mut columns: BTreeMap<&str, &'static str> = BTreeMap::new();
    let attributes = table.indexes.iter().flat_map(|index| index.key.attributes());
    columns.extend(attributes.map(|attribute| (attribute.name.as_str(), kind(attribute.kind))));
    if let Some(ttl) = &table.ttl {
        columns.insert(ttl, "bigint");
    }
    columns.retain(|name, _| table.key.attributes().all(|key| key.name != *name));
    let mut indexes: Vec<Index<'_>> = table
        .indexes
        .iter()
        .map(|index| Index {
            name: &index.name,
            columns: index.key.attributes().map(|attribute| attribute.name.as_str()).collect(),
        })
        .collect();
    indexes.extend(table.ttl.as_ref().map(|ttl| Index {
        name: "ttl",
        columns: vec![ttl],
    }));
    let column = |(name, kind)| Column { name, kind };
    let key = table.key.attributes().map(|attribute| (attribute.name.as_str(), kind(attribute.kind)));
    Spelled {
        name: &table.name,
        key: key.map(column).collect(),
        columns: columns.into_iter().map(column).collect(),
        indexes,
        functions: watchers(stack, id).map(|service| service.name.as_str()).collect(),
        shows_new: matches!(table.changes, Changes::Both | Changes::New),
        shows_old: matches!(table.changes, Changes::Both | Changes::Old),
    }
}

/// What a login may do: what is written may be found by its key.
fn rights(table: &Table, access: Access) -> String {
    let key: Vec<String> = table.key.attributes().map(|attribute| format!("\"{}\"", attribute.name)).collect();
    match access {
        Access::Read => "SELECT".to_owned(),
        Access::Write => format!("INSERT, UPDATE, DELETE, SELECT ({})", key.join(", ")),
        Access::ReadWrite => "SELECT, INSERT, UPDATE, DELETE".to_owned(),
    }
}

fn script(stack: &Stack<'_>) -> String {
    let system = stack.system;
    let tables: Vec<Spelled<'_>> = system.tables.iter().map(|(id, table)| spelled(stack, id, table)).collect();
    let users: Vec<User<'_>> = logins(stack)
        .into_iter()
        .map(|(id, service)| {
            let linked = system.grants_of(id).filter_map(|grant| match grant.resource {
                Resource::Table(table) => Some(Granted {
                    table: system.tables[table].name.clone(),
                    rights: rights(&system.tables[table], grant.access),
                }),
                _ => None,
            });
            let own = is_started(service).then(|| Granted {
                table: changes(service),
                rights: "SELECT, UPDATE, DELETE".to_owned(),
            });
            User {
                name: &service.name,
                grants: linked.chain(own).collect(),
            }
        })
        .collect();
    let mut context = Context::new();
    context.insert("system", &system.prefix);
    context.insert("tables", &tables);
    context.insert("users", &users);
    template::fill(SCRIPT, &context)
}

fn is_started(service: &Service) -> bool {
    let started = |function: &Function| matches!(function.trigger, Some(Trigger::Table { .. }));
    service.function.as_ref().is_some_and(started)
}

fn config(stack: &Stack<'_>) -> ConfigMap {
    let mut data = BTreeMap::from([("tables.sql".to_owned(), script(stack))]);
    let expiring: Vec<String> = stack
        .system
        .tables
        .iter()
        .filter_map(|(_, table)| {
            let ttl = table.ttl.as_ref()?;
            Some(format!(
                "DELETE FROM \"{}\" WHERE \"{ttl}\" < extract(epoch FROM now());\n",
                table.name
            ))
        })
        .collect();
    if !expiring.is_empty() {
        data.insert("expire.sql".to_owned(), expiring.concat());
    }
    ConfigMap {
        metadata: stack.meta(format!("{TABLES}-scripts"), TABLES, "tables"),
        data: Some(data),
        ..Default::default()
    }
}

/// The identity of the jobs.
pub(super) const SETUP: &str = "table-store-setup";

/// Makes what is missing, once for each version of the script.
fn setup(stack: &Stack<'_>, config: &ConfigMap) -> Object {
    let digest = Sha256::digest(script(stack).as_bytes());
    let version: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    Object::new(&Job {
        metadata: stack.meta(format!("{SETUP}-{version}"), TABLES, "tables"),
        spec: Some(JobSpec {
            // The database and its logins take their time to come up.
            backoff_limit: Some(30),
            template: pods_of_job(stack, config, "tables.sql"),
            ..Default::default()
        }),
        ..Default::default()
    })
    .about("Another script is another job: one that ran cannot be changed")
}

/// Deletes what has expired.
fn expiry(stack: &Stack<'_>) -> Option<Object> {
    let config = config(stack);
    config.data.as_ref()?.get("expire.sql")?;
    let job = CronJob {
        metadata: stack.meta(format!("{TABLES}-expiry"), TABLES, "tables"),
        spec: CronJobSpec {
            schedule: "*/10 * * * *".to_owned(),
            time_zone: Some("Etc/UTC".to_owned()),
            concurrency_policy: Some("Forbid".to_owned()),
            job_template: JobTemplateSpec {
                spec: Some(JobSpec {
                    backoff_limit: Some(1),
                    template: pods_of_job(stack, &config, "expire.sql"),
                    ..Default::default()
                }),
                ..Default::default()
            },
            ..Default::default()
        },
        ..Default::default()
    };
    Some(Object::new(&job))
}

fn pods_of_job(stack: &Stack<'_>, config: &ConfigMap, file: &str) -> PodTemplateSpec {
    let login = credentials(&database_of_tables());
    let path = format!("/etc/scripts/{file}");
    let command = ["psql", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--file", &path];
    let container = Container {
        command: Some(command.map(str::to_owned).into()),
        env: Some(vec![
            pod::variable("PGDATABASE", DATABASE),
            pod::variable("PGHOST", &format!("{TABLES}-rw")),
            pod::secret_variable("PGPASSWORD", &login, "password", false),
            pod::variable("PGSSLMODE", "verify-full"),
            pod::variable("PGSSLROOTCERT", &format!("{CA_FOLDER}/ca.crt")),
            pod::variable("PGUSER", DATABASE),
        ]),
        resources: Some(pod::resources(("50m", "64Mi"), ("500m", "128Mi"))),
        volume_mounts: Some(vec![
            pod::mount("scripts", "/etc/scripts", true),
            pod::mount(&secret(TABLES, "ca"), CA_FOLDER, true),
        ]),
        ..pod::container("psql", &database::postgres::image(VERSION))
    };
    let volumes = vec![
        pod::config_files("scripts", config.metadata.name.as_deref().unwrap_or_default()),
        pod::secret_files(&secret(TABLES, "ca"), &secret(TABLES, "ca"), &["ca.crt"]),
    ];
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(stack.labels(SETUP, "tables")),
            ..Default::default()
        }),
        spec: Some(PodSpec {
            restart_policy: Some("OnFailure".to_owned()),
            ..pod::spec(SETUP, vec![container], volumes)
        }),
    }
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
