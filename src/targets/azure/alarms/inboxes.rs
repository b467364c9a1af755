//! What is watched about queues and subscriptions.

use super::{Bad, Of, Watch, metric_alert};
use crate::ir::{Function, Inbox, InboxAlarm, Resource, System, Trigger, Trouble, dead_letters};
use crate::targets::azure::{Stack, Stores, metrics};
use crate::terraform::Address;

/// Minutes after which dead letters are told of.
const SOON: u32 = 5;

pub(super) fn lower(stack: &mut Stack<'_>, stores: &Stores, told: Option<&Address>) {
    let Some(messaging) = &stores.messaging else {
        return;
    };
    let system = stack.system;
    for alarm in &system.inbox_alarms {
        let watch = watch(system, alarm, &messaging.namespace);
        metric_alert(stack, metrics::SERVICE_BUS, &watch, told);
    }
}

fn watch(system: &System, alarm: &InboxAlarm, namespace: &Address) -> Watch {
    let name = system.inbox(alarm.inbox).0;
    let (queue, metric, aggregation, above, minutes, about) = match alarm.trouble {
        // Whatever is there: what waits longer than it may goes on to the built-in dead-letter queue of this one.
        Trouble::DeadLetters => {
            let about = format!(
                "{} Messages that nobody took in time are there too, and say so in `DeadLetterReason`.",
                alarm.about
            );
            (dead_letters(name), metrics::ALL_MESSAGES, "Maximum", 0, SOON, about)
        }
        Trouble::Waiting { minutes } => {
            let busy = in_hand(system, alarm.inbox);
            let about = format!(
                "{} Azure does not measure how long a message waits: there were more than {busy} of them all the time, which is what all workers \
                 together have in hand at most.",
                alarm.about
            );
            let queue = name.to_owned();
            (queue, metrics::ACTIVE_MESSAGES, "Minimum", busy, minutes, about)
        }
    };
    Watch {
        name: alarm.name.clone(),
        about,
        of: Of::One(namespace.clone()),
        metric,
        only: Some((metrics::ENTITY, queue)),
        aggregation,
        bad: Bad::Above(above),
        minutes,
    }
}

/// Messages that all machines together are working on at most: Azure counts them as active too.
fn in_hand(system: &System, inbox: Inbox) -> u64 {
    let resource = match inbox {
        Inbox::Queue(id) => Resource::Queue(id),
        Inbox::Subscription(id) => Resource::Subscription(id),
    };
    let takers = system.users_of(resource).filter(|(_, access)| access.reads());
    let batch = system.inbox(inbox).1.batch;
    let hands = takers.map(|(id, _)| {
        let taker = &system.services[id];
        match &taker.function {
            Some(function) => u64::from(function.concurrency) * u64::from(taken(function).unwrap_or(batch)),
            None => u64::from(taker.scale.max) * u64::from(batch),
        }
    });
    hands.sum()
}

/// Messages that one call of a function takes.
fn taken(function: &Function) -> Option<u32> {
    match function.trigger {
        Some(Trigger::Queue { batch, .. } | Trigger::Topic { batch, .. }) => Some(batch),
        _ => None,
    }
}
