//! How many machines a service has: by their processors, and by the messages that wait for it.

use super::queues::Messaging;
use super::{Stack, metrics};
use crate::ir::{Id, Inbox, Scale, Service};
use crate::list;
use crate::terraform::{Address, Block};

/// A measurement, and the value of it that no machine is to be above.
struct Measure<'a> {
    metric: &'a str,
    resource: &'a Address,
    /// The queue whose messages are counted, for each machine.
    queue: Option<&'a str>,
    target: u32,
}

/// Machines are added when one measurement asks for it, and taken away when all allow it. The check of messaging leaves no more rules than
/// the ten that Azure takes.
pub(super) fn lower(stack: &mut Stack<'_>, id: Id<Service>, set: &Address, messaging: Option<&Messaging>) {
    let system = stack.system;
    let service = &system.services[id];
    let Scale {
        min,
        max,
        cpu_percent,
        queue_messages,
    } = service.scale;
    let capacity = Block::new().set("default", min).set("minimum", min).set("maximum", max);
    let cpu = Measure {
        metric: "Percentage CPU",
        resource: set,
        queue: None,
        target: cpu_percent,
    };
    let inboxes: Vec<Inbox> = system.inboxes_of(id).collect();
    let waiting = messaging.zip(queue_messages).into_iter();
    let waiting = waiting.flat_map(|(messaging, target)| {
        inboxes.iter().map(move |&inbox| Measure {
            metric: metrics::ACTIVE_MESSAGES,
            resource: &messaging.namespace,
            queue: Some(system.inbox(inbox).0),
            target,
        })
    });
    let measures: Vec<Measure<'_>> = std::iter::once(cpu).chain(waiting).collect();
    let name = if measures.len() == 1 { "cpu" } else { "load" };
    let profile = Block::new()
        .set("name", name)
        .block("capacity", capacity)
        .blocks("rule", measures.iter().map(more));
    let mut fewer = measures.iter().map(fewer);
    let profile = profile
        .comment("Well below, so that one machine fewer does not bring it back at once.")
        .block_some("rule", fewer.next())
        .blocks("rule", fewer);
    let body = stack
        .named(stack.prefixed(&service.name))
        .set("target_resource_id", set.id())
        .set("tags", stack.tags())
        .block("profile", profile);
    stack
        .module
        .resource("azurerm_monitor_autoscale_setting", &service.name, body);
}

fn more(measure: &Measure<'_>) -> Block {
    let trigger = trigger(measure, "GreaterThan", measure.target, "PT5M");
    // A backlog may be many times what the machines can do: their number doubles until it shrinks.
    let (kind, value) = match measure.queue {
        Some(_) => ("PercentChangeCount", 100),
        None => ("ChangeCount", 1),
    };
    rule(trigger, ("Increase", kind, value), "PT5M")
}

fn fewer(measure: &Measure<'_>) -> Block {
    let threshold = measure.target / 2;
    let threshold = if measure.queue.is_some() {
        threshold.max(1)
    } else {
        threshold
    };
    let trigger = trigger(measure, "LessThan", threshold, "PT10M");
    rule(trigger, ("Decrease", "ChangeCount", 1), "PT10M")
}

fn trigger(measure: &Measure<'_>, operator: &str, threshold: u32, window: &str) -> Block {
    let dimension = measure.queue.map(|queue| {
        Block::new()
            .set("name", metrics::ENTITY)
            .set("operator", "Equals")
            .set("values", list![queue])
    });
    Block::new()
        .set("metric_name", measure.metric)
        .set_some("metric_namespace", measure.queue.map(|_| metrics::SERVICE_BUS))
        .set("metric_resource_id", measure.resource.id())
        .set("operator", operator)
        .set("threshold", threshold)
        .set("statistic", "Average")
        .set("time_aggregation", "Average")
        .set("time_grain", "PT1M")
        .set("time_window", window)
        .set_some("divide_by_instance_count", measure.queue.map(|_| true))
        .block_some("dimensions", dimension)
}

fn rule(trigger: Block, (direction, kind, value): (&str, &str, u32), cooldown: &str) -> Block {
    let action = Block::new()
        .set("direction", direction)
        .set("type", kind)
        .set("value", value)
        .set("cooldown", cooldown);
    Block::new()
        .block("metric_trigger", trigger)
        .block("scale_action", action)
}
