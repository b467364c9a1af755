//! Rules about services on Azure Container Apps. One constructor per rule.

use std::fmt::Display;

use super::{Diagnostic, Span};

/// `no-subnet-for-containers`
pub fn existing_network(at: Option<Span>, service: &str) -> Diagnostic {
    Diagnostic::error(
        "no-subnet-for-containers",
        at,
        format!("`{service}` runs on containers, and the existing network on Azure has no subnet for them"),
    )
    .reason("an environment of Container Apps has a subnet of its own, whose firewall rules follow from the links")
    .fix("use `runtime = \"vm\"`, or leave `network.existing.azure` out")
}

/// `no-such-slot`
pub fn no_such_slot(at: Option<Span>, slot: u32, of: &str, count: u32) -> Diagnostic {
    Diagnostic::error(
        "no-such-slot",
        at,
        format!("there is no block {slot} for the {of} of a domain on Azure"),
    )
    .fix(format!(
        "take a number from 1 to {count}, or give `network.cidr` a larger block"
    ))
}

/// `same-slot`
pub fn same_slot(at: Option<Span>, [first, second]: [&str; 2], of: &str, free: u32) -> Diagnostic {
    Diagnostic::error(
        "same-slot",
        at,
        format!("the {of} of the domains `{first}` and `{second}` would have the same addresses on Azure"),
    )
    .reason("a domain's block of addresses follows from its name alone, so that no domain moves another's")
    .fix(format!(
        "say another one for that of the two which is not there yet: `slot = {free}` in `[domains.{second}]` or `[domains.{first}]`"
    ))
}

/// `no-room-for-containers`
pub fn no_room(at: Option<Span>, needed: u32, subnet: impl Display, there: u32) -> Diagnostic {
    Diagnostic::error(
        "no-room-for-containers",
        at,
        format!(
            "the containers of one environment need up to {needed} addresses, and their subnet {subnet} has {there}"
        ),
    )
    .reason(
        "ten containers share an address, a dedicated machine has one, and a new revision starts beside the old one",
    )
    .fix("give `network.cidr` a larger block, or lower `scale.max`")
}

/// `network-of-nodes`
pub fn network(at: Option<Span>, cidr: impl Display) -> Diagnostic {
    Diagnostic::error(
        "network-of-nodes",
        at,
        format!("environments of Container Apps use addresses of {cidr} themselves"),
    )
    .fix("take a block outside of 172.30.0.0/15, such as `10.20.0.0/16`")
}

/// `machine-of-container`
pub fn machine(at: Option<Span>, service: &str, key: &str) -> Diagnostic {
    Diagnostic::error(
        "machine-of-container",
        at,
        format!("`{key}` is about machines, and `{service}` runs on containers"),
    )
    .fix("leave it out and say `size = { cpu = ..., memory_gb = ... }`, or use `runtime = \"vm\"`")
}

/// `size-not-offered`
pub fn size(at: Option<Span>, (cpu, memory_gb): (u32, u32), most: (u32, u32)) -> Diagnostic {
    Diagnostic::error(
        "size-not-offered",
        at,
        format!("no container on Azure has {cpu} processors and {memory_gb} GiB or more"),
    )
    .fix(format!(
        "ask for {} processors and {} GiB at most, or use `runtime = \"vm\"`",
        most.0, most.1
    ))
}

/// `too-many-containers`
pub fn replicas(at: Option<Span>, service: &str, count: u32, most: u32) -> Diagnostic {
    Diagnostic::error(
        "too-many-containers",
        at,
        format!("a service on Azure has at most {most} containers, and `{service}` asks for {count}"),
    )
    .fix(format!(
        "use `max = {most}` or less, with larger containers, or `runtime = \"vm\"`"
    ))
}

/// `disk-not-offered`
pub fn disk(at: Option<Span>, service: &str, most: u32) -> Diagnostic {
    Diagnostic::error(
        "disk-not-offered",
        at,
        format!("a container on Azure has a disk of at most {most} GiB, which goes with it: `{service}` asks for more"),
    )
    .fix("leave `disk_gb` out and keep files in a bucket, or use `runtime = \"vm\"`")
}

/// `variable-taken`
pub fn variable(at: Option<Span>, name: &str) -> Diagnostic {
    Diagnostic::error(
        "variable-taken",
        at,
        format!("Container Apps set `{name}` themselves, or may do so"),
    )
    .fix("choose another name")
}

/// `many-variables`
pub fn variables(at: Option<Span>, service: &str, bytes: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "many-variables",
        at,
        format!("the environment of `{service}` has about {bytes} bytes, and a container on Azure takes {most}"),
    )
    .reason("a service that knows the shards of a database has seven variables for each")
    .fix("use `runtime = \"vm\"` for it, or the proxy as the router")
}
