//! Queues: a topic of Pub/Sub with the one subscription that all workers of the queue share, and the dead letters of both.

use hcl::Expression;

use super::Stack;
use crate::ir::{Delivery, dead_letters};
use crate::list;
use crate::terraform::{Address, Block};

/// Seconds in a day.
const DAY: u32 = 86_400;
/// Seconds that a message which is given back waits before it is handed out again, at first; longer each time, until it is as long as a
/// message is hidden. Otherwise all attempts would be over before what a worker needs is there again.
const FIRST_WAIT: u32 = 10;
/// Seconds that somebody who looks at dead letters has for one: as long as Pub/Sub gives.
const LOOK: u32 = 600;

/// Where a queue went.
#[derive(Debug)]
pub(super) struct Placed {
    /// What is sent to.
    pub topic: Address,
    /// What is taken from.
    pub inbox: Inbox,
}

/// What messages are taken from.
#[derive(Debug)]
pub(super) struct Inbox {
    /// The subscription.
    pub subscription: Address,
    /// The subscription that keeps the dead letters.
    pub dead: Address,
}

pub(super) fn lower(stack: &mut Stack<'_>) {
    for (id, queue) in stack.system.queues.iter() {
        stack.module.file("queues", "");
        let topic = topic(stack, &queue.name);
        let inbox = inbox(stack, &queue.name, &topic, queue.delivery, None);
        let what = match queue.delivery.fifo {
            true => "topic of Pub/Sub with one pull subscription, in order",
            false => "topic of Pub/Sub with one pull subscription",
        };
        stack.report.component(&queue.path, what, topic.text());
        stack.queues.insert(id, Placed { topic, inbox });
    }
}

/// A topic, under the key, whose messages stay in the region.
pub(super) fn topic(stack: &mut Stack<'_>, part: &str) -> Address {
    let stored = Block::new().set("allowed_persistence_regions", list![stack.region()]);
    let body = Block::new()
        .set("name", stack.name(part))
        .set("kms_key_name", stack.encryption.key.id())
        .block("message_storage_policy", stored)
        .set("depends_on", stack.encryption.ready());
    stack.module.resource("google_pubsub_topic", part, body)
}

/// A subscription of a topic, and its dead letters in a topic and a subscription of their own.
pub(super) fn inbox(
    stack: &mut Stack<'_>,
    part: &str,
    topic: &Address,
    delivery: Delivery,
    filter: Option<String>,
) -> Inbox {
    let dead_part = dead_letters(part);
    let dead_topic = self::topic(stack, &dead_part);
    let body = subscription(stack, &dead_part, &dead_topic, LOOK, Delivery::DEAD_DAYS);
    let dead = stack
        .module
        .comment("A topic keeps nothing by itself: the dead letters wait here, for administrators only.")
        .resource("google_pubsub_subscription", &dead_part, body);
    let policy = Block::new()
        .set("dead_letter_topic", dead_topic.id())
        .set("max_delivery_attempts", delivery.max_receives);
    let retry = Block::new()
        .set("minimum_backoff", seconds(FIRST_WAIT))
        .set("maximum_backoff", seconds(delivery.visibility_seconds.max(FIRST_WAIT)));
    let body = subscription(stack, part, topic, delivery.visibility_seconds, delivery.retention_days)
        .when(filter.is_some(), |block| {
            block
                .comment("Cannot be changed: another filter is another subscription, without the messages that wait.")
                .set_some("filter", filter)
        })
        .when(delivery.fifo, |block| {
            block
                .comment("In order for each ordering key, and not again once it is acknowledged.")
                .set("enable_message_ordering", true)
                .set("enable_exactly_once_delivery", true)
        })
        .block("dead_letter_policy", policy)
        .comment("What is given back waits, longer each time.")
        .block("retry_policy", retry);
    let subscription = stack.module.resource("google_pubsub_subscription", part, body);
    if let Some(agent) = stack.encryption.pubsub.clone() {
        forward(stack, (part, &subscription), (&dead_part, &dead_topic), &agent);
    }
    Inbox { subscription, dead }
}

/// What all subscriptions have in common.
fn subscription(stack: &Stack<'_>, part: &str, topic: &Address, ack_seconds: u32, days: u32) -> Block {
    Block::new()
        .set("name", stack.name(part))
        .set("topic", topic.id())
        .set("ack_deadline_seconds", ack_seconds)
        .set("message_retention_duration", seconds(days * DAY))
        .comment("Never: by itself it would go after 31 days without anybody who takes messages.")
        .block("expiration_policy", Block::new().set("ttl", ""))
}

/// Lets Pub/Sub move dead letters: it takes them from the one and sends them to the other.
fn forward(stack: &mut Stack<'_>, from: (&str, &Address), to: (&str, &Address), agent: &Expression) {
    let (part, subscription) = from;
    let body = Block::new()
        .comment("By its id, so that a subscription which is made anew gets its grants again.")
        .set("subscription", subscription.id())
        .set("role", "roles/pubsub.subscriber")
        .set("member", agent.clone());
    stack.module.comment("Pub/Sub itself moves dead letters.").resource(
        "google_pubsub_subscription_iam_member",
        part,
        body,
    );
    let (part, topic) = to;
    let body = Block::new()
        .set("topic", topic.attr("name"))
        .set("role", "roles/pubsub.publisher")
        .set("member", agent.clone());
    stack.module.resource("google_pubsub_topic_iam_member", part, body);
}

fn seconds(count: u32) -> String {
    format!("{count}s")
}
