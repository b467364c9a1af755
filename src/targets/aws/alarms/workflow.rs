//! Alarms on workflows: runs that failed or took too long, and runs that could not be started at their time.

use super::function::{computed, once};
use super::{FIVE_MINUTES, tell};
use crate::object;
use crate::targets::aws::Stack;
use crate::targets::aws::workflows::Workflows;
use crate::terraform::{Address, Block};

pub(in crate::targets::aws) fn lower(stack: &mut Stack<'_>, workflows: &Workflows, topic: Option<&Address>) {
    let system = stack.system;
    stack.module.file("alarms", "");
    for alarm in &system.workflow_alarms {
        let found = workflows.get(alarm.workflow);
        let machine = || object! { "StateMachineArn" => found.machine.attr("arn") };
        let mut counted = vec![
            ("failed", "AWS/States", "ExecutionsFailed", machine(), "Sum"),
            ("late", "AWS/States", "ExecutionsTimedOut", machine(), "Sum"),
        ];
        let mut about = alarm.about.clone();
        if let Some(group) = &found.times {
            let group = object! { "ScheduleGroup" => group.attr("name") };
            counted.push(("missed", "AWS/Scheduler", "InvocationDroppedCount", group, "Sum"));
            about.push_str(" Or it could not be started at its time: start it by hand.");
        }
        let sum: Vec<String> = counted.iter().map(|(id, ..)| format!("FILL({id}, 0)")).collect();
        let body = Block::new()
            .set("alarm_name", stack.name(&alarm.name))
            .set("alarm_description", about);
        let body = computed(body, "Runs that went wrong", &sum.join(" + "), FIVE_MINUTES, counted);
        let body = once(body)
            .set("comparison_operator", "GreaterThanThreshold")
            .set("threshold", 0)
            .comment("Nothing is measured while nothing happens.")
            .set("treat_missing_data", "notBreaching");
        let body = tell(body, &["alarm_actions", "ok_actions"], topic);
        stack.module.resource("aws_cloudwatch_metric_alarm", &alarm.name, body);
    }
}
