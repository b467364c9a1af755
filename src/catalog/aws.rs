//! Machine types and database engines.
//!
//! Read in November 2026: EC2 instance types and RDS instance classes as the provider's lists name them, sizes from the families'
//! fixed ratio of memory to processors; sizes of tasks from the chapter on Fargate in the ECS developer guide;
//! versions of EKS from its release calendar (1.34 to December 2026, 1.35 to March 2027); engine versions from the RDS release calendars; read replicas from the chapters on each engine
//! in the RDS user guide.

use super::{Machine, Offer, Replicas};
use crate::ir::Cluster;
use crate::vocabulary::{Channel, Edition, Engine, License, Runtime};

const fn machine(name: &'static str, cpu: u32, memory_gb: u32) -> Machine {
    Machine { name, cpu, memory_gb }
}

/// Bytes of a map of shards: Secrets Manager keeps 65,536 in one entry, and docker reads as many in one line with the variable's name.
pub(super) const SHARD_MAP: usize = 65_000;

/// Where services run.
pub(super) const RUNTIMES: &[Runtime] = &[Runtime::Vm, Runtime::Container, Runtime::Kubernetes];

/// A registry of the system's own images.
pub(super) const REGISTRY: bool = true;

/// Versions of Kubernetes on EKS within their standard support, oldest first.
pub(super) const KUBERNETES: [&str; 3] = ["1.34", "1.35", "1.36"];

/// The version of a cluster: the author's own, else one that has proven itself, or the newest. EKS itself has no channels.
pub(super) fn kubernetes(cluster: &Cluster) -> &str {
    match (&cluster.version, cluster.channel) {
        (Some(version), _) => version,
        (None, Channel::Stable | Channel::Regular) => KUBERNETES[1],
        (None, Channel::Rapid) => KUBERNETES[2],
    }
}

/// What EKS does when the standard support of a version ends: it upgrades the cluster, or keeps the version for a year more, at a
/// higher price.
pub(super) fn support(cluster: &Cluster) -> &'static str {
    match cluster.channel {
        Channel::Stable => "EXTENDED",
        Channel::Regular | Channel::Rapid => "STANDARD",
    }
}

/// Machine types: Intel, because images are built for that more often than not. `t3` below what the others begin with.
pub(super) const MACHINES: [Machine; 29] = [
    machine("t3.micro", 2, 1),
    machine("t3.small", 2, 2),
    machine("c7i.large", 2, 4),
    machine("c7i.xlarge", 4, 8),
    machine("c7i.2xlarge", 8, 16),
    machine("c7i.4xlarge", 16, 32),
    machine("c7i.8xlarge", 32, 64),
    machine("c7i.12xlarge", 48, 96),
    machine("c7i.16xlarge", 64, 128),
    machine("c7i.24xlarge", 96, 192),
    machine("c7i.48xlarge", 192, 384),
    machine("m7i.large", 2, 8),
    machine("m7i.xlarge", 4, 16),
    machine("m7i.2xlarge", 8, 32),
    machine("m7i.4xlarge", 16, 64),
    machine("m7i.8xlarge", 32, 128),
    machine("m7i.12xlarge", 48, 192),
    machine("m7i.16xlarge", 64, 256),
    machine("m7i.24xlarge", 96, 384),
    machine("m7i.48xlarge", 192, 768),
    machine("r7i.large", 2, 16),
    machine("r7i.xlarge", 4, 32),
    machine("r7i.2xlarge", 8, 64),
    machine("r7i.4xlarge", 16, 128),
    machine("r7i.8xlarge", 32, 256),
    machine("r7i.12xlarge", 48, 384),
    machine("r7i.16xlarge", 64, 512),
    machine("r7i.24xlarge", 96, 768),
    machine("r7i.48xlarge", 192, 1536),
];

/// Sizes of a task on Fargate: processors, and memory in GiB from, to, and in steps of. Fractions of a processor are not asked for.
const TASKS: [(u32, u32, u32, u32); 5] = [
    (1, 2, 8, 1),
    (2, 4, 16, 1),
    (4, 8, 30, 1),
    (8, 16, 60, 4),
    (16, 32, 120, 8),
];

/// The smallest task with at least as much of both: processors, and memory in GiB.
pub(super) fn task(cpu: u32, memory_gb: u32) -> Option<(u32, u32)> {
    TASKS.into_iter().find_map(|(processors, from, to, step)| {
        let memory = from + memory_gb.saturating_sub(from).div_ceil(step) * step;
        (processors >= cpu && memory <= to).then_some((processors, memory))
    })
}

/// The largest task.
pub(super) const LARGEST_TASK: (u32, u32) = (TASKS[4].0, TASKS[4].2);

/// Servers of caches, by size. What counts is the room for data: ElastiCache keeps a quarter of a server's memory for its own use.
/// Memory as the ElastiCache user guide has it, November 2026: 1.37, 3.09, 6.38, 13.07, 26.32, 52.82, 105.81, 209.55, 317.77 and
/// 419.09 GiB.
pub(super) const CACHES: [(&str, u32); 10] = [
    ("cache.t4g.small", 1),
    ("cache.t4g.medium", 2),
    ("cache.m7g.large", 4),
    ("cache.r7g.large", 9),
    ("cache.r7g.xlarge", 19),
    ("cache.r7g.2xlarge", 39),
    ("cache.r7g.4xlarge", 79),
    ("cache.r7g.8xlarge", 157),
    ("cache.r7g.12xlarge", 238),
    ("cache.r7g.16xlarge", 314),
];

/// Classes for the engines that run on AWS's own processors.
const GRAVITON: [Machine; 17] = [
    machine("db.t4g.micro", 2, 1),
    machine("db.t4g.small", 2, 2),
    machine("db.t4g.medium", 2, 4),
    machine("db.m7g.large", 2, 8),
    machine("db.m7g.xlarge", 4, 16),
    machine("db.m7g.2xlarge", 8, 32),
    machine("db.m7g.4xlarge", 16, 64),
    machine("db.m7g.8xlarge", 32, 128),
    machine("db.m7g.12xlarge", 48, 192),
    machine("db.m7g.16xlarge", 64, 256),
    machine("db.r7g.large", 2, 16),
    machine("db.r7g.xlarge", 4, 32),
    machine("db.r7g.2xlarge", 8, 64),
    machine("db.r7g.4xlarge", 16, 128),
    machine("db.r7g.8xlarge", 32, 256),
    machine("db.r7g.12xlarge", 48, 384),
    machine("db.r7g.16xlarge", 64, 512),
];

/// Classes for the engines that run on Intel only.
const INTEL: [Machine; 16] = [
    machine("db.m6i.large", 2, 8),
    machine("db.m6i.xlarge", 4, 16),
    machine("db.m6i.2xlarge", 8, 32),
    machine("db.m6i.4xlarge", 16, 64),
    machine("db.m6i.8xlarge", 32, 128),
    machine("db.m6i.12xlarge", 48, 192),
    machine("db.m6i.16xlarge", 64, 256),
    machine("db.m6i.24xlarge", 96, 384),
    machine("db.r6i.large", 2, 16),
    machine("db.r6i.xlarge", 4, 32),
    machine("db.r6i.2xlarge", 8, 64),
    machine("db.r6i.4xlarge", 16, 128),
    machine("db.r6i.8xlarge", 32, 256),
    machine("db.r6i.12xlarge", 48, 384),
    machine("db.r6i.16xlarge", 64, 512),
    machine("db.r6i.24xlarge", 96, 768),
];

/// Read replicas of the open engines: RDS never adds one by itself.
const REPLICAS: Replicas = Replicas {
    most: 15,
    scales: false,
    editions: &[],
};

const POSTGRES: Offer = Offer {
    versions: &["14", "15", "16", "17", "18"],
    retired: &[
        ("11", "RDS ended its standard support in February 2024"),
        ("12", "RDS ended its standard support in February 2025"),
        ("13", "RDS ended its standard support in February 2026"),
    ],
    editions: &[],
    licenses: &[],
    replicas: Some(REPLICAS),
    shards: true,
    classes: &GRAVITON,
};

const MYSQL: Offer = Offer {
    versions: &["8.4"],
    retired: &[
        ("5.7", "RDS ended its standard support in February 2024"),
        ("8.0", "RDS ended its standard support in July 2026"),
    ],
    editions: &[],
    licenses: &[],
    replicas: Some(REPLICAS),
    shards: true,
    classes: &GRAVITON,
};

const SQLSERVER: Offer = Offer {
    versions: &["2019", "2022"],
    retired: &[
        ("2014", "Microsoft ended its support in July 2024"),
        ("2016", "Microsoft ended its support in July 2026"),
    ],
    editions: &[Edition::Web, Edition::Standard, Edition::Enterprise],
    licenses: &[
        (Edition::Web, License::Included),
        (Edition::Standard, License::Included),
        (Edition::Enterprise, License::Included),
    ],
    replicas: Some(Replicas {
        most: 15,
        scales: false,
        editions: &[Edition::Enterprise],
    }),
    shards: true,
    classes: &INTEL,
};

const ORACLE: Offer = Offer {
    versions: &["19", "21"],
    retired: &[
        ("11", "RDS no longer offers it: use 19, which is supported longest"),
        ("11g", "RDS no longer offers it: use 19, which is supported longest"),
        ("12", "RDS no longer offers it: use 19, which is supported longest"),
        ("12c", "RDS no longer offers it: use 19, which is supported longest"),
    ],
    editions: &[Edition::Standard, Edition::Enterprise],
    licenses: &[
        (Edition::Standard, License::Included),
        (Edition::Standard, License::Byol),
        (Edition::Enterprise, License::Byol),
    ],
    replicas: Some(Replicas {
        most: 5,
        scales: false,
        editions: &[Edition::Enterprise],
    }),
    shards: true,
    classes: &INTEL,
};

/// What is offered of an engine.
pub(super) fn offer(engine: Engine) -> Option<&'static Offer> {
    Some(match engine {
        Engine::Postgres => &POSTGRES,
        Engine::Mysql => &MYSQL,
        Engine::Sqlserver => &SQLSERVER,
        Engine::Oracle => &ORACLE,
    })
}

/// What is here of functions, tables, streams, workflows and warehouses.
pub const SERVERLESS: &[&str] = &["function", "table", "stream", "workflow", "warehouse"];
