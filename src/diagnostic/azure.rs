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
