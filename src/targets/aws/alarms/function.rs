//! Alarms on functions: dead letters of their own, calls that fail, calls that are turned away, reading that falls behind.

use hcl::Expression;

use super::{FIVE_MINUTES, tell};
use crate::ir::{Function, FunctionAlarm, FunctionTrouble, Trigger};
use crate::object;
use crate::targets::aws::Stack;
use crate::targets::aws::functions::Functions;
use crate::targets::aws::functions::schedule;
use crate::targets::aws::streams::{Streams, kafka};
use crate::targets::aws::tables::Tables;
use crate::terraform::{Address, Block};

/// Percent of the calls of requests that may fail, and the spans of five minutes in which that has to be so.
const FAILING: u32 = 5;
const SPANS: u32 = 3;
/// Seconds in which what is written to a table is compared with calls: writes that change nothing are no changes, so an hour of them alone
/// means little. Such hours after which somebody is told.
const HOUR: u32 = 3600;
const HOURS: u32 = 2;

/// How late a function is: what the sum is called, its unit, and how many of it a minute has.
type Unit = (&'static str, &'static str, u32);
const MILLISECONDS: Unit = (
    "Age of records, or twice too old where nothing is called",
    "Milliseconds.",
    60_000,
);
const SECONDS: Unit = (
    "Time that what waits will take, or twice too long where nothing is called",
    "Seconds, as the brokers reckon once the function has read for the first time.",
    60,
);

/// What the metrics of functions are measured beside.
pub(in crate::targets::aws) struct Sources<'a> {
    pub(in crate::targets::aws) functions: &'a Functions,
    pub(in crate::targets::aws) streams: &'a Streams,
    pub(in crate::targets::aws) tables: &'a Tables,
}

pub(in crate::targets::aws) fn lower(stack: &mut Stack<'_>, sources: &Sources<'_>, topic: Option<&Address>) {
    let system = stack.system;
    stack.module.file("alarms", "");
    for alarm in &system.function_alarms {
        let Some(item) = &system.services[alarm.function].function else {
            continue;
        };
        if let Some(body) = body(stack, alarm, item, sources) {
            let body = tell(body, &["alarm_actions", "ok_actions"], topic);
            stack.module.resource("aws_cloudwatch_metric_alarm", &alarm.name, body);
        }
    }
}

/// A metric by the word that an expression has for it: its namespace, its name, what it is of, how it is put together.
type Metric<'a> = (&'a str, &'static str, &'static str, Expression, &'static str);

fn body(stack: &Stack<'_>, alarm: &FunctionAlarm, item: &Function, sources: &Sources<'_>) -> Option<Block> {
    let lambda = sources.functions.get(alarm.function);
    let function = || object! { "FunctionName" => lambda.function.attr("function_name") };
    let of_requests = matches!(item.trigger, Some(Trigger::Api | Trigger::Url { .. }));
    let about = match alarm.trouble {
        FunctionTrouble::Failing { .. } if of_requests => format!(
            "More than {FAILING} % of the calls of {} failed for a quarter of an hour. Its logs say why.",
            stack.system.services[alarm.function].name
        ),
        _ => alarm.about.clone(),
    };
    let named = Block::new()
        .set("alarm_name", stack.name(&alarm.name))
        .set("alarm_description", about);
    let body = match alarm.trouble {
        FunctionTrouble::DeadLetters => {
            let queue = object! { "QueueName" => lambda.dead.as_ref()?.attr("name") };
            let waiting = "ApproximateNumberOfMessagesVisible";
            let mut metrics: Vec<Metric<'_>> = vec![
                ("waiting", "AWS/SQS", waiting, queue, "Maximum"),
                ("lost", "AWS/Lambda", "DestinationDeliveryFailures", function(), "Sum"),
            ];
            if matches!(item.trigger, Some(Trigger::Schedule { .. })) {
                let group = object! { "ScheduleGroup" => schedule::group_name(stack) };
                let failures = "InvocationsFailedToBeSentToDeadLetterCount";
                metrics.push(("undelivered", "AWS/Scheduler", failures, group, "Sum"));
            }
            let sum: Vec<String> = metrics.iter().map(|(id, ..)| format!("FILL({id}, 0)")).collect();
            let body = computed(
                named,
                "Dead letters, and those that were lost",
                &sum.join(" + "),
                FIVE_MINUTES,
                metrics,
            );
            once(body).set("threshold", 0)
        }
        // Where somebody waits for each answer, a share counts: a few calls that all fail are as bad as many.
        FunctionTrouble::Failing { .. } if of_requests => {
            let metrics = vec![
                ("failed", "AWS/Lambda", "Errors", function(), "Sum"),
                ("called", "AWS/Lambda", "Invocations", function(), "Sum"),
            ];
            computed(
                named,
                "Percent of calls that fail",
                "100 * failed / called",
                FIVE_MINUTES,
                metrics,
            )
            .set("evaluation_periods", SPANS)
            .set("threshold", FAILING)
        }
        FunctionTrouble::Failing { calls } => plain(named, ("AWS/Lambda", "Errors", function(), "Sum"), FIVE_MINUTES)
            .set("evaluation_periods", 1)
            .set("threshold", calls),
        FunctionTrouble::Throttled => plain(named, ("AWS/Lambda", "Throttles", function(), "Sum"), FIVE_MINUTES)
            .set("evaluation_periods", 1)
            .set("threshold", 0),
        FunctionTrouble::Behind { minutes } => {
            let age = ("age", "AWS/Lambda", "IteratorAge", function(), "Maximum");
            // A call may be longer than a span, and is counted when it begins.
            let spans = SPANS.max(item.timeout_seconds.div_ceil(FIVE_MINUTES) + 1);
            let (age, written, unit, (period, spans)) = match item.trigger {
                Some(Trigger::Stream { stream, .. }) if stack.system.streams[stream].kafka => {
                    let lag = |word, metric, statistic| -> Option<Metric<'_>> {
                        let of = object! {
                            "Cluster Name" => sources.streams.kafka.as_ref()?.name(),
                            "Consumer Group" => kafka::group(stack, &stack.system.services[alarm.function]),
                            "Topic" => stack.system.streams[stream].name.as_str(),
                        };
                        Some((word, "AWS/Kafka", metric, of, statistic))
                    };
                    let age = lag("drain", "EstimatedMaxTimeLag", "Maximum")?;
                    (
                        age,
                        lag("waiting", "SumOffsetLag", "Minimum")?,
                        SECONDS,
                        (FIVE_MINUTES, spans),
                    )
                }
                Some(Trigger::Stream { stream, .. }) => {
                    let name = object! { "StreamName" => sources.streams.get(stream).attr("name") };
                    let written = ("records", "AWS/Kinesis", "IncomingRecords", name, "Sum");
                    (age, written, MILLISECONDS, (FIVE_MINUTES, spans))
                }
                Some(Trigger::Table { table, .. }) => {
                    let name = object! { "TableName" => sources.tables.get(table).attr("name") };
                    let written = ("writes", "AWS/DynamoDB", "ConsumedWriteCapacityUnits", name, "Sum");
                    (age, written, MILLISECONDS, (HOUR, HOURS))
                }
                _ => return None,
            };
            let (label, comment, factor) = unit;
            let most = minutes * factor;
            let late = format!(
                "IF(FILL({}, 0) > 0 AND FILL(called, 0) < 1, {}, FILL({}, 0))",
                written.0,
                2 * most,
                age.0
            );
            let called = ("called", "AWS/Lambda", "Invocations", function(), "Sum");
            computed(named, label, &late, period, vec![age, called, written])
                .set("evaluation_periods", spans)
                .comment(comment)
                .set("threshold", most)
        }
    };
    Some(quiet(body))
}

/// The rest of every alarm.
pub(super) fn quiet(body: Block) -> Block {
    body.set("comparison_operator", "GreaterThanThreshold")
        .comment("Nothing is measured while nothing happens.")
        .set("treat_missing_data", "notBreaching")
}

/// An alarm that one span is enough for, also if it is measured late: of what is filled, only the newest spans are looked at.
pub(super) fn once(body: Block) -> Block {
    body.set("evaluation_periods", SPANS)
        .comment("Once is enough, also if it is measured some minutes late.")
        .set("datapoints_to_alarm", 1)
}

/// An alarm on one metric.
fn plain(named: Block, (space, metric, dimensions, statistic): (&str, &str, Expression, &str), period: u32) -> Block {
    named
        .set("namespace", space)
        .set("metric_name", metric)
        .set("dimensions", dimensions)
        .set("statistic", statistic)
        .set("period", period)
}

/// An alarm on what is computed of several.
pub(super) fn computed(named: Block, label: &str, expression: &str, period: u32, metrics: Vec<Metric<'_>>) -> Block {
    let all = Block::new()
        .set("id", "all")
        .set("label", label)
        .set("expression", expression)
        .set("return_data", true);
    let queries = metrics.into_iter().map(|(id, space, name, dimensions, statistic)| {
        let metric = Block::new()
            .set("namespace", space)
            .set("metric_name", name)
            .set("dimensions", dimensions)
            .set("stat", statistic)
            .set("period", period);
        Block::new().set("id", id).block("metric", metric)
    });
    let queries: Vec<Block> = queries.collect();
    named.block("metric_query", all).blocks("metric_query", queries)
}
