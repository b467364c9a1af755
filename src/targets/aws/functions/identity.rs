//! The role of a function: what its links grant, and what Lambda needs to run it and to read what starts it.

use hcl::Expression;

use crate::ir::{Function, Id, Service, Trigger};
use crate::targets::aws::compute::Parts;
use crate::targets::aws::identity::{granted, write_logs};
use crate::targets::aws::policy::{Statement, inline, trust};
use crate::targets::aws::streams::kafka;
use crate::targets::aws::{Stack, streams, tables};
use crate::terraform::{Address, Block};
use crate::{list, object, template};

/// The role of a function.
pub(super) struct Role {
    /// The role.
    pub(super) role: Address,
    /// What it may do.
    grants: Address,
}

impl Role {
    /// What whoever relies on its permissions waits for.
    pub(super) fn ready(&self) -> Expression {
        list![self.grants.whole()]
    }

    /// The same, for longer lists.
    pub(super) fn grants(&self) -> Expression {
        self.grants.whole()
    }
}

pub(super) fn lower(
    stack: &mut Stack<'_>,
    id: Id<Service>,
    item: &Function,
    (group, dead): (&Address, Option<&Address>),
    parts: &Parts<'_>,
) -> Role {
    let service = &stack.system.services[id];
    let mut statements = granted(stack, id, parts);
    statements.push(write_logs(group));
    let traces = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"];
    statements.push(Statement::allow("Traces", &traces, "*"));
    match item.trigger {
        Some(Trigger::Table { table, .. }) => statements.extend(tables::changes(table, parts)),
        Some(Trigger::Stream { stream, .. }) => statements.extend(streams::started_by(stack, stream, parts)),
        _ => {}
    }
    if let Some(dead) = dead {
        let send = Statement::allow("SendDeadLetters", &["sqs:SendMessage"], dead.attr("arn"));
        statements.push(send);
    }
    let brokers = matches!(item.trigger, Some(Trigger::Stream { stream, .. }) if stack.system.streams[stream].kafka);
    if item.private {
        statements.extend(network(stack, parts));
    }
    if item.private || brokers {
        statements.push(not_by_code(stack, service, (item.private, brokers), parts));
    }
    stack.module.file("identity", "");
    let role = Block::new()
        .set("name", stack.name(&service.name))
        .set("description", format!("Function {}", service.name))
        .set(
            "assume_role_policy",
            trust("lambda.amazonaws.com", Some(&parts.base.account)),
        );
    let role = stack.module.resource("aws_iam_role", &service.name, role);
    let grants = stack
        .module
        .resource("aws_iam_role_policy", &service.name, inline(&role, statements));
    Role { role, grants }
}

/// The network interfaces that Lambda may make and remove for functions. It asks beforehand whether it may remove any, by the first.
pub(in crate::targets::aws) fn interfaces(stack: &Stack<'_>, parts: &Parts<'_>) -> Expression {
    let of = |kind: &str| {
        template![
            format!("arn:aws:ec2:{}:", stack.region()),
            parts.base.account.clone(),
            format!(":{kind}/*")
        ]
    };
    list![of("*"), of("network-interface")]
}

/// What Lambda does to give a function its network interfaces, and what it looks at for that.
const MAKE: [&str; 4] = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
];
const LOOK: [&str; 2] = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"];

/// The network interfaces that Lambda gives a function.
fn network(stack: &Stack<'_>, parts: &Parts<'_>) -> [Statement; 2] {
    [
        Statement::allow("NetworkInterfaces", &MAKE, interfaces(stack, parts)),
        Statement::allow("FindNetworkInterfaces", &LOOK, "*"),
    ]
}

/// Lambda asks for network interfaces with the function's own role, in the network and by the brokers of Kafka, but its code may not.
fn not_by_code(stack: &Stack<'_>, service: &Service, (private, brokers): (bool, bool), parts: &Parts<'_>) -> Statement {
    let function = template![
        format!("arn:aws:lambda:{}:", stack.region()),
        parts.base.account.clone(),
        format!(":function:{}", stack.name(&service.name))
    ];
    let code = object! { "ArnEquals" => object! { "lambda:SourceFunctionArn" => function } };
    let of = |is: bool, actions: &[&'static str]| if is { actions.to_vec() } else { vec![] };
    let mut actions = [
        of(private, &MAKE),
        of(private, &LOOK),
        of(brokers, &kafka::STAND),
        of(brokers, &kafka::FIND),
    ]
    .concat();
    actions.sort_unstable();
    actions.dedup();
    Statement::deny("NotByItsCode", &actions, "*").condition(code)
}
