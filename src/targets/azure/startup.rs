//! What a machine is told and how it starts its service.

use hcl::Expression;

use super::compute::{HEALTH_PORT, Plan};
use super::project::TARGET;
use super::registry::is_own;
use super::{Stack, caches};
use crate::ir::{Database, Id, Launch, Resource, Service, System, Value};
use crate::targets::shared::settings;
use crate::targets::shared::sharding::Trust;
use crate::targets::shared::startup::{self, Plain, Platform, proxy_folder, user_data};
use crate::template;
use crate::terraform::expr;
use crate::vocabulary::Egress;

/// Bash that reads the vault as the service's identity.
const FETCH: &str = include_str!("../../../templates/startup/azure.sh");
/// Bash that pulls an image from a registry of Azure's.
const PULL: &str = include_str!("../../../templates/startup/azure-pull.sh");
/// Bash that hands a proxy the certificates of the authorities that sign those of the servers.
const TRUST: &str = include_str!("../../../templates/startup/azure-trust.sh");

/// The host of an image's registry, where that is one of Azure's, which wants to know who asks.
pub(super) fn registry(service: &Service) -> Option<(&str, &str)> {
    let image = service.launch.reference()?;
    let (host, _) = image.split_once('/')?;
    host.ends_with(".azurecr.io").then_some((host, image))
}

/// Only Terraform knows the name of the system's own registry: it stands at the head of the image's.
const OWN: &str = "image=@IMAGE@\nregistry=${image%%/*}";

fn pull(service: &Service) -> Option<String> {
    if is_own(service) {
        let pull = PULL.replace("@HOST@", "\"$registry\"").replace("@IMAGE@", "\"$image\"");
        return Some(format!("{OWN}\n{pull}"));
    }
    let (host, image) = registry(service)?;
    Some(PULL.replace("@HOST@", host).replace("@IMAGE@", image))
}

/// The databases whose shards a service knows, one by one.
fn known_shards(system: &System, id: Id<Service>) -> impl Iterator<Item = Id<Database>> {
    system.grants_of(id).filter_map(|grant| match grant.resource {
        Resource::Shards(database) => Some(database),
        _ => None,
    })
}

/// The function that encodes the user data of a service's machines. Azure takes 64 KiB, which a list of shards or the configuration of
/// a proxy would fill: those are packed.
pub(super) fn packing(system: &System, id: Id<Service>) -> &'static str {
    match known_shards(system, id).next() {
        Some(_) => "base64gzip",
        None => "base64encode",
    }
}

/// The user data of a service's machines.
pub(super) fn lower(stack: &mut Stack<'_>, plan: &Plan<'_>, id: Id<Service>, service: &Service) -> Expression {
    let system = stack.system;
    let (mut plain, fetched) = settings::split(service, |value| spell(stack, plan, id, value));
    let client = plan.identities[&id].identity.attr("client_id");
    if !plain.iter().any(|setting| setting.name == "AZURE_CLIENT_ID") {
        plain.push(Plain {
            name: "AZURE_CLIENT_ID".to_owned(),
            value: client,
        });
        plain.sort_by(|a, b| a.name.cmp(&b.name));
    }
    let mut prepare = pull(service).unwrap_or_default();
    if fetched.is_empty() && !prepare.is_empty() {
        // Where there are no secrets to fetch, nothing has brought the means to get a token yet.
        prepare = format!("{FETCH}\n{prepare}");
    }
    if let Launch::ShardingProxy { .. } = service.launch {
        prepare.insert_str(0, &TRUST.replace("@FOLDER@", &proxy_folder(service)));
    }
    let shards = known_shards(system, id).filter_map(|database| {
        let lines = plan.stores.databases[&database].shards.as_ref()?.table.clone();
        let names = None;
        Some(startup::Shards { database, lines, names })
    });
    let own = plan.stores.registry.as_ref();
    let platform = Platform {
        fetch: FETCH,
        docker_options: match service.listens() {
            true => format!("--publish {0}:{0} --log-driver none", service.port),
            false => "--log-driver none".to_owned(),
        },
        health_port: (!service.listens()).then_some(HEALTH_PORT),
        prepare,
        installs: system.network.egress != Egress::None || system.network.existing.azure.is_some(),
        mtu: None,
        image: own.and_then(|own| own.image(stack, service.launch.image()?)),
        shards: shards.collect(),
        // The certificates are signed by public authorities and have the names that Azure gives the servers.
        trust: Trust::Name,
    };
    let text = user_data(system, id, (&plain, &fetched), &platform);
    stack.module.local(&format!("{}-user-data", service.name), text)
}

/// Nothing for what clients do not need here: they log in with a token.
pub(super) fn spell(stack: &Stack<'_>, plan: &Plan<'_>, service: Id<Service>, value: &Value) -> Expression {
    let system = stack.system;
    let host = |id: Id<Service>| format!("{}.{}", system.services[id].name, system.network.private_domain);
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::ServiceHost(id) => host(*id).into(),
        Value::ServiceUrl(id) => {
            let scheme = system
                .internal
                .as_ref()
                .map_or("http", |internal| internal.scheme(TARGET));
            let port = system.services[*id].port;
            let is_default = (scheme, port) == ("http", 80) || (scheme, port) == ("https", 443);
            let port = if is_default { String::new() } else { format!(":{port}") };
            format!("{scheme}://{}{port}", host(*id)).into()
        }
        Value::CacheHost(id) => plan.stores.caches[id].host(),
        Value::CachePort(_) => caches::PORT.into(),
        Value::CacheAuth(_) => "token".into(),
        // Entra ID knows a user of Redis by the id of its object.
        Value::CacheUser(_) => plan.identities[&service].identity.attr("principal_id"),
        Value::CacheSecret(_) | Value::CachePassword(_) | Value::MessagingUser(_) | Value::MessagingPassword(_) => {
            Expression::Null
        }
        Value::MessagingProtocol(Resource::Stream(id)) => match system.streams[*id].kafka {
            true => "kafka".into(),
            false => "eventhubs".into(),
        },
        Value::MessagingEndpoint(Resource::Stream(id)) => {
            let host = plan.stores.streams.as_ref().map(|streams| streams.host.clone());
            let host = host.unwrap_or(Expression::Null);
            match system.streams[*id].kafka {
                true => template![host, ":9093"],
                false => host,
            }
        }
        Value::StreamName(id) => system.streams[*id].name.as_str().into(),
        Value::StreamGroup(_) => system.services[service].name.as_str().into(),
        Value::TableProtocol(_) => "cosmos".into(),
        Value::TableEndpoint(id) => plan.stores.tables[id].url(),
        Value::TableName(id) => system.tables[*id].name.as_str().into(),
        Value::FunctionUrl(id) => super::functions::url(stack, *id),
        // The network says who may call.
        Value::FunctionAuth(_) => "none".into(),
        Value::WorkflowName(id) => {
            let queue = plan.stores.workflows.starts.get(id);
            queue.map_or(Expression::Null, |queue| queue.attr("name"))
        }
        Value::WorkflowEndpoint(_) => {
            let mail = plan.stores.workflows.mail.as_ref();
            mail.map_or(Expression::Null, |mail| super::functions::queue_endpoint(&mail.account))
        }
        Value::WorkflowProtocol(_) => "storagequeue".into(),
        Value::WarehouseDatabase(id) => plan.stores.warehouses[id].database.attr("name"),
        Value::WarehouseServer(id) => plan.stores.warehouses[id].cluster.attr("name"),
        Value::WarehouseEndpoint(id) => plan.stores.warehouses[id].url(),
        Value::WarehouseProtocol(_) => "kusto".into(),
        // It knows the identity.
        Value::WarehouseUser(_) | Value::WarehousePassword(_) => Expression::Null,
        Value::MessagingProtocol(_) => "servicebus".into(),
        Value::MessagingEndpoint(_) => {
            let messaging = plan.stores.messaging.as_ref();
            messaging.map_or(Expression::Null, |messaging| messaging.host.clone())
        }
        Value::QueueName(id) => system.queues[*id].name.as_str().into(),
        Value::TopicName(id) => system.topics[*id].name.as_str().into(),
        Value::Source(inbox) => system.inbox(*inbox).0.into(),
        Value::DatabaseHost(id) => plan.stores.databases[id].host.clone(),
        Value::ReaderHost(id) => system.reader_host(*id).into(),
        Value::ReaderPort(id) => system.databases[*id].port.to_string().into(),
        Value::DatabaseSecret(id) | Value::DatabasePassword(id) => {
            plan.stores.databases[id].secret.attr("versionless_id")
        }
        Value::ProxySecret(id) | Value::ProxyPassword(id) | Value::ShardMapSecret(id) | Value::ShardMap(id) => {
            let shards = plan.stores.databases[id].shards.as_ref();
            shards.map_or(Expression::Null, |shards| shards.entrance.attr("versionless_id"))
        }
        // They come from a table of their own.
        Value::StreamUser(_) | Value::StreamPassword(_) | Value::TableUser(_) | Value::TablePassword(_) => {
            Expression::Null
        }
        Value::Shards(_) => Expression::Null,
        Value::BucketName(id) => plan.stores.buckets[id].container.attr("name"),
        Value::BucketEndpoint(id) => {
            let endpoint = plan.stores.buckets[id].account.attr("primary_blob_endpoint");
            expr::call("trimsuffix", [endpoint, "/".into()])
        }
        Value::BucketRegion(_) => system.region().into(),
        Value::SecretId(id) | Value::SecretValue(id) => plan.stores.entries[id].attr("versionless_id"),
    }
}
