//! What only Google Cloud asks for.

use crate::diagnostic::{Diagnostic, capability, gcp};
use crate::ir::{Readers, System, Tls};
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
    let recipients = system.budget.as_ref().map_or(0, |budget| budget.emails.len());
    if recipients > RECIPIENTS {
        problems.push(gcp::budget_recipients(system.places.span("budget.emails"), recipients));
    }
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
