//! Services on containers, target by target: who reaches them, what they are told, what does not fit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod aws;
mod aws_cluster;
mod azure;
mod azure_cluster;
mod gcp;
