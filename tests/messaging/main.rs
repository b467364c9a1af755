//! Queues, topics, caches and workers, target by target: what they become, who may use them, what is watched.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod azure;
