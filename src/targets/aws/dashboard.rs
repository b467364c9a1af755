//! Dashboards: all shards of a database in the same graphs.

use hcl::expr::{BinaryOp, BinaryOperator, ForExpr};
use hcl::{Expression, Identifier};

use super::Stack;
use super::database::shard::{self, Shards};
use crate::ir::{Database, Sharding};
use crate::terraform::{Block, expr};
use crate::{list, object, template};

/// What is drawn of each server: title, metric, and how the measurements of a period are put together.
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
/// Servers that one dashboard shows: a graph has a line for each, of which CloudWatch draws 500, and 2,500 in all graphs together.
const SERVERS: usize = 500;

pub(super) fn lower(stack: &mut Stack<'_>, shards: &Shards) {
    let system = stack.system;
    stack.module.file("dashboards", "");
    for (id, item, sharding) in system.sharded() {
        let ids = &shards.get(id).ids;
        let local = format!("{}s", item.shard_name());
        if sharding.shards.len() <= SERVERS {
            let body = dashboard(stack, item, Block::new(), name(stack, item), ids);
            stack.module.resource("aws_cloudwatch_dashboard", &local, body);
            continue;
        }
        let first = expr::call("slice", [ids.clone(), 0.into(), SERVERS.into()]);
        let body = dashboard(stack, item, Block::new(), name(stack, item), &first);
        stack
            .module
            .comment("CloudWatch draws 500 servers in one dashboard: these are the first.")
            .resource("aws_cloudwatch_dashboard", &local, body);
        let each = Block::new().set("for_each", further(ids));
        let part = template![format!("{}-", name(stack, item)), expr::each_key()];
        let body = dashboard(stack, item, each, part, &expr::each_value(&[]));
        stack.module.comment("And these the further ones, by 500.").resource(
            "aws_cloudwatch_dashboard",
            &format!("{local}-further"),
            body,
        );
    }
}

/// The shards that the first dashboard does not show, by the number of the one that does: the second is `2`.
fn further(ids: &Expression) -> Expression {
    let parts = expr::call("chunklist", [ids.clone(), SERVERS.into()]);
    let number = |operator, value: u64| BinaryOp::new(expr::keyword("number"), operator, Expression::from(value));
    let each = ForExpr::new(Identifier::unchecked("ids"), parts, expr::keyword("ids"))
        .with_key_var(Identifier::unchecked("number"))
        .with_key_expr(Expression::from(number(BinaryOperator::Plus, 1)))
        .with_cond_expr(Expression::from(number(BinaryOperator::Greater, 0)));
    Expression::from(each)
}

fn dashboard(stack: &Stack<'_>, item: &Database, block: Block, name: impl Into<Expression>, ids: &Expression) -> Block {
    let graphs = GRAPHS.iter().enumerate();
    let graphs = graphs.map(|(place, graph)| widget(stack, item, ids, place, graph));
    let body = object! { "widgets" => Expression::Array(graphs.collect()) };
    block
        .set("dashboard_name", name)
        .set("dashboard_body", expr::jsonencode(body))
}

/// The names of the dashboards over a database's shards, as the README lists them.
pub(super) fn names(stack: &Stack<'_>, item: &Database, sharding: &Sharding) -> Vec<String> {
    let parts = sharding.shards.len().div_ceil(SERVERS);
    let further = (2..=parts).map(|number| format!("{}-{number}", name(stack, item)));
    std::iter::once(name(stack, item)).chain(further).collect()
}

/// The name of the only or first dashboard over a database's shards.
fn name(stack: &Stack<'_>, item: &Database) -> String {
    stack.name(&format!("{}s", item.shard_name()))
}

fn widget(
    stack: &Stack<'_>,
    item: &Database,
    ids: &Expression,
    place: usize,
    (title, metric, statistic): &(&str, &str, &str),
) -> Expression {
    let lines = shard::each(ids, |id| {
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
