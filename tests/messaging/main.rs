//! Queues, topics, caches and workers, target by target: who may send, take and connect, what is watched and told, what does not fit.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod aws;
mod azure;
#[path = "../support/cluster.rs"]
#[allow(dead_code, reason = "not every program of tests asks for every kind of pod")]
mod cluster;
mod gcp;
mod kubernetes;
mod namespaces;
