//! What a machine is told and how it starts its service.

use hcl::Expression;

use super::Stack;
use super::caches::Login;
use super::compute::Parts;
use super::database::shard;
use super::registry::image as registry_image;
use super::secrets::shard::folder;
use super::{functions, streams, workflows};
use crate::ir::{Access, Cache, Database, Id, Image, Inbox, Launch, Resource, Service, Value};
use crate::target::Target;
use crate::targets::shared::settings;
use crate::targets::shared::sharding::Trust;
use crate::targets::shared::startup::{Names, Platform, Shards, proxy_folder, user_data};
use crate::template;
use crate::terraform::expr;
use crate::vocabulary::Egress;

/// Bash: signs requests with the machine's identity.
const SIGN: &str = include_str!("../../../templates/startup/aws.sh");
/// Bash: logs in to the account's container registry.
const REGISTRY: &str = include_str!("../../../templates/startup/aws-registry.sh");
/// Bash: fetches the certificates of the authorities behind RDS.
const TRUST: &str = include_str!("../../../templates/startup/aws-trust.sh");

/// An image registry of AWS.
pub(super) struct Registry<'a> {
    /// Host name.
    pub(super) host: &'a str,
    /// Account that owns it.
    pub(super) account: &'a str,
    /// Its region.
    pub(super) region: &'a str,
    /// The repository in it.
    pub(super) repository: &'a str,
}

/// The registry of a service's image, where that is one of AWS's, which asks for a login.
pub(super) fn registry(service: &Service) -> Option<Registry<'_>> {
    let image = service.launch.reference()?;
    let (host, path) = image.split_once('/')?;
    let (account, rest) = host.split_once(".dkr.ecr.")?;
    let region = rest.strip_suffix(".amazonaws.com")?;
    let path = path.split('@').next()?;
    let repository = path.split(':').next()?;
    Some(Registry {
        host,
        account,
        region,
        repository,
    })
}

/// The user data of a service's machines, in base64. What tells of shards is compressed: AWS takes 16 KB.
pub(super) fn lower(stack: &Stack<'_>, id: Id<Service>, parts: &Parts<'_>) -> Expression {
    let system = stack.system;
    let service = &system.services[id];
    let region = stack.region();
    let (plain, fetched) = settings::split(service, |value| spell(stack, id, value, parts));
    let fetch = SIGN.replace("@region@", &region);
    let mut prepare: Vec<String> = vec![];
    let own = service
        .launch
        .image()
        .filter(|image| matches!(image, Image::Own { .. }));
    let login = match registry(service) {
        Some(registry) => Some((registry.host, registry.region)),
        // Terraform knows the account, and with it the host.
        None => own.map(|_| ("\"$(cut -d/ -f1 <<<'@IMAGE@')\"", region.as_str())),
    };
    if let Some((host, region)) = login {
        // Where there are no secrets to fetch, nothing has brought the means to sign a request yet.
        prepare.extend(fetched.is_empty().then(|| fetch.clone()));
        prepare.push(REGISTRY.replace("@host@", host).replace("@region@", region));
    }
    if let Launch::ShardingProxy { .. } = service.launch {
        let trust = TRUST.replace("@region@", &region);
        prepare.push(trust.replace("@folder@", &proxy_folder(service)));
    }
    let shards: Vec<Shards> = system
        .grants_of(id)
        .filter_map(|grant| match grant.resource {
            Resource::Shards(database) => Some(shards(stack, database, parts)),
            _ => None,
        })
        .collect();
    let encode = match shards.is_empty() {
        true => "base64encode",
        false => "base64gzip",
    };
    // On the host's network a container reaches the identity of its machine at a metadata hop limit of 1.
    let docker_options = format!(
        "--network host --security-opt no-new-privileges --log-driver awslogs --log-opt awslogs-region={region} \
         --log-opt awslogs-group={} --log-opt awslogs-stream=%H --log-opt mode=non-blocking \
         --log-opt max-buffer-size=25m",
        log_group(stack, service),
    );
    let platform = Platform {
        fetch: &fetch,
        docker_options,
        prepare: prepare.join("\n"),
        installs: system.network.egress != Egress::None,
        health_port: None,
        mtu: None,
        image: own.map(|image| registry_image(stack, image, parts.base)),
        shards,
        trust: Trust::Name,
    };
    let text = user_data(&system, id, (&plain, &fetched), &platform);
    expr::call(encode, [text])
}

/// What a machine is told of each shard that rows are routed to: as little as there is to know beside its id, so that a thousand fit.
/// The vault finds a password by its name; an ARN ends in characters that do not compress.
fn shards(stack: &Stack<'_>, database: Id<Database>, parts: &Parts<'_>) -> Shards {
    let servers = parts.shards.get(database);
    let item = &stack.system.databases[database];
    let names = Names {
        server: shard::prefix(stack, item),
        vault: folder(stack, item),
    };
    let lines = shard::each(&servers.active, |id| {
        let host = shard::of(&servers.instances, id, "address");
        let server = template![names.server.as_str(), id.clone()];
        template![id.clone(), " ", expr::call("trimprefix", [host, server])]
    });
    let lines = expr::call("join", [Expression::from("\n      "), lines]);
    Shards {
        database,
        lines,
        names: Some(names),
    }
}

/// True if a service's output goes to a log group: the container engine sends it there, a script's stays in the journal.
pub(super) fn logs_of(service: &Service) -> bool {
    service.launch.image().is_some()
}

/// What the names of all services' log groups begin with.
pub(super) fn log_folder(stack: &Stack<'_>) -> String {
    format!("/{}/service/", stack.system.prefix)
}

/// Name of the log group of a service's containers.
pub(super) fn log_group(stack: &Stack<'_>, service: &Service) -> String {
    format!("{}{}", log_folder(stack), service.name)
}

/// The value of a setting of a service; of a secret, the ARN of its entry.
pub(super) fn spell(stack: &Stack<'_>, service: Id<Service>, value: &Value, parts: &Parts<'_>) -> Expression {
    let system = stack.system;
    match *value {
        Value::Text(ref text) => text.as_str().into(),
        Value::ServiceHost(id) => host(stack, id).into(),
        Value::ServiceUrl(id) => {
            let scheme = system
                .internal
                .as_ref()
                .map_or("http", |balancer| balancer.scheme(Target::Aws));
            let port = match (scheme, system.services[id].port) {
                ("http", 80) | ("https", 443) => String::new(),
                (_, port) => format!(":{port}"),
            };
            format!("{scheme}://{}{port}", host(stack, id)).into()
        }
        Value::CacheHost(id) => parts.caches.get(id).attr("primary_endpoint_address"),
        Value::CachePort(_) => Cache::PORT.to_string().into(),
        Value::CacheAuth(_) => "password".into(),
        Value::CacheUser(id) => Login::of(access(stack, service, Resource::Cache(id))).name().into(),
        Value::CacheSecret(id) | Value::CachePassword(id) => {
            let access = access(stack, service, Resource::Cache(id));
            parts.secrets.of_cache(id, access).attr("arn")
        }
        Value::MessagingProtocol(resource) => protocol(stack, resource).into(),
        Value::MessagingEndpoint(resource) => match (protocol(stack, resource), &parts.streams.kafka) {
            ("kafka", Some(kafka)) => kafka.brokers(),
            (service, _) => format!("https://{service}.{}.amazonaws.com", stack.region()).into(),
        },
        Value::StreamName(id) => parts.streams.get(id).attr("name"),
        Value::StreamGroup(_) => streams::kafka::group(stack, &system.services[service]).into(),
        Value::TableProtocol(_) => "dynamodb".into(),
        Value::TableEndpoint(_) => format!("https://dynamodb.{}.amazonaws.com", stack.region()).into(),
        Value::TableName(id) => parts.tables.get(id).attr("name"),
        Value::FunctionUrl(id) => parts.functions.get(id).url().unwrap_or(Expression::Null),
        Value::FunctionAuth(id) => functions::auth(&system.services[id]).into(),
        Value::QueueName(id) => parts.queues.get(Inbox::Queue(id)).queue.attr("url"),
        Value::TopicName(id) => parts.topics.get(id).attr("arn"),
        Value::Source(inbox) => parts.queues.get(inbox).queue.attr("url"),
        Value::WorkflowName(id) => workflows::arn(stack, parts.base, id),
        Value::WorkflowEndpoint(_) => format!("https://states.{}.amazonaws.com", stack.region()).into(),
        Value::WorkflowProtocol(_) => "stepfunctions".into(),
        Value::WarehouseDatabase(id) => system.warehouses[id].database().into(),
        Value::WarehouseServer(id) => stack.name(&system.warehouses[id].name).into(),
        Value::WarehouseEndpoint(_) => format!("https://redshift-data.{}.amazonaws.com", stack.region()).into(),
        Value::WarehouseProtocol(_) => "redshift-data".into(),
        Value::WarehouseUser(_) | Value::WarehousePassword(_) => Expression::Null,
        // The role of the machine says who it is.
        Value::MessagingUser(_) | Value::MessagingPassword(_) => Expression::Null,
        Value::DatabaseHost(id) => parts.databases.get(id).attr("address"),
        Value::ReaderHost(id) => system.reader_host(id).into(),
        Value::ReaderPort(id) => system.databases[id].port.to_string().into(),
        Value::DatabaseSecret(id) | Value::DatabasePassword(id) => parts.secrets.of_database(id).attr("arn"),
        Value::ProxySecret(id) | Value::ProxyPassword(id) | Value::ShardMapSecret(id) | Value::ShardMap(id) => {
            parts.secrets.of_router(id).attr("arn")
        }
        Value::StreamUser(_) | Value::StreamPassword(_) | Value::TableUser(_) | Value::TablePassword(_) => {
            Expression::Null
        }
        Value::Shards(_) => unreachable!("shards are spelled one by one"),
        Value::BucketName(id) => parts.buckets.get(id).attr("bucket"),
        Value::BucketEndpoint(_) => format!("https://s3.{}.amazonaws.com", stack.region()).into(),
        Value::BucketRegion(_) => stack.region().into(),
        Value::SecretId(id) | Value::SecretValue(id) => parts.secrets.get(id).attr("arn"),
    }
}

/// How a service may use what one of its settings is of.
fn access(stack: &Stack<'_>, service: Id<Service>, resource: Resource) -> Access {
    stack.system.access(service, resource).unwrap_or(Access::Read)
}

/// The service of AWS that keeps a queue, topic or stream. Subscriptions are queues.
fn protocol(stack: &Stack<'_>, resource: Resource) -> &'static str {
    match resource {
        Resource::Stream(id) if stack.system.streams[id].kafka => "kafka",
        Resource::Stream(_) => "kinesis",
        Resource::Topic(_) => "sns",
        _ => "sqs",
    }
}

/// Host name of a service behind the internal load balancer.
pub(super) fn host(stack: &Stack<'_>, id: Id<Service>) -> String {
    let system = stack.system;
    format!("{}.{}", system.services[id].name, system.network.private_domain)
}
