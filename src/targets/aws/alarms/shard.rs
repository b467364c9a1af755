//! Alarms on shards: one for each shard, so that the mail says which.

use hcl::Expression;
use hcl::expr::{BinaryOp, BinaryOperator};

use super::{PERIOD, tell};
use crate::ir::{Alarm, Database, Signal};
use crate::targets::aws::database::shard::{self, Servers, Shards};
use crate::targets::aws::{Stack, database};
use crate::terraform::{Address, Block, expr};
use crate::{object, template};

/// Metrics that CloudWatch takes into one alarm.
const METRICS: usize = 10;
/// What measures the processor load of a server.
const LOAD: &str = "CPUUtilization";

pub(super) fn lower(stack: &mut Stack<'_>, alarm: &Alarm, shards: &Shards, topic: Option<&Address>) {
    let system = stack.system;
    let item = &system.databases[alarm.signal.database()];
    let servers = shards.get(alarm.signal.database());
    let body = match alarm.signal {
        // One alone is no busier than the mean.
        Signal::HotShard { .. } if active(item) < 2 => return,
        Signal::ShardLoad { percent, minutes, .. } => watch(stack, alarm, &servers.instances, LOAD)
            .set("evaluation_periods", minutes)
            .set("comparison_operator", "GreaterThanThreshold")
            .set("threshold", percent),
        Signal::ShardStorage { percent, minutes, .. } => storage(stack, alarm, item, servers, (percent, minutes)),
        Signal::HotShard { points, minutes, .. } => hot(stack, alarm, item, servers, (points, minutes)),
        Signal::ReplicaLag { .. } => return,
    };
    let body = tell(body, &["alarm_actions", "ok_actions"], topic);
    stack.module.resource("aws_cloudwatch_metric_alarm", &alarm.name, body);
}

/// A measurement of each server.
fn watch(stack: &Stack<'_>, alarm: &Alarm, instances: &Address, metric: &str) -> Block {
    let server = expr::each_value(&["identifier"]);
    named(stack, alarm, instances.whole())
        .set("namespace", "AWS/RDS")
        .set("metric_name", metric)
        .set("dimensions", object! { "DBInstanceIdentifier" => server })
        .set("statistic", "Average")
        .set("period", PERIOD)
}

fn named(stack: &Stack<'_>, alarm: &Alarm, each: Expression) -> Block {
    Block::new()
        .set("for_each", each)
        .set("alarm_name", template![stack.name(&alarm.name), "-", expr::each_key()])
        .set("alarm_description", alarm.about.as_str())
}

fn storage(
    stack: &Stack<'_>,
    alarm: &Alarm,
    item: &Database,
    servers: &Servers,
    (percent, minutes): (u32, u32),
) -> Block {
    let made_with = servers.like.storage_gb;
    let bytes = u64::from(made_with) * (1 << 30) / 100 * u64::from(percent);
    // The threshold stays while the storage grows, so it is told in GiB.
    let about = format!(
        "A shard of {} has less than {} GiB of storage left; it grows by itself up to {} GiB and then no more.",
        item.name,
        f64::from(made_with * percent) / 100.0,
        database::storage_limit(&servers.like)
    );
    watch(stack, alarm, &servers.instances, "FreeStorageSpace")
        .set("alarm_description", about)
        .set("evaluation_periods", minutes)
        .set("comparison_operator", "LessThanThreshold")
        .comment(&format!("Bytes: {percent}% of {made_with} GiB."))
        .set("threshold", bytes)
}

/// One shard against the mean of all, or of as many as an alarm takes. Shards that are being filled do not count.
fn hot(stack: &Stack<'_>, alarm: &Alarm, item: &Database, servers: &Servers, (points, minutes): (u32, u32)) -> Block {
    let ids = servers.active.clone();
    let compared = match compares_all(item) {
        true => ids.clone(),
        false => neighbours(&ids),
    };
    let id = || expr::iterator("shard", &["value"]);
    let server = template![shard::prefix(stack, item), id()];
    let metric = Block::new()
        .set("namespace", "AWS/RDS")
        .set("metric_name", LOAD)
        .set("dimensions", object! { "DBInstanceIdentifier" => server })
        .set("stat", "Average")
        .set("period", PERIOD);
    let load = Block::new().set("id", template!["load_", id()]).block("metric", metric);
    let above = Block::new()
        .set("id", "above")
        .set("label", "Percentage points above the mean")
        .set("expression", template!["load_", expr::each_key(), " - AVG(METRICS())"])
        .set("return_data", true);
    let queries = Block::new()
        .set("for_each", compared)
        .set("iterator", expr::keyword("shard"))
        .block("content", load);
    let body = named(stack, alarm, expr::call("toset", [ids]))
        .set("evaluation_periods", minutes)
        .set("comparison_operator", "GreaterThanThreshold")
        .set("threshold", points)
        .block("metric_query", above);
    body.when(!compares_all(item), |body| {
        body.comment(
            "An alarm takes ten metrics: the shard's own and those of the nine that follow it, round in a ring.",
        )
    })
    .labelled("dynamic", &["metric_query"], queries)
}

/// True if each shard is compared with all of them.
pub(in crate::targets::aws) fn compares_all(item: &Database) -> bool {
    active(item) <= METRICS
}

/// How many shards rows are routed to.
fn active(item: &Database) -> usize {
    item.sharding.iter().flat_map(|sharding| sharding.active()).count()
}

/// A shard and those that follow it in the list, which goes on from its beginning at its end.
fn neighbours(ids: &Expression) -> Expression {
    let ring = expr::call("concat", [ids.clone(), ids.clone()]);
    let first = || expr::call("index", [ids.clone(), expr::each_key()]);
    let end = BinaryOp::new(first(), BinaryOperator::Plus, Expression::from(METRICS as u64));
    expr::call("slice", [ring, first(), Expression::from(end)])
}
