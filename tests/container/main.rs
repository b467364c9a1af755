//! Services on containers, cloud by cloud.
#![allow(clippy::unwrap_used, clippy::panic)]

mod aws;
