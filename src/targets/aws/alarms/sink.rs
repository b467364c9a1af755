//! Alarms on warehouses: statements at their times that failed, or could not be started.

use hcl::Expression;

use super::function::{computed, once};
use super::{FIVE_MINUTES, tell};
use crate::targets::aws::Stack;
use crate::targets::aws::policy::{Statement, document};
use crate::terraform::{Address, Block, expr};
use crate::{list, object, template};

/// Seconds in which statements are counted that ask whether records come through, the spans in a row in which they did not, and how many
/// times that has to be said in each: four are asked in an hour, and the first may come before the records of a stream that was quiet.
const SPAN: u32 = 3600;
const SPANS: u32 = 2;
const TIMES: u32 = 2;

/// When somebody is told of a statement that failed.
pub(in crate::targets::aws) enum Told {
    /// Each time.
    Always,
    /// When it has failed for two hours, in which records were written to the stream of Kinesis with this name, if it says one.
    Late(Option<Expression>),
}

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
    /// When it goes off.
    pub(in crate::targets::aws) told: Told,
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
        told,
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
        let mut counted = vec![
            ("failed", "AWS/Events", "Invocations", failed, "Sum"),
            ("missed", "AWS/Scheduler", "InvocationDroppedCount", missed, "Sum"),
        ];
        let body = Block::new()
            .set("alarm_name", stack.name(&name))
            .set("alarm_description", about);
        let mut sum = "FILL(failed, 0) + FILL(missed, 0)".to_owned();
        let (period, spans, times) = match told {
            Told::Always => (FIVE_MINUTES, None, 0),
            Told::Late(stream) => {
                if let Some(stream) = stream {
                    let stream = object! { "StreamName" => stream };
                    counted.push(("written", "AWS/Kinesis", "IncomingRecords", stream, "Sum"));
                    sum = format!("IF(FILL(written, 0) > 0, {sum}, 0)");
                }
                (SPAN, Some(SPANS), TIMES)
            }
        };
        let body = computed(body, "Statements that went wrong", &sum, period, counted);
        let body = match spans {
            Some(spans) => body.set("evaluation_periods", spans),
            None => once(body),
        };
        let body = body
            .set("comparison_operator", "GreaterThanThreshold")
            .set("threshold", times)
            .comment("Nothing is measured while nothing goes wrong.")
            .set("treat_missing_data", "notBreaching");
        let body = tell(body, &["alarm_actions", "ok_actions"], topic);
        stack.module.resource("aws_cloudwatch_metric_alarm", &name, body);
    }
}
