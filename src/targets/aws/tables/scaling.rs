//! Capacity of tables that follows their use.

use hcl::Expression;

use crate::ir::{Capacity, Table};
use crate::targets::aws::Stack;
use crate::template;
use crate::terraform::{Address, Block, expr};

/// What grows: its name in ours, in dimensions and metrics of AWS.
const KINDS: [(&str, &str); 2] = [("read", "Read"), ("write", "Write")];

/// Least and most of a kind.
fn limits(capacity: Capacity, kind: &str) -> (u32, u32) {
    match kind {
        "read" => (capacity.read, capacity.max_read),
        _ => (capacity.write, capacity.max_write),
    }
}

/// True if a table's capacity follows its use.
pub(in crate::targets::aws) fn is_scaled(item: &Table) -> bool {
    let scaled = |capacity: Capacity| {
        KINDS.iter().any(|(kind, _)| {
            let (least, most) = limits(capacity, kind);
            most > least
        })
    };
    item.capacity.is_some_and(scaled)
}

/// What Terraform leaves to the scaling.
pub(super) fn ignored(item: &Table) -> Option<Block> {
    if !is_scaled(item) {
        return None;
    }
    let mut words = vec!["read_capacity", "write_capacity"];
    if !item.indexes.is_empty() {
        // One argument of an index cannot be left alone, only all indexes.
        words.push("global_secondary_index");
    }
    let body = Block::new();
    let body = match item.indexes.is_empty() {
        true => body,
        false => body
            .comment("The capacity of an index cannot be left alone by itself: see the README before you change one."),
    };
    Some(body.set("ignore_changes", expr::keywords(words)))
}

/// Scales a table and its indexes, each by its own use.
pub(super) fn lower(stack: &mut Stack<'_>, item: &Table, capacity: Capacity, table: &Address) {
    for (kind, word) in KINDS {
        let limits = limits(capacity, kind);
        if limits.1 <= limits.0 {
            continue;
        }
        let own = template!["table/", table.attr("name")];
        let name = format!("{}_{kind}_capacity_of_table", item.name);
        scale(
            stack,
            Block::new(),
            &name,
            (own, "table", word),
            limits,
            capacity.percent,
        );
        if item.indexes.is_empty() {
            continue;
        }
        let names = item.indexes.iter().map(|index| index.name.as_str().into()).collect();
        let each = Block::new().set("for_each", expr::call("toset", [Expression::Array(names)]));
        let index = template!["table/", table.attr("name"), "/index/", expr::each_key()];
        let name = format!("{}_{kind}_capacity_of_indexes", item.name);
        scale(stack, each, &name, (index, "index", word), limits, capacity.percent);
    }
}

fn scale(
    stack: &mut Stack<'_>,
    target: Block,
    name: &str,
    (resource, what, word): (Expression, &str, &str),
    (least, most): (u32, u32),
    percent: u32,
) {
    let repeated = target.attribute("for_each").is_some();
    let target = target
        .set("service_namespace", "dynamodb")
        .set("resource_id", resource)
        .set("scalable_dimension", format!("dynamodb:{what}:{word}CapacityUnits"))
        .set("min_capacity", least)
        .set("max_capacity", most);
    let target = stack.module.resource("aws_appautoscaling_target", name, target);
    let of = |attribute: &str| match repeated {
        true => expr::each_value(&[attribute]),
        false => target.attr(attribute),
    };
    let metric = Block::new().set("predefined_metric_type", format!("DynamoDB{word}CapacityUtilization"));
    let tracking = Block::new()
        .set("target_value", percent)
        .block("predefined_metric_specification", metric);
    let policy = Block::new()
        .when(repeated, |block| block.set("for_each", target.whole()))
        .set("name", format!("{}-capacity", word.to_lowercase()))
        .set("policy_type", "TargetTrackingScaling")
        .set("service_namespace", of("service_namespace"))
        .set("resource_id", of("resource_id"))
        .set("scalable_dimension", of("scalable_dimension"))
        .block("target_tracking_scaling_policy_configuration", tracking);
    stack.module.resource("aws_appautoscaling_policy", name, policy);
}
