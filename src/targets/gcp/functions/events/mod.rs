//! What starts functions, besides requests: subscriptions that bring messages, and what turns events into messages.
//!
//! Events of buckets, tables and schedules become messages of Pub/Sub too: it tries again, and keeps what stays undone where somebody sees
//! it. Eventarc would do the first alone: the subscriptions that it makes for itself have no dead letters.

mod bucket;
mod schedule;
mod table;

use std::collections::BTreeMap;

use hcl::Expression;

use super::{delivery, starts_itself};
use crate::check::{GCP_CHANGES as CHANGES, gcp_bucket_filter};
use crate::ir::{Bucket, Function, Id, Service, System, Table, Trigger};
use crate::targets::gcp::queues::{self, Wanted};
use crate::targets::gcp::{Stack, workflows};
use crate::terraform::{Address, Block, identifier};

/// The topics of what several functions may be started by.
pub(super) struct Topics {
    /// Of the events of buckets, and what lets Cloud Storage send to them.
    buckets: BTreeMap<Id<Bucket>, (Address, Address)>,
    /// Of the changes of tables.
    tables: BTreeMap<Id<Table>, Address>,
}

/// What subscriptions wait for, by their names in Terraform.
pub(super) type Waits = BTreeMap<String, Vec<Expression>>;

/// What an own subscription gets of its topic.
#[derive(Default)]
struct Wish {
    filter: Option<String>,
    transform: Option<Block>,
    ordered: bool,
    days: Option<u32>,
}

/// True if changes of a table start a function.
pub(in crate::targets::gcp) fn watches_tables(system: &System) -> bool {
    table::watched(system).next().is_some()
}

/// What passes changes of tables on.
pub(in crate::targets::gcp) fn changes(system: &System) -> impl Iterator<Item = String> {
    table::watched(system).map(|id| format!("{}-{CHANGES}", system.tables[id].name))
}

/// True if times start a function.
pub(in crate::targets::gcp) fn has_schedules(system: &System) -> bool {
    scheduled(system).next().is_some()
}

/// The functions that times start.
pub(in crate::targets::gcp) fn scheduled(system: &System) -> impl Iterator<Item = (Id<Service>, &Service)> {
    let timed = |function: &Function| matches!(function.trigger, Some(Trigger::Schedule { .. }));
    let functions = system.functions().filter(move |(_, _, function)| timed(function));
    functions.map(|(id, service, _)| (id, service))
}

/// Adds the topics.
pub(super) fn topics(stack: &mut Stack<'_>) -> Topics {
    let system = stack.system;
    stack.module.file("functions", "");
    if has_schedules(system) || workflows::has_schedules(system) {
        let agent = schedule::agent(stack);
        stack.scheduler = Some(agent);
    }
    let buckets = system.buckets.iter().map(|(id, _)| id);
    let heard = buckets.filter(|id| system.notified_by(*id).next().is_some());
    Topics {
        buckets: heard.map(|id| (id, bucket::topic(stack, id))).collect(),
        tables: table::watched(system).map(|id| (id, table::topic(stack, id))).collect(),
    }
}

/// Adds what brings events to a function. `ready` is the function, and what lets Pub/Sub call it: who comes sooner would find nobody, and
/// the message would soon be a dead letter.
pub(super) fn bring(
    stack: &mut Stack<'_>,
    topics: &Topics,
    (id, service, function): (Id<Service>, &Service, &Function),
    ready: Vec<Expression>,
    waits: &mut Waits,
) {
    let system = stack.system;
    // A function that waits for the subscription is not waited for.
    let mut later = |name: &str, ready| {
        if !starts_itself(system, id) {
            waits.entry(identifier(name)).or_default().extend(ready);
        }
    };
    let part = service.name.as_str();
    let (topic, wish) = match &function.trigger {
        Some(Trigger::Queue { queue, .. }) => return later(&system.queues[*queue].name, ready),
        Some(Trigger::Topic { subscription, .. }) => {
            return later(&system.subscriptions[*subscription].name, ready);
        }
        Some(Trigger::Stream { stream, .. }) => {
            let wish = Wish {
                ordered: true,
                days: Some(system.streams[*stream].retention_hours.div_ceil(24)),
                ..Wish::default()
            };
            (stack.streams[stream].clone(), wish)
        }
        Some(Trigger::Bucket { bucket, .. }) => {
            let wish = Wish {
                filter: function
                    .trigger
                    .as_ref()
                    .and_then(|it| gcp_bucket_filter(&system.buckets[*bucket], it)),
                transform: bucket::transform(function),
                ..Wish::default()
            };
            (topics.buckets[bucket].0.clone(), wish)
        }
        Some(Trigger::Table { table, .. }) => (topics.tables[table].clone(), Wish::default()),
        Some(Trigger::Schedule { .. }) => (queues::topic(stack, part), Wish::default()),
        None | Some(Trigger::Api | Trigger::Url { .. }) => return,
    };
    let wanted = Wanted {
        filter: wish.filter,
        transform: wish.transform,
        function: Some(id),
        ready,
        ..Wanted::new(part, &topic, delivery(function, wish.ordered, wish.days))
    };
    let inbox = queues::inbox(stack, wanted);
    if let Some(Trigger::Schedule { cron, timezone }) = &function.trigger {
        schedule::job(stack, service, &topic, &inbox, (cron, timezone));
    }
    stack.events.insert(id, inbox);
}

/// Adds what sends to the topics, once the subscriptions are there.
pub(super) fn send(stack: &mut Stack<'_>, topics: &Topics) {
    for (id, (topic, grant)) in &topics.buckets {
        bucket::notify(stack, *id, topic, grant);
    }
    table::relay(stack, &topics.tables);
}

/// Subscriptions that were there before wait for their functions.
pub(super) fn wait(stack: &mut Stack<'_>, mut waits: Waits) {
    for (name, body) in stack.module.bodies_mut("google_pubsub_subscription") {
        if let Some(ready) = waits.remove(name) {
            *body = std::mem::take(body)
                .comment("Who came sooner would find nobody.")
                .set("depends_on", Expression::Array(ready));
        }
    }
}
