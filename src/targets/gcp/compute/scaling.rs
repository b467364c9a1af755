//! When a group of machines grows and shrinks: with the load of its processors, and with the messages that wait for it.

use super::group_name;
use crate::ir::{Id, Inbox, Service};
use crate::targets::gcp::Stack;
use crate::template;
use crate::terraform::{Address, Block};

pub(super) fn lower(stack: &mut Stack<'_>, id: Id<Service>, service: &Service, manager: &Address) {
    let load = Block::new().set("target", f64::from(service.scale.cpu_percent) / 100.0);
    let down = Block::new()
        .block("max_scaled_in_replicas", Block::new().set("fixed", 1))
        .set("time_window_sec", 600);
    let backlog = backlog(stack, id, service);
    let slowly = match service.listens() {
        true => "One machine in ten minutes, each drained before it stops.",
        false => "One machine in ten minutes. What it has not finished is handed out again.",
    };
    let policy = Block::new()
        .set("min_replicas", service.scale.min)
        .set("max_replicas", service.scale.max)
        .comment("Seconds in which a new machine's load does not count.")
        .set("cooldown_period", service.health.grace_seconds.max(60))
        .block("cpu_utilization", load)
        .when(!backlog.is_empty(), |block| {
            block
                .comment("One machine for so many messages that wait; the greatest need of all wins.")
                .blocks("metric", backlog)
        })
        .comment(slowly)
        .block("scale_in_control", down);
    let body = Block::new()
        .set("name", group_name(stack, service))
        .set("region", stack.region())
        .set("target", manager.id())
        .block("autoscaling_policy", policy)
        .block("lifecycle", Block::new().set("create_before_destroy", true));
    stack
        .module
        .resource("google_compute_region_autoscaler", &service.name, body);
}

/// The messages that wait in each subscription of a service that is scaled by them.
fn backlog(stack: &Stack<'_>, id: Id<Service>, service: &Service) -> Vec<Block> {
    let Some(messages) = service.scale.queue_messages else {
        return vec![];
    };
    let subscription = |inbox: Inbox| match inbox {
        Inbox::Queue(id) => &stack.queues[&id].inbox.subscription,
        Inbox::Subscription(id) => &stack.subscriptions[&id].subscription,
    };
    let inboxes = stack.system.inboxes_of(id);
    let metric = |inbox: Inbox| {
        Block::new()
            .set("name", "pubsub.googleapis.com/subscription/num_undelivered_messages")
            .set(
                "filter",
                template![
                    "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = \"",
                    subscription(inbox).attr("name"),
                    "\"",
                ],
            )
            .set("single_instance_assignment", messages)
    };
    inboxes.map(metric).collect()
}
