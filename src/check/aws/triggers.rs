//! What starts functions on AWS.

use crate::diagnostic::{Diagnostic, function, lambda};
use crate::ir::{Function, Id, Inbox, Service, System, Trigger};
use crate::target::Target;

/// Times and seconds that Lambda tries an event again that it keeps itself.
const ATTEMPTS: u32 = 2;
const AGE: u32 = 6 * 60 * 60;
/// Seconds of a function that records of Kafka start, and those that a client of an API waits for.
const OF_KAFKA: u32 = 14 * 60;
const OF_REQUESTS: u32 = 30;
/// Seconds of a function that such requests start and that says nothing: it ends before nobody waits any more.
const UNSAID: u32 = OF_REQUESTS - 1;
/// Functions that read the changes of a table, and readers of a stream of Kinesis, before they are in each other's way.
const OF_TABLES: usize = 2;
const OF_KINESIS: usize = 5;
/// Calls that a message is hidden for.
const CALLS: u32 = 6;

/// Seconds that a call of a function may take.
pub fn seconds(system: &System, service: &Service, item: &Function) -> u32 {
    let said = system.places.is_said(&format!("{}.timeout_seconds", service.path));
    match item.trigger {
        Some(Trigger::Api) if !said => item.timeout_seconds.min(UNSAID),
        _ => item.timeout_seconds,
    }
}

/// What starts one function.
pub(super) fn check(system: &System, service: &Service, item: &Function, problems: &mut Vec<Diagnostic>) {
    let at = |key: &str| system.places.span(&format!("{}.{key}", service.path));
    match &item.trigger {
        Some(trigger @ (Trigger::Queue { .. } | Trigger::Topic { .. })) => {
            if item.concurrency < 2 {
                problems.push(lambda::alone(at("concurrency"), &service.name));
            }
            hidden(system, service, item, trigger, problems);
        }
        Some(Trigger::Stream { stream, .. }) => {
            let stream = &system.streams[*stream];
            if item.concurrency < stream.partitions {
                let at = at("concurrency");
                problems.push(lambda::narrow(at, &service.name, item.concurrency, stream.partitions));
            }
            if stream.kafka && item.timeout_seconds > OF_KAFKA {
                problems.push(lambda::too_long(at("timeout_seconds"), &service.name, OF_KAFKA));
            }
        }
        Some(Trigger::Api) if seconds(system, service, item) > OF_REQUESTS => {
            problems.push(lambda::nobody_waits(at("timeout_seconds"), &service.name, OF_REQUESTS));
        }
        Some(trigger @ (Trigger::Bucket { .. } | Trigger::Schedule { .. })) => {
            if item.retry.attempts > ATTEMPTS {
                let place = at("retry.attempts");
                problems.push(lambda::retry(place, &service.name, "twice", ATTEMPTS));
            }
            if item.retry.within() > AGE {
                let place = at("retry.max_age_seconds");
                problems.push(lambda::retry(place, &service.name, "for six hours", AGE));
            }
            if let Trigger::Schedule { cron, .. } = trigger
                && cron.has_both_days()
            {
                let what = "takes a day of the month or one of the week, not both: cron starts on either";
                let fix = "make two functions of it, or leave one of the two days open with `*`";
                let place = at("trigger.schedule");
                problems.push(function::schedule_not_there(place, Target::Aws, what, fix));
            }
        }
        _ => {}
    }
}

/// A message is hidden for as long as Lambda asks.
fn hidden(system: &System, service: &Service, item: &Function, trigger: &Trigger, problems: &mut Vec<Diagnostic>) {
    let (inbox, path) = match *trigger {
        Trigger::Queue { queue, .. } => (Inbox::Queue(queue), &system.queues[queue].path),
        Trigger::Topic { subscription, .. } => {
            let topic = system.subscriptions[subscription].topic;
            (Inbox::Subscription(subscription), &system.topics[topic].path)
        }
        _ => return,
    };
    let (name, delivery) = system.inbox(inbox);
    let wanted = CALLS * item.timeout_seconds;
    if delivery.visibility_seconds < wanted {
        let at = system.places.span(&format!("{path}.visibility_seconds"));
        problems.push(lambda::hidden(at, name, &service.name, wanted));
    }
}

/// Functions that the same event of a bucket would start: S3 tells one alone.
pub(super) fn overlaps(system: &System, problems: &mut Vec<Diagnostic>) {
    for (id, bucket) in system.buckets.iter() {
        let told: Vec<Id<Service>> = system.notified_by(id).collect();
        for (number, one) in told.iter().enumerate() {
            for other in &told[number + 1..] {
                let (one, other) = (&system.services[*one], &system.services[*other]);
                if meet(one, other) {
                    let at = system.places.span(&format!("{}.trigger", other.path));
                    problems.push(lambda::overlap(at, &bucket.name, &one.name, &other.name));
                }
            }
        }
    }
}

/// True if an object could be of both triggers.
fn meet(one: &Service, other: &Service) -> bool {
    let trigger = |service: &Service| match service.function.as_ref().and_then(|item| item.trigger.clone()) {
        Some(Trigger::Bucket {
            created,
            deleted,
            prefix,
            suffix,
            ..
        }) => Some((created, deleted, prefix, suffix)),
        _ => None,
    };
    let (Some(one), Some(other)) = (trigger(one), trigger(other)) else {
        return false;
    };
    let events = (one.0 && other.0) || (one.1 && other.1);
    let begin = one.2.starts_with(&other.2) || other.2.starts_with(&one.2);
    let end = one.3.ends_with(&other.3) || other.3.ends_with(&one.3);
    events && begin && end
}

/// Readers that share what a table's stream or a partition of Kinesis gives.
pub(super) fn crowds(system: &System, problems: &mut Vec<Diagnostic>) {
    for (id, item) in system.tables.iter() {
        if let Some(third) = system.watchers_of(id).nth(OF_TABLES) {
            let at = system
                .places
                .span(&format!("{}.trigger.table", system.services[third].path));
            problems.push(lambda::watchers(at, &item.name, OF_TABLES));
        }
    }
    for (id, item) in system.streams.iter().filter(|(_, item)| !item.kafka) {
        let readers = system.consumers_of(id).count() + system.sinks_of(id).count();
        if readers > OF_KINESIS {
            problems.push(lambda::readers(
                system.places.key(&item.path),
                &item.name,
                readers,
                OF_KINESIS,
            ));
        }
    }
}
