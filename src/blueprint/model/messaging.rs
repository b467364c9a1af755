//! Queues and topics: how components talk without waiting for each other.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Attribute, AttributeValue, Link};

/// A queue: each message goes to one worker. What is received too often without being deleted goes to its dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Queue {
    /// Messages of one group are handed out in their order, and a message that is sent again within minutes is dropped.
    pub fifo: bool,
    /// Seconds that a message is hidden from others while a worker has it; then it is handed out again.
    #[schemars(range(min = 10, max = 43200))]
    pub visibility_seconds: u32,
    /// Days that a message waits before it is dropped. Dead letters wait 14.
    #[schemars(range(min = 1, max = 14))]
    pub retention_days: u32,
    /// Times that a message is handed out before it counts as a dead letter.
    #[schemars(range(min = 1, max = 100))]
    pub max_receives: u32,
    /// Messages that a worker takes at a time, at most: it is told so.
    #[schemars(range(min = 1, max = 10))]
    pub batch: u32,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            fifo: false,
            visibility_seconds: 60,
            retention_days: 4,
            max_receives: 5,
            batch: 10,
        }
    }
}

/// A topic: every service that consumes it gets each message, on a subscription of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Topic {
    /// Messages of one group are handed out in their order, and a message that is sent again within minutes is dropped.
    pub fifo: bool,
    /// Seconds that a message is hidden while a subscriber has it; then it is handed out again.
    #[schemars(range(min = 10, max = 43200))]
    pub visibility_seconds: u32,
    /// Days that a message waits in a subscription before it is dropped. Dead letters wait 14.
    #[schemars(range(min = 1, max = 14))]
    pub retention_days: u32,
    /// Times that a message is handed out to one subscriber before it counts as a dead letter there.
    #[schemars(range(min = 1, max = 100))]
    pub max_receives: u32,
    /// Messages that a subscriber takes at a time, at most: it is told so.
    #[schemars(range(min = 1, max = 10))]
    pub batch: u32,
    /// What a subscriber wants to see, by the service: `{ "ship.worker" = { kind = ["paid", "refunded"] } }`. A message has to have
    /// one of the values in each attribute. A service without an entry gets all.
    pub filters: BTreeMap<Link, Filter>,
}

/// The values of attributes that a subscriber wants to see.
pub type Filter = BTreeMap<Attribute, Vec<AttributeValue>>;

impl Default for Topic {
    fn default() -> Self {
        let queue = Queue::default();
        Self {
            fifo: queue.fifo,
            visibility_seconds: queue.visibility_seconds,
            retention_days: queue.retention_days,
            max_receives: queue.max_receives,
            batch: queue.batch,
            filters: BTreeMap::new(),
        }
    }
}
