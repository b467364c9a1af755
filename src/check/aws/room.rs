//! Is there room for the database servers: in the network, and in what RDS runs before one asks for more?

use crate::diagnostic::{Diagnostic, Span, aws};
use crate::ir::{Database, System, Tier};
use crate::vocabulary::{Engine, License};

/// Addresses of every subnet that AWS keeps for itself.
const RESERVED: u64 = 5;
/// Servers in a region.
const SERVERS: usize = 40;
/// Servers of a region whose licence is in the price, of Oracle and of each edition of SQL Server.
const LICENSED: usize = 10;
/// GiB of all servers in a region.
const STORAGE: u64 = 100_000;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let all = || system.databases.iter().map(|(_, item)| item);
    let Some(largest) = all().max_by_key(|item| item.servers()) else {
        return;
    };
    let at = match largest.sharding {
        Some(_) => system.places.key(&format!("{}.sharding", largest.path)),
        None => system.places.key(&largest.path),
    };
    let servers: usize = all().map(Database::servers).sum();
    network(system, at, servers, problems);
    let mut raise = |what: String, quota: &str, most: u64| problems.push(aws::quota(at, &what, quota, most));
    if servers > SERVERS {
        raise(format!("{servers} database servers"), "DB instances", SERVERS as u64);
    } else if let Some((what, servers)) = licensed(system) {
        raise(format!("{servers} servers of {what}"), "DB instances", LICENSED as u64);
    }
    let storage: u64 = all().map(Database::stored_gb).sum();
    if storage > STORAGE {
        let quota = "Total storage for all DB instances";
        raise(format!("{storage} GiB of storage for databases"), quota, STORAGE);
    }
}

/// More servers with a licence in the price than RDS runs: of what, and how many.
fn licensed(system: &System) -> Option<(String, usize)> {
    let kind = |item: &Database| match (item.engine, item.license) {
        (Engine::Sqlserver, _) => Some(format!("SQL Server ({})", item.edition.name())),
        (Engine::Oracle, License::Included) => Some("Oracle with its licence included".to_owned()),
        _ => None,
    };
    let kinds = system.databases.iter().filter_map(|(_, item)| kind(item));
    let counted = kinds.map(|what| {
        let same = system
            .databases
            .iter()
            .filter(|(_, item)| kind(item).as_ref() == Some(&what));
        let servers = same.map(|(_, item)| item.servers()).sum();
        (what, servers)
    });
    counted
        .max_by_key(|(_, servers)| *servers)
        .filter(|(_, servers)| *servers > LICENSED)
}

/// A server has an address in a subnet of its zone, and its standby one in another.
fn network(system: &System, at: Option<Span>, servers: usize, problems: &mut Vec<Diagnostic>) {
    if system.network.existing.aws.is_some() {
        return;
    }
    let standby = system.databases.iter().filter(|(_, item)| item.multi_zone);
    let standby: usize = standby.map(|(_, item)| item.servers()).sum();
    let subnets = system.network.zonal(Tier::Data);
    let room: u64 = subnets
        .map(|(_, subnet)| (1_u64 << (32 - subnet.prefix_len())).saturating_sub(RESERVED))
        .sum();
    let wanted = servers + standby;
    if wanted as u64 > room {
        problems.push(aws::no_room(at, servers, wanted, room));
    }
}
