//! The role of a function: what its links grant, and what Lambda needs to run it and to read what starts it.

use hcl::Expression;

use crate::ir::{Function, Id, Service, Trigger};
use crate::targets::aws::compute::Parts;
use crate::targets::aws::identity::{granted, write_logs};
use crate::targets::aws::policy::{Statement, inline, trust};
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
    if item.private {
        statements.extend(network(stack, service, parts));
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

/// The network interfaces that Lambda gives a function. Lambda asks for them with the function's own role, but its code may not.
fn network(stack: &Stack<'_>, service: &Service, parts: &Parts<'_>) -> [Statement; 3] {
    let make = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:UnassignPrivateIpAddresses",
    ];
    let all = interfaces(stack, parts);
    let look = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"];
    let function = template![
        format!("arn:aws:lambda:{}:", stack.region()),
        parts.base.account.clone(),
        format!(":function:{}", stack.name(&service.name))
    ];
    let code = object! { "ArnEquals" => object! { "lambda:SourceFunctionArn" => function } };
    [
        Statement::allow("NetworkInterfaces", &make, all),
        Statement::allow("FindNetworkInterfaces", &look, "*"),
        Statement::deny("NotByItsCode", &[make.as_slice(), look.as_slice()].concat(), "*").condition(code),
    ]
}
