//! What is watched of functions.

use super::Policy;
use super::inboxes::metric;
use crate::check::{GCP_CHANGES as CHANGES, gcp_takes_events};
use crate::ir::{FunctionAlarm, FunctionTrouble, Trigger};
use crate::targets::gcp::{Stack, functions};
use crate::terraform::Block;

/// Minutes in which calls are counted.
const MINUTES: u32 = 5;
/// Calls for each instance that may be turned away in these minutes where Pub/Sub brings messages.
const BROUGHT_AGAIN: u32 = 10;

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
        FunctionTrouble::Failing { .. } if matches!(function.trigger, Some(Trigger::Api | Trigger::Url { .. })) => {
            let condition = super::apis::failing(stack, &service.name, "Calls fail");
            (vec![condition], Some(super::apis::of_function(&service.name)))
        }
        FunctionTrouble::Failing { calls } => {
            let about = format!("More than {calls} calls failed in {MINUTES} minutes");
            let class = "metric.labels.response_code_class = \"5xx\"";
            (vec![requests(stack, &service.name, class, &about, calls)], None)
        }
        FunctionTrouble::Behind { minutes } => {
            let waiting = &stack.events.get(&alarm.function)?.subscription;
            let about = format!("The oldest event waits for more than {minutes} minutes");
            let filter = metric("oldest_unacked_message_age", waiting);
            (vec![super::inboxes::condition(&about, filter, minutes * 60)], None)
        }
        FunctionTrouble::Throttled => {
            let class = "metric.labels.response_code = \"429\"";
            // Pub/Sub brings again what was turned away; that is how it finds out how much a function takes.
            let most = match gcp_takes_events(function) {
                true => BROUGHT_AGAIN * function.concurrency,
                false => 0,
            };
            (
                vec![requests(stack, &service.name, class, "Calls are turned away", most)],
                None,
            )
        }
    };
    Some(Policy {
        about,
        ..Policy::of(conditions)
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
    Some(super::workflows::failed(&workflow, "Changes could not be passed on"))
}
