//! Queues, topics, caches and workers, target by target: who may send and take, what is watched, what scales, what does not fit.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod aws;
