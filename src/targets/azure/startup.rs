//! What a machine is told and how it starts its service.

use hcl::Expression;

use super::Stack;
use super::compute::Plan;
use super::project::TARGET;
use crate::ir::{Id, Service, Value};
use crate::targets::shared::settings;
use crate::targets::shared::sharding::Trust;
use crate::targets::shared::startup::{Plain, Platform, user_data};
use crate::terraform::expr;
use crate::vocabulary::Egress;

/// Bash that reads the vault as the service's identity.
const FETCH: &str = include_str!("../../../templates/startup/azure.sh");
/// Bash that pulls an image from a registry of Azure's.
const PULL: &str = include_str!("../../../templates/startup/azure-pull.sh");

/// The host of an image's registry, where that is one of Azure's, which wants to know who asks.
pub(super) fn registry(service: &Service) -> Option<(&str, &str)> {
    let image = service.launch.image()?;
    let (host, _) = image.split_once('/')?;
    host.ends_with(".azurecr.io").then_some((host, image))
}

fn pull(service: &Service) -> Option<String> {
    let (host, image) = registry(service)?;
    Some(PULL.replace("@HOST@", host).replace("@IMAGE@", image))
}

/// The user data of a service's machines.
pub(super) fn lower(stack: &mut Stack<'_>, plan: &Plan<'_>, id: Id<Service>, service: &Service) -> Expression {
    let system = stack.system;
    let (mut plain, fetched) = settings::split(service, |value| spell(stack, plan, value));
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
    let platform = Platform {
        fetch: FETCH,
        docker_options: format!("--publish {0}:{0} --log-driver none", service.port),
        prepare,
        installs: system.network.egress != Egress::None || system.network.existing.azure.is_some(),
        mtu: None,
        shards: vec![],
        trust: Trust::Encrypted,
    };
    let text = user_data(system, id, (&plain, &fetched), &platform);
    stack.module.local(&format!("{}-user-data", service.name), text)
}

fn spell(stack: &Stack<'_>, plan: &Plan<'_>, value: &Value) -> Expression {
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
        Value::DatabaseHost(id) => plan.stores.databases[id].host.clone(),
        Value::ReaderHost(id) => system.reader_host(*id).into(),
        Value::ReaderPort(id) => system.databases[*id].port.to_string().into(),
        Value::DatabaseSecret(id) | Value::DatabasePassword(id) => {
            plan.stores.databases[id].secret.attr("versionless_id")
        }
        Value::ProxySecret(_)
        | Value::ProxyPassword(_)
        | Value::Shards(_)
        | Value::ShardMapSecret(_)
        | Value::ShardMap(_) => Expression::Null,
        Value::BucketName(id) => plan.stores.buckets[id].container.attr("name"),
        Value::BucketEndpoint(id) => {
            let endpoint = plan.stores.buckets[id].account.attr("primary_blob_endpoint");
            expr::call("trimsuffix", [endpoint, "/".into()])
        }
        Value::BucketRegion(_) => system.region().into(),
        Value::SecretId(id) | Value::SecretValue(id) => plan.stores.entries[id].attr("versionless_id"),
    }
}
