//! The flow log of the virtual network, and the role that delivers it.

use crate::targets::aws::encryption::Keys;
use crate::targets::aws::policy::{Statement, inline, trust};
use crate::targets::aws::{Base, Stack, logs};
use crate::terraform::{Address, Block};
use crate::{list, object, template};

/// Longer than any component's name: services have log groups and roles too.
const FLOW_LOG: &str = "virtual_network_flow_log";

pub(super) fn lower(stack: &mut Stack<'_>, base: &Base, keys: &Keys, vpc: &Address) {
    let system = stack.system;
    let group = logs::group(stack, keys, format!("/{}/network/flow-log", system.prefix));
    let group = stack.module.resource("aws_cloudwatch_log_group", FLOW_LOG, group);
    stack.module.file("identity", "");
    let role = Block::new()
        .set("name", stack.name("virtual-network-flow-log"))
        .set("description", "Delivers the flow logs")
        .set(
            "assume_role_policy",
            trust("vpc-flow-logs.amazonaws.com", Some(&base.account)),
        );
    let role = stack.module.resource("aws_iam_role", FLOW_LOG, role);
    let arn = group.attr("arn");
    let grants = vec![
        Statement::allow(
            "Deliver",
            &["logs:CreateLogStream", "logs:PutLogEvents"],
            template![arn.clone(), ":log-stream:*"],
        ),
        Statement::allow("Streams", &["logs:DescribeLogStreams"], template![arn, ":*"]),
        Statement::allow("Groups", &["logs:DescribeLogGroups"], "*"),
    ];
    let grants = stack
        .module
        .resource("aws_iam_role_policy", FLOW_LOG, inline(&role, grants));
    stack.module.file("network", "");
    let body = Block::new()
        .set("vpc_id", vpc.id())
        .set("traffic_type", "ALL")
        .set("log_destination_type", "cloud-watch-logs")
        .set("log_destination", group.attr("arn"))
        .set("iam_role_arn", role.attr("arn"))
        .set("tags", object! { "Name" => system.prefix.as_str() })
        .set("depends_on", list![grants.whole()]);
    stack.module.resource("aws_flow_log", "main", body);
}
