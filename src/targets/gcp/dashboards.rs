//! Dashboards: all shards of a database side by side.

use hcl::Expression;

use super::Stack;
use super::shards::{Which, series};
use crate::ir::{Database, Id};
use crate::terraform::Block;
use crate::terraform::expr::{self, Part};
use crate::vocabulary::Engine;
use crate::{list, object};

/// Columns and rows of the grid that one chart takes; two stand beside each other.
const WIDTH: u32 = 24;
const HEIGHT: u32 = 16;

pub(super) fn lower(stack: &mut Stack<'_>) {
    stack.module.file("dashboards", "");
    for (id, database, _) in stack.system.sharded() {
        let part = database.shard_name();
        let tiles = charts(stack, id, database).into_iter().enumerate();
        let tiles = tiles.map(|(number, (title, unit, query))| tile(number, title, unit, query));
        let layout = object! { "columns" => WIDTH * 2, "tiles" => Expression::Array(tiles.collect()) };
        let labels = object! { "displayName" => stack.name(&format!("{part}s")), "mosaicLayout" => layout };
        let body = Block::new()
            .set("dashboard_json", expr::jsonencode(labels))
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
fn charts(stack: &Stack<'_>, id: Id<Database>, database: &Database) -> [(&'static str, &'static str, Expression); 4] {
    let of = |metric: &str| series(stack, id, metric, Which::All);
    let connections = match database.engine {
        Engine::Postgres => "postgresql_num_backends",
        Engine::Mysql | Engine::Sqlserver | Engine::Oracle => "network_connections",
    };
    let query = |parts: Vec<Vec<Part>>| expr::template(parts.into_iter().flatten());
    let text = |text: &str| vec![Part::from(text)];
    [
        ("Processor load", "1", query(vec![of("cpu_utilization")])),
        (
            "Free storage",
            "By",
            query(vec![of("disk_quota"), text(" - "), of("disk_bytes_used")]),
        ),
        (
            "Connections",
            "1",
            query(vec![text("sum by (database_id) ("), of(connections), text(")")]),
        ),
        (
            "Reads and writes of the disk per second",
            "1",
            query(vec![
                text("rate("),
                of("disk_read_ops_count"),
                text("[5m]) + rate("),
                of("disk_write_ops_count"),
                text("[5m])"),
            ]),
        ),
    ]
}

/// One chart. Places that are zero are left out: Cloud Monitoring leaves them out of its answer, and Terraform would see a change.
fn tile(number: usize, title: &str, unit: &str, query: Expression) -> Expression {
    let set = object! {
        "plotType" => "LINE",
        "targetAxis" => "Y1",
        "timeSeriesQuery" => object! { "prometheusQuery" => query, "unitOverride" => unit }
    };
    let chart = object! { "dataSets" => list![set] };
    let widget = object! { "title" => title, "xyChart" => chart };
    let (right, down) = (number % 2 == 1, number / 2);
    let place = right
        .then(|| ("xPos", Expression::from(WIDTH)))
        .into_iter()
        .chain((down > 0).then(|| ("yPos", Expression::from(HEIGHT))));
    let size = [
        ("width", Expression::from(WIDTH)),
        ("height", Expression::from(HEIGHT)),
        ("widget", widget),
    ];
    expr::object(place.chain(size))
}
