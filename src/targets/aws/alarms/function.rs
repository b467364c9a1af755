//! Alarms on functions: dead letters of their own, calls that fail, calls that are turned away.

use hcl::Expression;

use super::{PERIOD, tell};
use crate::ir::{FunctionAlarm, FunctionTrouble};
use crate::object;
use crate::targets::aws::Stack;
use crate::targets::aws::functions::Functions;
use crate::terraform::{Address, Block};

/// Seconds in which failed calls are counted.
const FIVE_MINUTES: u32 = 300;

pub(in crate::targets::aws) fn lower(stack: &mut Stack<'_>, functions: &Functions, topic: Option<&Address>) {
    let system = stack.system;
    stack.module.file("alarms", "");
    for alarm in &system.function_alarms {
        if let Some(body) = body(stack, alarm, functions) {
            let body = tell(body, &["alarm_actions", "ok_actions"], topic);
            stack.module.resource("aws_cloudwatch_metric_alarm", &alarm.name, body);
        }
    }
}

fn body(stack: &Stack<'_>, alarm: &FunctionAlarm, functions: &Functions) -> Option<Block> {
    let lambda = functions.get(alarm.function);
    let function = || object! { "FunctionName" => lambda.function.attr("function_name") };
    let (space, metric, dimensions, statistic, period, threshold): (_, _, Expression, _, _, _) = match alarm.trouble {
        FunctionTrouble::DeadLetters => {
            let queue = object! { "QueueName" => lambda.dead.as_ref()?.attr("name") };
            let waiting = "ApproximateNumberOfMessagesVisible";
            ("AWS/SQS", waiting, queue, "Maximum", PERIOD, 0)
        }
        FunctionTrouble::Failing { calls } => ("AWS/Lambda", "Errors", function(), "Sum", FIVE_MINUTES, calls),
        FunctionTrouble::Throttled => ("AWS/Lambda", "Throttles", function(), "Sum", FIVE_MINUTES, 0),
        FunctionTrouble::Behind { .. } => return None,
    };
    let body = Block::new()
        .set("alarm_name", stack.name(&alarm.name))
        .set("alarm_description", alarm.about.as_str())
        .set("namespace", space)
        .set("metric_name", metric)
        .set("dimensions", dimensions)
        .set("statistic", statistic)
        .set("period", period)
        .set("evaluation_periods", 1)
        .set("comparison_operator", "GreaterThanThreshold")
        .set("threshold", threshold)
        .comment("Nothing is measured while nothing happens.")
        .set("treat_missing_data", "notBreaching");
    Some(body)
}
