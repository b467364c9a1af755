//! Alarms on functions: dead letters of their own, calls that fail, calls that are turned away, reading that falls behind.

use hcl::Expression;

use super::{FIVE_MINUTES, tell};
use crate::ir::{Function, FunctionAlarm, FunctionTrouble, Trigger};
use crate::object;
use crate::targets::aws::Stack;
use crate::targets::aws::functions::Functions;
use crate::targets::aws::functions::schedule;
use crate::targets::aws::streams::Streams;
use crate::targets::aws::tables::Tables;
use crate::terraform::{Address, Block};

/// Percent of the calls of requests that may fail, and the spans of five minutes in which that has to be so.
const FAILING: u32 = 5;
const SPANS: u32 = 3;
/// Batches of records of Kafka that may wait.
const BATCHES: u32 = 100;

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
    let named = Block::new()
        .set("alarm_name", stack.name(&alarm.name))
        .set("alarm_description", alarm.about.as_str());
    let of_requests = matches!(item.trigger, Some(Trigger::Api | Trigger::Url { .. }));
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
            computed(
                named,
                "Dead letters, and those that were lost",
                &sum.join(" + "),
                FIVE_MINUTES,
                metrics,
            )
            .set("evaluation_periods", 1)
            .set("threshold", 0)
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
            let (written, space, count, source) = match item.trigger {
                Some(Trigger::Stream { stream, batch, .. }) if stack.system.streams[stream].kafka => {
                    // Brokers are asked how many records wait, not for how long.
                    let body = plain(named, ("AWS/Lambda", "OffsetLag", function(), "Minimum"), FIVE_MINUTES)
                        .set("evaluation_periods", minutes.div_ceil(FIVE_MINUTES / 60))
                        .comment("Records that wait.")
                        .set("threshold", batch * BATCHES);
                    return Some(quiet(body));
                }
                Some(Trigger::Stream { stream, .. }) => {
                    let name = object! { "StreamName" => sources.streams.get(stream).attr("name") };
                    ("records", "AWS/Kinesis", "IncomingRecords", name)
                }
                Some(Trigger::Table { table, .. }) => {
                    let name = object! { "TableName" => sources.tables.get(table).attr("name") };
                    ("writes", "AWS/DynamoDB", "ConsumedWriteCapacityUnits", name)
                }
                _ => return None,
            };
            let most = minutes * 60_000;
            let metrics = vec![
                ("age", "AWS/Lambda", "IteratorAge", function(), "Maximum"),
                ("called", "AWS/Lambda", "Invocations", function(), "Sum"),
                (written, space, count, source, "Sum"),
            ];
            let late = format!(
                "IF(FILL({written}, 0) > 0 AND FILL(called, 0) < 1, {}, FILL(age, 0))",
                2 * most
            );
            computed(
                named,
                "Age of records, or twice too old where nothing is called",
                &late,
                FIVE_MINUTES,
                metrics,
            )
            .set("evaluation_periods", SPANS)
            .comment("Milliseconds.")
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
