//! Workflows: state machines of Step Functions, each with a role that calls its functions and no others.

mod definition;
pub(super) mod runbook;

use std::collections::BTreeMap;

use hcl::Expression;

use super::compute::Parts;
use super::policy::{Statement, inline, trust};
use super::{Base, Stack, functions, logs};
use crate::ir::{Cron, Id, Resource, Service, Workflow};
use crate::terraform::{Address, Block, expr};
use crate::{list, object, template};

/// Seconds that Scheduler tries to start a run for, and times.
const START_SECONDS: u32 = 3600;
const START_TRIES: u32 = 10;

/// The workflows of the system.
#[derive(Default)]
pub(super) struct Workflows {
    found: BTreeMap<Id<Workflow>, Machine>,
}

/// One of them.
pub(super) struct Machine {
    /// The state machine.
    pub(super) machine: Address,
    /// The group of its schedule, where it has one.
    pub(super) times: Option<Address>,
}

impl Workflows {
    /// A workflow.
    pub(super) fn get(&self, id: Id<Workflow>) -> &Machine {
        self.found
            .get(&id)
            .unwrap_or_else(|| unreachable!("every workflow of the system has been added"))
    }
}

/// The ARN of a state machine, by its name: a function may start the workflow that calls it, so that neither can refer to the other.
pub(super) fn arn(stack: &Stack<'_>, base: &Base, id: Id<Workflow>) -> Expression {
    named(stack, base, &stack.system.workflows[id].name)
}

fn named(stack: &Stack<'_>, base: &Base, name: &str) -> Expression {
    template![
        format!("arn:aws:states:{}:", stack.region()),
        base.account.clone(),
        format!(":stateMachine:{}", stack.name(name))
    ]
}

pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts<'_>) -> Workflows {
    let system = stack.system;
    let mut workflows = Workflows::default();
    for (id, item) in system.workflows.iter() {
        stack.module.file("workflows", "");
        let group = logs::group(stack, parts.keys, log_group(stack, item));
        let group = stack
            .module
            .resource("aws_cloudwatch_log_group", &local(item, "runs"), group);
        let (role, grants) = role(stack, id, parts);
        stack.module.file("workflows", "");
        let called = |function: Id<Service>| parts.functions.get(function).arn();
        let definition = definition::lower(item, &called);
        let logging = Block::new()
            .set("log_destination", template![group.attr("arn"), ":*"])
            .set("level", "ALL")
            .comment("What goes from step to step is data: it stands in the history of a run, and not in its log.")
            .set("include_execution_data", false);
        let encryption = Block::new()
            .set("type", "CUSTOMER_MANAGED_KMS_KEY")
            .set("kms_key_id", parts.keys.data.attr("arn"))
            .set("kms_data_key_reuse_period_seconds", 300);
        let body = Block::new()
            .set("name", stack.name(&item.name))
            .set("role_arn", role.attr("arn"))
            .set("type", "STANDARD")
            .set("definition", expr::jsonencode(definition))
            .block("logging_configuration", logging)
            .block("tracing_configuration", Block::new().set("enabled", true))
            .block("encryption_configuration", encryption)
            .set("depends_on", list![grants.whole()]);
        let machine = stack.module.resource("aws_sfn_state_machine", &item.name, body);
        let times = item.schedule.as_ref().map(|(cron, zone)| {
            let times = schedule(stack, item, &machine, (cron, zone), parts);
            (times, format!(", started at `{cron}` in {zone}"))
        });
        let by = times.as_ref().map_or("", |(_, by)| by);
        let what = format!("Step Functions state machine{by}");
        stack.report.component(&item.path, what, machine.text());
        let times = times.map(|(times, _)| times);
        workflows.found.insert(id, Machine { machine, times });
    }
    workflows
}

/// A local name that no component has: services have roles and log groups too.
fn local(item: &Workflow, what: &str) -> String {
    format!("{}_workflow_and_its_{what}", item.name)
}

/// Name of the log group of a workflow's runs. AWS lets whoever delivers to such names alone grow the policy that allows it.
fn log_group(stack: &Stack<'_>, item: &Workflow) -> String {
    format!("/aws/vendedlogs/states/{}", stack.name(&item.name))
}

/// The role of a workflow: to call its functions, and to tell what it does.
fn role(stack: &mut Stack<'_>, id: Id<Workflow>, parts: &Parts<'_>) -> (Address, Address) {
    let item = &stack.system.workflows[id];
    let deliver = [
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
    ];
    let traces = [
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    ];
    let called: Vec<Expression> = item
        .calls()
        .into_iter()
        .map(|id| parts.functions.get(id).arn())
        .collect();
    let key = || parts.keys.data.attr("arn");
    let own = object! { "kms:EncryptionContext:aws:states:stateMachineArn" => arn(stack, parts.base, id) };
    let logs = object! { "kms:EncryptionContext:SourceArn" => all_logs(stack, parts.base) };
    let mut statements = vec![];
    if !called.is_empty() {
        let call = ["lambda:InvokeFunction"];
        statements.push(Statement::allow("CallFunctions", &call, Expression::Array(called)));
    }
    statements.extend([
        // AWS allows the delivery of logs for all resources, or not at all.
        Statement::allow("DeliverLogs", &deliver, "*"),
        Statement::allow("Traces", &traces, "*"),
        Statement::allow("DataKey", &["kms:Decrypt", "kms:GenerateDataKey"], key())
            .condition(object! { "StringEquals" => own }),
        Statement::allow("DataKeyOfLogs", &["kms:GenerateDataKey"], key())
            .condition(object! { "StringEquals" => logs }),
    ]);
    stack.module.file("identity", "");
    let name = local(item, "functions");
    let role = Block::new()
        .set("name", stack.name(&format!("{}-workflow", item.name)))
        .set("description", format!("Workflow {}", item.name))
        .set(
            "assume_role_policy",
            trust("states.amazonaws.com", Some(&parts.base.account)),
        );
    let role = stack.module.resource("aws_iam_role", &name, role);
    let body = inline(&role, statements);
    let grants = stack.module.resource("aws_iam_role_policy", &name, body);
    (role, grants)
}

/// What the delivery of logs says of itself to the key that encrypts the history.
pub(super) fn all_logs(stack: &Stack<'_>, base: &Base) -> Expression {
    template![format!("arn:aws:logs:{}:", stack.region()), base.account.clone(), ":*"]
}

/// The times that start a workflow. Gives their group: what could not be started is counted by group.
fn schedule(
    stack: &mut Stack<'_>,
    item: &Workflow,
    machine: &Address,
    (cron, zone): (&Cron, &str),
    parts: &Parts<'_>,
) -> Address {
    stack.module.file("identity", "");
    let name = local(item, "schedule");
    let role = Block::new()
        .set("name", stack.name(&format!("{}-scheduled-runs", item.name)))
        .set("description", format!("Starts the workflow {} at its times", item.name))
        .set(
            "assume_role_policy",
            trust("scheduler.amazonaws.com", Some(&parts.base.account)),
        );
    let role = stack.module.resource("aws_iam_role", &name, role);
    let condition = object! { "StringEquals" => object! { "kms:ViaService" => format!("scheduler.{}.amazonaws.com", stack.region()) } };
    let statements = vec![
        Statement::allow(
            "StartRuns",
            &["states:StartExecution"],
            named(stack, parts.base, &item.name),
        ),
        Statement::allow("DataKey", &["kms:Decrypt"], parts.keys.data.attr("arn")).condition(condition),
    ];
    let body = inline(&role, statements);
    let grants = stack.module.resource("aws_iam_role_policy", &name, body);
    stack.module.file("workflows", "");
    let full = stack.name(&format!("{}-workflow", item.name));
    let group = Block::new().set("name", full.as_str());
    let group = stack
        .module
        .comment("A group of its own: Scheduler counts by group what it could not start.")
        .resource("aws_scheduler_schedule_group", &name, group);
    let retry = Block::new()
        .set("maximum_event_age_in_seconds", START_SECONDS)
        .set("maximum_retry_attempts", START_TRIES);
    let target = Block::new()
        .set("arn", machine.attr("arn"))
        .set("role_arn", role.attr("arn"))
        .set("input", "{}")
        .block("retry_policy", retry);
    let body = Block::new()
        .set("name", full)
        .set("group_name", group.attr("name"))
        .set("description", format!("Starts the workflow {}", item.name))
        .set("schedule_expression", functions::schedule::expression(cron))
        .set("schedule_expression_timezone", zone)
        .set("kms_key_arn", parts.keys.data.attr("arn"))
        .block("flexible_time_window", Block::new().set("mode", "OFF"))
        .block("target", target)
        .set("depends_on", list![grants.whole()]);
    stack.module.resource("aws_scheduler_schedule", &name, body);
    group
}

/// What a service may do with the workflows that it starts.
pub(super) fn granted(stack: &Stack<'_>, id: Id<Service>, parts: &Parts<'_>) -> Option<Statement> {
    let started = stack.system.grants_of(id).filter_map(|grant| match grant.resource {
        Resource::Workflow(workflow) => Some(arn(stack, parts.base, workflow)),
        _ => None,
    });
    let started: Vec<Expression> = started.collect();
    let start = ["states:StartExecution"];
    (!started.is_empty()).then(|| Statement::allow("StartWorkflows", &start, Expression::Array(started)))
}

/// What passes the endpoint of the network: the start of this system's workflows.
pub(super) fn passing(stack: &Stack<'_>, base: &Base) -> (Vec<&'static str>, Expression) {
    (vec!["states:StartExecution"], list![named(stack, base, "*")])
}
