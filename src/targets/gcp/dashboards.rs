//! Dashboards: all shards of a database side by side.

use hcl::Expression;

use super::Stack;
use super::shards::{ANY_ID, series};
use crate::ir::Database;
use crate::terraform::Block;
use crate::terraform::expr;
use crate::vocabulary::Engine;
use crate::{list, object};

/// Columns and rows of the grid that one chart takes; two stand beside each other.
const WIDTH: u32 = 24;
const HEIGHT: u32 = 16;

pub(super) fn lower(stack: &mut Stack<'_>) {
    stack.module.file("dashboards", "");
    for (_, database, _) in stack.system.sharded() {
        let part = database.shard_name();
        let tiles = (0..).zip(charts(stack, database));
        let tiles = tiles.map(|(number, (title, unit, query))| tile(number, title, unit, query));
        let layout = object! { "columns" => WIDTH * 2, "tiles" => Expression::Array(tiles.collect()) };
        let board = object! { "displayName" => stack.name(&format!("{part}s")), "mosaicLayout" => layout };
        let body = Block::new()
            .set("dashboard_json", expr::jsonencode(board))
            .set("depends_on", stack.project.ready());
        let address = stack
            .module
            .resource("google_monitoring_dashboard", &format!("{part}s"), body);
        let what = "dashboard of Cloud Monitoring";
        stack
            .report
            .component(&format!("dashboard {part}s"), what, address.text());
    }
}

/// Title, unit and query of each chart.
fn charts(stack: &Stack<'_>, database: &Database) -> [(&'static str, &'static str, Expression); 4] {
    // Text before, between and after one or two metrics.
    let query = |[before, between, after]: [&str; 3], first: &str, second: Option<&str>| {
        let of = |metric: &str| series(stack, database, metric, ANY_ID);
        let parts = std::iter::once(before.into()).chain(of(first)).chain([between.into()]);
        expr::template(parts.chain(second.into_iter().flat_map(of)).chain([after.into()]))
    };
    let connections = match database.engine {
        Engine::Postgres => "postgresql_num_backends",
        Engine::Mysql | Engine::Sqlserver | Engine::Oracle => "network_connections",
    };
    [
        ("Processor load", "1", query(["", "", ""], "cpu_utilization", None)),
        (
            "Free storage",
            "By",
            query(["", " - ", ""], "disk_quota", Some("disk_bytes_used")),
        ),
        (
            "Connections",
            "1",
            query(["sum by (database_id) (", ")", ""], connections, None),
        ),
        (
            "Reads and writes of the disk per second",
            "1",
            query(
                ["rate(", "[5m]) + rate(", "[5m])"],
                "disk_read_ops_count",
                Some("disk_write_ops_count"),
            ),
        ),
    ]
}

/// One chart. Places that are zero are left out: Cloud Monitoring leaves them out of its answer, and Terraform would see a change.
fn tile(number: u32, title: &str, unit: &str, query: Expression) -> Expression {
    let set = object! {
        "plotType" => "LINE",
        "targetAxis" => "Y1",
        "timeSeriesQuery" => object! { "prometheusQuery" => query, "unitOverride" => unit }
    };
    let chart = object! { "dataSets" => list![set] };
    let widget = object! { "title" => title, "xyChart" => chart };
    let place = [("xPos", number % 2 * WIDTH), ("yPos", number / 2 * HEIGHT)];
    let place = place.into_iter().filter(|(_, at)| *at > 0);
    let place = place.map(|(key, at)| (key, Expression::from(at)));
    let size = [
        ("width", Expression::from(WIDTH)),
        ("height", Expression::from(HEIGHT)),
        ("widget", widget),
    ];
    expr::object(place.chain(size))
}
