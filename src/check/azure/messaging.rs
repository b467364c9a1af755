//! What only Azure asks of queues, topics and caches.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, azure};
use crate::ir::{Access, Delivery, Function, Inbox, Resource, System, Trigger};
use crate::vocabulary::Runtime;

/// Seconds that Service Bus locks a message for, at most.
pub const LOCK: u32 = 300;
/// Characters of a rule's expression.
const EXPRESSION: usize = 1024;
/// Queues and topics that a service can be scaled by: a profile has ten rules, two for each and two for the processors.
const COUNTED: usize = 4;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    // A function's lock is renewed while it runs.
    let starts = |inbox: Inbox| {
        let takes = |function: &Function| match function.trigger {
            Some(Trigger::Queue { queue, .. }) => inbox == Inbox::Queue(queue),
            Some(Trigger::Topic { subscription, .. }) => inbox == Inbox::Subscription(subscription),
            _ => false,
        };
        system.functions().any(|(_, _, function)| takes(function))
    };
    let queues = system.queues.iter().filter(|(id, _)| !starts(Inbox::Queue(*id)));
    let queues = queues.map(|(_, item)| (&item.path, item.delivery));
    let topics = system.topics.iter().map(|(_, item)| (&item.path, item.delivery));
    for (path, Delivery { visibility_seconds, .. }) in queues.chain(topics) {
        if visibility_seconds > LOCK {
            let at = system.places.span(&format!("{path}.visibility_seconds"));
            problems.push(azure::lock_too_long(at, visibility_seconds, LOCK));
        }
    }
    for (_, item) in system.subscriptions.iter() {
        let length = sql_filter(&item.filter).len();
        if length > EXPRESSION {
            let path = format!("{}.filters", system.topics[item.topic].path);
            let service = &system.services[item.service].name;
            problems.push(azure::filter_too_long(
                system.places.key(&path),
                service,
                length,
                EXPRESSION,
            ));
        }
    }
    for (id, item) in system.services.iter() {
        let inboxes: Vec<Inbox> = system.inboxes_of(id).collect();
        if item.runtime == Runtime::Vm && item.scale.queue_messages.is_some() && inboxes.len() > COUNTED {
            let at = system.places.key(&format!("{}.consumes", item.path));
            problems.push(azure::many_inboxes(at, &item.name, inboxes.len(), COUNTED));
        }
    }
    for (id, item) in system.caches.iter() {
        for (service, _) in system
            .users_of(Resource::Cache(id))
            .filter(|(_, access)| *access == Access::Read)
        {
            let at = system.places.key(&system.services[service].path);
            problems.push(azure::reader_may_write(at, &system.services[service].name, &item.name));
        }
    }
}

/// The expression of Service Bus that messages have to fulfil: one of the values in each attribute. Names and values hold neither
/// brackets nor quotes.
pub fn sql_filter(filter: &BTreeMap<String, Vec<String>>) -> String {
    if filter.is_empty() {
        return "1=1".to_owned();
    }
    let conditions = filter.iter().map(|(attribute, values)| {
        let values: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
        format!("[{attribute}] IN ({})", values.join(", "))
    });
    conditions.collect::<Vec<_>>().join(" AND ")
}
