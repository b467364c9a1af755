//! What starts functions on AWS.

use crate::diagnostic::{Diagnostic, function, lambda};
use crate::ir::{Function, Id, Service, System, Trigger};
use crate::target::Target;

/// Times and seconds that Lambda tries an event again that it keeps itself.
const ATTEMPTS: u32 = 2;
const AGE: u32 = 6 * 60 * 60;

/// What starts one function.
pub(super) fn check(system: &System, service: &Service, item: &Function, problems: &mut Vec<Diagnostic>) {
    let at = |key: &str| system.places.span(&format!("{}.{key}", service.path));
    match &item.trigger {
        Some(Trigger::Queue { .. } | Trigger::Topic { .. }) if item.concurrency < 2 => {
            problems.push(lambda::alone(at("concurrency"), &service.name));
        }
        Some(trigger @ (Trigger::Bucket { .. } | Trigger::Schedule { .. })) => {
            if item.retry.attempts > ATTEMPTS {
                let place = at("retry.attempts");
                problems.push(lambda::retry(place, &service.name, "twice", ATTEMPTS));
            }
            if item.retry.max_age_seconds > AGE {
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
