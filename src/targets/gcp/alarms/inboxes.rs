//! What is watched of queues and subscriptions.

use hcl::Expression;

use super::Policy;
use crate::ir::{Inbox, InboxAlarm, Trouble};
use crate::targets::gcp::Stack;
use crate::template;
use crate::terraform::{Address, Block};

pub(super) fn policy(stack: &Stack<'_>, alarm: &InboxAlarm) -> Policy {
    let inbox = match alarm.inbox {
        Inbox::Queue(id) => &stack.queues[&id].inbox,
        Inbox::Subscription(id) => &stack.subscriptions[&id],
    };
    let (subscription, metric, most, about) = match alarm.trouble {
        Trouble::DeadLetters => (
            &inbox.dead,
            "num_undelivered_messages",
            0,
            "There are dead letters".to_owned(),
        ),
        Trouble::Waiting { minutes } => (
            &inbox.subscription,
            "oldest_unacked_message_age",
            minutes * 60,
            format!("The oldest message waits for more than {minutes} minutes"),
        ),
    };
    Policy {
        keys: None,
        conditions: vec![condition(&about, self::metric(metric, subscription), most)],
        about: None,
        note: "",
        ready: vec![],
    }
}

/// A metric of one subscription.
pub(super) fn metric(name: &str, subscription: &Address) -> Expression {
    template![
        format!(
            "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/{name}\" AND resource.labels.subscription_id = \""
        ),
        subscription.attr("name"),
        "\"",
    ]
}

/// More than so many.
pub(super) fn condition(about: &str, filter: Expression, most: u32) -> Block {
    let samples = Block::new()
        .set("alignment_period", "60s")
        .set("per_series_aligner", "ALIGN_MAX");
    let threshold = Block::new()
        .set("filter", filter)
        .set("comparison", "COMPARISON_GT")
        .set("threshold_value", most)
        // One sample is enough: both are as they are for a while.
        .set("duration", "0s")
        .block("aggregations", samples);
    Block::new()
        .set("display_name", about)
        .block("condition_threshold", threshold)
}
