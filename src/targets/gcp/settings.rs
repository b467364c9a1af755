//! What a process is told about its links.

use hcl::Expression;

use super::Stack;
use crate::ir::{Balancer, Id, Service, Value};
use crate::target::Target;

/// The name at which a service is reached inside the network.
pub(super) fn host(stack: &Stack<'_>, id: Id<Service>) -> String {
    format!(
        "{}.{}",
        stack.system.services[id].name, stack.system.network.private_domain
    )
}

/// The expression of a setting; of a secret value, the name of the secret; of shards, the table of them.
pub(super) fn spell(stack: &Stack<'_>, value: &Value) -> Expression {
    match *value {
        Value::Text(ref text) => text.as_str().into(),
        Value::ServiceHost(id) => host(stack, id).into(),
        Value::ServiceUrl(id) => url(stack, id).into(),
        Value::DatabaseHost(id) => {
            let name = &stack.system.databases[id].name;
            format!("{name}.{}", stack.system.network.private_domain).into()
        }
        Value::CacheHost(_)
        | Value::CachePort(_)
        | Value::CacheAuth(_)
        | Value::CacheUser(_)
        | Value::CacheSecret(_)
        | Value::CachePassword(_)
        | Value::MessagingProtocol(_)
        | Value::MessagingEndpoint(_)
        | Value::QueueName(_)
        | Value::TopicName(_)
        | Value::Source(_)
        | Value::MessagingUser(_)
        | Value::MessagingPassword(_) => Expression::Null,
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
