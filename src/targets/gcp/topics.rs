//! Topics of Pub/Sub, and a subscription for each service that consumes one.

use super::{Stack, queues};
use crate::check::pubsub_filter;

pub(super) fn lower(stack: &mut Stack<'_>) {
    for (id, topic) in stack.system.topics.iter() {
        stack.module.file("topics", "");
        let address = queues::topic(stack, &topic.name);
        stack.report.component(&topic.path, "topic of Pub/Sub", address.text());
        stack.topics.insert(id, address);
    }
    for (id, item) in stack.system.subscriptions.iter() {
        stack.module.file("topics", "");
        let topic = stack.topics[&item.topic].clone();
        let filter = pubsub_filter(item);
        let what = match (item.delivery.fifo, filter.is_some()) {
            (false, false) => "pull subscription of Pub/Sub",
            (false, true) => "pull subscription of Pub/Sub, filtered",
            (true, false) => "pull subscription of Pub/Sub, in order",
            (true, true) => "pull subscription of Pub/Sub, in order, filtered",
        };
        let inbox = queues::inbox(stack, &item.name, &topic, item.delivery, filter);
        let component = format!("subscription {}", item.name);
        stack.report.component(&component, what, inbox.subscription.text());
        stack.subscriptions.insert(id, inbox);
    }
}
