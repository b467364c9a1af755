//! Alarms on warehouses: statements at their times that failed, or could not be started.

use super::function::computed;
use super::{FIVE_MINUTES, tell};
use crate::targets::aws::Stack;
use crate::targets::aws::policy::{Statement, document};
use crate::terraform::{Address, Block, expr};
use crate::{list, object, template};

/// A statement that is watched.
pub(in crate::targets::aws) struct Watched {
    /// The local name of its rule.
    pub(in crate::targets::aws) local: String,
    /// What it is called when it runs.
    pub(in crate::targets::aws) statement: String,
    /// The alarm's name in the system.
    pub(in crate::targets::aws) name: String,
    /// What the alarm means.
    pub(in crate::targets::aws) about: String,
}

/// Watches the statements of one warehouse: `schedules` is the group of their schedules, `log` keeps what is said of those that failed.
pub(in crate::targets::aws) fn lower(
    stack: &mut Stack<'_>,
    watched: Vec<Watched>,
    (schedules, log): (&Address, &Address),
    topic: Option<&Address>,
) {
    stack.module.file("alarms", "");
    let written = Statement::allow(
        "FailedStatements",
        &["logs:CreateLogStream", "logs:PutLogEvents"],
        template![log.attr("arn"), ":*"],
    )
    .principal(object! { "Service" => list!["delivery.logs.amazonaws.com", "events.amazonaws.com"] });
    let local = watched.first().map_or("", |first| &first.local).to_owned();
    let body = Block::new()
        .set("policy_name", log.attr("name"))
        .set("policy_document", document([written]));
    let policy = stack
        .module
        .resource("aws_cloudwatch_log_resource_policy", &local, body);
    for Watched {
        local,
        statement,
        name,
        about,
    } in watched
    {
        let pattern = object! {
            "source" => list!["aws.redshift-data"],
            "detail-type" => list!["Redshift Data Statement Status Change"],
            "detail" => object! {
                "statementName" => list![statement.as_str()],
                "state" => list!["ABORTED", "FAILED"],
            },
        };
        let body = Block::new()
            .set("name", statement.as_str())
            .set("description", format!("Failed statements {statement}"))
            .set("event_pattern", expr::jsonencode(pattern));
        let rule = stack.module.resource("aws_cloudwatch_event_rule", &local, body);
        let body = Block::new()
            .set("rule", rule.attr("name"))
            .set("arn", log.attr("arn"))
            .set("depends_on", list![policy.whole()]);
        stack.module.resource("aws_cloudwatch_event_target", &local, body);
        let failed = object! { "RuleName" => rule.attr("name") };
        let missed = object! { "ScheduleGroup" => schedules.attr("name") };
        let counted = vec![
            ("failed", "AWS/Events", "Invocations", failed, "Sum"),
            ("missed", "AWS/Scheduler", "InvocationDroppedCount", missed, "Sum"),
        ];
        let body = Block::new()
            .set("alarm_name", stack.name(&name))
            .set("alarm_description", about);
        let sum = "FILL(failed, 0) + FILL(missed, 0)";
        let body = computed(body, "Statements that went wrong", sum, FIVE_MINUTES, counted)
            .set("evaluation_periods", 1)
            .set("comparison_operator", "GreaterThanThreshold")
            .set("threshold", 0)
            .comment("Nothing is measured while nothing goes wrong.")
            .set("treat_missing_data", "notBreaching");
        let body = tell(body, &["alarm_actions", "ok_actions"], topic);
        stack.module.resource("aws_cloudwatch_metric_alarm", &name, body);
    }
}
