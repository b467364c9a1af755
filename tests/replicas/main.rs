//! Read replicas, target by target: what a further one changes, who reaches which server, where the readers' name leads, what is watched.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod aws;
mod azure;
mod gcp;
mod kubernetes;
