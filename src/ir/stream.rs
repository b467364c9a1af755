//! Streams of records.

use super::domain::Home;

/// A stream: records in their order within a partition, for as many consumers as there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// The component's name in the system.
    pub name: String,
    /// Where it stands, and what it is called there.
    pub home: Home,
    /// Its path in the blueprint.
    pub path: String,
    /// Parts that records are spread over by their key.
    pub partitions: u32,
    /// Hours that a record stays.
    pub retention_hours: u32,
    /// Its clients speak Kafka's protocol, whatever the cloud has of its own.
    pub kafka: bool,
}
