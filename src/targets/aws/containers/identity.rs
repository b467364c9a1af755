//! The two identities of a service's tasks: what the container may do, and what AWS needs to start it.

use hcl::Expression;

use super::Cluster;
use crate::ir::{Id, Resource, Service};
use crate::targets::aws::Stack;
use crate::targets::aws::compute::Parts;
use crate::targets::aws::identity::{granted, pull, session_channels, write_logs};
use crate::targets::aws::policy::{Statement, inline, trust};
use crate::targets::shared::startup::Fetched;
use crate::terraform::{Address, Block};
use crate::{object, template};

/// Who takes on both.
const TASKS: &str = "ecs-tasks.amazonaws.com";

/// The roles of a service's tasks.
pub(super) struct Roles {
    /// The container's own: what its links grant.
    pub(super) task: Address,
    /// Pulls the image, fetches the secrets and writes the logs; the container cannot take it on.
    pub(super) execution: Address,
    /// What both may do; a task needs it from its start.
    pub(super) grants: Vec<Address>,
}

pub(super) fn lower(
    stack: &mut Stack<'_>,
    id: Id<Service>,
    fetched: &[Fetched],
    (cluster, log_group): (&Cluster, &Address),
    parts: &Parts<'_>,
) -> Roles {
    let service = &stack.system.services[id];
    let mut own = granted(stack, id, parts);
    if let Some(shells) = &cluster.shells {
        own.extend(shell(shells, parts));
    }
    let starts = starts(stack, id, fetched, log_group, parts);
    stack.module.file("identity", "");
    let role = Block::new()
        .set("name", stack.name(&service.name))
        .set("description", format!("Service {}", service.name))
        .set("assume_role_policy", trust(TASKS, Some(&parts.base.account)));
    let task = stack.module.resource("aws_iam_role", &service.name, role);
    let mut grants = vec![];
    if !own.is_empty() {
        let policy = inline(&task, own);
        grants.push(stack.module.resource("aws_iam_role_policy", &service.name, policy));
    }
    // Longer than any component's name: services have roles too.
    let local = format!("{}_task_execution_identity", service.name);
    let role = Block::new()
        .set("name", stack.name(&format!("{}-task-execution-identity", service.name)))
        .set("description", format!("Starts the tasks of {}", service.name))
        .set("assume_role_policy", trust(TASKS, None));
    let execution = stack.module.resource("aws_iam_role", &local, role);
    let policy = inline(&execution, starts);
    grants.push(stack.module.resource("aws_iam_role_policy", &local, policy));
    Roles {
        task,
        execution,
        grants,
    }
}

/// What a shell in a container needs: the channel, the key that encrypts it, and the log group of what is typed.
fn shell(group: &Address, parts: &Parts<'_>) -> [Statement; 5] {
    let arn = group.attr("arn");
    let write = ["logs:CreateLogStream", "logs:PutLogEvents"];
    [
        session_channels(),
        Statement::allow("SessionKey", &["kms:Decrypt"], parts.keys.logs.attr("arn")),
        Statement::allow("SessionLog", &write, template![arn.clone(), ":log-stream:*"]),
        Statement::allow("SessionLogStreams", &["logs:DescribeLogStreams"], template![arn, ":*"]),
        Statement::allow("SessionLogGroups", &["logs:DescribeLogGroups"], "*"),
    ]
}

/// What AWS needs to start a task: exactly the entries of the vault that it is told the values of, its log group and its image.
fn starts(
    stack: &Stack<'_>,
    id: Id<Service>,
    fetched: &[Fetched],
    log_group: &Address,
    parts: &Parts<'_>,
) -> Vec<Statement> {
    let system = stack.system;
    let mut vault: Vec<Expression> = vec![];
    let shards = system.grants_of(id).filter_map(|grant| match grant.resource {
        Resource::Shards(database) => Some(parts.secrets.arns_of_shards(database)),
        _ => None,
    });
    let entries = fetched.iter().map(|secret| secret.identifier.clone());
    for entry in entries.chain(shards.flatten()) {
        if !vault.contains(&entry) {
            vault.push(entry);
        }
    }
    let mut statements = vec![];
    if !vault.is_empty() {
        let read = ["secretsmanager:GetSecretValue"];
        statements.push(Statement::allow("ReadSecrets", &read, Expression::Array(vault)));
        let via = format!("secretsmanager.{}.amazonaws.com", stack.region());
        let condition = object! { "StringEquals" => object! { "kms:ViaService" => via } };
        let key = parts.keys.data.attr("arn");
        statements.push(Statement::allow("DataKey", &["kms:Decrypt"], key).condition(condition));
    }
    statements.push(write_logs(log_group));
    statements.extend(pull(stack, &system.services[id], parts));
    statements
}
