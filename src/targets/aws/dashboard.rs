//! Dashboards: all shards of a database in the same graphs.

use hcl::Expression;

use super::Stack;
use super::database::shard::{self, Servers, Shards};
use crate::ir::Database;
use crate::terraform::{Block, expr};
use crate::{list, object, template};

/// What is drawn of each server: title, metric, and how the measurements of a period are put together. A dashboard takes 2,500 lines,
/// a graph 500.
const GRAPHS: [(&str, &str, &str); 5] = [
    ("Processor load, percent", "CPUUtilization", "Average"),
    ("Connections", "DatabaseConnections", "Maximum"),
    ("Free storage, bytes", "FreeStorageSpace", "Minimum"),
    ("Write operations per second", "WriteIOPS", "Average"),
    ("Write latency, seconds", "WriteLatency", "Average"),
];
/// Graphs beside each other, and their size in the units of a dashboard, which is 24 wide.
const COLUMNS: usize = 2;
const WIDTH: usize = 12;
const HEIGHT: usize = 7;

pub(super) fn lower(stack: &mut Stack<'_>, shards: &Shards) {
    let system = stack.system;
    stack.module.file("dashboards", "");
    for (id, item, _) in system.sharded() {
        let servers = shards.get(id);
        let graphs = GRAPHS.iter().enumerate();
        let graphs = graphs.map(|(place, graph)| widget(stack, item, servers, place, graph));
        let body = object! { "widgets" => Expression::Array(graphs.collect()) };
        let body = Block::new()
            .set("dashboard_name", name(stack, item))
            .set("dashboard_body", expr::jsonencode(body));
        let local = format!("{}s", item.shard_name());
        stack.module.resource("aws_cloudwatch_dashboard", &local, body);
    }
}

/// The name of the dashboard over a database's shards.
pub(super) fn name(stack: &Stack<'_>, item: &Database) -> String {
    stack.name(&format!("{}s", item.shard_name()))
}

fn widget(
    stack: &Stack<'_>,
    item: &Database,
    servers: &Servers,
    place: usize,
    (title, metric, statistic): &(&str, &str, &str),
) -> Expression {
    let lines = shard::each(&servers.ids, |id| {
        let server = template![shard::prefix(stack, item), id.clone()];
        list!["AWS/RDS", *metric, "DBInstanceIdentifier", server]
    });
    let at = |number: usize| Expression::from(number as u64);
    object! {
        "type" => "metric",
        "x" => at(place % COLUMNS * WIDTH),
        "y" => at(place / COLUMNS * HEIGHT),
        "width" => at(WIDTH),
        "height" => at(HEIGHT),
        "properties" => object! {
            "title" => *title,
            "region" => stack.region(),
            "view" => "timeSeries",
            "stat" => *statistic,
            "period" => 60,
            "metrics" => lines,
        },
    }
}
