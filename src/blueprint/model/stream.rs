//! Streams: records in order that several consumers read at their own pace.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A stream: records stay for a while, in their order within a partition, and every consumer reads all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Stream {
    /// Parts that records are spread over by their key; what reads at once, at most.
    #[schemars(range(min = 1, max = 32))]
    pub partitions: u32,
    /// Hours that a record stays.
    #[schemars(range(min = 24, max = 168))]
    pub retention_hours: u32,
    /// Its clients speak Kafka's protocol. Else it is what the cloud has of its own; in a cluster it is Kafka in any case.
    pub kafka: bool,
}

impl Default for Stream {
    fn default() -> Self {
        Self {
            partitions: 2,
            retention_hours: 24,
            kafka: false,
        }
    }
}
