//! One identity per service: what its links grant, and what its machines need to be run.

use hcl::Expression;

use super::Stack;
use super::compute::Parts;
use super::policy::{Statement, inline, trust};
use super::startup::{self, Registry};
use super::storage;
use crate::ir::{Access, Bucket, Id, Resource, Service};
use crate::terraform::{Address, Block};
use crate::{object, template};

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
    let mut statements = vec![];
    let mut vault: Vec<Expression> = vec![];
    let mut via: Vec<&str> = vec![];
    let mut use_key = vec!["kms:Decrypt"];
    for grant in system.grants_of(id) {
        match grant.resource {
            Resource::Database(database) => vault.push(parts.secrets.of_database(database).attr("arn")),
            Resource::Proxy(database) => vault.push(parts.secrets.of_router(database).attr("arn")),
            Resource::Shards(database) => vault.extend(parts.secrets.arns_of_shards(database)),
            Resource::Secret(secret) => vault.push(parts.secrets.get(secret).attr("arn")),
            Resource::Cache(_) | Resource::Queue(_) | Resource::Topic(_) | Resource::Subscription(_) => {}
            Resource::Bucket(bucket) => {
                statements.extend(objects(stack, bucket, grant.access, parts));
                via.push("s3");
                if grant.access.writes() && use_key.len() == 1 {
                    use_key.push("kms:GenerateDataKey");
                }
            }
        }
    }
    if !vault.is_empty() {
        via.push("secretsmanager");
        let read = ["secretsmanager:GetSecretValue"];
        statements.insert(0, Statement::allow("ReadSecrets", &read, Expression::Array(vault)));
    }
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
        statements.push(Statement::allow("DataKey", &use_key, key).condition(condition));
    }
    if let Some(group) = log_group {
        let streams = template![group.attr("arn"), ":log-stream:*"];
        let write = ["logs:CreateLogStream", "logs:PutLogEvents"];
        statements.push(Statement::allow("Logs", &write, streams));
    }
    if let Some(registry) = startup::registry(service) {
        statements.extend(pull(&registry));
    }
    if system.network.bastion {
        statements.extend(session_manager(stack, parts));
    }
    statements
}

/// What a link to a bucket allows. Statement ids take letters and digits only.
fn objects(stack: &Stack<'_>, id: Id<Bucket>, access: Access, parts: &Parts<'_>) -> Vec<Statement> {
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
        statements.push(Statement::allow(format!("Write{name}"), &put, storage::objects(bucket)));
    }
    statements
}

/// Pulls the service's image.
fn pull(registry: &Registry<'_>) -> [Statement; 2] {
    let repository = format!(
        "arn:aws:ecr:{}:{}:repository/{}",
        registry.region, registry.account, registry.repository
    );
    let pull = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
    [
        Statement::allow("PullImage", &pull, repository),
        Statement::allow("RegistryLogin", &["ecr:GetAuthorizationToken"], "*"),
    ]
}

/// What the agent of Session Manager needs, and nothing else of Systems Manager.
fn session_manager(stack: &Stack<'_>, parts: &Parts<'_>) -> [Statement; 2] {
    let instances = template![
        format!("arn:aws:ec2:{}:", stack.region()),
        parts.base.account.clone(),
        ":instance/*"
    ];
    let channels = [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ];
    [
        Statement::allow("SessionAgent", &["ssm:UpdateInstanceInformation"], instances),
        Statement::allow("SessionChannels", &channels, "*"),
    ]
}
