//! Sharding, target by target: what further shards change, who reaches which server, what is watched, what does not fit.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod aws;
mod azure;
mod gcp;
mod kubernetes;
