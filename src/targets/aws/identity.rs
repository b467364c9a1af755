//! One identity per service: what its links grant, and what its machines need to be run.

use hcl::Expression;

use super::Stack;
use super::compute::Parts;
use super::encryption::USE;
use super::policy::{Statement, inline, trust};
use super::{functions, registry, storage, streams, tables, warehouses, workflows};
use crate::ir::{Access, Bucket, Id, Inbox, Resource, Service, Trigger};
use crate::terraform::{Address, Block};
use crate::{list, object, template};

/// A service's identity.
pub(super) struct Identity {
    /// What a launch template names.
    pub(super) profile: Address,
    /// What the identity may do; a machine needs it from its start.
    pub(super) grants: Option<Address>,
}

pub(super) fn lower(
    stack: &mut Stack<'_>,
    id: Id<Service>,
    log_group: Option<&Address>,
    parts: &Parts<'_>,
) -> Identity {
    let system = stack.system;
    let service = &system.services[id];
    let statements = statements(stack, id, log_group, parts);
    stack.module.file("identity", "");
    let role = Block::new()
        .set("name", stack.name(&service.name))
        .set("description", format!("Service {}", service.name))
        .set("assume_role_policy", trust("ec2.amazonaws.com", None));
    let role = stack.module.resource("aws_iam_role", &service.name, role);
    let profile = Block::new()
        .set("name", stack.name(&service.name))
        .set("role", role.attr("name"));
    let profile = stack
        .module
        .resource("aws_iam_instance_profile", &service.name, profile);
    let grants = (!statements.is_empty()).then(|| {
        stack
            .module
            .resource("aws_iam_role_policy", &service.name, inline(&role, statements))
    });
    Identity { profile, grants }
}

fn statements(stack: &Stack<'_>, id: Id<Service>, log_group: Option<&Address>, parts: &Parts<'_>) -> Vec<Statement> {
    let system = stack.system;
    let service = &system.services[id];
    let mut statements = granted(stack, id, parts);
    if let Some(group) = log_group {
        statements.push(write_logs(group));
    }
    statements.extend(pull(stack, service, parts));
    if system.network.bastion {
        statements.extend(session_manager(stack, parts));
    }
    statements
}

/// What the links of a service grant.
pub(super) fn granted(stack: &Stack<'_>, id: Id<Service>, parts: &Parts<'_>) -> Vec<Statement> {
    let system = stack.system;
    let mut statements = vec![];
    let mut vault: Vec<Expression> = vec![];
    let mut via: Vec<&str> = vec![];
    let (mut sends, mut reads_items, mut writes_items) = (false, false, false);
    let function = system.services[id].function.as_ref();
    if let Some(item) = function {
        via.push("lambda");
        if item.has_dead_letters() {
            via.push("sqs");
            sends = true;
        }
        if matches!(item.trigger, Some(Trigger::Table { .. })) {
            via.push("dynamodb");
            reads_items = true;
        }
    }
    for grant in system.grants_of(id) {
        match grant.resource {
            Resource::Database(database) => vault.push(parts.secrets.of_database(database).attr("arn")),
            Resource::Proxy(database) => vault.push(parts.secrets.of_router(database).attr("arn")),
            Resource::Shards(database) => vault.extend(parts.secrets.arns_of_shards(database)),
            Resource::Secret(secret) => vault.push(parts.secrets.get(secret).attr("arn")),
            Resource::Cache(cache) => vault.push(parts.secrets.of_cache(cache, grant.access).attr("arn")),
            Resource::Queue(_) | Resource::Topic(_) | Resource::Subscription(_) => {
                via.push(if matches!(grant.resource, Resource::Topic(_)) {
                    "sns"
                } else {
                    "sqs"
                });
                sends |= grant.access.writes();
            }
            Resource::Stream(stream) if system.streams[stream].kafka => {}
            Resource::Stream(_) => {
                via.push("kinesis");
                sends |= grant.access.writes();
            }
            Resource::Table(_) => {
                via.push("dynamodb");
                writes_items |= grant.access.writes();
                reads_items = true;
            }
            Resource::Function(_) | Resource::Workflow(_) | Resource::Warehouse(_) => {}
            Resource::Bucket(bucket) => {
                let below = function.and_then(|item| item.prefixes.get(&bucket));
                statements.extend(objects(stack, bucket, (grant.access, below), parts));
                via.push("s3");
                sends |= grant.access.writes();
            }
        }
    }
    if !vault.is_empty() {
        via.push("secretsmanager");
        let read = ["secretsmanager:GetSecretValue"];
        statements.insert(0, Statement::allow("ReadSecrets", &read, Expression::Array(vault)));
    }
    statements.extend(messages(stack, id, parts));
    statements.extend(streams::granted(stack, id, parts));
    statements.extend(tables::granted(stack, id, parts));
    statements.extend(functions::calls(stack, id, parts));
    statements.extend(workflows::granted(stack, id, parts));
    statements.extend(warehouses::granted(stack, id, parts));
    let use_key: &[&str] = match (sends, reads_items, writes_items) {
        (.., true) => &USE,
        (true, true, _) => &["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
        (false, true, _) => &["kms:Decrypt", "kms:DescribeKey"],
        (true, ..) => &["kms:Decrypt", "kms:GenerateDataKey"],
        _ => &["kms:Decrypt"],
    };
    via.sort_unstable();
    via.dedup();
    if !via.is_empty() {
        let region = stack.region();
        let services = via
            .iter()
            .map(|service| format!("{service}.{region}.amazonaws.com").into())
            .collect();
        let condition = object! { "StringEquals" => object! { "kms:ViaService" => Expression::Array(services) } };
        let key = parts.keys.data.attr("arn");
        statements.push(Statement::allow("DataKey", use_key, key).condition(condition));
    }
    statements
}

/// Writes a log group.
pub(super) fn write_logs(group: &Address) -> Statement {
    let streams = template![group.attr("arn"), ":log-stream:*"];
    Statement::allow("Logs", &["logs:CreateLogStream", "logs:PutLogEvents"], streams)
}

/// What a link to a bucket allows: to write no other objects than those below a prefix, where one is said. Statement ids take letters
/// and digits only.
fn objects(
    stack: &Stack<'_>,
    id: Id<Bucket>,
    (access, below): (Access, Option<&String>),
    parts: &Parts<'_>,
) -> Vec<Statement> {
    let bucket = parts.buckets.get(id);
    let name: String = stack.system.buckets[id]
        .name
        .split('-')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_ascii_uppercase())
                .into_iter()
                .chain(letters)
        })
        .collect();
    let mut statements = vec![];
    if access.reads() {
        let list = ["s3:ListBucket"];
        statements.push(Statement::allow(format!("List{name}"), &list, bucket.attr("arn")));
        let get = ["s3:GetObject"];
        statements.push(Statement::allow(format!("Read{name}"), &get, storage::objects(bucket)));
    }
    if access.writes() {
        let put = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"];
        let written = match below {
            Some(prefix) => list![template![bucket.attr("arn"), format!("/{prefix}*")]],
            None => storage::objects(bucket),
        };
        statements.push(Statement::allow(format!("Write{name}"), &put, written));
    }
    statements
}

/// What links to queues and topics allow: to send, and to take, delete and keep for longer.
fn messages(stack: &Stack<'_>, id: Id<Service>, parts: &Parts<'_>) -> Vec<Statement> {
    let (mut send, mut publish, mut take) = (vec![], vec![], vec![]);
    for grant in stack.system.grants_of(id) {
        if let Resource::Topic(topic) = grant.resource {
            publish.push(parts.topics.get(topic).attr("arn"));
        }
        if let Some(inbox) = Inbox::of(grant.resource) {
            let queue = parts.queues.get(inbox).queue.attr("arn");
            if grant.access.writes() {
                send.push(queue.clone());
            }
            if grant.access.reads() {
                take.push(queue);
            }
        }
    }
    // Frameworks ask what they take from how long it hides a message.
    let took = [
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
    ];
    let statements = [
        ("SendMessages", &["sqs:SendMessage"][..], send),
        ("PublishMessages", &["sns:Publish"][..], publish),
        ("TakeMessages", &took[..], take),
    ];
    let used = statements.into_iter().filter(|(.., resources)| !resources.is_empty());
    used.map(|(sid, actions, resources)| Statement::allow(sid, actions, Expression::Array(resources)))
        .collect()
}

/// Pulls the service's image, where it is in a registry of AWS.
pub(super) fn pull(stack: &Stack<'_>, service: &Service, parts: &Parts<'_>) -> Vec<Statement> {
    let repository = registry::arn(stack, service, parts.base);
    repository.map_or_else(Vec::new, |repository| {
        vec![registry::pull(repository), registry::log_in()]
    })
}

/// The channels of Session Manager to what its agent runs in.
pub(super) fn session_channels() -> Statement {
    let channels = [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ];
    Statement::allow("SessionChannels", &channels, "*")
}

/// What the agent of Session Manager needs, and nothing else of Systems Manager.
pub(super) fn session_manager(stack: &Stack<'_>, parts: &Parts<'_>) -> [Statement; 2] {
    let instances = template![
        format!("arn:aws:ec2:{}:", stack.region()),
        parts.base.account.clone(),
        ":instance/*"
    ];
    [
        Statement::allow("SessionAgent", &["ssm:UpdateInstanceInformation"], instances),
        session_channels(),
    ]
}
