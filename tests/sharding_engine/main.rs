//! What is rendered for the proxy in front of shards: every key of its configuration is one that ShardingSphere knows, and a real
//! ShardingSphere finds the shard of each row with it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod configuration;
#[cfg(target_os = "linux")]
mod engine;
mod keys;
#[cfg(target_os = "linux")]
mod questions;
#[cfg(target_os = "linux")]
mod servers;
#[path = "../support/mod.rs"]
mod support;
