//! Topics, and a subscription for each service that consumes one.
//!
//! A subscription passes what it gets on to a queue of the same service: Azure measures queues and topics, and no subscription, so only
//! a queue says how many messages wait for one service and how many of them were given up.

use std::collections::BTreeMap;

use super::Stack;
use super::queues::{REMEMBERED, SIZE_MB, days, queues};
use crate::check::sql_filter;
use crate::ir::{Id, Inbox, Subscription, Topic};
use crate::terraform::{Address, Block, expr};

/// Attempts to pass a message on before it counts as a dead letter.
const ATTEMPTS: u32 = 10;

/// A topic with its subscriptions.
pub(super) struct Built {
    /// The topic.
    pub topic: Address,
    /// What its subscribers want: from here on nothing that is sent is lost for them.
    pub rules: Vec<Address>,
}

/// Adds the queues of subscriptions to `inboxes`.
pub(super) fn lower(
    stack: &mut Stack<'_>,
    namespace: &Address,
    inboxes: &mut BTreeMap<Inbox, Address>,
) -> BTreeMap<Id<Topic>, Built> {
    let system = stack.system;
    let mut topics = BTreeMap::new();
    for (id, item) in system.topics.iter() {
        stack.module.file("topics", "");
        let body = Block::new()
            .set("name", item.name.as_str())
            .set("namespace_id", namespace.id())
            .set("default_message_ttl", days(item.delivery.retention_days))
            .set("max_size_in_megabytes", SIZE_MB)
            .when(item.delivery.fifo, |body| {
                body.set("support_ordering", true)
                    .set("requires_duplicate_detection", true)
                    .set("duplicate_detection_history_time_window", REMEMBERED)
            });
        let topic = stack.module.resource("azurerm_servicebus_topic", &item.name, body);
        stack.built(&item.path, "Service Bus topic", &topic);
        let rules = vec![];
        topics.insert(id, Built { topic, rules });
    }
    for (id, item) in system.subscriptions.iter() {
        if let Some(built) = topics.get_mut(&item.topic) {
            let (queue, rule) = subscribe(stack, namespace, &built.topic, item);
            built.rules.push(rule);
            inboxes.insert(Inbox::Subscription(id), queue);
        }
    }
    topics
}

/// A subscription, its rule, and the queue behind it.
fn subscribe(stack: &mut Stack<'_>, namespace: &Address, topic: &Address, item: &Subscription) -> (Address, Address) {
    let system = stack.system;
    let name = item.name.as_str();
    let built = queues(stack, namespace, (name, false), item.delivery);
    let body = Block::new()
        // Named by the service alone: Azure takes 50 characters.
        .set("name", system.services[item.service].name.as_str())
        .set("topic_id", topic.id())
        .set("max_delivery_count", ATTEMPTS)
        .set("forward_to", built.queue.attr("name"))
        .set("dead_lettering_on_message_expiration", true)
        .set("forward_dead_lettered_messages_to", built.dead.attr("name"));
    stack
        .module
        .comment("What it gets goes on to the queue of the same name: Azure measures queues, and no subscriptions.");
    let subscription = stack.module.resource("azurerm_servicebus_subscription", name, body);
    let path = &system.topics[item.topic].path;
    let what = format!(
        "Service Bus subscription of `{}`, passed on to a queue",
        system.services[item.service].name
    );
    stack.built(path, &what, &subscription);
    let rule = stack
        .module
        .resource("azurerm_servicebus_subscription_rule", name, rule(item, &subscription));
    (built.queue, rule)
}

/// What the service wants to see. There is always one: a subscription whose last rule goes gets nothing any more.
fn rule(item: &Subscription, subscription: &Address) -> Block {
    let body = Block::new()
        .set("name", "wanted")
        .set("subscription_id", subscription.id());
    let exact: Option<Vec<(String, &str)>> = item
        .filter
        .iter()
        .map(|(attribute, values)| match values.as_slice() {
            [value] => Some((attribute.clone(), value.as_str())),
            _ => None,
        })
        .collect();
    match exact {
        Some(properties) if !properties.is_empty() => {
            let filter = Block::new().set("properties", expr::object(properties));
            body.set("filter_type", "CorrelationFilter")
                .block("correlation_filter", filter)
        }
        _ => body
            .set("filter_type", "SqlFilter")
            .set("sql_filter", sql_filter(&item.filter)),
    }
}
