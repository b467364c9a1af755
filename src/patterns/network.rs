//! The plan of the network.

use ipnet::Ipv4Net;

use crate::blueprint::Blueprint;
use crate::diagnostic::{Diagnostic, semantic};
use crate::ir::Network;

/// The longest prefix that still gives every zone's subnet 32 addresses (a /28 is the smallest that AWS takes, Azure's gateways
/// want more).
const SMALLEST: u8 = 20;
/// The shortest prefix that AWS takes for a VPC.
const LARGEST: u8 = 16;

pub(super) fn plan(blueprint: &Blueprint, problems: &mut Vec<Diagnostic>) -> Option<Network> {
    let said = &blueprint.model.network;
    let cidr = block(&said.cidr).map_err(|(why, fix)| {
        let at = blueprint.places.span("network.cidr");
        problems.push(semantic::bad_cidr(at, &said.cidr, &why, &fix));
    });
    let admin_cidrs = ranges(blueprint, "network.admin_cidrs", &said.admin_cidrs, problems);
    let domain = &blueprint.model.edge.internal.domain;
    Some(Network {
        cidr: cidr.ok()?,
        zones: said.zones as usize,
        egress: said.egress,
        bastion: said.bastion,
        admin_cidrs,
        existing: said.existing.clone(),
        private_domain: match domain {
            Some(domain) => domain.to_string(),
            None => format!("{}.internal", blueprint.model.name),
        },
    })
}

/// Address ranges of a list of the blueprint.
pub(super) fn ranges(
    blueprint: &Blueprint,
    path: &str,
    said: &[String],
    problems: &mut Vec<Diagnostic>,
) -> Vec<Ipv4Net> {
    let mut ranges = vec![];
    for (index, text) in said.iter().enumerate() {
        match text.parse::<Ipv4Net>() {
            Ok(range) => ranges.push(range.trunc()),
            Err(_) => {
                let at = blueprint.places.span(&format!("{path}.{index}"));
                problems.push(semantic::bad_address_range(at, text));
            }
        }
    }
    ranges
}

/// The block, or why it cannot be one and what to do.
fn block(text: &str) -> Result<Ipv4Net, (String, String)> {
    let example = "write an address and a prefix length, such as `10.20.0.0/16`".to_owned();
    let Ok(net) = text.parse::<Ipv4Net>() else {
        return Err(("it is not an IPv4 block".to_owned(), example));
    };
    if net.trunc() != net {
        let fix = format!("did you mean `{}`?", net.trunc());
        return Err(("it has bits set behind its prefix".to_owned(), fix));
    }
    if !(LARGEST..=SMALLEST).contains(&net.prefix_len()) {
        let why = format!("a network has a prefix from /{LARGEST} to /{SMALLEST}");
        return Err((why, format!("use `{}/{LARGEST}`", net.addr())));
    }
    let private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
    let is_private = private
        .iter()
        .filter_map(|range| range.parse::<Ipv4Net>().ok())
        .any(|range| range.contains(&net));
    if !is_private {
        let fix = format!("take a block from {}", private.join(", "));
        return Err(("it is not a private range".to_owned(), fix));
    }
    // Docker's default bridge, which the machines run, would hide these addresses from them.
    if "172.17.0.0/16"
        .parse::<Ipv4Net>()
        .is_ok_and(|docker| docker.contains(&net) || net.contains(&docker))
    {
        return Err(("container hosts use 172.17.0.0/16 themselves".to_owned(), example));
    }
    Ok(net)
}
