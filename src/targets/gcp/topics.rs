//! Topics of Pub/Sub, and a subscription for each service that consumes one.

use super::queues::{self, Wanted};
use super::{Stack, functions};
use crate::check::pubsub_filter;
use crate::ir::Inbox;

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
        let function = functions::started_by(stack.system, Inbox::Subscription(id));
        let what = [
            if function.is_some() { "push" } else { "pull" },
            " subscription of Pub/Sub",
            if item.delivery.fifo { ", in order" } else { "" },
            if filter.is_some() { ", filtered" } else { "" },
        ]
        .concat();
        let wanted = Wanted {
            filter,
            function,
            ..Wanted::new(&item.name, &topic, item.delivery)
        };
        let inbox = queues::inbox(stack, wanted);
        let component = format!("subscription {}", item.name);
        stack.report.component(&component, what, inbox.subscription.text());
        stack.subscriptions.insert(id, inbox);
    }
}
