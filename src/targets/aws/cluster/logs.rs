//! What pods write, into the log groups of their services: an add-on reads it on every node.

use hcl::Expression;

use super::identity::Role;
use super::pools::Pools;
use super::{Cluster, addons, after};
use crate::ir::{Id, Service};
use crate::object;
use crate::targets::aws::compute::Parts;
use crate::targets::aws::policy::Statement;
use crate::targets::aws::{Stack, logs, startup};
use crate::terraform::expr::{self, Part};
use crate::{list, template};

/// The add-on; its namespace and its service account have the same name.
const FLUENT_BIT: &str = "fluent-bit";
/// Longer than any component's name: services have log groups and roles too.
const LOCAL: &str = "kubernetes_cluster_parts";
/// Files of containers tell namespace, pod and container; the tag keeps the last two, by which the output finds group and stream.
const INPUTS: &str = r"[INPUT]
    Name             tail
    Path             @services@
    Tag              service.<container>.<pod>
    Tag_Regex        (?<pod>[a-z0-9-]+)_(?<namespace>[a-z0-9-]+)_(?<container>[a-z0-9-]+)-(?<id>[0-9a-f]{64})\.log$
    multiline.parser cri
    DB               /var/log/fluent-bit-services.db
    Mem_Buf_Limit    50MB
    Skip_Long_Lines  On
    Read_from_Head   On

[INPUT]
    Name             tail
    Path             /var/log/containers/*.log
    Exclude_Path     @services@
    Tag              part.<container>.<pod>
    Tag_Regex        (?<pod>[a-z0-9.-]+)_(?<namespace>[a-z0-9-]+)_(?<container>[a-z0-9-]+)-(?<id>[0-9a-f]{64})\.log$
    multiline.parser cri
    DB               /var/log/fluent-bit-parts.db
    Mem_Buf_Limit    50MB
    Skip_Long_Lines  On
";
const OUTPUTS: &str = r"[OUTPUT]
    Name                cloudwatch_logs
    Match               service.*
    region              @region@
    log_group_name      @parts@
    log_group_template  @folder@$TAG[1]
    log_stream_prefix   unknown-
    log_stream_template $TAG[2]
    log_key             log

[OUTPUT]
    Name                cloudwatch_logs
    Match               part.*
    region              @region@
    log_group_name      @parts@
    log_stream_prefix   pod-
    log_key             log
";

/// Name of the log group of the cluster's own parts.
pub(super) fn group(stack: &Stack<'_>) -> String {
    format!("/{}/kubernetes", stack.system.prefix)
}

/// Adds the log groups and what fills them.
pub(super) fn lower(stack: &mut Stack<'_>, cluster: &Cluster, pools: &Pools, parts: &Parts<'_>) {
    stack.module.file("cluster", "");
    let system = stack.system;
    let own = logs::group(stack, parts.keys, group(stack));
    let own = stack
        .module
        .comment("What the cluster's own parts write, the gateway among them; services have log groups of their own.")
        .resource("aws_cloudwatch_log_group", LOCAL, own);
    let mut groups = vec![own];
    let services: Vec<Id<Service>> = system.services.iter().map(|(id, _)| id).collect();
    for id in services.into_iter().filter(|&id| system.pool_of(id).is_some()) {
        let service = &system.services[id];
        let body = logs::group(stack, parts.keys, startup::log_group(stack, service));
        groups.push(stack.module.resource("aws_cloudwatch_log_group", &service.name, body));
    }
    let streams = groups.iter().map(|group| template![group.attr("arn"), ":log-stream:*"]);
    let write = ["logs:CreateLogStream", "logs:PutLogEvents"];
    let write = Statement::allow("Logs", &write, Expression::Array(streams.collect()));
    let role = Role {
        local: "kubernetes_pod_log_collector",
        name: "kubernetes-pod-log-collector",
        description: "Writes what pods write into log groups".to_owned(),
        account: (FLUENT_BIT, FLUENT_BIT),
    };
    let (role, grants) = role.lower(stack, cluster, vec![write]);
    stack.module.file("cluster", "");
    let configuration = configuration(stack);
    let body = addons::addon(cluster, FLUENT_BIT)
        .set("service_account_role_arn", role.attr("arn"))
        .set("configuration_values", expr::jsonencode(configuration))
        .set("depends_on", after(pools.values().chain(&grants)));
    stack.module.resource("aws_eks_addon", FLUENT_BIT, body);
}

/// What Fluent Bit reads, and where it puts it; it runs on every node.
fn configuration(stack: &mut Stack<'_>) -> Expression {
    let system = stack.system;
    let files = system.pools.iter().map(|pool| {
        let namespace = match pool.domain {
            Some(id) => format!("{}-{}", system.prefix, system.domains[id].name),
            None => system.prefix.clone(),
        };
        format!("/var/log/containers/*_{namespace}_*.log")
    });
    let inputs = INPUTS.replace("@services@", &files.collect::<Vec<_>>().join(","));
    let outputs = OUTPUTS
        .replace("@region@", &stack.region())
        .replace("@parts@", &group(stack))
        .replace("@folder@", &startup::log_folder(stack));
    let inputs = expr::heredoc([Part::Text(inputs)]);
    let outputs = expr::heredoc([Part::Text(outputs)]);
    let about = "Of each file that a container writes on a node: which log group and which stream it goes to.";
    let inputs = stack.module.comment(about).local("kubernetes_log_inputs", inputs);
    let outputs = stack.module.local("kubernetes_log_outputs", outputs);
    object! {
        "config" => object! { "inputs" => inputs, "outputs" => outputs },
        "tolerations" => list![object! { "operator" => "Exists" }],
    }
}
