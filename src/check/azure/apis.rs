//! What API Management asks of APIs: a place in the network, a certificate, limits that it can keep.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use sha2::{Digest, Sha256};

use crate::diagnostic::{Diagnostic, api as rules, capability};
use crate::ir::{Api, Network, System, Throttle, Tier};
use crate::target::Target;

/// The smallest block that Azure takes for an API's subnet.
const BLOCK: u8 = 27;
/// Seconds that requests are counted for, at most.
const WINDOW: u32 = 300;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let mut blocks: BTreeMap<Ipv4Net, &Api> = BTreeMap::new();
    for (_, api) in system.apis.iter() {
        let at = |key: &str| system.places.span(&format!("{}.{key}", api.path));
        if system.network.existing.azure.is_some() {
            problems.push(rules::existing_network(system.places.key(&api.path), &api.name));
        } else if let Some(other) = blocks.insert(api_block(&system.network, api), api) {
            let at = system.places.key(&api.path);
            problems.push(rules::same_block(at, [&other.name, &api.name]));
        }
        let taken = format!("api-{}", api.name);
        if let Some((_, service)) = system.services.iter().find(|(_, item)| item.name == taken) {
            let at = system.places.key(&service.path);
            problems.push(rules::name_taken(at, &taken, &api.name, Target::Azure));
        }
        for route in &api.routes {
            if api_window(route.throttle).1 > WINDOW {
                let at = system.places.key(&format!("{}.routes.{}", api.path, route.key));
                let most = route.throttle.per_second * WINDOW;
                problems.push(rules::burst(at, route.throttle.burst, most));
            }
        }
        let Some(domain) = &api.domain else { continue };
        match api.certificate(Target::Azure) {
            None => problems.push(rules::certificate(at("domain"), domain, Target::Azure)),
            Some(text) if !super::is_vault_secret(text) => {
                problems.push(capability::certificate_form(at("certificate.azure"), text));
            }
            Some(_) => {}
        }
        let Some(zone) = api.zone.get(Target::Azure) else {
            continue;
        };
        let key = format!("{}.zone.azure", api.path);
        match super::within(zone, domain) {
            None => problems.push(capability::zone_form(at("zone.azure"), &key, zone, domain)),
            Some("") => problems.push(rules::top_of_zone(at("domain"), domain)),
            Some(_) => {}
        }
    }
}

/// The block of an API's subnet, in the half of the management's slice that nobody else uses. It follows from the name alone.
pub fn api_block(network: &Network, api: &Api) -> Ipv4Net {
    let slice = network.slice(Tier::Management).cidr;
    let half = slice.subnets(slice.prefix_len() + 1).ok();
    let half = half.and_then(|mut halves| halves.nth(1)).unwrap_or(slice);
    let digest = Sha256::digest(api.name.as_bytes());
    let hash = digest.iter().take(4);
    let hash = hash.fold(0, |number: u32, &byte| number << 8 | u32::from(byte));
    let count = 1_u32 << BLOCK.saturating_sub(half.prefix_len());
    let blocks = half.subnets(BLOCK).ok();
    blocks
        .and_then(|mut blocks| blocks.nth((hash % count) as usize))
        .unwrap_or(half)
}

/// (requests, seconds): a bucket that holds what may come at once, and fills at the rate that goes on. API Management takes whole
/// seconds, so the bucket may be somewhat larger than the blueprint says.
pub fn api_window(throttle: Throttle) -> (u32, u32) {
    let seconds = throttle.burst.div_ceil(throttle.per_second.max(1)).max(1);
    (throttle.per_second * seconds, seconds)
}
