//! Managed keys: one for data, one for logs.

use hcl::Expression;

use super::policy::{Statement, document};
use super::{Base, Stack, alarms, cluster, containers, topics, workflows};
use crate::terraform::{Address, Block};
use crate::{object, template};

/// The keys, and the role that starts machines with encrypted disks.
pub(super) struct Keys {
    /// Disks, databases, objects and secrets.
    pub(super) data: Address,
    /// Log groups and alarms.
    pub(super) logs: Address,
    /// The service-linked role of this system's Auto Scaling groups.
    pub(super) autoscaling: Option<Address>,
}

pub(super) fn lower(stack: &mut Stack<'_>, base: &Base) -> Keys {
    let system = stack.system;
    let autoscaling = stack.has_machines().then(|| {
        stack.module.file("identity", "");
        let role = Block::new()
            .set("aws_service_name", "autoscaling.amazonaws.com")
            .set("custom_suffix", system.prefix.as_str())
            .set("description", format!("Auto Scaling groups of {}", system.prefix));
        stack
            .module
            .comment("A service-linked role of its own: the account's common one may not exist yet when the key's policy names it.")
            .resource("aws_iam_service_linked_role", "autoscaling", role)
    });
    stack.module.file("encryption", "");
    let mut data = vec![owner(base)];
    if let Some(role) = &autoscaling {
        let principal = || object! { "AWS" => role.attr("arn") };
        data.push(Statement::allow("AutoScaling", &USE, "*").principal(principal()));
        data.push(
            Statement::allow("AutoScalingAttachesDisks", &["kms:CreateGrant"], "*")
                .principal(principal())
                .condition(object! { "Bool" => object! { "kms:GrantIsForAWSResource" => "true" } }),
        );
    }
    if stack.has_containers() {
        data.extend(containers::disks(stack, base));
    }
    if stack.has_pods() {
        data.extend(cluster::disks(base));
    }
    let topics = topics::subscribed(stack, base);
    if !topics.is_empty() {
        // What it delivers goes to queues that this key encrypts.
        data.push(
            Statement::allow("Topics", &["kms:Decrypt", "kms:GenerateDataKey"], "*")
                .service("sns.amazonaws.com")
                .condition(object! { "ArnEquals" => object! { "aws:SourceArn" => Expression::Array(topics) } }),
        );
    }
    if !system.workflows.is_empty() {
        // The history of runs is encrypted by it, and what is told of them to logs as well.
        let logs = object! { "kms:EncryptionContext:SourceArn" => workflows::all_logs(stack, base) };
        data.push(
            Statement::allow("LogsOfWorkflows", &["kms:Decrypt"], "*")
                .service("delivery.logs.amazonaws.com")
                .condition(object! { "StringEquals" => logs }),
        );
    }
    let region = stack.region();
    let groups = template![
        "arn:aws:logs:",
        region.clone(),
        ":",
        base.account.clone(),
        ":log-group:*"
    ];
    let mut logs = vec![
        owner(base),
        Statement::allow("CloudWatchLogs", &USE, "*")
            .service(format!("logs.{region}.amazonaws.com"))
            .condition(object! { "ArnLike" => object! { "kms:EncryptionContext:aws:logs:arn" => groups } }),
    ];
    if alarms::has_topic(&system) {
        let topic = object! { "kms:EncryptionContext:aws:sns:topicArn" => alarms::topic_arn(stack, base) };
        logs.push(
            Statement::allow("Alarms", &["kms:Decrypt", "kms:GenerateDataKey"], "*")
                .service("cloudwatch.amazonaws.com")
                .condition(object! { "StringEquals" => topic }),
        );
    }
    let more = match (system.caches.is_empty(), system.inboxes().next()) {
        (true, None) => "",
        (false, None) => ", caches",
        (true, Some(_)) => ", messages",
        (false, Some(_)) => ", caches, messages",
    };
    stack
        .module
        .comment(&format!("Disks, databases{more}, objects and secrets."));
    let data = key(stack, "data", document(data));
    stack
        .module
        .comment("Logs have a key of their own: who reads logs need not be able to read data.");
    let logs = key(stack, "logs", document(logs));
    Keys {
        data,
        logs,
        autoscaling,
    }
}

/// What a service needs to encrypt and decrypt with a key.
pub(super) const USE: [&str; 7] = [
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
];

/// Leaves the decision to the account's IAM policies, and keeps the key manageable.
fn owner(base: &Base) -> Statement {
    let root = template!["arn:aws:iam::", base.account.clone(), ":root"];
    Statement::allow("Account", &["kms:*"], "*").principal(object! { "AWS" => root })
}

fn key(stack: &mut Stack<'_>, name: &str, policy: Expression) -> Address {
    let system = stack.system;
    let body = Block::new()
        .set("description", format!("{}: {name}", system.prefix))
        .set("enable_key_rotation", true)
        .set("deletion_window_in_days", if system.protect { 30 } else { 7 })
        .set("policy", policy);
    let key = stack.module.resource("aws_kms_key", name, body);
    let alias = Block::new()
        .set("name", format!("alias/{}-{name}", system.prefix))
        .set("target_key_id", key.attr("key_id"));
    stack.module.resource("aws_kms_alias", name, alias);
    key
}
