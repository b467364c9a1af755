//! Machine types, zones and database engines of Google Cloud.
//!
//! Read in November 2026 from the public pages of Compute Engine (machine families E2 and N2, regions and zones) and Cloud SQL
//! (supported versions, editions and their tiers, replication, read pools and their autoscaling), Cloud Run (sizes of containers), and
//! from Memorystore for Valkey's (node types).

use super::{Machine, Offer, Replicas};
use crate::vocabulary::{Edition, Engine, License, Runtime};

const fn machine(name: &'static str, cpu: u32, memory_gb: u32) -> Machine {
    Machine { name, cpu, memory_gb }
}

/// Bytes of a map of shards: one version of a secret holds 65,536, and docker reads as many in one line with the variable's name.
pub(super) const SHARD_MAP: usize = 65_000;

/// Where services run.
pub(super) const RUNTIMES: &[Runtime] = &[Runtime::Vm, Runtime::Container, Runtime::Kubernetes];

/// Sizes of a container on Cloud Run: processors, and the least and the most GiB that go with them.
pub(super) const CONTAINERS: [(u32, u32, u32); 5] = [(1, 1, 4), (2, 1, 8), (4, 2, 16), (6, 4, 24), (8, 4, 32)];

/// Minor versions of Kubernetes that GKE's channels offer, as in its release notes of autumn 2026. What is left out is the channel's own:
/// 1.35 in the regular one.
pub(super) const KUBERNETES: &[&str] = &["1.34", "1.35", "1.36"];

/// A registry of the system's own images.
pub(super) const REGISTRY: bool = true;

/// Machine types. The smaller E2 types share a core and are left out but for one: a processor load that starts a new machine means
/// little there. Two GiB per processor exist as custom types only.
pub(super) const MACHINES: [Machine; 34] = [
    machine("e2-medium", 1, 4),
    machine("e2-highcpu-2", 2, 2),
    machine("e2-highcpu-4", 4, 4),
    machine("e2-highcpu-8", 8, 8),
    machine("e2-highcpu-16", 16, 16),
    machine("e2-highcpu-32", 32, 32),
    machine("e2-custom-2-4096", 2, 4),
    machine("e2-custom-4-8192", 4, 8),
    machine("e2-custom-8-16384", 8, 16),
    machine("e2-custom-16-32768", 16, 32),
    machine("e2-custom-32-65536", 32, 64),
    machine("e2-standard-2", 2, 8),
    machine("e2-standard-4", 4, 16),
    machine("e2-standard-8", 8, 32),
    machine("e2-standard-16", 16, 64),
    machine("e2-standard-32", 32, 128),
    machine("e2-highmem-2", 2, 16),
    machine("e2-highmem-4", 4, 32),
    machine("e2-highmem-8", 8, 64),
    machine("e2-highmem-16", 16, 128),
    machine("n2-highmem-32", 32, 256),
    machine("n2-highcpu-48", 48, 48),
    machine("n2-highcpu-64", 64, 64),
    machine("n2-highcpu-80", 80, 80),
    machine("n2-highcpu-96", 96, 96),
    machine("n2-standard-48", 48, 192),
    machine("n2-standard-64", 64, 256),
    machine("n2-standard-80", 80, 320),
    machine("n2-standard-96", 96, 384),
    machine("n2-standard-128", 128, 512),
    machine("n2-highmem-48", 48, 384),
    machine("n2-highmem-64", 64, 512),
    machine("n2-highmem-80", 80, 640),
    machine("n2-highmem-128", 128, 864),
];

/// Tiers of Cloud SQL's Enterprise edition: one processor or an even number, 0.9 to 6.5 GiB for each, 3.75 GiB at least.
const TIERS: [Machine; 24] = [
    machine("db-custom-1-3840", 1, 3),
    machine("db-custom-1-4096", 1, 4),
    machine("db-custom-1-6656", 1, 6),
    machine("db-custom-2-4096", 2, 4),
    machine("db-custom-2-8192", 2, 8),
    machine("db-custom-2-12288", 2, 12),
    machine("db-custom-4-8192", 4, 8),
    machine("db-custom-4-16384", 4, 16),
    machine("db-custom-4-24576", 4, 24),
    machine("db-custom-8-16384", 8, 16),
    machine("db-custom-8-32768", 8, 32),
    machine("db-custom-8-49152", 8, 48),
    machine("db-custom-16-32768", 16, 32),
    machine("db-custom-16-65536", 16, 64),
    machine("db-custom-16-98304", 16, 96),
    machine("db-custom-32-65536", 32, 64),
    machine("db-custom-32-131072", 32, 128),
    machine("db-custom-32-196608", 32, 192),
    machine("db-custom-64-131072", 64, 128),
    machine("db-custom-64-262144", 64, 256),
    machine("db-custom-64-393216", 64, 384),
    machine("db-custom-96-196608", 96, 192),
    machine("db-custom-96-393216", 96, 384),
    machine("db-custom-96-638976", 96, 624),
];

/// Tiers of Cloud SQL's Enterprise Plus edition, whose processors all have 8 GiB but for those of the largest.
pub(super) const PLUS_TIERS: [Machine; 10] = [
    machine("db-perf-optimized-N-2", 2, 16),
    machine("db-perf-optimized-N-4", 4, 32),
    machine("db-perf-optimized-N-8", 8, 64),
    machine("db-perf-optimized-N-16", 16, 128),
    machine("db-perf-optimized-N-32", 32, 256),
    machine("db-perf-optimized-N-48", 48, 384),
    machine("db-perf-optimized-N-64", 64, 512),
    machine("db-perf-optimized-N-80", 80, 640),
    machine("db-perf-optimized-N-96", 96, 768),
    machine("db-perf-optimized-N-128", 128, 864),
];

/// Node types of Memorystore for Valkey, smallest first: the GiB that are for data, rounded down, of what a node has. The shared core is left
/// out, for it has no guarantee.
pub(super) const CACHES: [(&str, u32); 8] = [
    ("CUSTOM_PICO", 1),
    ("CUSTOM_MICRO", 2),
    ("CUSTOM_MINI", 3),
    ("STANDARD_SMALL", 5),
    ("HIGHMEM_MEDIUM", 10),
    ("STANDARD_LARGE", 20),
    ("HIGHMEM_XLARGE", 46),
    ("HIGHMEM_2XLARGE", 88),
];

/// A pool of up to twenty nodes, or ten replicas, which is checked with what else only Google Cloud asks for. SQL Server has replicas as well, but the availability group behind them carries databases
/// and no logins, so that the application's login would be missing there.
const REPLICAS: Replicas = Replicas {
    most: 20,
    scales: true,
    editions: &[],
};

const POSTGRES: Offer = Offer {
    versions: &["14", "15", "16", "17", "18"],
    retired: &[
        ("9.6", "PostgreSQL 9.6 ended in 2021"),
        ("10", "PostgreSQL 10 ended in 2022"),
        ("11", "PostgreSQL 11 ended in 2023"),
        ("12", "PostgreSQL 12 ended in 2024"),
        ("13", "PostgreSQL 13 ended in November 2025"),
    ],
    editions: &[],
    licenses: &[],
    replicas: Some(REPLICAS),
    shards: true,
    classes: &TIERS,
};

const MYSQL: Offer = Offer {
    versions: &["8.4"],
    retired: &[
        ("5.6", "MySQL 5.6 ended in 2021"),
        ("5.7", "MySQL 5.7 ended in 2023"),
        (
            "8.0",
            "MySQL 8.0 ended in April 2026; Cloud SQL runs it as paid extended support",
        ),
    ],
    editions: &[],
    licenses: &[],
    replicas: Some(REPLICAS),
    shards: true,
    classes: &TIERS,
};

const SQLSERVER: Offer = Offer {
    versions: &["2019", "2022", "2025"],
    retired: &[("2017", "SQL Server 2017 is out of mainstream support since 2022")],
    editions: &[Edition::Express, Edition::Web, Edition::Standard, Edition::Enterprise],
    licenses: &[
        (Edition::Express, License::Included),
        (Edition::Web, License::Included),
        (Edition::Standard, License::Included),
        (Edition::Enterprise, License::Included),
    ],
    replicas: None,
    shards: true,
    classes: &TIERS,
};

/// What is offered of an engine. Cloud SQL has no Oracle, and the Autonomous Database's type takes its password only as a plain
/// argument, which would stand in the state.
pub(super) fn offer(engine: Engine) -> Option<&'static Offer> {
    match engine {
        Engine::Postgres => Some(&POSTGRES),
        Engine::Mysql => Some(&MYSQL),
        Engine::Sqlserver => Some(&SQLSERVER),
        Engine::Oracle => None,
    }
}

/// The first zones of a region. Most have `a`, `b` and `c`; two began without `a`.
pub(super) fn zones(region: &str, count: usize) -> Vec<String> {
    let letters = match region {
        "us-east1" | "europe-west1" => ["b", "c", "d"],
        _ => ["a", "b", "c"],
    };
    letters
        .into_iter()
        .take(count)
        .map(|letter| format!("{region}-{letter}"))
        .collect()
}

/// What is here of functions, tables and streams.
pub const SERVERLESS: &[&str] = &["function", "table", "stream", "workflow", "warehouse"];

#[cfg(test)]
mod tests {
    use super::{MACHINES, PLUS_TIERS, TIERS, zones};

    #[test]
    fn tiers_are_what_cloud_sql_takes() {
        for tier in TIERS {
            let parts: Vec<u32> = tier.name.split('-').filter_map(|part| part.parse().ok()).collect();
            assert_eq!(parts[0], tier.cpu, "{}", tier.name);
            assert_eq!(parts[1] / 1024, tier.memory_gb, "{}", tier.name);
            assert!(parts[0] == 1 || parts[0].is_multiple_of(2), "{}", tier.name);
            assert!(parts[1].is_multiple_of(256) && parts[1] >= 3840, "{}", tier.name);
            assert!(parts[1] * 10 <= parts[0] * 65 * 1024, "{}", tier.name);
        }
    }

    #[test]
    fn larger_tiers_of_enterprise_plus_have_more_of_both() {
        for tier in PLUS_TIERS {
            assert_eq!(tier.name, format!("db-perf-optimized-N-{}", tier.cpu));
        }
        let grows = |pair: &[super::Machine]| pair[0].cpu < pair[1].cpu && pair[0].memory_gb < pair[1].memory_gb;
        assert!(PLUS_TIERS.windows(2).all(grows));
        let most = |tiers: &[super::Machine]| tiers.iter().map(|tier| (tier.cpu, tier.memory_gb)).max();
        assert!(
            most(&PLUS_TIERS) > most(&TIERS),
            "any size of the one edition is there in the other"
        );
    }

    #[test]
    fn machines_have_the_processors_in_their_names() {
        for machine in MACHINES.iter().filter(|machine| machine.cpu > 1) {
            let words: Vec<&str> = machine.name.split('-').collect();
            assert_eq!(
                words.get(2).and_then(|word| word.parse().ok()),
                Some(machine.cpu),
                "{}",
                machine.name
            );
        }
    }

    #[test]
    fn two_regions_have_no_zone_a() {
        assert_eq!(zones("us-east1", 2), ["us-east1-b", "us-east1-c"]);
        assert_eq!(
            zones("asia-northeast3", 3).last().map(String::as_str),
            Some("asia-northeast3-c")
        );
    }
}
