//! Dated facts about the clouds: regions, machine types, database engines. A leaf.
//!
//! Each table says when and where it was read. What is chosen from the tables is chosen here, the same way for every cloud.

mod aws;
mod azure;
mod gcp;
mod kubernetes;
mod languages;
pub mod places;
mod timezones;

pub use languages::{language_of, languages, successor};
pub use timezones::{is_timezone, timezones, windows_timezone};

use crate::ir::{Cluster, Shape};
use crate::target::Target;
use crate::vocabulary::{Edition, Engine, License, Runtime};

/// A machine type or database class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// The cloud's word for it.
    pub name: &'static str,
    /// Virtual processors.
    pub cpu: u32,
    /// Memory in GiB, rounded down.
    pub memory_gb: u32,
}

/// What a target offers of a database engine.
#[derive(Debug, Clone, Copy)]
pub struct Offer {
    /// Major versions, oldest first.
    pub versions: &'static [&'static str],
    /// Versions that older guides name, and what became of them.
    pub retired: &'static [(&'static str, &'static str)],
    /// Editions; empty for engines without.
    pub editions: &'static [Edition],
    /// Which licence goes with which edition; empty where there is no choice.
    pub licenses: &'static [(Edition, License)],
    /// What is offered of read replicas, if any.
    pub replicas: Option<Replicas>,
    /// Its tables can be spread over several servers.
    pub shards: bool,
    /// Server classes, any order.
    pub classes: &'static [Machine],
}

/// What a target offers of read replicas.
#[derive(Debug, Clone, Copy)]
pub struct Replicas {
    /// Never more.
    pub most: u32,
    /// The target adds and removes them with the load.
    pub scales: bool,
    /// The editions that can; empty for engines without.
    pub editions: &'static [Edition],
}

/// The machine type for a size: the author's own, else the smallest that has at least as much of both.
pub fn machine(target: Target, size: &Shape) -> Option<&str> {
    let machines: &'static [Machine] = match target {
        Target::Aws => &aws::MACHINES,
        Target::Azure => &azure::MACHINES,
        Target::Gcp => &gcp::MACHINES,
        Target::Kubernetes => &[],
    };
    size.exact(target).or_else(|| nearest(machines, size))
}

/// The database class for a size, chosen like a machine type. A plain cluster has no classes and takes any size.
pub fn database_class(target: Target, engine: Engine, size: &Shape) -> Option<&str> {
    match target {
        Target::Kubernetes => Some(""),
        _ => size
            .exact(target)
            .or_else(|| nearest(offer(target, engine)?.classes, size)),
    }
}

/// What a target offers of an engine, if it has it at all.
pub fn offer(target: Target, engine: Engine) -> Option<&'static Offer> {
    match target {
        Target::Aws => aws::offer(engine),
        Target::Azure => azure::offer(engine),
        Target::Gcp => gcp::offer(engine),
        Target::Kubernetes => kubernetes::offer(engine),
    }
}

/// The size of a task on AWS Fargate: the smallest that has at least as much of both, as processors and memory in GiB.
pub fn aws_task(size: &Shape) -> Option<(u32, u32)> {
    aws::task(size.cpu, size.memory_gb)
}

/// The largest task on AWS Fargate, as processors and memory in GiB.
pub fn aws_largest_task() -> (u32, u32) {
    aws::LARGEST_TASK
}

/// The first `count` zones of a Google Cloud region.
pub fn gcp_zones(region: &str, count: usize) -> Vec<String> {
    gcp::zones(region, count)
}

/// The tier of Cloud SQL's Enterprise Plus edition for a size, chosen like a machine type.
pub fn gcp_plus_tier(size: &Shape) -> Option<&str> {
    size.exact(Target::Gcp).or_else(|| nearest(&gcp::PLUS_TIERS, size))
}

/// Processors and GiB of a container on Cloud Run, the smallest with at least as much of both.
pub fn gcp_container(size: &Shape) -> Option<(u32, u32)> {
    gcp::CONTAINERS
        .into_iter()
        .find(|&(cpu, _, most)| cpu >= size.cpu && most >= size.memory_gb)
        .map(|(cpu, least, _)| (cpu, size.memory_gb.max(least)))
}

/// Processors and GiB of the largest container on Cloud Run.
pub fn gcp_largest_container() -> (u32, u32) {
    gcp::CONTAINERS
        .into_iter()
        .fold((0, 0), |_, (cpu, _, most)| (cpu, most))
}

/// Sizes of a cache with the GiB that each has for data, smallest first. A plain cluster takes any.
pub fn caches(target: Target) -> &'static [(&'static str, u32)] {
    match target {
        Target::Aws => &aws::CACHES,
        Target::Azure => &azure::CACHES,
        Target::Gcp => &gcp::CACHES,
        Target::Kubernetes => &[],
    }
}

/// The smallest size of a cache with so many GiB for data.
pub fn cache(target: Target, memory_gb: u32) -> Option<&'static str> {
    let mut sizes = caches(target).iter();
    sizes.find(|(_, room)| *room >= memory_gb).map(|(name, _)| *name)
}

/// A container on Azure Container Apps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AzureContainer {
    /// Processors, in halves.
    pub half_cpus: u32,
    /// Memory in GiB.
    pub memory_gb: u32,
    /// The dedicated machine that it runs on; none for those that Azure places itself.
    pub machine: Option<Machine>,
}

impl AzureContainer {
    /// How many of them one machine takes, which keeps a part of itself for Azure.
    pub fn per_machine(&self) -> u32 {
        let room = |machine: Machine| {
            let by_cpu = (machine.cpu - 1) * 2 / self.half_cpus.max(1);
            by_cpu.min((machine.memory_gb - 1) / self.memory_gb.max(1)).max(1)
        };
        self.machine.map_or(u32::MAX, room)
    }
}

/// The container for a size: where Azure places it itself if it is small enough, else on the smallest machine that it does not fill.
pub fn azure_container(size: &Shape) -> Option<AzureContainer> {
    let memory_gb = size.memory_gb.max(size.cpu * 2);
    if memory_gb <= azure::CONSUMPTION {
        return Some(AzureContainer {
            half_cpus: memory_gb,
            memory_gb,
            machine: None,
        });
    }
    let machines = azure::PROFILES.into_iter();
    let machine = machines
        .filter(|machine| machine.cpu > size.cpu && machine.memory_gb > size.memory_gb)
        .min_by_key(|machine| (machine.cpu * 4 + machine.memory_gb, machine.name))?;
    Some(AzureContainer {
        half_cpus: size.cpu * 2,
        memory_gb: size.memory_gb,
        machine: Some(machine),
    })
}

/// Processors and GiB of the largest container on Azure, each as far as the other allows.
pub fn azure_largest_container() -> (u32, u32) {
    let largest = azure::PROFILES
        .iter()
        .map(|machine| (machine.cpu - 1, machine.memory_gb - 1));
    largest.fold((0, 0), |(cpu, memory), (more_cpu, more)| {
        (cpu.max(more_cpu), memory.max(more))
    })
}

/// The targets that have an engine.
pub fn targets_with(engine: Engine) -> Vec<Target> {
    Target::ALL
        .into_iter()
        .filter(|&target| offer(target, engine).is_some())
        .collect()
}

/// The targets that have read replicas of an engine.
pub fn targets_with_replicas(engine: Engine) -> Vec<Target> {
    let has = |&target: &Target| offer(target, engine).is_some_and(|offer| offer.replicas.is_some());
    Target::ALL.into_iter().filter(has).collect()
}

/// Where a target runs services. A plain cluster runs every service as pods, whatever the blueprint says.
pub fn runtimes(target: Target) -> &'static [Runtime] {
    match target {
        Target::Aws => aws::RUNTIMES,
        Target::Azure => azure::RUNTIMES,
        Target::Gcp => gcp::RUNTIMES,
        Target::Kubernetes => &[],
    }
}

/// Which of `function`, `table`, `stream`, `workflow` and `warehouse` there are.
pub fn serverless(target: Target) -> &'static [&'static str] {
    match target {
        Target::Aws => aws::SERVERLESS,
        Target::Azure => azure::SERVERLESS,
        Target::Gcp => gcp::SERVERLESS,
        Target::Kubernetes => kubernetes::SERVERLESS,
    }
}

/// Minor versions of Kubernetes that GKE offers.
pub fn gke_versions() -> &'static [&'static str] {
    gcp::KUBERNETES
}

/// Versions of Kubernetes that EKS supports.
pub fn eks_versions() -> &'static [&'static str] {
    &aws::KUBERNETES
}

/// The version of Kubernetes of a cluster on EKS.
pub fn eks_version(cluster: &Cluster) -> &str {
    aws::kubernetes(cluster)
}

/// What EKS does when the standard support of a cluster's version ends.
pub fn eks_support(cluster: &Cluster) -> &'static str {
    aws::support(cluster)
}

/// Minor versions of Kubernetes on Azure.
pub fn azure_kubernetes() -> &'static [&'static str] {
    azure::KUBERNETES
}

/// Whether a target has a registry of the system's own images. A plain cluster takes them from one that is there already.
pub fn has_registry(target: Target) -> bool {
    match target {
        Target::Aws => aws::REGISTRY,
        Target::Azure => azure::REGISTRY,
        Target::Gcp => gcp::REGISTRY,
        Target::Kubernetes => true,
    }
}

/// Bytes that a map of shards may have, where it goes to the vault. A plain cluster keeps it beside the data sources.
pub fn shard_map(target: Target) -> Option<usize> {
    match target {
        Target::Aws => Some(aws::SHARD_MAP),
        Target::Azure => Some(azure::SHARD_MAP),
        Target::Gcp => Some(gcp::SHARD_MAP),
        Target::Kubernetes => None,
    }
}

/// The targets that have shards of an engine.
pub fn targets_with_shards(engine: Engine) -> Vec<Target> {
    let has = |&target: &Target| offer(target, engine).is_some_and(|offer| offer.shards);
    Target::ALL.into_iter().filter(has).collect()
}

/// The smallest machine with at least as much of both: by memory beyond what was asked, then by processors, then by name.
fn nearest(machines: &'static [Machine], size: &Shape) -> Option<&'static str> {
    machines
        .iter()
        .filter(|machine| machine.cpu >= size.cpu && machine.memory_gb >= size.memory_gb)
        .min_by_key(|machine| (machine.cpu * 4 + machine.memory_gb, machine.name))
        .map(|machine| machine.name)
}

/// The release of MySQL that runs in a cluster.
pub fn mysql_release() -> &'static str {
    kubernetes::MYSQL_RELEASE
}
