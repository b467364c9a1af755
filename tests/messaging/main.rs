//! Queues, topics, caches and workers, target by target: who may send, take and connect, what is told to whom, what becomes of dead
//! letters.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod kubernetes;
