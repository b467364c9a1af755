//! What a service is told, as environment variables.

use k8s_openapi::api::core::v1::EnvVar;

use super::broker;
use super::caches;
use super::database;
use super::functions;
use super::proxy;
use super::shards;
use super::stack::{STORE, Stack, credentials, store_key};
use super::storage;
use super::storage_config::bucket_name;
use super::streams;
use super::tables;
use super::{warehouses, workflows};
use crate::check::{S3_CLIENT, authority_variable};
use crate::ir::{Cache, Id, Resource, Service, Value};
use crate::kubernetes::pod::{secret_variable, variable};

/// The environment of a service, sorted by name.
pub(super) fn variables(stack: &Stack<'_>, id: Id<Service>) -> Vec<EnvVar> {
    let service = &stack.system.services[id];
    let plain = service.environment.iter().map(|(name, value)| variable(name, value));
    let linked = service
        .settings
        .iter()
        .flat_map(|setting| spell(stack, service, (&setting.name, &setting.value)));
    let mut variables: Vec<EnvVar> = plain.chain(linked).collect();
    if let Some(number) = proxy::number(stack, service) {
        variables.push(number);
    }
    if stack.uses_store(id) {
        let [key_id, authority, key] = S3_CLIENT;
        let secret = store_key(&service.name);
        variables.push(variable(key_id, &service.name));
        variables.push(variable(authority, &format!("{}/ca.crt", storage::CA_FOLDER)));
        variables.push(secret_variable(key, &secret, storage::KEY, false));
        for name in storage::CHECKSUMS {
            // The blueprint's own word goes first.
            if variables.iter().all(|variable| variable.name != name) {
                variables.push(variable(name, "when_required"));
            }
        }
    }
    variables.sort_by(|a, b| a.name.cmp(&b.name));
    variables
}

/// The variables of one setting. What is plain about shards, the map included, stands in a ConfigMap.
fn spell(stack: &Stack<'_>, service: &Service, (name, value): (&str, &Value)) -> Vec<EnvVar> {
    let system = stack.system;
    let from = service.name.as_str();
    let spelled = match value {
        Value::Shards(id) => return shards::passwords(stack, *id),
        Value::ShardMap(_) => return vec![],
        Value::CacheHost(id) => {
            let cache = &system.caches[*id].name;
            variable(name, &stack.host(cache, cache, from))
        }
        Value::CachePort(_) => variable(name, &Cache::PORT.to_string()),
        Value::CacheAuth(_) => variable(name, "password"),
        Value::CacheUser(_) => variable(name, &service.name),
        Value::CacheSecret(id) => variable(name, &caches::credentials(&system.caches[*id], &service.name)),
        Value::CachePassword(id) => {
            let secret = caches::credentials(&system.caches[*id], &service.name);
            secret_variable(name, &secret, "password", false)
        }
        Value::MessagingProtocol(Resource::Stream(_)) => variable(name, "kafka"),
        Value::MessagingEndpoint(Resource::Stream(_)) => variable(name, &streams::endpoint(stack)),
        Value::MessagingProtocol(_) => variable(name, "amqp"),
        Value::MessagingEndpoint(_) => variable(name, &broker::endpoint(stack)),
        Value::QueueName(id) => variable(name, &system.queues[*id].name),
        Value::TopicName(id) => variable(name, &system.topics[*id].name),
        Value::Source(inbox) => variable(name, system.inbox(*inbox).0),
        Value::MessagingUser(_) => secret_variable(name, &broker::credentials(&service.name), "username", false),
        Value::MessagingPassword(_) => secret_variable(name, &broker::credentials(&service.name), "password", false),
        Value::ShardMapSecret(id) => variable(name, &shards::config_name(&system.databases[*id])),
        Value::ProxySecret(id) => variable(name, &proxy::login(&system.databases[*id])),
        Value::ProxyPassword(id) => secret_variable(name, &proxy::login(&system.databases[*id]), "password", false),
        Value::Text(text) => variable(name, text),
        Value::ServiceHost(id) => {
            let called = &system.services[*id].name;
            variable(name, &stack.host(called, called, from))
        }
        Value::ServiceUrl(id) => {
            let called = &system.services[*id];
            let host = stack.host(&called.name, &called.name, from);
            let url = match called.port {
                80 => format!("http://{host}"),
                port => format!("http://{host}:{port}"),
            };
            variable(name, &url)
        }
        Value::DatabaseHost(id) => {
            let database = &system.databases[*id];
            variable(name, &stack.host(&database::host(database), &database.name, from))
        }
        Value::ReaderHost(id) => {
            let database = &system.databases[*id];
            variable(
                name,
                &stack.host(&database::reader_host(database), &database.name, from),
            )
        }
        Value::ReaderPort(id) => variable(name, &database::reader_port(&system.databases[*id]).to_string()),
        Value::DatabaseSecret(id) => variable(name, &credentials(&system.databases[*id])),
        Value::DatabasePassword(id) => secret_variable(name, &credentials(&system.databases[*id]), "password", false),
        Value::BucketName(id) => variable(name, &bucket_name(stack, &system.buckets[*id])),
        Value::BucketEndpoint(_) => variable(name, &format!("https://{}", stack.host(STORE, STORE, from))),
        Value::BucketRegion(_) => variable(name, storage::REGION),
        Value::StreamName(id) => variable(name, &system.streams[*id].name),
        Value::StreamGroup(_) | Value::StreamUser(_) | Value::TableUser(_) => variable(name, from),
        Value::StreamPassword(_) => secret_variable(name, &streams::credentials(from), "password", false),
        Value::TablePassword(_) => secret_variable(name, &tables::login_of(from), "password", false),
        Value::TableProtocol(_) => variable(name, "postgres"),
        Value::TableEndpoint(_) => variable(name, &tables::endpoint(stack, from)),
        Value::TableName(id) => variable(name, &system.tables[*id].name),
        Value::FunctionUrl(id) => {
            let called = &system.services[*id].name;
            variable(
                name,
                &format!("http://{}:{}", stack.host(called, called, from), functions::PORT),
            )
        }
        Value::FunctionAuth(_) => variable(name, "none"),
        Value::WorkflowName(id) => variable(name, &system.workflows[*id].name),
        Value::WorkflowEndpoint(id) => variable(name, &workflows::endpoint(stack, &system.workflows[*id])),
        Value::WorkflowProtocol(_) => variable(name, "argo"),
        Value::WarehouseDatabase(_) => variable(name, warehouses::database_name()),
        Value::WarehouseServer(id) => variable(name, &warehouses::host(stack, &system.warehouses[*id], from)),
        Value::WarehouseEndpoint(id) => variable(name, &warehouses::endpoint(stack, &system.warehouses[*id], from)),
        Value::WarehouseProtocol(_) => variable(name, "postgres"),
        Value::WarehouseUser(_) => variable(name, from),
        Value::WarehousePassword(id) => {
            let secret = warehouses::login_of(&system.warehouses[*id], from);
            secret_variable(name, &secret, "password", false)
        }
        Value::SecretId(id) => variable(name, &system.secrets[*id].name),
        // The service starts before the owner has filled the entry.
        Value::SecretValue(id) => secret_variable(name, &system.secrets[*id].name, "value", true),
    };
    let authority = match value {
        Value::CacheHost(id) => Some(caches::ca_folder(&system.caches[*id])),
        Value::MessagingEndpoint(Resource::Stream(_)) => Some(streams::CA_FOLDER.to_owned()),
        Value::MessagingEndpoint(_) => Some(broker::CA_FOLDER.to_owned()),
        Value::TableEndpoint(_) => Some(tables::CA_FOLDER.to_owned()),
        Value::WarehouseEndpoint(id) => Some(warehouses::ca_folder(&system.warehouses[*id])),
        Value::WorkflowEndpoint(_) => Some(workflows::TOKEN.to_owned()),
        _ => None,
    };
    let authority =
        authority.and_then(|folder| Some(variable(&authority_variable(name)?, &format!("{folder}/ca.crt"))));
    std::iter::once(spelled).chain(authority).collect()
}
