//! Alarms on queues and subscriptions: dead letters, and messages that nobody takes.

use super::{PERIOD, tell};
use crate::ir::{InboxAlarm, Trouble};
use crate::object;
use crate::targets::aws::Stack;
use crate::targets::aws::queues::Queues;
use crate::terraform::{Address, Block};

pub(super) fn lower(stack: &mut Stack<'_>, alarm: &InboxAlarm, queues: &Queues, topic: Option<&Address>) {
    let found = queues.get(alarm.inbox);
    let (metric, queue, threshold) = match alarm.trouble {
        Trouble::DeadLetters => ("ApproximateNumberOfMessagesVisible", &found.dead, 0),
        Trouble::Waiting { minutes } => ("ApproximateAgeOfOldestMessage", &found.queue, minutes * 60),
    };
    let seconds = matches!(alarm.trouble, Trouble::Waiting { .. });
    let body = Block::new()
        .set("alarm_name", stack.name(&alarm.name))
        .set("alarm_description", alarm.about.as_str())
        .set("namespace", "AWS/SQS")
        .set("metric_name", metric)
        .set("dimensions", object! { "QueueName" => queue.attr("name") })
        .set("statistic", "Maximum")
        .set("period", PERIOD)
        .set("evaluation_periods", 1)
        .set("comparison_operator", "GreaterThanThreshold")
        .when(seconds, |block| block.comment("Seconds."))
        .set("threshold", threshold)
        .comment(
            "SQS does not measure a queue that nothing has happened to for six hours: there is nothing in it then.",
        )
        .set("treat_missing_data", "notBreaching");
    let body = tell(body, &["alarm_actions", "ok_actions"], topic);
    stack.module.resource("aws_cloudwatch_metric_alarm", &alarm.name, body);
}
