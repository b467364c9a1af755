//! What is watched of shards: each of them, and the difference between them.

use super::Policy;
use crate::ir::{Database, Id};
use crate::targets::gcp::{Stack, shards};
use crate::template;
use crate::terraform::{Block, expr};

/// The processor load of each.
pub(super) fn load(stack: &Stack<'_>, id: Id<Database>, percent: u32, minutes: u32) -> Policy {
    let about = format!("Processor load over {percent}% for {minutes} minutes");
    each(stack, id, "cpu/utilization", about, (percent, minutes))
}

/// The storage of each, of which Cloud Monitoring says how much is used.
pub(super) fn storage(stack: &Stack<'_>, id: Id<Database>, percent: u32, minutes: u32) -> Policy {
    let about = format!("Less than {percent}% of the storage free for {minutes} minutes");
    each(stack, id, "disk/utilization", about, (100 - percent, minutes))
}

/// One policy for each shard: a metric that goes from 0 to 1 is over so many percent for so many minutes.
fn each(stack: &Stack<'_>, id: Id<Database>, metric: &str, about: String, (percent, minutes): (u32, u32)) -> Policy {
    let shards = &stack.shards[&id];
    let filter = template![
        format!(
            "resource.type = \"cloudsql_database\" AND metric.type = \"cloudsql.googleapis.com/database/{metric}\" AND resource.labels.database_id = \""
        ),
        stack.project.id(),
        ":",
        shards.servers.instance.each().attr("name"),
        "\"",
    ];
    let samples = Block::new()
        .set("alignment_period", "60s")
        .set("per_series_aligner", "ALIGN_MEAN");
    let threshold = Block::new()
        .set("filter", filter)
        .set("comparison", "COMPARISON_GT")
        .set("threshold_value", f64::from(percent) / 100.0)
        .set("duration", format!("{}s", minutes * 60))
        .block("aggregations", samples);
    let condition = Block::new()
        .set("display_name", about)
        .block("condition_threshold", threshold);
    Policy {
        keys: Some(shards.keys.clone()),
        conditions: vec![condition],
        note: "",
        ready: vec![],
    }
}

/// How far each is above the mean of all: the busiest one is found however many there are.
pub(super) fn hot(stack: &Stack<'_>, id: Id<Database>, points: u32, minutes: u32) -> Policy {
    let database = &stack.system.databases[id];
    let ids = database.sharding.as_ref().map(shards::active_ids).unwrap_or_default();
    let load = || shards::series(stack, database, "cpu_utilization", &ids).into_iter();
    let query = std::iter::once("avg by (database_id) (".into())
        .chain(load())
        .chain([")\n- on () group_left ()\navg(".into()])
        .chain(load())
        .chain([format!(")\n> {}\n", f64::from(points) / 100.0).into()]);
    let prometheus = Block::new()
        .set("query", expr::heredoc(query))
        .set("duration", format!("{}s", minutes * 60))
        .set("evaluation_interval", "60s")
        .comment("There is no such metric before the first server.")
        .set("disable_metric_validation", true);
    let condition = Block::new()
        .set(
            "display_name",
            format!("{points} percentage points above the mean for {minutes} minutes"),
        )
        .block("condition_prometheus_query_language", prometheus);
    Policy {
        keys: None,
        conditions: vec![condition],
        note: "",
        ready: vec![],
    }
}
