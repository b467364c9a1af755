//! What only Google Cloud asks for.

mod apis;
mod cluster;
mod containers;
mod functions;
mod messaging;
mod warehouses;
mod workflows;

pub use cluster::{SCALER, nodes, pod_ranges};
pub use functions::{BUILD, CHANGES, CREATED, INSTANCES, TRIGGERS, bucket_filter, deleted, takes_events};
pub use messaging::pubsub_filter;
pub use warehouses::{has_streams, part};
pub use workflows::{SCHEDULES, condition, has_schedules, value};

use crate::diagnostic::{Diagnostic, capability, gcp};
use crate::ir::{Database, Id, Readers, Resource, Service, Sharding, System, Tls};
use crate::target::Target;
use crate::vocabulary::{Edition, Engine};

/// Days that a point-in-time restore goes back.
const RESTORE_DAYS: u32 = 7;
/// Read replicas of one server, outside a pool.
const REPLICAS: u32 = 10;
/// The highest processor load, in percent, at which a read pool can be told to grow.
const POOL_LOAD: u32 = 90;
/// Recipients of a budget's alerts.
const RECIPIENTS: usize = 5;
/// Active shards behind one proxy: its machines get the certificate of each one's authority in one metadata entry of 256 KiB. They have
/// 1.3 kB as a rule; 1.6 kB fit.
const PROXIED_SHARDS: usize = 160;
/// Bytes of one metadata entry, less what a start-up script has beside the table of shards.
const TABLE: usize = 256 * 1024 - 32 * 1024;
/// Longest `PREFIX-NAME-shard-ID`: the name of its endpoint, less `-endpoint`.
const SHARD_NAME: usize = 54;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let region = system.region.get(Target::Gcp).unwrap_or_default();
    let entries = [
        ("edge.certificate", &system.public),
        ("edge.internal.certificate", &system.internal),
    ];
    for (path, balancer) in entries {
        if let Some(Tls::Named(certificate)) = balancer.as_ref().map(|balancer| balancer.tls(Target::Gcp))
            && !is_regional(certificate, region)
        {
            let at = system.places.span(&format!("{path}.gcp"));
            problems.push(gcp::certificate_form(at, certificate, region));
        }
    }
    for (_, database) in system.databases.iter() {
        let at = |key: &str| system.places.span(&format!("{}.{key}", database.path));
        if let Some(Readers::Fixed(count)) = database.readers
            && count > REPLICAS
        {
            let engine = database.engine.name();
            problems.push(capability::too_many_replicas(
                at("replicas"),
                engine,
                count,
                Target::Gcp,
                REPLICAS,
            ));
        }
        if let Some(Readers::Scaled(scale)) = database.readers {
            if scale.cpu_percent > POOL_LOAD {
                problems.push(gcp::pool_load(at("replicas"), scale.cpu_percent, POOL_LOAD));
            }
            if let Some(tier) = database.size.exact(Target::Gcp).filter(|tier| !is_plus(tier)) {
                problems.push(gcp::pool_tier(at("size"), &database.name, tier));
            }
        }
        let days = database.backup.retention_days;
        if days > RESTORE_DAYS {
            problems.push(gcp::restore_window(at("backup.retention_days"), &database.name, days));
        }
        if database.engine == Engine::Sqlserver && database.version == "2025" && database.edition == Edition::Web {
            problems.push(gcp::web_edition_ended(at("edition"), &database.version));
        }
    }
    for (_, database, sharding) in system.sharded() {
        shards(system, database, sharding, problems);
    }
    for (id, service) in system.services.iter() {
        let bytes = table(system, id);
        if bytes > TABLE {
            problems.push(gcp::shard_table(system.places.key(&service.path), &service.name, bytes));
        }
    }
    apis::check(system, region, problems);
    containers::check(system, problems);
    cluster::check(system, problems);
    cluster::repositories(system, problems);
    messaging::check(system, problems);
    functions::check(system, problems);
    workflows::check(system, problems);
    warehouses::check(system, problems);
    let recipients = system.budget.as_ref().map_or(0, |budget| budget.emails.len());
    if recipients > RECIPIENTS {
        problems.push(gcp::budget_recipients(system.places.span("budget.emails"), recipients));
    }
}

/// Do the shards of a database fit?
fn shards(system: &System, database: &Database, sharding: &Sharding, problems: &mut Vec<Diagnostic>) {
    let at = system.places.key(&format!("{}.sharding", database.path));
    let longest = sharding.shards.iter().max_by_key(|shard| shard.id.len());
    if let Some(shard) = longest {
        let full = format!("{}-{}-{}", system.prefix, database.shard_name(), shard.id);
        if full.len() > SHARD_NAME {
            let what = "the name of a shard's endpoint";
            problems.push(capability::name_too_long(at, &full, SHARD_NAME, what, Target::Gcp));
        }
    }
    let active = sharding.active().count();
    if sharding.proxy().is_some() && active > PROXIED_SHARDS {
        problems.push(gcp::proxied_shards(at, &database.name, active, PROXIED_SHARDS));
    }
}

/// Bytes of the tables of shards that a machine of a service gets, at most.
fn table(system: &System, id: Id<Service>) -> usize {
    let grants = system.grants_of(id).filter_map(|grant| match grant.resource {
        Resource::Shards(database) => Some(&system.databases[database]),
        _ => None,
    });
    grants
        .map(|database| {
            let name = database.shard_name().len();
            // Six spaces, and a secret's identifier: `projects/PROJECT/secrets/PREFIX-NAME-ID`.
            let line = 6 + name + system.network.private_domain.len() + 18 + 30 + system.prefix.len() + name + 8;
            let active = database.sharding.iter().flat_map(Sharding::active);
            active.map(|shard| line + 3 * shard.id.len()).sum::<usize>()
        })
        .sum()
}

/// True for tiers of the Enterprise Plus edition.
fn is_plus(tier: &str) -> bool {
    ["db-perf-optimized-", "db-c4a-"]
        .iter()
        .any(|family| tier.starts_with(family))
}

/// True for `projects/P/locations/REGION/certificates/N`.
fn is_regional(certificate: &str, region: &str) -> bool {
    let parts: Vec<&str> = certificate.split('/').collect();
    matches!(parts.as_slice(), ["projects", _, "locations", place, "certificates", _] if *place == region)
}

#[cfg(test)]
mod tests {
    use super::is_regional;

    #[test]
    fn certificates_belong_to_the_region() {
        assert!(is_regional(
            "projects/p/locations/europe-west3/certificates/c",
            "europe-west3"
        ));
        assert!(!is_regional(
            "projects/p/locations/global/certificates/c",
            "europe-west3"
        ));
        assert!(!is_regional("arn:aws:acm:x", "europe-west3"));
    }
}
