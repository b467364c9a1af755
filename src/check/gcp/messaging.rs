//! What Pub/Sub and Memorystore for Valkey ask for.

use crate::diagnostic::{Diagnostic, gcp::messaging as rules};
use crate::ir::{Access, Delivery, Id, Inbox, Queue, Resource, Service, Subscription, System, Trigger};

/// Seconds of the longest deadline for an acknowledgement.
const ACK_DEADLINE: u32 = 600;
/// Attempts before a message may be a dead letter.
const ATTEMPTS: u32 = 5;
/// Bytes of a subscription's filter.
const FILTER: usize = 256;
/// Metrics of Cloud Monitoring that one autoscaler takes.
const METRICS: usize = 5;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    for (id, item) in system.queues.iter() {
        let waits = hides(system, Inbox::Queue(id));
        delivery(system, &item.home.name, (&item.path, waits), item.delivery, problems);
        brought(system, (id, item), problems);
    }
    for (id, item) in system.topics.iter() {
        let subscriptions = system.subscriptions.iter();
        let mut own = subscriptions.filter(|(_, item)| item.topic == id);
        let waits = own.any(|(id, _)| hides(system, Inbox::Subscription(id)));
        delivery(system, &item.home.name, (&item.path, waits), item.delivery, problems);
    }
    for (_, item) in system.subscriptions.iter() {
        let bytes = pubsub_filter(item).map_or(0, |filter| filter.len());
        if bytes > FILTER {
            let at = system
                .places
                .key(&format!("{}.filters", system.topics[item.topic].path));
            problems.push(rules::filter_length(at, &item.name, bytes, FILTER));
        }
    }
    for (id, service) in system.services.iter() {
        let inboxes = system.inboxes_of(id).count();
        if service.scale.queue_messages.is_some() && inboxes > METRICS {
            let at = system.places.span(&format!("{}.scale.queue_messages", service.path));
            problems.push(rules::scaling_metrics(at, &service.name, inboxes, METRICS));
        }
    }
    let named = system.queues.iter().map(|(_, item)| &item.name);
    let mut named = named.chain(system.topics.iter().map(|(_, item)| &item.name));
    if let Some(name) = named.next().filter(|_| system.prefix.starts_with("goog")) {
        let full = format!("{}-{name}", system.prefix);
        problems.push(rules::reserved_name(system.places.span("name"), &full));
    }
}

/// True if messages are hidden from others while somebody has them. What is brought to a function is for as long as the function takes.
fn hides(system: &System, inbox: Inbox) -> bool {
    let brought = system.functions().any(|(_, _, function)| match function.trigger {
        Some(Trigger::Queue { queue, .. }) => inbox == Inbox::Queue(queue),
        Some(Trigger::Topic { subscription, .. }) => inbox == Inbox::Subscription(subscription),
        _ => false,
    });
    !brought
}

/// A queue has one subscription, which either brings its messages to one address or lets them be taken.
fn brought(system: &System, (id, queue): (Id<Queue>, &Queue), problems: &mut Vec<Diagnostic>) {
    let starts = |service: &Service| {
        let trigger = service.function.as_ref().and_then(|it| it.trigger.as_ref());
        matches!(trigger, Some(Trigger::Queue { queue, .. }) if *queue == id)
    };
    let at = |service: &Service, key: &str| {
        let said = system.places.span(&format!("{}.{key}", service.path));
        said.or_else(|| system.places.key(&service.path))
    };
    let functions = system.functions().map(|(_, service, _)| service);
    let mut functions = functions.filter(|service| starts(service));
    let Some(first) = functions.next() else {
        return;
    };
    let name = &queue.home.name;
    for other in functions {
        let at = at(other, "trigger.queue");
        problems.push(rules::starts_several(at, name, &first.home.name, &other.home.name));
    }
    let takes = |(id, access): (Id<Service>, Access)| {
        let service = &system.services[id];
        (access.reads() && !starts(service)).then_some(service)
    };
    for service in system.users_of(Resource::Queue(id)).filter_map(takes) {
        let at = at(service, "consumes");
        problems.push(rules::brought_and_taken(at, name, &first.home.name, &service.home.name));
    }
}

fn delivery(system: &System, name: &str, (path, hides): (&str, bool), said: Delivery, problems: &mut Vec<Diagnostic>) {
    let at = |key: &str| system.places.span(&format!("{path}.{key}"));
    if hides && said.visibility_seconds > ACK_DEADLINE {
        let at = at("visibility_seconds");
        problems.push(rules::ack_deadline(at, name, said.visibility_seconds, ACK_DEADLINE));
    }
    if said.max_receives < ATTEMPTS {
        let at = at("max_receives");
        problems.push(rules::delivery_attempts(at, name, said.max_receives, ATTEMPTS));
    }
    if said.fifo {
        problems.push(rules::fifo_duplicates(at("fifo"), name, hides));
    }
}

/// The filter of a subscription in the language of Pub/Sub, if it does not get everything. Names and values have nothing in them that
/// would have to be quoted.
pub fn pubsub_filter(subscription: &Subscription) -> Option<String> {
    let several = subscription.filter.len() > 1;
    let attributes = subscription.filter.iter().map(|(name, values)| {
        let values: Vec<String> = values
            .iter()
            .map(|value| format!("attributes.{name} = \"{value}\""))
            .collect();
        let either = values.join(" OR ");
        match several && values.len() > 1 {
            true => format!("({either})"),
            false => either,
        }
    });
    let all: Vec<String> = attributes.collect();
    (!all.is_empty()).then(|| all.join(" AND "))
}
