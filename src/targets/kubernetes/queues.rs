//! Queues: each is a quorum queue with an exchange of its name in front of it, which is what its senders know, and a queue for its dead
//! letters.
//!
//! What may change later stands in a policy: the arguments of a queue are for its whole life.

use serde_json::{Map, Value};

use super::broker;
use super::functions;
use super::stack::Stack;
use crate::ir::{self, Delivery, Function, Id, Resource, Service, Trigger, dead_letters};
use crate::kubernetes::custom::rabbitmq::{Binding, DeadLetters, Definition, Exchange, Policy, Queue};
use crate::kubernetes::object::Object;

/// Milliseconds.
const SECOND: u64 = 1000;
const DAY: u64 = 24 * 60 * 60 * SECOND;

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let queues = stack.system.queues.iter();
    let mut objects: Vec<Object> = queues.flat_map(|(id, queue)| objects_of(stack, id, queue)).collect();
    let functions = stack.system.functions();
    let of_buckets = functions.filter(|(.., function)| matches!(function.trigger, Some(Trigger::Bucket { .. })));
    objects.extend(of_buckets.flat_map(|(_, service, function)| of_bucket(stack, service, function)));
    objects
}

/// Seconds that what brings messages to a service may keep one, where it tries a function as often as it may be tried.
pub(super) fn held_by(stack: &Stack<'_>, service: Id<Service>) -> u32 {
    let function = stack.system.services[service].function.as_ref();
    function.map_or(0, |function| functions::hold_seconds(stack, function))
}

fn objects_of(stack: &Stack<'_>, id: Id<ir::Queue>, queue: &ir::Queue) -> Vec<Object> {
    let name = queue.name.as_str();
    let mut objects = vec![
        exchange(stack, name, "queue", "fanout").about("What is sent here goes to the queue, whatever its routing key"),
    ];
    let taken = stack
        .system
        .users_of(Resource::Queue(id))
        .filter(|(_, access)| access.reads());
    let held = taken
        .map(|(service, _)| held_by(stack, service))
        .max()
        .unwrap_or_default();
    objects.extend(inbox(stack, (name, name, "queue"), queue.delivery, held));
    objects.push(binding(stack, (name, name, "queue"), (name, name), Map::new()));
    objects
}

/// An exchange for what is sent to a queue or topic.
pub(super) fn exchange(stack: &Stack<'_>, name: &str, component: &str, kind: &'static str) -> Object {
    let exchange = Exchange {
        name: name.to_owned(),
        kind,
        durable: true,
        rabbitmq_cluster_reference: broker::reference(stack, name),
    };
    Object::custom(stack.meta(name, name, component), exchange)
}

/// Leads from an exchange to a queue; `object` is what this is called, whom it belongs to and what that is.
pub(super) fn binding(
    stack: &Stack<'_>,
    (object, part_of, component): (&str, &str, &str),
    (source, destination): (&str, &str),
    arguments: Map<String, Value>,
) -> Object {
    let binding = Binding {
        source: source.to_owned(),
        destination: destination.to_owned(),
        destination_type: "queue",
        arguments,
        rabbitmq_cluster_reference: broker::reference(stack, part_of),
    };
    Object::custom(stack.meta(object, part_of, component), binding)
}

/// A queue that messages are taken from, how it behaves, and the same of its dead letters.
pub(super) fn inbox(stack: &Stack<'_>, names: (&str, &str, &str), delivery: Delivery, held: u32) -> [Object; 4] {
    let keeping = Keeping {
        fifo: delivery.fifo,
        held: delivery.visibility_seconds.max(held),
        receives: delivery.max_receives,
        milliseconds: u64::from(delivery.retention_days) * DAY,
        dead: dead_letters(names.0),
    };
    kept(stack, names, keeping)
}

/// How a queue keeps what is in it.
struct Keeping {
    fifo: bool,
    /// Seconds that somebody may keep a message.
    held: u32,
    /// Times that it is handed out.
    receives: u32,
    /// How long it waits.
    milliseconds: u64,
    /// The queue of its dead letters.
    dead: String,
}

/// What happens in a bucket, on its way to the function that it starts.
fn of_bucket(stack: &Stack<'_>, service: &Service, function: &Function) -> Vec<Object> {
    let name = functions::event_queue(service);
    let names = (name.as_str(), service.name.as_str(), "function");
    let exchange = Exchange {
        name: name.clone(),
        kind: "fanout",
        durable: true,
        rabbitmq_cluster_reference: broker::reference(stack, &service.name),
    };
    let keeping = Keeping {
        fifo: false,
        held: functions::hold_seconds(stack, function),
        receives: functions::tries(stack, function),
        milliseconds: u64::from(function.retry.within()) * SECOND,
        dead: dead_letters(&service.name),
    };
    let mut objects = vec![
        Object::custom(stack.meta(name.as_str(), &service.name, "function"), exchange)
            .about("What the object store sends here goes to the queue"),
    ];
    objects.extend(kept(stack, names, keeping));
    objects.push(binding(stack, names, (&name, &name), Map::new()));
    objects
}

fn kept(stack: &Stack<'_>, (name, part_of, component): (&str, &str, &str), keeping: Keeping) -> [Object; 4] {
    let Keeping { receives, dead, .. } = keeping;
    let definition = Definition {
        consumer_timeout: Some(u64::from(keeping.held) * SECOND),
        // The first delivery does not count.
        delivery_limit: i64::from(receives) - 1,
        message_ttl: keeping.milliseconds,
        dead_letters: Some(DeadLetters {
            dead_letter_exchange: "",
            dead_letter_routing_key: dead.clone(),
            dead_letter_strategy: "at-least-once",
            overflow: "reject-publish",
        }),
    };
    let of_dead = Definition {
        consumer_timeout: None,
        delivery_limit: -1,
        message_ttl: u64::from(Delivery::DEAD_DAYS) * DAY,
        dead_letters: None,
    };
    let queue = |name: &str, arguments| {
        let queue = Queue {
            name: name.to_owned(),
            kind: "quorum",
            durable: true,
            arguments,
            rabbitmq_cluster_reference: broker::reference(stack, part_of),
        };
        Object::custom(stack.meta(name, part_of, component), queue)
    };
    let policy = |name: &str, definition| {
        let policy = Policy {
            name: name.to_owned(),
            pattern: format!("^{name}$"),
            apply_to: "quorum_queues",
            definition,
            rabbitmq_cluster_reference: broker::reference(stack, part_of),
        };
        Object::custom(stack.meta(name, part_of, component), policy)
    };
    let mut arguments = Map::new();
    if keeping.fifo {
        arguments.insert("x-single-active-consumer".to_owned(), true.into());
    }
    [
        queue(name, arguments).comment(
            "spec/arguments",
            "in order: one consumer at a time, the others stand by",
        ),
        policy(name, definition)
            .comment(
                "spec/definition/consumer-timeout",
                "milliseconds, like all times here: the longest that a consumer may keep a message",
            )
            .comment(
                "spec/definition/delivery-limit",
                format!("{receives} times in all: the first does not count"),
            )
            .comment(
                "spec/definition/dead-letter-exchange",
                "the default one, which goes by the name of the queue",
            )
            .comment(
                "spec/definition/overflow",
                "what dead letters ask for that must arrive; there is no limit to reach",
            ),
        queue(&dead, Map::new()).about(format!("Dead letters of {name}; nobody but administrators takes them")),
        policy(&dead, of_dead).comment(
            "spec/definition/delivery-limit",
            "none: who looks at a dead letter puts it back",
        ),
    ]
}
