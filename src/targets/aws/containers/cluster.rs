//! The cluster that all tasks run in.

use crate::targets::aws::encryption::Keys;
use crate::targets::aws::policy::Statement;
use crate::targets::aws::{Base, Stack, logs};
use crate::terraform::{Address, Block};
use crate::{list, object};

/// Tasks run on machines of AWS.
pub(super) const PROVIDER: &str = "FARGATE";
/// Longer than any component's name: services have log groups too.
const INSIGHTS: &str = "container_insights_measures";
const SHELLS: &str = "container_shell_sessions";

/// The cluster.
pub(in crate::targets::aws) struct Cluster {
    /// The cluster itself.
    pub(super) cluster: Address,
    /// Where its tasks may run.
    pub(super) providers: Address,
    /// The log group of what is typed in containers, where administrators may.
    pub(super) shells: Option<Address>,
}

/// Adds the cluster. It has the system's own name.
pub(in crate::targets::aws) fn cluster(stack: &mut Stack<'_>, keys: &Keys) -> Cluster {
    let system = stack.system;
    let name = &system.prefix;
    stack.module.file("compute", "");
    let insights = logs::group(stack, keys, format!("/aws/ecs/containerinsights/{name}/performance"));
    let insights = stack
        .module
        .comment("ECS would make it itself, without the key and the retention.")
        .resource("aws_cloudwatch_log_group", INSIGHTS, insights);
    let shells = system.network.bastion.then(|| {
        let group = logs::group(stack, keys, shells_group(stack));
        stack.module.resource("aws_cloudwatch_log_group", SHELLS, group)
    });
    let typed = shells.as_ref().map(|group| {
        let to = Block::new()
            .set("cloud_watch_encryption_enabled", true)
            .set("cloud_watch_log_group_name", group.attr("name"));
        Block::new()
            .set("kms_key_id", keys.logs.attr("arn"))
            .set("logging", "OVERRIDE")
            .block("log_configuration", to)
    });
    let disks = Block::new().set("fargate_ephemeral_storage_kms_key_id", keys.data.attr("arn"));
    let configuration = Block::new()
        .block_some("execute_command_configuration", typed)
        .block("managed_storage_configuration", disks);
    let measured = Block::new().set("name", "containerInsights").set("value", "enhanced");
    let body = Block::new()
        .set("name", name.as_str())
        .block("setting", measured)
        .block("configuration", configuration)
        .set("depends_on", list![insights.whole()]);
    let cluster = stack.module.resource("aws_ecs_cluster", "main", body);
    let default = Block::new().set("capacity_provider", PROVIDER).set("weight", 1);
    let body = Block::new()
        .set("cluster_name", cluster.attr("name"))
        .set("capacity_providers", list![PROVIDER])
        .block("default_capacity_provider_strategy", default);
    let providers = stack
        .module
        .resource("aws_ecs_cluster_capacity_providers", "main", body);
    Cluster {
        cluster,
        providers,
        shells,
    }
}

/// Name of the log group of what is typed in containers.
pub(super) fn shells_group(stack: &Stack<'_>) -> String {
    format!("/{}/container-shells", stack.system.prefix)
}

/// What Fargate needs of the key that encrypts the disks of the cluster's tasks.
pub(in crate::targets::aws) fn disks(stack: &Stack<'_>, base: &Base) -> [Statement; 2] {
    let ours = || {
        object! {
            "kms:EncryptionContext:aws:ecs:clusterAccount" => base.account.clone(),
            "kms:EncryptionContext:aws:ecs:clusterName" => stack.system.prefix.as_str(),
        }
    };
    let statement = |sid: &str, action| Statement::allow(sid, &[action], "*").service("fargate.amazonaws.com");
    [
        statement("Tasks", "kms:GenerateDataKeyWithoutPlaintext").condition(object! { "StringEquals" => ours() }),
        statement("TasksReadDisks", "kms:CreateGrant").condition(object! {
            "StringEquals" => ours(),
            "ForAllValues:StringEquals" => object! { "kms:GrantOperations" => list!["Decrypt"] },
        }),
    ]
}
