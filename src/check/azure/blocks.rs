//! Blocks of addresses that domains have in a spare slice of the network: of their containers in one, of their nodes in the other.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use sha2::{Digest, Sha256};

use crate::diagnostic::{Diagnostic, container_apps};
use crate::ir::{Domain, Id, Network, System};

/// The addresses of a domain in a spare slice. They depend on the network and on the domain alone: what is shared has the first quarter,
/// and each domain one of the equal blocks in the rest.
pub(super) fn block(system: &System, slice: usize, domain: Option<Id<Domain>>) -> Ipv4Net {
    let slice = system.network.spare(slice);
    let shared = slice.quarter(0);
    let Some(domain) = domain else {
        return shared;
    };
    let length = length(&system.network);
    let before = 1_u32 << (length - shared.prefix_len());
    let index = before + slot(&system.network, &system.domains[domain]) - 1;
    let mut blocks = slice.cidr.subnets(length).ok().into_iter().flatten();
    blocks.nth(index as usize).unwrap_or(shared)
}

/// A /26 has room for 230 containers, or for 29 nodes and as many that take their place. Where there would be few blocks, a /27: the
/// smallest that Container Apps take. Both slices are of one length.
fn length(network: &Network) -> u8 {
    match network.spare(0).cidr.prefix_len() {
        ..=21 => 26,
        _ => 27,
    }
}

/// How many blocks there are for domains: three quarters of the slice.
fn count(network: &Network) -> u32 {
    let bits = length(network) - network.spare(0).cidr.prefix_len();
    (1 << bits) / 4 * 3
}

/// The number of a domain's block, from 1: the author's, or the one that its name gives.
fn slot(network: &Network, domain: &Domain) -> u32 {
    let digest = Sha256::digest(domain.name.as_bytes());
    let hash = digest
        .iter()
        .take(4)
        .fold(0, |number: u32, &byte| number << 8 | u32::from(byte));
    let count = count(network);
    domain.slot.filter(|slot| *slot <= count).unwrap_or(1 + hash % count)
}

/// No two domains may have the same block. `of` is what the blocks are for.
pub(super) fn slots(system: &System, places: &BTreeSet<Option<Id<Domain>>>, of: &str, problems: &mut Vec<Diagnostic>) {
    let count = count(&system.network);
    let domains: Vec<&Domain> = places.iter().flatten().map(|&id| &system.domains[id]).collect();
    let mut taken: BTreeMap<u32, &Domain> = BTreeMap::new();
    let all: BTreeSet<u32> = domains.iter().map(|domain| slot(&system.network, domain)).collect();
    for domain in domains {
        let at = system.places.span(&format!("{}.slot", domain.path));
        if let Some(wanted) = domain.slot.filter(|slot| *slot > count) {
            problems.push(container_apps::no_such_slot(at, wanted, of, count));
            continue;
        }
        let at = at.or_else(|| system.places.key(&domain.path));
        if let Some(other) = taken.insert(slot(&system.network, domain), domain) {
            let free = (1..=count).find(|number| !all.contains(number)).unwrap_or(count);
            problems.push(container_apps::same_slot(at, [&other.name, &domain.name], of, free));
        }
    }
}
