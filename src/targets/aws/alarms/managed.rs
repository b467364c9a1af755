//! Alarms on what nobody else watches: APIs whose callers are sent away with an error of ours, and brokers of Kafka.

use super::function::{computed, quiet};
use super::{FIVE_MINUTES, tell};
use crate::object;
use crate::targets::aws::Stack;
use crate::targets::aws::streams::kafka;
use crate::terraform::{Address, Block};

/// Percent of requests that may fail, and the spans of five minutes in which that has to be so.
const FAILING: u32 = 5;
const SPANS: u32 = 3;
/// Percent of a broker's disk that may be used. The disk grows at 60, and once in six hours at most.
const FULL: u32 = 85;

/// Watches APIs: errors of functions are counted at the functions, but not answers that are late, malformed or forbidden by a permission.
pub(in crate::targets::aws) fn apis(stack: &mut Stack<'_>, apis: &[(String, Address)], topic: Option<&Address>) {
    stack.module.file("alarms", "");
    for (api, gateway) in apis {
        let of = || object! { "ApiId" => gateway.id() };
        let metrics = vec![
            ("failed", "AWS/ApiGateway", "5xx", of(), "Sum"),
            ("called", "AWS/ApiGateway", "Count", of(), "Sum"),
        ];
        let about = format!(
            "More than {FAILING} % of the requests to the API {api} ended in 5xx for a quarter of an hour. Its log says which routes, and why: `error`, `integrationError`."
        );
        let body = named(stack, &format!("{api}-failing"), about);
        let share = "100 * failed / called";
        let body = computed(body, "Percent of requests that fail", share, FIVE_MINUTES, metrics)
            .set("evaluation_periods", SPANS)
            .set("threshold", FAILING);
        add(stack, &format!("{api}-failing"), body, topic);
    }
}

/// Watches the brokers of the system.
pub(in crate::targets::aws) fn brokers(stack: &mut Stack<'_>, cluster: &kafka::Cluster, topic: Option<&Address>) {
    stack.module.file("alarms", "");
    let broker = |number: usize| object! { "Cluster Name" => cluster.name(), "Broker ID" => number.to_string() };
    let numbers = 1..=kafka::count(stack);
    let words: Vec<String> = numbers.clone().map(|number| format!("broker_{number}")).collect();
    let disks = words.iter().zip(numbers);
    let disks = disks.map(|(word, number)| {
        let of = broker(number);
        (word.as_str(), "AWS/Kafka", "KafkaDataLogsDiskUsed", of, "Maximum")
    });
    let disks = disks.collect();
    let name = "kafka-disks-full";
    let about = format!(
        "A broker of Kafka uses more than {FULL} % of its disk, which did not grow fast enough, or not any more. A broker whose disk is full takes no records: shorten `retention_hours`, or raise `max_capacity`."
    );
    let fullest = format!("MAX([{}])", words.join(", "));
    let body = named(stack, name, about);
    let body = computed(body, "Percent of the fullest disk", &fullest, FIVE_MINUTES, disks)
        .set("evaluation_periods", SPANS)
        .set("threshold", FULL);
    add(stack, name, body, topic);
    let name = "kafka-partitions-offline";
    let about = "Partitions of Kafka have no broker that leads them: nobody reads or writes what is in them. AWS replaces brokers that fail; if it lasts, ask its support.";
    let body = named(stack, name, about.to_owned())
        .set("namespace", "AWS/Kafka")
        .set("metric_name", "OfflinePartitionsCount")
        .set("dimensions", object! { "Cluster Name" => cluster.name() })
        .set("statistic", "Maximum")
        .set("period", FIVE_MINUTES)
        .set("evaluation_periods", SPANS)
        .set("threshold", 0);
    add(stack, name, body, topic);
}

fn named(stack: &Stack<'_>, name: &str, about: String) -> Block {
    Block::new()
        .set("alarm_name", stack.name(name))
        .set("alarm_description", about)
}

fn add(stack: &mut Stack<'_>, name: &str, body: Block, topic: Option<&Address>) {
    let body = tell(quiet(body), &["alarm_actions", "ok_actions"], topic);
    stack.module.resource("aws_cloudwatch_metric_alarm", name, body);
}
