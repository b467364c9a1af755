//! What a plain cluster can do, beyond what is checked for every target.

mod apis;
mod functions;
mod messaging;
mod workflows;

pub use apis::{by_expression, path_expression};
pub use functions::{EVENT_STREAMS, TABLE_STORE, names_packages};
pub use messaging::{MESSAGE_BROKER, authority_variable};
pub use workflows::{document_bytes, sink_name};

use super::cluster::EDGE;
use crate::diagnostic::{Diagnostic, capability, kubernetes, semantic};
use crate::ir::{Database, Function, Resource, Router, Sharding, Strategy, System, Tls, Trigger};
use crate::target::Target;
use crate::vocabulary::Engine;

/// The object store's name in a cluster, which no component may have.
pub const OBJECT_STORE: &str = "object-store";

/// The folder of what guards a system, which no domain may have.
pub const PROTECT: &str = "protect";

/// The identity that reads Secrets of another namespace, which no component may have.
pub const SECRETS_READER: &str = "secrets-reader";

/// Variables under which S3 clients look for their identity; in a cluster they are set for every service that uses a bucket.
pub const S3_CLIENT: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_CA_BUNDLE", "AWS_SECRET_ACCESS_KEY"];

/// What the operators and jobs of a database append to its name, for objects of the kinds that services and databases have.
const SERVICES: [&str; 7] = ["rw", "ro", "r", "instances", "setup", "backup", "jobs"];
/// The same for Secrets.
const SECRETS: [&str; 10] = [
    "app",
    "admin",
    "ca",
    "server",
    "replication",
    "superuser",
    "tls",
    "router",
    "backup",
    "privsecrets",
];
/// The same for buckets.
const BUCKETS: [&str; 1] = ["backups"];

/// Bytes of an object that may tell of shards. `kubectl apply` keeps a copy of an object in one of its annotations, which holds 256 KiB.
const ROOM: usize = 250 << 10;
/// The longest name of a cluster that the MySQL operator takes.
const MYSQL_NAME: usize = 28;
/// The longest name of a bucket, less what the archive of a database appends to it.
const ARCHIVE_NAME: usize = 63 - "-backups".len();

const TARGET: Target = Target::Kubernetes;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    if let Some(internal) = &system.internal
        && matches!(internal.tls(TARGET), Tls::Named(_))
    {
        let at = system.places.span("edge.internal.certificate.kubernetes");
        problems.push(kubernetes::internal_tls(at));
    }
    if let Some(public) = &system.public
        && public.zone.get(TARGET).is_some()
    {
        let at = system.places.span("edge.zone.kubernetes");
        problems.push(kubernetes::meaningless(at, "edge.zone", "a cluster has no DNS zones"));
    }
    if system.budget.is_some() {
        problems.push(kubernetes::budget(system.places.key("budget")));
    }
    let inboxes = system.inbox_alarms.iter().map(|alarm| alarm.name.as_str());
    let functions = system.function_alarms.iter().map(|alarm| alarm.name.as_str());
    let workflows = system.workflow_alarms.iter().map(|alarm| alarm.name.as_str());
    let sinks = system.sink_alarms.iter().map(|alarm| alarm.name.as_str());
    let alarms: Vec<&str> = system
        .alarms
        .iter()
        .map(|alarm| alarm.name.as_str())
        .chain(inboxes)
        .chain(functions)
        .chain(workflows)
        .chain(sinks)
        .collect();
    if !system.cluster.prometheus && !alarms.is_empty() {
        let at = system.places.key("kubernetes").or(system.places.span("pattern"));
        problems.push(kubernetes::alarms(at, &alarms));
    }
    services(system, problems);
    databases(system, problems);
    shards(system, problems);
    buckets(system, problems);
    messaging::check(system, problems);
    functions::check(system, problems);
    apis::check(system, problems);
    workflows::check(system, problems);
    names(system, problems);
}

fn services(system: &System, problems: &mut Vec<Diagnostic>) {
    for (id, service) in system.services.iter() {
        if service.machine_image.get(TARGET).is_some() {
            let at = system
                .places
                .span(&format!("{}.machine_image.kubernetes", service.path));
            problems.push(kubernetes::meaningless(
                at,
                "machine_image",
                "pods start container images",
            ));
        }
        let uses_bucket = system
            .grants_of(id)
            .any(|grant| matches!(grant.resource, Resource::Bucket(_)));
        for name in S3_CLIENT.into_iter().filter(|_| uses_bucket) {
            if service.environment.contains_key(name) {
                let at = system.places.key(&format!("{}.environment.{name}", service.path));
                let why = "it carries the service's identity of the object store";
                problems.push(semantic::setting_collision(at, &service.name, name, why));
            }
        }
    }
}

fn databases(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, database) in system.databases.iter() {
        let at = || {
            let given = system.places.span(&format!("{}.engine", database.path));
            given.or_else(|| system.places.key(&database.path))
        };
        if database.engine == Engine::Sqlserver && database.multi_zone {
            problems.push(kubernetes::standby(at(), &database.name));
        }
        if matches!(database.engine, Engine::Mysql | Engine::Sqlserver) {
            problems.push(kubernetes::restore_daily_only(at(), &database.name));
        }
    }
}

fn shards(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, database, sharding) in system.sharded() {
        let path = format!("{}.sharding", database.path);
        let (count, most) = (sharding.shards.len(), most_shards(database, sharding));
        if count > most {
            let at = system.places.span(&format!("{path}.shards"));
            problems.push(kubernetes::too_many_shards(at, &database.name, count, most));
        }
        let name = longest_name(database, sharding);
        let (name, limit, what) = match database.engine {
            Engine::Postgres => (
                format!("{}-{name}", system.prefix),
                ARCHIVE_NAME,
                "a shard's archive, less its suffix",
            ),
            Engine::Mysql => (name, MYSQL_NAME, "a cluster of MySQL"),
            Engine::Sqlserver | Engine::Oracle => continue,
        };
        if name.len() > limit {
            let at = system.places.key(&path);
            problems.push(capability::name_too_long(at, &name, limit, what, TARGET));
        }
    }
}

/// How many shards of a database the largest object that tells of each has room for: that of the proxy, with the password and the
/// authority of each, or the ConfigMap with the data source of each and the map, whose quotes are escaped.
fn most_shards(database: &Database, sharding: &Sharding) -> usize {
    let name = longest_name(database, sharding).len();
    match sharding.router {
        Router::Proxy(_) => ROOM / (160 + 4 * name),
        Router::Application => {
            let keys: usize = match &sharding.strategy {
                Strategy::Directory { shards, .. } => shards.keys().map(|key| key.len() + 24).sum(),
                Strategy::Range(ranges) => ranges.len() * 64,
                Strategy::Hash => 0,
            };
            ROOM.saturating_sub(keys) / (90 + 9 * name + database.database.len() + database.user.len())
        }
    }
}

/// The longest name of a shard of a database.
fn longest_name(database: &Database, sharding: &Sharding) -> String {
    let ids = sharding.shards.iter().map(|shard| shard.id.as_str());
    let longest = ids.max_by_key(|id| id.len()).unwrap_or_default();
    format!("{}-{longest}", database.shard_name())
}

fn buckets(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, bucket) in system.buckets.iter() {
        let steps = [
            ("cool_after_days", bucket.lifecycle.cool_after_days),
            ("archive_after_days", bucket.lifecycle.archive_after_days),
        ];
        let left_out: Vec<String> = steps
            .into_iter()
            .filter(|(_, days)| days.is_some())
            .map(|(key, _)| format!("`{key}`"))
            .collect();
        if !left_out.is_empty() {
            let at = system.places.span(&format!("{}.lifecycle", bucket.path));
            problems.push(kubernetes::storage_classes(at, &bucket.name, &left_out.join(" and ")));
        }
    }
}

/// Names that objects of other makers have in the same namespace.
fn names(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, domain) in system.domains.iter() {
        let at = system.places.key(&domain.path);
        if domain.name == PROTECT {
            problems.push(kubernetes::reserved_folder(at, &domain.name));
        } else if domain.name == EDGE {
            problems.push(kubernetes::reserved_namespace(at, &domain.name));
        }
    }
    let warehouses = system.warehouses.iter().map(|(_, item)| item.name.as_str());
    let databases = system.databases.iter().map(|(_, item)| item.name.as_str());
    let databases: Vec<&str> = databases.chain(warehouses).collect();
    let is_warehouse = |name: &str| system.warehouses.iter().any(|(_, item)| item.name == name);
    let logins: Vec<String> = system
        .sharded()
        .filter(|(.., sharding)| sharding.proxy().is_some())
        .map(|(_, database, _)| format!("{}-app", database.proxy_name()))
        .collect();
    let told = |function: &Function| matches!(function.trigger, Some(Trigger::Bucket { .. }));
    let told = system.functions().any(|(.., function)| told(function));
    let has_broker = !system.queues.is_empty() || !system.topics.is_empty() || told;
    let mut check = |name: &str, path: &str, suffixes: &[&str]| {
        let maker = databases.iter().find(|database| {
            let rest = name.strip_prefix(**database).and_then(|rest| rest.strip_prefix('-'));
            rest.is_some_and(|rest| suffixes.contains(&rest))
        });
        let cache = system.caches.iter().find(|(_, cache)| {
            let rest = name
                .strip_prefix(cache.name.as_str())
                .and_then(|rest| rest.strip_prefix('-'));
            rest.is_some_and(|rest| is_of_server(rest, suffixes))
        });
        let warehouse = system.warehouses.iter().find(|(_, warehouse)| {
            let rest = name.strip_prefix(warehouse.name.as_str());
            let rest = rest.and_then(|rest| rest.strip_prefix('-'));
            rest.is_some_and(|rest| rest == "expiry" || rest.ends_with("-sink") || rest.starts_with("login-"))
        });
        let login = system.services.iter().find(|(_, service)| {
            let rest = name.strip_prefix(service.name.as_str());
            suffixes == SECRETS && rest == Some("-user-credentials")
        });
        let owner = match maker {
            Some(database) if is_warehouse(database) => format!("the warehouse `{database}`"),
            Some(database) => format!("the database `{database}`"),
            None if warehouse.is_some() => "the warehouse whose name it begins with".to_owned(),
            None if cache.is_some() => "the cache whose name it begins with".to_owned(),
            None if login.is_some() => "the login of a service at the broker".to_owned(),
            None if name == SECRETS_READER && !system.domains.is_empty() => {
                "what copies Secrets between namespaces".to_owned()
            }
            None if name == "default-deny" => "the firewall".to_owned(),
            None if name == OBJECT_STORE || name.starts_with("object-store-") => "the object store".to_owned(),
            None if !system.streams.is_empty() && is_of(name, EVENT_STREAMS) => "the streams".to_owned(),
            None if !system.tables.is_empty() && is_of(name, TABLE_STORE) => "the tables".to_owned(),
            None if system.functions().next().is_some() && ["function-node", "function-python"].contains(&name) => {
                "what calls functions".to_owned()
            }
            None if has_broker && is_of_broker(name, suffixes) => "the broker of queues and topics".to_owned(),
            None if suffixes == SECRETS && logins.iter().any(|login| login == name) => {
                "the proxy in front of shards".to_owned()
            }
            None => return,
        };
        problems.push(kubernetes::reserved_name(system.places.key(path), name, &owner));
    };
    for (_, item) in system.services.iter() {
        check(&item.name, &item.path, &SERVICES);
    }
    for (_, item) in system.databases.iter() {
        check(&item.name, &item.path, &SERVICES);
    }
    for (_, item) in system.warehouses.iter() {
        check(&item.name, &item.path, &SERVICES);
    }
    for (_, item) in system.caches.iter() {
        check(&item.name, &item.path, &SERVICES);
    }
    for (_, item) in system.buckets.iter() {
        check(&item.name, &item.path, &BUCKETS);
    }
    for (_, item) in system.secrets.iter() {
        check(&item.name, &item.path, &SECRETS);
    }
}

/// True for a name, and for what begins with it and a hyphen.
fn is_of(name: &str, owner: &str) -> bool {
    let rest = name.strip_prefix(owner);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// True for what belongs to the broker.
fn is_of_broker(name: &str, suffixes: &[&str]) -> bool {
    let rest = name.strip_prefix(MESSAGE_BROKER);
    rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(|rest| is_of_server(rest, suffixes)))
}

/// True for what ends the name of an object of the broker or of a cache, of the kinds that databases or that secrets have.
fn is_of_server(rest: &str, suffixes: &[&str]) -> bool {
    if suffixes == SECRETS {
        messaging::SECRETS.contains(&rest) || rest.starts_with("login-")
    } else {
        messaging::SERVERS.contains(&rest)
    }
}
