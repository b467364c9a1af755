//! What services are told of the shards of a database, beside each other: where they are and, where the application finds the shard of a
//! row, how keys are mapped to them.
//!
//! What is plain stands in one ConfigMap, whose keys are the variables; a changed one replaces the pods that use it. Passwords come from
//! the Secret of each shard.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, EnvVar};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::database::host;
use super::proxy;
use super::stack::{Stack, credentials};
use crate::ir::{Database, Id, Router, Service, Shard, Sharding, Value, shard_map};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod::secret_variable;

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let sharded = stack.system.sharded();
    sharded
        .flat_map(|(id, database, sharding)| {
            // Pods take it from their own namespace.
            let users = stack.system.services.iter().filter(|(_, service)| knows(service, id));
            let users = users.map(|(_, service)| service.name.as_str());
            let parts: BTreeMap<_, &str> = users
                .chain([database.name.as_str()])
                .map(|name| (stack.domain_of(name), name))
                .collect();
            let configs = parts.into_values().map(|name| config(stack, database, sharding, name));
            let mut objects: Vec<Object> = configs.map(|config| Object::new(&config)).collect();
            objects.extend(proxy::objects(stack, id, sharding));
            objects
        })
        .collect()
}

/// True if a service is told of the shards of a database.
fn knows(service: &Service, id: Id<Database>) -> bool {
    service
        .settings
        .iter()
        .any(|setting| setting.value == Value::Shards(id))
}

/// Name of the ConfigMap about the shards of a database.
pub(super) fn config_name(database: &Database) -> String {
    format!("{}s", database.shard_name())
}

/// The ConfigMaps whose keys are variables of a service.
pub(super) fn configs(stack: &Stack<'_>, service: &Service) -> Vec<ConfigMap> {
    let known = service.settings.iter().filter_map(|setting| match setting.value {
        Value::Shards(id) => Some(&stack.system.databases[id]),
        _ => None,
    });
    known
        .filter_map(|database| Some(config(stack, database, database.sharding.as_ref()?, &service.name)))
        .collect()
}

/// The passwords of the shards that rows are routed to.
pub(super) fn passwords(stack: &Stack<'_>, id: Id<Database>) -> Vec<EnvVar> {
    let database = &stack.system.databases[id];
    let sharding = database.sharding.iter();
    let active = sharding.flat_map(|sharding| sharding.active().map(move |shard| (sharding, shard)));
    active
        .map(|(sharding, shard)| {
            let secret = credentials(&database.shard_server(sharding, shard));
            let name = variable(&prefix(database, sharding), shard, "PASSWORD");
            secret_variable(&name, &secret, "password", false)
        })
        .collect()
}

/// What the component `from` is told, in its namespace.
fn config(stack: &Stack<'_>, database: &Database, sharding: &Sharding, from: &str) -> ConfigMap {
    let prefix = prefix(database, sharding);
    let mut data = BTreeMap::new();
    for shard in sharding.active() {
        let server = database.shard_server(sharding, shard);
        let mut set = |what: &str, value: String| data.insert(variable(&prefix, shard, what), value);
        set("HOST", stack.host(&host(&server), &database.name, from));
        // A proxy has the rest in its configuration.
        if sharding.router == Router::Application {
            set("NAME", server.database.clone());
            set("PORT", server.port.to_string());
            set("SECRET", credentials(&server));
            set("TLS", "require".to_owned());
            set("USER", server.user.clone());
        }
    }
    if sharding.router == Router::Application {
        data.insert(format!("{prefix}S_MAP"), shard_map(database, sharding));
    }
    ConfigMap {
        metadata: ObjectMeta {
            namespace: Some(stack.namespace_of(from)),
            ..stack.meta(config_name(database), &database.name, "database")
        },
        data: Some(data),
        ..Default::default()
    }
}

/// `MAIN_SHARD_S0_HOST`
fn variable(prefix: &str, shard: &Shard, what: &str) -> String {
    format!("{prefix}_{}_{what}", shard.id.to_uppercase())
}

/// `MAIN_SHARD`: a service knows a database of its domain by its name there, a proxy by its name in the system.
fn prefix(database: &Database, sharding: &Sharding) -> String {
    let name = match sharding.router {
        Router::Application => format!("{}-shard", database.home.name),
        Router::Proxy(_) => database.shard_name(),
    };
    name.replace('-', "_").to_uppercase()
}
