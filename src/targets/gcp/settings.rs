//! What a process is told about its links.

use hcl::Expression;

use super::{Stack, functions, streams, tables, warehouses, workflows};
use crate::ir::{Balancer, Cache, Id, Inbox, Service, Value};
use crate::target::Target;
use crate::template;

/// The name at which a service is reached inside the network.
pub(super) fn host(stack: &Stack<'_>, id: Id<Service>) -> String {
    format!(
        "{}.{}",
        stack.system.services[id].name, stack.system.network.private_domain
    )
}

/// The expression of a setting of a service; of a secret value, the name of the secret; of shards, the table of them. Null for what clients of this
/// cloud do not need.
pub(super) fn spell(stack: &Stack<'_>, service: Id<Service>, value: &Value) -> Expression {
    match *value {
        Value::Text(ref text) => text.as_str().into(),
        Value::ServiceHost(id) => host(stack, id).into(),
        Value::ServiceUrl(id) => url(stack, id).into(),
        Value::DatabaseHost(id) => {
            let name = &stack.system.databases[id].name;
            format!("{name}.{}", stack.system.network.private_domain).into()
        }
        Value::CacheHost(id) => super::caches::host(stack, id).into(),
        Value::CachePort(_) => Cache::PORT.to_string().into(),
        Value::CacheAuth(_) => "token".into(),
        // The token alone says who it is.
        Value::CacheUser(_) => "".into(),
        Value::MessagingProtocol(resource) => match streams::is_kafka(stack.system, resource) {
            true => "kafka".into(),
            false => "pubsub".into(),
        },
        Value::MessagingEndpoint(resource) => match streams::is_kafka(stack.system, resource) {
            true => streams::bootstrap(stack),
            false => "pubsub.googleapis.com:443".into(),
        },
        Value::StreamName(id) => match stack.system.streams[id].kafka {
            true => stack.system.streams[id].name.as_str().into(),
            false => topic(stack, &stack.system.streams[id].name),
        },
        Value::StreamGroup(id) => streams::group(stack, id, service),
        Value::TableName(id) => tables::name(stack, id).into(),
        Value::TableProtocol(_) => "firestore".into(),
        Value::TableEndpoint(_) => "firestore.googleapis.com:443".into(),
        Value::FunctionUrl(id) => functions::url(stack, id),
        Value::FunctionAuth(id) => functions::proof(stack.system, id).into(),
        Value::QueueName(id) => topic(stack, &stack.system.queues[id].name),
        Value::TopicName(id) => topic(stack, &stack.system.topics[id].name),
        Value::Source(inbox) => source(stack, inbox),
        Value::WorkflowName(id) => workflows::full_name(stack, id),
        Value::WorkflowEndpoint(_) => format!("{}:443", workflows::ENDPOINT).into(),
        Value::WorkflowProtocol(_) => "workflows".into(),
        Value::WarehouseDatabase(id) => warehouses::name(stack, &stack.system.warehouses[id]).into(),
        Value::WarehouseServer(_) => stack.project.id(),
        Value::WarehouseEndpoint(_) => "bigquery.googleapis.com:443".into(),
        Value::WarehouseProtocol(_) => "bigquery".into(),
        // Workloads log in as their service accounts.
        Value::CacheSecret(_)
        | Value::CachePassword(_)
        | Value::MessagingUser(_)
        | Value::MessagingPassword(_)
        | Value::StreamUser(_)
        | Value::StreamPassword(_)
        | Value::TableUser(_)
        | Value::WarehouseUser(_)
        | Value::WarehousePassword(_)
        | Value::TablePassword(_) => Expression::Null,
        Value::ReaderHost(id) => stack.system.reader_host(id).into(),
        Value::ReaderPort(id) => stack.system.databases[id].port.to_string().into(),
        Value::DatabaseSecret(id) | Value::DatabasePassword(id) => stack.databases[&id].server.secret.id(),
        Value::ProxySecret(id) | Value::ProxyPassword(id) => stack.logins[&id].secret.id(),
        Value::Shards(id) => super::shards::table(stack, id),
        Value::ShardMapSecret(id) | Value::ShardMap(id) => stack.maps[&id].secret.id(),
        Value::BucketName(id) => stack.buckets[&id].attr("name"),
        Value::BucketEndpoint(_) => "https://storage.googleapis.com".into(),
        Value::BucketRegion(_) => stack.region().into(),
        Value::SecretId(id) | Value::SecretValue(id) => stack.secrets[&id].id(),
    }
}

fn topic(stack: &Stack<'_>, name: &str) -> Expression {
    pubsub(stack, "topics", name)
}

/// The full name of what messages are taken from.
pub(super) fn source(stack: &Stack<'_>, inbox: Inbox) -> Expression {
    pubsub(stack, "subscriptions", stack.system.inbox(inbox).0)
}

/// The full name of a topic or a subscription, which is known before it is there.
fn pubsub(stack: &Stack<'_>, kind: &str, name: &str) -> Expression {
    template!["projects/", stack.project.id(), format!("/{kind}/{}", stack.name(name))]
}

fn url(stack: &Stack<'_>, id: Id<Service>) -> String {
    let scheme = stack
        .system
        .internal
        .as_ref()
        .map_or("http", |balancer: &Balancer| balancer.scheme(Target::Gcp));
    let host = host(stack, id);
    match (scheme, stack.system.services[id].port) {
        ("http", 80) | ("https", 443) => format!("{scheme}://{host}"),
        (_, port) => format!("{scheme}://{host}:{port}"),
    }
}
