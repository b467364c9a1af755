//! What is watched of functions.

use super::Policy;
use super::inboxes::metric;
use crate::check::GCP_CHANGES as CHANGES;
use crate::ir::{FunctionAlarm, FunctionTrouble, Trigger};
use crate::targets::gcp::{Stack, functions};
use crate::template;
use crate::terraform::Block;

/// Minutes in which calls are counted.
const MINUTES: u32 = 5;

/// None for what is not there.
pub(super) fn policy(stack: &Stack<'_>, alarm: &FunctionAlarm) -> Option<Policy> {
    let service = &stack.system.services[alarm.function];
    let function = service.function.as_ref()?;
    let (conditions, about) = match alarm.trouble {
        FunctionTrouble::DeadLetters => {
            let dead = &stack.events.get(&alarm.function)?.dead;
            let filter = metric("num_undelivered_messages", dead);
            let condition = super::inboxes::condition("There are dead letters", filter, 0);
            let relay = relay(stack, function.trigger.as_ref());
            let about = format!(
                "{} has dead letters: events that it failed on {} times, or that it could not be called for. Look at one of them and at its \
                 logs; send them again when the reason is gone.",
                service.name,
                functions::attempts(function)
            );
            let conditions = std::iter::once(condition).chain(relay);
            (conditions.collect(), Some(about))
        }
        FunctionTrouble::Failing { calls } => {
            let about = format!("More than {calls} calls failed in {MINUTES} minutes");
            let class = "metric.labels.response_code_class = \"5xx\"";
            (vec![requests(stack, &service.name, class, &about, calls)], None)
        }
        FunctionTrouble::Behind { .. } => return None,
        FunctionTrouble::Throttled => {
            let class = "metric.labels.response_code = \"429\"";
            (
                vec![requests(stack, &service.name, class, "Calls are turned away", 0)],
                None,
            )
        }
    };
    Some(Policy {
        keys: None,
        conditions,
        about,
        note: "",
        ready: vec![],
    })
}

/// Answers of one kind.
fn requests(stack: &Stack<'_>, name: &str, kind: &str, about: &str, most: u32) -> Block {
    let filter = format!(
        "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\" AND \
         resource.labels.service_name = \"{}\" AND {kind}",
        stack.name(name)
    );
    let sums = Block::new()
        .set("alignment_period", format!("{}s", MINUTES * 60))
        .set("per_series_aligner", "ALIGN_SUM")
        .set("cross_series_reducer", "REDUCE_SUM");
    let threshold = Block::new()
        .set("filter", filter)
        .set("comparison", "COMPARISON_GT")
        .set("threshold_value", most)
        .set("duration", "0s")
        .block("aggregations", sums);
    Block::new()
        .set("display_name", about)
        .block("condition_threshold", threshold)
}

/// Changes of a table that could not be passed on are no dead letters: they are lost.
fn relay(stack: &Stack<'_>, trigger: Option<&Trigger>) -> Option<Block> {
    let Some(Trigger::Table { table, .. }) = trigger else {
        return None;
    };
    let workflow = format!("{}-{}", stack.name(&stack.system.tables[*table].name), CHANGES);
    let filter = template![format!(
        "resource.type = \"workflows.googleapis.com/Workflow\" AND metric.type = \"workflows.googleapis.com/finished_execution_count\" \
         AND metric.labels.status = \"FAILED\" AND resource.labels.workflow_id = \"{workflow}\""
    )];
    let sums = Block::new()
        .set("alignment_period", format!("{}s", MINUTES * 60))
        .set("per_series_aligner", "ALIGN_SUM")
        .set("cross_series_reducer", "REDUCE_SUM");
    let threshold = Block::new()
        .set("filter", filter)
        .set("comparison", "COMPARISON_GT")
        .set("threshold_value", 0)
        .set("duration", "0s")
        .block("aggregations", sums);
    let condition = Block::new()
        .set("display_name", "Changes could not be passed on")
        .block("condition_threshold", threshold);
    Some(condition)
}
