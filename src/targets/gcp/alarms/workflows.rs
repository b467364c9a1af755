//! What is watched of workflows.

use super::Policy;
use crate::ir::WorkflowAlarm;
use crate::targets::gcp::Stack;
use crate::terraform::Block;

/// Seconds in which runs are counted.
const PERIOD: &str = "300s";

/// A run that failed. One that takes too long fails by itself.
pub(super) fn policy(stack: &Stack<'_>, alarm: &WorkflowAlarm) -> Policy {
    let name = stack.name(&stack.system.workflows[alarm.workflow].name);
    Policy::of(vec![failed(&name, "A run failed")])
}

/// Runs of one workflow that failed.
pub(super) fn failed(workflow: &str, about: &str) -> Block {
    let filter = format!(
        "resource.type = \"workflows.googleapis.com/Workflow\" AND metric.type = \"workflows.googleapis.com/finished_execution_count\" AND \
         metric.labels.status = \"FAILED\" AND resource.labels.workflow_id = \"{workflow}\""
    );
    let sums = Block::new()
        .set("alignment_period", PERIOD)
        .set("per_series_aligner", "ALIGN_SUM")
        .set("cross_series_reducer", "REDUCE_SUM");
    let threshold = Block::new()
        .set("filter", filter)
        .set("comparison", "COMPARISON_GT")
        .set("threshold_value", 0)
        .set("duration", "0s")
        .block("aggregations", sums);
    Block::new()
        .set("display_name", about)
        .block("condition_threshold", threshold)
}
