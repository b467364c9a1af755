//! Events in a plain cluster: that they reach their functions past operators, and what becomes of those that a function fails on.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/cluster.rs"]
#[allow(dead_code, reason = "not every program of tests asks for every kind of pod")]
mod cluster;
mod support;

use std::process::Command;

use cluster::{objects, rendered};
use serde_yaml::Value;
use support::manifests::can_validate;
use support::project;
use support::tools::{python, run};

const PLANT: &str = r#"
name = "plant"
pattern = "serverless"
region = "frankfurt"
[kubernetes]
prometheus = true
[observability]
emails = ["a@example.com"]
[functions.resizes]
image = "ghcr.io/example/resizes:1.0"
reads = ["media"]
trigger = { bucket = "media" }
[functions.works]
image = "ghcr.io/example/works:1.0"
trigger = { queue = "jobs" }
[functions.counts]
image = "ghcr.io/example/counts:1.0"
writes = ["items"]
trigger = { stream = "clicks", from = "oldest" }
[functions.follows]
image = "ghcr.io/example/follows:1.0"
publishes = ["jobs"]
trigger = { table = "items" }
[queues.jobs]
[streams.clicks]
[buckets.media]
[tables.items]
partition_key = "id"
ttl = "expires"
[warehouses.facts.tables.clicks]
columns = { at = "timestamp" }
stream = "clicks"
time = "at"
delete_after_days = 30
"#;

#[test]
fn no_policy_has_a_name_that_the_operator_of_streams_gives_to_its_own() {
    let all = rendered(PLANT);
    let names: Vec<&str> = objects(&all, "NetworkPolicy")
        .iter()
        .filter_map(|policy| policy["metadata"]["name"].as_str())
        .collect();
    for made in [
        "cruise-control",
        "entity-operator",
        "kafka-exporter",
        "network-policy-kafka",
    ] {
        assert!(!names.contains(&format!("event-streams-{made}").as_str()), "{names:?}");
    }
    for open in ["entity-operator", "kafka-exporter"] {
        let ours = objects(&all, "NetworkPolicy")
            .into_iter()
            .find(|policy| policy["metadata"]["name"] == format!("event-streams-{open}-out"))
            .unwrap();
        let label = &ours["spec"]["podSelector"]["matchExpressions"][0];
        assert_eq!(label["key"], "strimzi.io/name");
        assert_eq!(label["values"][0], format!("event-streams-{open}"));
        assert_eq!(ours["spec"]["policyTypes"][0], "Egress");
    }
}

fn named<'a>(all: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found = objects(all, kind)
        .into_iter()
        .find(|object| object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}"))
}

/// What a connector does.
fn connector(all: &[Value], function: &str) -> Value {
    let config = named(all, "ConfigMap", &format!("{function}-connector"));
    serde_yaml::from_str(config["data"]["events.yaml"].as_str().unwrap()).unwrap()
}

fn expr(all: &[Value], name: &str) -> String {
    let rule = &named(all, "PrometheusRule", name)["spec"]["groups"][0]["rules"][0];
    rule["expr"].as_str().unwrap().to_owned()
}

#[test]
fn what_a_message_does_to_its_function_makes_it_a_dead_letter() {
    let all = rendered(PLANT);
    for function in ["works", "resizes"] {
        let input = connector(&all, function)["input"]["amqp_0_9"].clone();
        let patterns: Vec<&str> = input["nack_reject_patterns"]
            .as_sequence()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        // It ends, and refuses the next tries while it starts; or it does not read what is too large.
        for seen in [
            "write tcp 127.0.0.1:4000->127.0.0.1:8080: write: broken pipe",
            "dial tcp 127.0.0.1:8080: connect: connection refused",
            "Post \"http://127.0.0.1:8080/\": EOF",
        ] {
            assert!(patterns.iter().any(|pattern| seen.contains(pattern)), "{seen}");
        }
        // The connector's own end.
        assert!(!patterns.iter().any(|pattern| "context canceled".contains(pattern)));
    }
}

#[test]
fn no_record_is_past_the_gate_while_another_one_is_tried() {
    let all = rendered(PLANT);
    let config = connector(&all, "counts");
    assert_eq!(config["pipeline"]["threads"], 1);
    let processors = config["pipeline"]["processors"].as_sequence().unwrap();
    let gate = processors.iter().position(|one| one.get("while").is_some());
    let called = processors.iter().position(|one| {
        let case = &one["switch"][0]["processors"][0];
        case["branch"]["processors"][0]["http"]["retries"] == 2
    });
    assert!(gate.unwrap() < called.unwrap());
    let cases = config["output"]["switch"]["cases"].as_sequence().unwrap();
    assert!(cases[0]["output"]["reject"].is_string());
    assert_eq!(cases[1]["output"]["resource"], "dead_letters");
    assert!(cases[2]["output"]["drop"].is_mapping());
    // A dead letter is larger than what it was.
    let letters = &config["output_resources"][0]["kafka_franz"];
    assert_eq!(letters["max_message_bytes"], 8 << 20);
    let topic = &named(&all, "KafkaTopic", "counts-dead")["spec"]["config"];
    assert_eq!(topic["max.message.bytes"], 8 << 20);
}

#[test]
fn somebody_is_told_of_functions_that_hang_or_end() {
    let all = rendered(PLANT);
    for name in ["works", "counts", "follows", "resizes"] {
        let expr = expr(&all, &format!("{name}-failing"));
        // A pod has time for four calls that take 65 seconds, and ten until the next.
        assert!(expr.contains(" > 2\nor "), "{expr}");
        assert!(expr.contains("kube_pod_container_status_restarts_total"), "{expr}");
    }
    assert!(expr(&all, "works-failing").contains("output_error{"));
    // An error of a processor is no metric of its own.
    for name in ["counts", "follows"] {
        assert!(expr(&all, &format!("{name}-failing")).contains("function_errors{"));
        let text = serde_yaml::to_string(&connector(&all, name)).unwrap();
        assert!(text.contains("name: function_errors"), "{text}");
    }
}

#[test]
fn somebody_is_told_of_archives_and_jobs_that_fail() {
    let all = rendered(PLANT);
    for name in ["table-store", "facts"] {
        let expr = expr(&all, &format!("{name}-archive"));
        assert!(
            expr.contains(&format!("job=~\"plant/{name}\", value=\"ready\"")),
            "{expr}"
        );
        let monitors = objects(&all, "PodMonitor").into_iter();
        let asked = monitors.filter(|monitor| monitor["metadata"]["name"] == name);
        assert_eq!(asked.count(), 1, "{name}");
        let policy = serde_yaml::to_string(&named(&all, "NetworkPolicy", name)["spec"]["ingress"]).unwrap();
        assert!(policy.contains("port: 9187"), "{policy}");
    }
    // One that fails before there are tables succeeds ten minutes later.
    let jobs = expr(&all, "table-store-jobs-failed");
    assert!(jobs.contains("job_name=~\"table-store-setup-.+\""), "{jobs}");
    assert!(
        jobs.contains("kube_cronjob_created{namespace=\"plant\", cronjob=\"table-store-expiry\"}"),
        "{jobs}"
    );
    named(&all, "CronJob", "table-store-expiry");
}

#[test]
fn runners_answer_what_is_too_large_and_keep_their_counts() {
    if !can_validate() {
        return;
    }
    let mut command = Command::new(python());
    command
        .arg(project("tests/support/runner.py"))
        .arg(project("templates/kubernetes/function.py"));
    let said: serde_json::Value = serde_json::from_slice(&run(&mut command, &[]).unwrap()).unwrap();
    assert_eq!(said["large"], serde_json::json!([413, 413, 413]));
    assert_eq!(said["late"], 504);
    assert_eq!(said["closed"], true, "an event that comes now would be cut off");
    assert_eq!(said["again"], 204);
    let counts = ["failed\"} 4", "late\"} 1", "ok\"} 2"].map(|end| format!("function_calls_total{{result=\"{end}"));
    assert_eq!(said["counts"], serde_json::json!(counts));
    assert_eq!(said["ended"], 0);
}
