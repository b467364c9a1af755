//! Services on containers, target by target: how they are reached, what they are told, what does not fit.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod azure;
