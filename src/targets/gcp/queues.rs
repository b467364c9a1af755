//! Queues: a topic of Pub/Sub with the one subscription that all workers of the queue share, and the dead letters of both.

use hcl::Expression;

use super::{Stack, functions};
use crate::ir::{Delivery, Id, Inbox as Of, Resource, Service, dead_letters};
use crate::list;
use crate::terraform::{Address, Block};

/// Seconds in an hour and in a day.
const HOUR: u32 = 3600;
const DAY: u32 = 24 * HOUR;
/// Seconds that a message which is given back waits before it is handed out again, at first; longer each time, until it is as long as a
/// message is hidden. Otherwise all attempts would be over before what a worker needs is there again.
const FIRST_WAIT: u32 = 10;
/// The most before a function is called again.
const MOST_WAIT: u32 = 600;
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

/// A subscription to make.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    /// What names it.
    pub part: &'a str,
    /// What it is of.
    pub topic: &'a Address,
    /// How messages are handed out.
    pub delivery: Delivery,
    /// Which messages it gets, in the language of Pub/Sub; all when there is none.
    pub filter: Option<String>,
    /// What looks at each message before it is handed out.
    pub transform: Option<Block>,
    /// The function that messages are brought to; they are taken when there is none.
    pub function: Option<Id<Service>>,
    /// Where messages are written as rows.
    pub table: Option<Block>,
    /// What is there before it; nothing when empty.
    pub ready: Vec<Expression>,
}

impl<'a> Wanted<'a> {
    /// One that gets everything, from which messages are taken.
    pub fn new(part: &'a str, topic: &'a Address, delivery: Delivery) -> Self {
        Self {
            part,
            topic,
            delivery,
            filter: None,
            transform: None,
            function: None,
            table: None,
            ready: vec![],
        }
    }
}

pub(super) fn lower(stack: &mut Stack<'_>) {
    for (id, queue) in stack.system.queues.iter() {
        stack.module.file("queues", "");
        let topic = topic(stack, &queue.name);
        let function = functions::started_by(stack.system, Of::Queue(id));
        let wanted = Wanted {
            function,
            ..Wanted::new(&queue.name, &topic, queue.delivery)
        };
        let inbox = inbox(stack, wanted);
        let how = if function.is_some() { "push" } else { "pull" };
        let order = if queue.delivery.fifo { ", in order" } else { "" };
        let what = format!("topic of Pub/Sub with one {how} subscription{order}");
        stack.report.component(&queue.path, what, topic.text());
        stack.queues.insert(id, Placed { topic, inbox });
    }
}

/// The subscriptions of what somebody sends to: what is sent before one is there never reaches it, and a sender's grant is on the topic
/// alone.
pub(super) fn sent_to<'a>(stack: &'a Stack<'_>, id: Id<Service>) -> impl Iterator<Item = &'a Address> {
    let sent = stack.system.grants_of(id).filter(|grant| grant.access.writes());
    sent.flat_map(|grant| match grant.resource {
        // Who takes as well has a grant that refers to it.
        Resource::Queue(queue) if !grant.access.reads() => vec![&stack.queues[&queue].inbox.subscription],
        Resource::Topic(topic) => {
            let all = stack.subscriptions.iter();
            let own = all.filter(|(id, _)| stack.system.subscriptions[**id].topic == topic);
            own.map(|(_, inbox)| &inbox.subscription).collect()
        }
        _ => vec![],
    })
}

/// A topic, under the key, whose messages stay in the region.
pub(super) fn topic(stack: &mut Stack<'_>, part: &str) -> Address {
    lasting_topic(stack, part, None)
}

/// A topic that keeps messages for some hours, whoever has taken them.
pub(super) fn lasting_topic(stack: &mut Stack<'_>, part: &str, hours: Option<u32>) -> Address {
    let stored = Block::new().set("allowed_persistence_regions", list![stack.region()]);
    let body = Block::new()
        .set("name", stack.name(part))
        .set("kms_key_name", stack.encryption.key.id())
        .when(hours.is_some(), |block| {
            block
                .comment("Also what was acknowledged: who reads can go back as far.")
                .set_some("message_retention_duration", hours.map(|hours| seconds(hours * HOUR)))
        })
        .block("message_storage_policy", stored)
        .set("depends_on", stack.encryption.ready());
    stack.module.resource("google_pubsub_topic", part, body)
}

/// A subscription of a topic, and its dead letters in a topic and a subscription of their own.
pub(super) fn inbox(stack: &mut Stack<'_>, wanted: Wanted<'_>) -> Inbox {
    let Wanted {
        part, topic, delivery, ..
    } = wanted;
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
    let push = wanted.function.map(|function| functions::push(stack, function, topic));
    let hidden = delivery.visibility_seconds;
    let hidden = functions::patience(stack.system, wanted.function, hidden).unwrap_or(hidden);
    let (first, most) = match wanted.function {
        Some(function) => (functions::pause(stack.system, function), MOST_WAIT),
        None => (FIRST_WAIT, hidden.max(FIRST_WAIT)),
    };
    let retry = Block::new()
        .set("minimum_backoff", seconds(first))
        .set("maximum_backoff", seconds(most));
    let body = subscription(stack, part, topic, hidden, delivery.retention_days)
        .block_some("push_config", push)
        .block_some("bigquery_config", wanted.table)
        .when(wanted.filter.is_some(), |block| {
            block
                .comment("Cannot be changed: another filter is another subscription, without the messages that wait.")
                .set_some("filter", wanted.filter)
        })
        .block_some("message_transforms", wanted.transform)
        .when(delivery.fifo, |block| match wanted.function {
            None => block
                .comment("In order for each ordering key, and not again once it is acknowledged.")
                .set("enable_message_ordering", true)
                .set("enable_exactly_once_delivery", true),
            Some(_) => block
                .comment("In order for each ordering key.")
                .set("enable_message_ordering", true),
        })
        .block("dead_letter_policy", policy)
        .comment("What is given back waits, longer each time.")
        .block("retry_policy", retry)
        .when(!wanted.ready.is_empty(), |block| {
            block
                .comment("Who came sooner would find nobody.")
                .set("depends_on", Expression::Array(wanted.ready))
        });
    let subscription = stack.module.resource("google_pubsub_subscription", part, body);
    if let Some(agent) = stack.encryption.pubsub.clone() {
        forward(stack, (part, &subscription), (&dead_part, &dead_topic), &agent);
    }
    Inbox { subscription, dead }
}

/// What all subscriptions have in common.
pub(super) fn subscription(stack: &Stack<'_>, part: &str, topic: &Address, ack_seconds: u32, days: u32) -> Block {
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
