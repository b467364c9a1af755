//! What a service is told of its links.

use std::collections::BTreeMap;

use crate::blueprint::Blueprint;
use crate::diagnostic::{Diagnostic, semantic};
use crate::ir::{Access, Database, Home, Id, Inbox, Resource, Service, Setting, Sharding, System, Value};

/// The settings that tell one service where its links are, under the names that its links say.
pub(super) fn describe(
    blueprint: &Blueprint,
    system: &mut System,
    id: Id<Service>,
    (grants, calls): (&BTreeMap<Resource, Access>, &[Id<Service>]),
    problems: &mut Vec<Diagnostic>,
) {
    let mut settings: Vec<Setting> = vec![];
    let mut set = |component: &str, suffix: &str, value: Value| {
        let name = variable(component, suffix);
        settings.push(Setting { name, value });
    };
    if system.services[id].listens() {
        set("port", "", Value::Text(system.services[id].port.to_string()));
    }
    for (resource, access) in grants {
        match *resource {
            Resource::Database(database) => {
                let item = &system.databases[database];
                let mut source = |prefix: &str, host: Value, port: Value| {
                    let login = [Value::DatabaseSecret(database), Value::DatabasePassword(database)];
                    data_source(item, [host, port], login, |suffix, value| set(prefix, suffix, value));
                };
                let port = || Value::Text(item.port.to_string());
                if access.writes() || !item.split {
                    source(&item.home.name, Value::DatabaseHost(database), port());
                }
                if access.reads() && item.split {
                    let (host, port) = match item.readers {
                        Some(_) => (Value::ReaderHost(database), Value::ReaderPort(database)),
                        None => (Value::DatabaseHost(database), port()),
                    };
                    source(&format!("{}-read", item.home.name), host, port);
                }
            }
            Resource::Proxy(database) => {
                let item = &system.databases[database];
                if let Some(proxy) = item.sharding.as_ref().and_then(Sharding::proxy) {
                    let port = Value::Text(system.services[proxy].port.to_string());
                    let login = [Value::ProxySecret(database), Value::ProxyPassword(database)];
                    data_source(item, [Value::ServiceHost(proxy), port], login, |suffix, value| {
                        set(&item.home.name, suffix, value);
                    });
                }
            }
            Resource::Shards(database) => {
                let item = &system.databases[database];
                let (each, name) = (
                    format!("{}-shard", item.home.name),
                    format!("{}-shards", item.home.name),
                );
                set(&name, "", Value::Text(shard_ids(item)));
                set(&name, "map", Value::ShardMap(database));
                set(&name, "map_secret", Value::ShardMapSecret(database));
                set(&each, "", Value::Shards(database));
            }
            Resource::Bucket(bucket) => {
                let name = system.buckets[bucket].home.name.as_str();
                set(name, "bucket", Value::BucketName(bucket));
                set(name, "endpoint", Value::BucketEndpoint(bucket));
                set(name, "region", Value::BucketRegion(bucket));
            }
            Resource::Secret(secret) => {
                let name = system.secrets[secret].home.name.as_str();
                set(name, "secret", Value::SecretId(secret));
                set(name, "", Value::SecretValue(secret));
            }
            Resource::Cache(cache) => {
                let name = system.caches[cache].home.name.as_str();
                set(name, "host", Value::CacheHost(cache));
                set(name, "port", Value::CachePort(cache));
                set(name, "tls", Value::Text("require".to_owned()));
                set(name, "auth", Value::CacheAuth(cache));
                set(name, "user", Value::CacheUser(cache));
                set(name, "secret", Value::CacheSecret(cache));
                set(name, "password", Value::CachePassword(cache));
            }
            Resource::Table(table) => {
                let name = system.tables[table].home.name.as_str();
                set(name, "table", Value::TableName(table));
                set(name, "endpoint", Value::TableEndpoint(table));
                set(name, "protocol", Value::TableProtocol(table));
                set(name, "user", Value::TableUser(table));
                set(name, "password", Value::TablePassword(table));
            }
            Resource::Stream(stream) => {
                let item = &system.streams[stream];
                let name = near(system, id, &item.home, &item.name);
                set(name, "stream", Value::StreamName(stream));
                set(name, "protocol", Value::MessagingProtocol(*resource));
                set(name, "endpoint", Value::MessagingEndpoint(*resource));
                if access.reads() {
                    set(name, "group", Value::StreamGroup(stream));
                }
                set(name, "user", Value::StreamUser(stream));
                set(name, "password", Value::StreamPassword(stream));
            }
            Resource::Function(function) => {
                let called = &system.services[function];
                let name = near(system, id, &called.home, &called.name);
                set(name, "url", Value::FunctionUrl(function));
                set(name, "auth", Value::FunctionAuth(function));
            }
            Resource::Workflow(workflow) => {
                let item = &system.workflows[workflow];
                let name = near(system, id, &item.home, &item.name);
                set(name, "workflow", Value::WorkflowName(workflow));
                set(name, "endpoint", Value::WorkflowEndpoint(workflow));
                set(name, "protocol", Value::WorkflowProtocol(workflow));
            }
            Resource::Warehouse(warehouse) => {
                let name = system.warehouses[warehouse].home.name.as_str();
                set(name, "database", Value::WarehouseDatabase(warehouse));
                set(name, "server", Value::WarehouseServer(warehouse));
                set(name, "endpoint", Value::WarehouseEndpoint(warehouse));
                set(name, "protocol", Value::WarehouseProtocol(warehouse));
                set(name, "user", Value::WarehouseUser(warehouse));
                set(name, "password", Value::WarehousePassword(warehouse));
            }
            Resource::Queue(_) | Resource::Topic(_) | Resource::Subscription(_) => {
                messaging(system, id, (*resource, *access), &mut set);
            }
        }
    }
    for &callee in calls {
        let called = &system.services[callee];
        let name = near(system, id, &called.home, &called.name);
        set(name, "host", Value::ServiceHost(callee));
        set(name, "port", Value::Text(called.port.to_string()));
        set(name, "url", Value::ServiceUrl(callee));
    }
    settings.sort_by(|a, b| a.name.cmp(&b.name));
    // Who sends to a topic and takes from it logs in once.
    settings.dedup();
    let service = &system.services[id];
    for pair in settings.windows(2).filter(|pair| pair[0].name == pair[1].name) {
        let at = blueprint.places.key(&service.path);
        problems.push(semantic::setting_collision(
            at,
            &service.name,
            &pair[0].name,
            "two of its links make it",
        ));
    }
    let follows = |name: &String| settings.iter().any(|setting| setting.stands_for(name));
    for name in service.environment.keys().filter(|name| follows(name)) {
        let at = blueprint.places.key(&format!("{}.environment.{name}", service.path));
        problems.push(semantic::setting_collision(
            at,
            &service.name,
            name,
            "it follows from a link",
        ));
    }
    system.services[id].settings = settings;
}

/// What a service calls a component: as the link says it, with a domain where that is another one.
fn near<'a>(system: &System, service: Id<Service>, home: &'a Home, name: &'a str) -> &'a str {
    let own = home.domain.is_none() || home.domain == system.services[service].home.domain;
    if own { &home.name } else { name }
}

/// The settings of a queue or topic: `ORDERS_QUEUE` to send to it, `ORDERS_SOURCE` to take from it.
fn messaging(
    system: &System,
    service: Id<Service>,
    (resource, access): (Resource, Access),
    set: &mut impl FnMut(&str, &str, Value),
) {
    let (home, name) = match resource {
        Resource::Queue(id) => (&system.queues[id].home, &system.queues[id].name),
        Resource::Topic(id) => (&system.topics[id].home, &system.topics[id].name),
        Resource::Subscription(id) => {
            let topic = &system.topics[system.subscriptions[id].topic];
            (&topic.home, &topic.name)
        }
        _ => return,
    };
    let name = near(system, service, home, name);
    let sent = match resource {
        Resource::Queue(id) => Some(("queue", Value::QueueName(id))),
        Resource::Topic(id) => Some(("topic", Value::TopicName(id))),
        _ => None,
    };
    if let Some((suffix, value)) = sent.filter(|_| access.writes()) {
        set(name, suffix, value);
        set(name, "protocol", Value::MessagingProtocol(resource));
        set(name, "endpoint", Value::MessagingEndpoint(resource));
    }
    // A function is handed its messages; it takes none.
    let takes = system.services[service].function.is_none() && access.reads();
    if let Some(inbox) = Inbox::of(resource).filter(|_| takes) {
        let delivery = system.inbox(inbox).1;
        set(name, "source", Value::Source(inbox));
        set(name, "source_protocol", Value::MessagingProtocol(resource));
        set(name, "source_endpoint", Value::MessagingEndpoint(resource));
        set(name, "batch", Value::Text(delivery.batch.to_string()));
        let seconds = delivery.visibility_seconds.to_string();
        set(name, "visibility_seconds", Value::Text(seconds));
    }
    set(name, "user", Value::MessagingUser(service));
    set(name, "password", Value::MessagingPassword(service));
}

/// The settings of one data source, by their suffix. `login` is the vault's identifier and the password itself.
fn data_source(item: &Database, [host, port]: [Value; 2], login: [Value; 2], mut set: impl FnMut(&str, Value)) {
    let [secret, password] = login;
    set("host", host);
    set("port", port);
    set("name", Value::Text(item.database.clone()));
    set("user", Value::Text(item.user.clone()));
    set("tls", Value::Text("require".to_owned()));
    set("secret", secret);
    set("password", password);
}

/// The ids of the active shards, with spaces between.
pub(super) fn shard_ids(database: &Database) -> String {
    let active = database.sharding.iter().flat_map(Sharding::active);
    active.map(|shard| shard.id.as_str()).collect::<Vec<_>>().join(" ")
}

/// `api-key`, `secret` to `API_KEY_SECRET`.
pub(super) fn variable(component: &str, suffix: &str) -> String {
    let joined = if suffix.is_empty() {
        component.to_owned()
    } else {
        format!("{component}_{suffix}")
    };
    joined.replace('-', "_").to_uppercase()
}
