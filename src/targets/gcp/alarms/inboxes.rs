//! What is watched of queues and subscriptions.

use hcl::Expression;

use super::Policy;
use crate::ir::{Inbox, InboxAlarm, SinkAlarm, Trouble};
use crate::targets::gcp::Stack;
use crate::template;
use crate::terraform::{Address, Block};

/// Minutes after which records that wait for their table are late.
const LATE: u32 = 15;

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
    Policy::of(vec![condition(&about, self::metric(metric, subscription), most)])
}

/// Records that become no rows: those that were refused, and those that nobody even tries, as without the table. None for what is not
/// there.
pub(super) fn refused(stack: &Stack<'_>, alarm: &SinkAlarm) -> Option<Policy> {
    let inbox = stack.sinks.get(&(alarm.warehouse, alarm.table.clone()))?;
    let refused = condition(
        "There are dead letters",
        metric("num_undelivered_messages", &inbox.dead),
        0,
    );
    let waiting = condition(
        &format!("The oldest record waits for more than {LATE} minutes"),
        metric("oldest_unacked_message_age", &inbox.subscription),
        LATE * 60,
    );
    Some(Policy {
        note: " They wait among the dead letters for two weeks. If there are none, records are not even tried: see what the subscription's \
               state says.",
        ..Policy::of(vec![refused, waiting])
    })
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
