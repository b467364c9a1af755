//! What is watched of shards: each of them, and the difference between them.

use super::Policy;
use crate::ir::{Database, Id};
use crate::targets::gcp::{Stack, shards};
use crate::template;
use crate::terraform::expr::Part;
use crate::terraform::{Block, expr};

/// Share of the reserve at which Cloud SQL lets a disk grow. Under it growth is late; the reserve itself is no sharp line, as the file
/// system takes some of each disk.
const LATE: f64 = 0.75;

/// The processor load of each.
pub(super) fn load(stack: &Stack<'_>, id: Id<Database>, percent: u32, minutes: u32) -> Policy {
    let shards = &stack.shards[&id];
    let filter = template![
        "resource.type = \"cloudsql_database\" AND metric.type = \"cloudsql.googleapis.com/database/cpu/utilization\" AND resource.labels.database_id = \"",
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
    let about = format!("Processor load over {percent}% for {minutes} minutes");
    let condition = Block::new()
        .set("display_name", about)
        .block("condition_threshold", threshold);
    Policy {
        keys: Some(shards.keys.clone()),
        ..Policy::of(vec![condition])
    }
}

/// The storage of each. Cloud SQL lets a disk grow by itself when less than a reserve is free: 5 GB and a twenty-fifth of the disk, 25 GB
/// at most. Large disks are nearly full before and after they grow, so what is told is growth that does not come.
pub(super) fn storage(stack: &Stack<'_>, id: Id<Database>, minutes: u32) -> Policy {
    let database = &stack.system.databases[id];
    let series = |metric: &str| shards::series(stack, database, metric, expr::each_key()).into_iter();
    let query = series("disk_quota")
        .chain(["\n- ".into()])
        .chain(series("disk_bytes_used"))
        .chain(["\n< ".into(), format!("{LATE} * clamp_max(5e9 + ").into()])
        .chain(series("disk_quota"))
        .chain([" / 25, 25e9)\n".into()]);
    let about = format!("Too little free, and the disk has not grown for {minutes} minutes");
    Policy {
        keys: Some(stack.shards[&id].keys.clone()),
        about: Some(format!(
            "The storage of a shard of {} is nearly full and has not grown by itself for {minutes} minutes.",
            database.name
        )),
        note: " Look for a failed update among the operations of the instance (`gcloud sql operations list --instance=INSTANCE`), or make it larger: `gcloud sql instances patch INSTANCE --storage-size=SIZE`.",
        ..Policy::of(vec![promql(about, query, minutes)])
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
    let about = format!("{points} percentage points above the mean for {minutes} minutes");
    Policy::of(vec![promql(about, query, minutes)])
}

/// A condition in PromQL, which must hold for some minutes.
fn promql(about: String, query: impl IntoIterator<Item = Part>, minutes: u32) -> Block {
    let prometheus = Block::new()
        .set("query", expr::heredoc(query))
        .set("duration", format!("{}s", minutes * 60))
        .set("evaluation_interval", "60s")
        .comment("There is no such metric before the first server.")
        .set("disable_metric_validation", true);
    Block::new()
        .set("display_name", about)
        .block("condition_prometheus_query_language", prometheus)
}
