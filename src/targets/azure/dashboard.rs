//! One picture of all shards of a database: a workbook over what the workspace keeps of them.

use hcl::Expression;

use super::{Stack, metrics};
use crate::ir::Database;
use crate::terraform::{Address, Block, expr};
use crate::{list, object, template};

/// Lines that a chart can be read with.
const LINES: u32 = 20;
/// The time that a chart shows: a day, in milliseconds.
const DAY: u32 = 86_400_000;
/// The time that the table shows: an hour.
const HOUR: u32 = 3_600_000;

pub(super) fn lower(stack: &mut Stack<'_>, workspace: &Address) {
    let system = stack.system;
    for (_, database, _) in system.sharded() {
        stack.module.file("dashboards", "");
        let name = format!("{}s", database.shard_name());
        let body = Block::new()
            .comment("Azure wants a UUID here.")
            .set(
                "name",
                expr::call("uuidv5", ["url".into(), template![workspace.id(), "/", name.as_str()]]),
            )
            .set("location", stack.project.group.attr("location"))
            .set("resource_group_name", stack.project.group.attr("name"))
            .set("display_name", stack.prefixed(&name))
            .set("data_json", expr::jsonencode(content(stack, database, workspace)))
            .set("tags", stack.tags());
        let workbook = stack
            .module
            .resource("azurerm_application_insights_workbook", &name, body);
        stack.built(
            &format!("{}.sharding", database.path),
            "workbook over all shards",
            &workbook,
        );
    }
}

fn content(stack: &Stack<'_>, database: &Database, workspace: &Address) -> Expression {
    let (io, unit) = metrics::io(database.engine);
    let chart = |name: &str, title: String, metric: &str| {
        let query = most(stack, database, metric);
        item(workspace, (name, title), "timechart", DAY, query)
    };
    let table = item(
        workspace,
        ("all", format!("Shards of {}, the last hour", database.name)),
        "table",
        HOUR,
        all(stack, database),
    );
    object! {
        "version" => "Notebook/1.0",
        "items" => list![
            table,
            chart("cpu", "Processor load, percent".to_owned(), metrics::CPU),
            chart("storage", "Storage used, percent".to_owned(), metrics::STORAGE),
            chart("connections", "Connections".to_owned(), metrics::connections(database.engine)),
            chart("io", format!("Reads and writes, {unit}"), io),
        ],
        "fallbackResourceIds" => list![workspace.id()],
        "$schema" => "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json",
    }
}

/// One query of a workbook, and how its answer is shown.
fn item(workspace: &Address, (name, title): (&str, String), shown: &str, time: u32, query: String) -> Expression {
    let content = object! {
        "version" => "KqlItem/1.0",
        "title" => title,
        "size" => 0,
        "queryType" => 0,
        "resourceType" => "microsoft.operationalinsights/workspaces",
        "crossComponentResources" => list![workspace.id()],
        "visualization" => shown,
        "timeContext" => object! { "durationMs" => time },
        "query" => expr::heredoc([query.into()]),
    };
    object! { "type" => 3, "name" => name, "content" => content }
}

/// One metric over time, of the shards that have most of it.
fn most(stack: &Stack<'_>, database: &Database, metric: &str) -> String {
    let numbers = metrics::of_shards(stack, database, metric);
    format!(
        "let numbers = {numbers};\n\
         let most = numbers\n\
         | summarize mean = avg(Average) by shard\n\
         | top {LINES} by mean;\n\
         numbers\n\
         | where shard in ((most | project shard))\n\
         | summarize avg(Average) by shard, bin(TimeGenerated, 15m)"
    )
}

/// The metrics of every shard beside each other.
fn all(stack: &Stack<'_>, database: &Database) -> String {
    let numbers = metrics::all_of_shards(stack, database);
    let columns = [
        ("cpu", metrics::CPU),
        ("storage", metrics::STORAGE),
        ("connections", metrics::connections(database.engine)),
        ("io", metrics::io(database.engine).0),
    ];
    let columns =
        columns.map(|(name, metric)| format!("{name} = round(avgif(Average, MetricName == \"{metric}\"), 1)"));
    format!(
        "{numbers}\n| summarize {} by shard\n| order by cpu desc",
        columns.join(", ")
    )
}
