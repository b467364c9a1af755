//! Events in a plain cluster: that they reach their functions past operators, and what becomes of those that a function fails on.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/cluster.rs"]
#[allow(dead_code, reason = "not every program of tests asks for every kind of pod")]
mod cluster;
mod support;

use cluster::{objects, rendered};

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
