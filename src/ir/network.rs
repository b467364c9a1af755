//! The plan of the virtual network: one block cut into slices with room for growth.

use ipnet::Ipv4Net;

use crate::vocabulary::{Egress, Existing};

/// What a part of the network is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Public load balancer and address translation: the only part that the internet reaches.
    Public,
    /// Services.
    Application,
    /// Databases.
    Data,
    /// Administration.
    Management,
    /// Internal load balancer.
    Balancer,
    /// Private endpoints of managed services.
    Endpoint,
}

impl Tier {
    /// Every tier, in the order in which the block is cut. Two further slices stay free.
    pub const ALL: [Tier; 6] = [
        Tier::Public,
        Tier::Application,
        Tier::Data,
        Tier::Management,
        Tier::Balancer,
        Tier::Endpoint,
    ];

    /// The word for it in resource names.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Public => "public",
            Tier::Application => "application",
            Tier::Data => "data",
            Tier::Management => "management",
            Tier::Balancer => "balancer",
            Tier::Endpoint => "endpoint",
        }
    }
}

/// The eighth of the network's block that one tier has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// The whole slice, for clouds whose subnets span zones.
    pub cidr: Ipv4Net,
}

impl Slice {
    /// A quarter of the slice: one zone's subnet (0 to 2), or the spare one (3), for clouds whose subnets lie in one zone.
    pub fn quarter(&self, index: usize) -> Ipv4Net {
        subnet(self.cidr, 2, index)
    }
}

/// The virtual network.
#[derive(Debug, Clone)]
pub struct Network {
    /// The whole block, /16 to /20.
    pub cidr: Ipv4Net,
    /// How many zones are used: 2 or 3.
    pub zones: usize,
    /// How private subnets reach the internet.
    pub egress: Egress,
    /// Administration of machines without public addresses.
    pub bastion: bool,
    /// Address ranges of administrators.
    pub admin_cidrs: Vec<Ipv4Net>,
    /// Networks to use instead of creating one.
    pub existing: Existing,
    /// Private DNS zone of the internal services. Known before anything is created, so settings need not wait for it.
    pub private_domain: String,
}

impl Network {
    /// Stable keys of zones: `for_each` keys and, where a cloud names zones by letter, their suffix.
    pub const ZONE_KEYS: [&'static str; 3] = ["a", "b", "c"];

    /// The slice of one tier.
    pub fn slice(&self, tier: Tier) -> Slice {
        let index = Tier::ALL.iter().position(|&other| other == tier).unwrap_or_default();
        Slice {
            cidr: subnet(self.cidr, 3, index),
        }
    }

    /// One of the two slices that no tier has: 0 or 1.
    pub fn spare(&self, index: usize) -> Slice {
        Slice {
            cidr: subnet(self.cidr, 3, Tier::ALL.len() + index),
        }
    }

    /// The keys of the zones that are used.
    pub fn zone_keys(&self) -> impl Iterator<Item = &'static str> {
        Self::ZONE_KEYS.into_iter().take(self.zones)
    }

    /// (zone key, block) of a tier's subnets, for clouds whose subnets lie in one zone.
    pub fn zonal(&self, tier: Tier) -> impl Iterator<Item = (&'static str, Ipv4Net)> {
        let slice = self.slice(tier);
        self.zone_keys()
            .enumerate()
            .map(move |(index, key)| (key, slice.quarter(index)))
    }
}

/// The subnet number `index` of the `2^bits` equal ones of `net`; `net` itself if there is no such one.
fn subnet(net: Ipv4Net, bits: u8, index: usize) -> Ipv4Net {
    net.subnets(net.prefix_len() + bits)
        .ok()
        .and_then(|mut subnets| subnets.nth(index))
        .unwrap_or(net)
}
