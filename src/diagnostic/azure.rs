//! Rules about what Azure can do. One constructor per rule.

use std::fmt::Display;

use super::{Diagnostic, Span};

/// `no-room-for-shards`
pub fn no_room(at: Option<Span>, servers: usize, subnet: impl Display, room: u64) -> Diagnostic {
    Diagnostic::error(
        "no-room-for-shards",
        at,
        format!("{servers} database servers need as many addresses, and their subnet {subnet} has {room}"),
    )
    .reason("every server has a private endpoint in the eighth of the network that is kept for data")
    .fix("give `network.cidr` a larger block, or make fewer shards")
}

/// `many-private-endpoints`
pub fn many_endpoints(at: Option<Span>, endpoints: usize, most: usize) -> Diagnostic {
    Diagnostic::warning(
        "many-private-endpoints",
        at,
        format!("{endpoints} private endpoints, and Azure allows {most} in a virtual network unless asked for more"),
    )
    .fix("have the network enabled for high-scale private endpoints before the first apply, or make fewer shards")
}

/// `lock-too-long`
pub fn lock_too_long(at: Option<Span>, seconds: u32, most: u32) -> Diagnostic {
    Diagnostic::error(
        "lock-too-long",
        at,
        format!("a message is to be hidden for {seconds} seconds, and Service Bus locks it for {most} at most"),
    )
    .fix(format!(
        "say {most} or less, and have the worker renew the lock of what takes longer, which the client libraries do by themselves when asked"
    ))
}

/// `filter-too-long`
pub fn filter_too_long(at: Option<Span>, service: &str, length: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "filter-too-long",
        at,
        format!(
            "the filter of `{service}` has {length} characters as an expression of Service Bus, which takes {most}"
        ),
    )
    .fix("name fewer values, or have the publisher set an attribute that stands for several of them")
}

/// `many-inboxes`
pub fn many_inboxes(at: Option<Span>, service: &str, inboxes: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "many-inboxes",
        at,
        format!("`{service}` consumes {inboxes} queues and topics, and Azure can scale a service by {most} of them"),
    )
    .reason("a scale set takes ten rules: two for each, and two for the processors")
    .fix("split the service by what it consumes")
}

/// `reader-may-write`
pub fn reader_may_write(at: Option<Span>, service: &str, cache: &str) -> Diagnostic {
    Diagnostic::warning(
        "reader-may-write",
        at,
        format!("`{service}` only reads the cache `{cache}`, and will be able to write it as well"),
    )
    .reason("Azure Managed Redis lets an identity in, or not: it has no access that only reads")
    .fix("have the service ask another one that uses the cache, or accept it")
}
