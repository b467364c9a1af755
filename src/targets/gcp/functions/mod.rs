//! Functions: on Cloud Run, which starts as many instances as there are calls, and none when there are none.
//!
//! Those of source are made by the API of Cloud Functions, which has them built; those of images are services of Cloud Run. Both are one
//! in everything else: nobody calls them without a permission on that very function, and what is not a request is brought to them by
//! Pub/Sub, which tries again and keeps what stays undone.

mod callers;
mod events;
mod image;
pub(super) mod readme;
mod source;

use hcl::Expression;

use super::compute::{self, Machines};
use super::containers::{Containers, Parts};
use super::edge::Records;
use super::firewall::{self, Rules};
use super::{Stack, containers, queues};
use crate::check::gcp_takes_events as takes_events;
use crate::ir::{Delivery, Function, Id, Inbox, Resource, Service, System, Trigger};
use crate::template;
use crate::terraform::{Address, Block};

/// Where the images of functions of source go.
pub(super) const IMAGES: &str = "functions";
/// Where the source of functions goes.
pub(super) const SOURCES: &str = "function-sources";
/// Fewest times that Pub/Sub hands out a message, before it may be a dead letter.
const ATTEMPTS: u32 = 5;
/// Seconds beside a function's own in which Pub/Sub waits for its answer: an instance has to start.
const START: u32 = 60;
/// Seconds that Pub/Sub waits for an answer at most.
const MOST_WAIT: u32 = 600;
/// Fewest seconds between two attempts.
const LEAST_PAUSE: u32 = 30;
/// Days that an event waits for its function.
const DAYS: u32 = 7;
/// Most MiB that so many processors come with.
const PROCESSORS: [(u32, u32); 4] = [(4096, 1), (8192, 2), (16_384, 4), (32_768, 8)];

pub(super) use callers::{accounts, permit};
pub(super) use events::{changes, has_schedules, scheduled, watches_tables};
pub(super) use source::added;

/// True if there are functions.
pub(super) fn any(system: &System) -> bool {
    system.functions().next().is_some()
}

/// The functions that are built of source.
pub(super) fn of_source(system: &System) -> impl Iterator<Item = (Id<Service>, &Service, &Function)> {
    system.functions().filter(|(_, _, function)| function.source.is_some())
}

/// True for a function in the private network, where its tags tell what it may reach.
pub(super) fn is_inside(service: &Service) -> bool {
    service.function.as_ref().is_some_and(|function| function.private)
}

/// True if anything is brought to functions by Pub/Sub.
pub(super) fn has_events(system: &System) -> bool {
    system.functions().any(|(_, _, function)| takes_events(function))
}

/// True if somebody in the network calls a function by its address.
pub(super) fn called_inside(system: &System) -> bool {
    let inside = |id: Id<Service>| {
        system.services[id]
            .function
            .as_ref()
            .is_none_or(|function| function.private)
    };
    let mut functions = system.functions();
    functions.any(|(id, _, _)| system.callers_of(id).any(inside))
}

/// The function that messages of an inbox start.
pub(super) fn started_by(system: &System, inbox: Inbox) -> Option<Id<Service>> {
    let mut functions = system.functions();
    let found = functions.find(|(_, _, function)| match function.trigger {
        Some(Trigger::Queue { queue, .. }) => inbox == Inbox::Queue(queue),
        Some(Trigger::Topic { subscription, .. }) => inbox == Inbox::Subscription(subscription),
        _ => false,
    });
    found.map(|(id, _, _)| id)
}

/// Seconds that Pub/Sub waits for a function's answer: as long as a message is hidden, and as the function has and needs to start.
pub(super) fn patience(system: &System, function: Option<Id<Service>>, hidden: u32) -> Option<u32> {
    let function = system.services[function?].function.as_ref()?;
    Some(hidden.max(function.timeout_seconds + START).min(MOST_WAIT))
}

/// Seconds before a message is brought again that failed, or that found all instances busy: those may be so for as long as a call takes.
pub(super) fn pause(system: &System, function: Id<Service>) -> u32 {
    let function = system.services[function].function.as_ref();
    function.map_or(LEAST_PAUSE, |it| it.timeout_seconds.clamp(LEAST_PAUSE, MOST_WAIT))
}

/// How events are handed to a function that has no queue: `days` is how long they wait.
pub(super) fn delivery(function: &Function, ordered: bool, days: Option<u32>) -> Delivery {
    Delivery {
        fifo: ordered,
        visibility_seconds: function.timeout_seconds,
        retention_days: days.unwrap_or(DAYS),
        max_receives: attempts(function),
        batch: 1,
    }
}

/// Times that an event is handed to a function.
pub(super) fn attempts(function: &Function) -> u32 {
    (function.retry.attempts + 1).max(ATTEMPTS)
}

/// Where a function is called. The name is known before the function is there, so that functions may call each other in any order.
pub(super) fn url(stack: &Stack<'_>, id: Id<Service>) -> Expression {
    template!["https://", host(stack, id)]
}

/// The host of the same.
pub(super) fn host(stack: &Stack<'_>, id: Id<Service>) -> Expression {
    template![
        stack.name(&stack.system.services[id].name),
        "-",
        stack.project.data.attr("number"),
        format!(".{}.run.app", stack.region()),
    ]
}

/// How callers of a function prove who they are.
pub(super) fn proof(system: &System, id: Id<Service>) -> &'static str {
    let function = system.services[id].function.as_ref();
    match function.and_then(|function| function.trigger.as_ref()) {
        Some(Trigger::Url { open: true }) => "none",
        _ => "google-token",
    }
}

/// How Pub/Sub brings the messages of a topic to a function.
pub(super) fn push(stack: &Stack<'_>, id: Id<Service>, topic: &Address) -> Block {
    let account = stack.triggers.as_ref().map(|account| account.attr("email"));
    let token = Block::new()
        .set_some("service_account_email", account)
        .set("audience", url(stack, id));
    let function = stack.system.services[id].function.as_ref();
    let endpoint = match function.is_some_and(|function| function.source.is_some()) {
        true => Block::new()
            .comment("The function itself does not care for the path; its framework takes the topic's name from it.")
            .set("push_endpoint", template![url(stack, id), "/", topic.id()]),
        // A process of somebody's own may serve no other path.
        false => Block::new().set("push_endpoint", url(stack, id)),
    };
    endpoint.block("oidc_token", token)
}

/// True if somebody outside the network calls a function by its address.
fn is_called_outside(system: &System, id: Id<Service>) -> bool {
    let function = |id: Id<Service>| system.services[id].function.as_ref();
    let own = function(id).is_some_and(|it| matches!(it.trigger, Some(Trigger::Url { .. })));
    let outside = |id: Id<Service>| function(id).is_some_and(|it| !it.private);
    own || system.callers_of(id).any(outside)
}

/// What functions of both kinds have in common.
struct Made<'a> {
    id: Id<Service>,
    service: &'a Service,
    function: &'a Function,
    /// What is there before it.
    ready: Vec<Expression>,
}

impl Made<'_> {
    /// Processors, whole ones: an instance handles one call at a time.
    fn processors(&self) -> u32 {
        let memory = self.function.memory_mb;
        let enough = PROCESSORS.iter().find(|(most, _)| memory <= *most);
        enough.map_or(8, |(_, processors)| *processors)
    }

    fn sizes(&self) -> String {
        format!(
            "{} MiB, {} seconds, {} at once",
            self.function.memory_mb, self.function.timeout_seconds, self.function.concurrency
        )
    }

    /// Says where it is called, if everybody may ask.
    fn output(&self, stack: &mut Stack<'_>, url: Expression) {
        if matches!(self.function.trigger, Some(Trigger::Url { .. })) {
            stack.module.file("outputs", "");
            let name = &self.service.name;
            let about = format!("Where the function {name} is called.");
            stack.module.output(&format!("{name}_url"), url, &about);
            stack.module.file("functions", "");
        }
    }
}

/// Adds the functions, and what starts them.
pub(super) fn lower(
    stack: &mut Stack<'_>,
    records: &Records,
    rules: &Rules,
    machines: &Machines,
    containers: &Containers,
) {
    let system = stack.system;
    if !any(system) {
        return;
    }
    let sources = source::lower(stack);
    let topics = events::topics(stack);
    let mut waits = events::Waits::new();
    for (id, service, function) in system.functions() {
        stack.module.file("functions", "");
        let parts = Parts::of(stack, id, containers);
        let mut ready = match function.private {
            true => compute::ready(stack, id, records, rules, machines),
            false => {
                let grants = stack.grants[&id].iter();
                grants.chain(queues::sent_to(stack, id)).map(Address::whole).collect()
            }
        };
        ready.push(stack.encryption.users.whole());
        ready.extend(parts.ready.iter().map(Address::whole));
        stack.module.file("functions", "");
        let mut made = Made {
            id,
            service,
            function,
            ready,
        };
        let address = match (&function.source, &sources) {
            (Some(source), Some(sources)) => {
                made.ready.extend(sources.ready.iter().cloned());
                source::function(stack, made, source, (sources, parts))
            }
            _ => image::function(stack, made, (containers, parts)),
        };
        let permission = callers::lower(stack, id, function, &address);
        let there = std::iter::once(&address).chain(&permission);
        let there = there.map(Address::whole).collect();
        events::bring(stack, &topics, (id, service, function), there, &mut waits);
        stack.functions.insert(id, address);
    }
    events::send(stack, &topics);
    events::wait(stack, waits);
}

/// True for a function that sends to a queue or topic whose messages start it again, be it through others. Who sends waits for the
/// subscriptions of what it sends to, so those cannot wait for the function.
fn starts_itself(system: &System, id: Id<Service>) -> bool {
    let mut seen = vec![];
    let mut open = vec![id];
    while let Some(sender) = open.pop() {
        for grant in system.grants_of(sender).filter(|grant| grant.access.writes()) {
            for next in inboxes(system, grant.resource).filter_map(|inbox| started_by(system, inbox)) {
                if next == id {
                    return true;
                }
                if !seen.contains(&next) {
                    seen.push(next);
                    open.push(next);
                }
            }
        }
    }
    false
}

/// What messages are taken from that are sent to a queue or topic.
fn inboxes(system: &System, sent: Resource) -> impl Iterator<Item = Inbox> {
    let queue = Inbox::of(sent);
    let topic = system
        .subscriptions
        .iter()
        .filter(move |(_, item)| sent == Resource::Topic(item.topic));
    queue.into_iter().chain(topic.map(|(id, _)| Inbox::Subscription(id)))
}
