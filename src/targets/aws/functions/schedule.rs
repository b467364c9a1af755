//! Times: schedules of EventBridge Scheduler.

use super::Lambda;
use crate::ir::{Cron, Field, Function, Part, Service, Trigger};
use crate::targets::aws::Stack;
use crate::targets::aws::compute::Parts;
use crate::targets::aws::policy::{Statement, inline, trust};
use crate::terraform::{Address, Block, expr};
use crate::{list, object};

/// Longer than any component's name.
const GROUP: &str = "scheduled_functions_of_system";
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
/// The last value of each field that has steps: minute, hour, day of the month, month.
const LAST: [u8; 4] = [59, 23, 31, 12];

pub(super) fn lower(
    stack: &mut Stack<'_>,
    service: &Service,
    item: &Function,
    (cron, timezone): (&Cron, &str),
    lambda: &Lambda,
    parts: &Parts<'_>,
) {
    let Some(dead) = &lambda.dead else { return };
    let (role, grants) = role(stack, service, (lambda, dead), parts);
    stack.module.file("triggers", "");
    let retry = Block::new()
        .set("maximum_event_age_in_seconds", item.retry.within())
        .set("maximum_retry_attempts", item.retry.attempts);
    let target = Block::new()
        .set("arn", lambda.arn())
        .set("role_arn", role.attr("arn"))
        .comment("Scheduler fills in both words.")
        .set(
            "input",
            r#"{"id":"<aws.scheduler.execution-id>","time":"<aws.scheduler.scheduled-time>"}"#,
        )
        .block("retry_policy", retry)
        .block("dead_letter_config", Block::new().set("arn", dead.attr("arn")));
    let body = Block::new()
        .set("name", stack.name(&service.name))
        .set(
            "group_name",
            expr::iterator("aws_scheduler_schedule_group", &[GROUP, "name"]),
        )
        .set("description", format!("Starts the function {}", service.name))
        .set("schedule_expression", expression(cron))
        .set("schedule_expression_timezone", timezone)
        .set("kms_key_arn", parts.keys.data.attr("arn"))
        .block("flexible_time_window", Block::new().set("mode", "OFF"))
        .block("target", target)
        .set("depends_on", list![grants.whole()]);
    stack.module.resource("aws_scheduler_schedule", &service.name, body);
}

/// The role that Scheduler calls the function with, and what it may do.
fn role(
    stack: &mut Stack<'_>,
    service: &Service,
    (lambda, dead): (&Lambda, &Address),
    parts: &Parts<'_>,
) -> (Address, Address) {
    let region = stack.region();
    let via = list![
        format!("scheduler.{region}.amazonaws.com"),
        format!("sqs.{region}.amazonaws.com")
    ];
    let condition = object! { "StringEquals" => object! { "kms:ViaService" => via } };
    let statements = vec![
        Statement::allow("CallFunction", &["lambda:InvokeFunction"], lambda.arn()),
        Statement::allow("SendDeadLetters", &["sqs:SendMessage"], dead.attr("arn")),
        Statement::allow(
            "DataKey",
            &["kms:Decrypt", "kms:GenerateDataKey"],
            parts.keys.data.attr("arn"),
        )
        .condition(condition),
    ];
    stack.module.file("identity", "");
    // Longer than any component's name: services have roles too.
    let local = format!("{}_scheduled_invocations", service.name);
    let role = Block::new()
        .set("name", stack.name(&format!("{}-scheduled-invocations", service.name)))
        .set("description", format!("Starts {} at its times", service.name))
        .set(
            "assume_role_policy",
            trust("scheduler.amazonaws.com", Some(&parts.base.account)),
        );
    let role = stack.module.resource("aws_iam_role", &local, role);
    let grants = stack
        .module
        .resource("aws_iam_role_policy", &local, inline(&role, statements));
    (role, grants)
}

/// The name of the group of the schedules that start functions: Scheduler counts by group what it could not deliver.
pub(in crate::targets::aws) fn group_name(stack: &Stack<'_>) -> String {
    stack.name("scheduled-functions")
}

/// Adds that group, where there are such schedules.
pub(super) fn group(stack: &mut Stack<'_>) {
    let system = stack.system;
    let is_timed = |item: &Function| matches!(item.trigger, Some(Trigger::Schedule { .. }));
    if system.functions().any(|(.., item)| is_timed(item)) {
        stack.module.file("triggers", "");
        let body = Block::new().set("name", group_name(stack));
        stack
            .module
            .comment("Scheduler counts by group what it could not deliver.")
            .resource("aws_scheduler_schedule_group", GROUP, body);
    }
}

/// Times in the dialect of EventBridge: six fields, the last for the year, where one of the two kinds of days is left open.
pub(in crate::targets::aws) fn expression(cron: &Cron) -> String {
    let [minute, hour, day, month] = [&cron.minute, &cron.hour, &cron.day, &cron.month];
    let field = |place: usize, field: &Field| spelled(field, LAST[place]);
    let (day, weekday) = match cron.weekday.is_any() {
        true => (field(2, day), "?".to_owned()),
        false => ("?".to_owned(), weekdays(&cron.weekday)),
    };
    let (minute, hour, month) = (field(0, minute), field(1, hour), field(3, month));
    format!("cron({minute} {hour} {day} {month} {weekday} *)")
}

/// A field with numbers. Steps go to the field's end there: those that end earlier are told one by one.
fn spelled(field: &Field, end: u8) -> String {
    if field.is_any() {
        return "*".to_owned();
    }
    let parts = field.parts.iter().map(|part| match *part {
        Part::One(value) => value.to_string(),
        Part::Range { first, last, step: 1 } => format!("{first}-{last}"),
        Part::Range { first, last, step } if last == end => format!("{first}/{step}"),
        Part::Range { first, last, step } => {
            let values = (first..=last).step_by(usize::from(step)).map(|value| value.to_string());
            values.collect::<Vec<_>>().join(",")
        }
    });
    parts.collect::<Vec<_>>().join(",")
}

/// Days of the week by their names.
fn weekdays(field: &Field) -> String {
    let name = |day: u8| WEEKDAYS[usize::from(day) % WEEKDAYS.len()];
    let parts = field.parts.iter().map(|part| match *part {
        Part::One(day) => name(day).to_owned(),
        Part::Range { first, last, step: 1 } => format!("{}-{}", name(first), name(last)),
        Part::Range { first, last, step } => {
            let days = (first..=last).step_by(usize::from(step)).map(name);
            days.collect::<Vec<_>>().join(",")
        }
    });
    parts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn times_are_said_in_the_dialect_of_eventbridge() {
        let said = |text: &str| expression(&Cron::parse(text).unwrap());
        assert_eq!(said("0 2 * * *"), "cron(0 2 * * ? *)");
        assert_eq!(said("*/15 8-18 * * MON-FRI"), "cron(0/15 8-18 ? * MON-FRI *)");
        assert_eq!(said("5 0 1,15 1-6/2 *"), "cron(5 0 1,15 1,3,5 ? *)");
        assert_eq!(said("0 0 * * 5-7"), "cron(0 0 ? * FRI,SAT,SUN *)");
        assert_eq!(said("0 0 * * */2"), "cron(0 0 ? * SUN,TUE,THU,SAT *)");
    }
}
