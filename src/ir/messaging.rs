//! Queues and topics.

use std::collections::BTreeMap;

use super::arena::Id;
use super::component::Service;
use super::domain::Home;
use super::link::Resource;

/// How messages are handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// In order within a group, and once: a message that is sent again within minutes is dropped.
    pub fifo: bool,
    /// Seconds that a message is hidden while somebody has it.
    pub visibility_seconds: u32,
    /// Days that a message waits.
    pub retention_days: u32,
    /// Times that a message is handed out before it counts as a dead letter.
    pub max_receives: u32,
    /// Messages that somebody takes at a time, at most.
    pub batch: u32,
}

impl Delivery {
    /// Days that dead letters wait: as long as every cloud keeps them.
    pub const DEAD_DAYS: u32 = 14;
}

/// A queue with its dead-letter queue: each message goes to one worker.
#[derive(Debug, Clone)]
pub struct Queue {
    /// The component's name in the system.
    pub name: String,
    /// Where it stands, and what it is called there.
    pub home: Home,
    /// Its path in the blueprint.
    pub path: String,
    /// How messages are handed out.
    pub delivery: Delivery,
}

/// A topic: each message goes to every subscription that wants it.
#[derive(Debug, Clone)]
pub struct Topic {
    /// The component's name in the system.
    pub name: String,
    /// Where it stands, and what it is called there.
    pub home: Home,
    /// Its path in the blueprint.
    pub path: String,
    /// How messages are handed out to each subscription.
    pub delivery: Delivery,
}

/// What one service gets of a topic, with a dead-letter queue of its own.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// Its name in the system: `SERVICE-from-TOPIC`, longer than any component's where both names are.
    pub name: String,
    /// The topic.
    pub topic: Id<Topic>,
    /// The service.
    pub service: Id<Service>,
    /// The values of attributes that a message has to have, one of each list; everything when empty. Names are letters, digits and
    /// underscores; values are letters, digits and `._-`.
    pub filter: BTreeMap<String, Vec<String>>,
    /// How messages are handed out.
    pub delivery: Delivery,
}

/// What messages are taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Inbox {
    /// A queue.
    Queue(Id<Queue>),
    /// A subscription of a topic.
    Subscription(Id<Subscription>),
}

impl Inbox {
    /// The inbox that a resource is, if it is one.
    pub fn of(resource: Resource) -> Option<Inbox> {
        match resource {
            Resource::Queue(id) => Some(Inbox::Queue(id)),
            Resource::Subscription(id) => Some(Inbox::Subscription(id)),
            _ => None,
        }
    }
}

/// What a queue or subscription calls its dead letters, beside its own name: `orders-dead`.
pub fn dead_letters(name: &str) -> String {
    format!("{name}-dead")
}

/// Something that is watched about a queue or subscription, and when somebody is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxAlarm {
    /// Its name in the system: `orders-dead`, `orders-waiting`.
    pub name: String,
    /// What it means and what to do about it: one or two sentences.
    pub about: String,
    /// What is watched.
    pub inbox: Inbox,
    /// What is bad.
    pub trouble: Trouble,
}

/// What is bad about a queue or subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// There are dead letters: one is enough.
    DeadLetters,
    /// The oldest message waits for more than so many minutes: nobody takes it, or too slowly.
    Waiting {
        /// How many.
        minutes: u32,
    },
}
