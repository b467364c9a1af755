//! What Cloud Run asks of services on containers.

use crate::catalog;
use crate::diagnostic::{Diagnostic, cloud_run};
use crate::ir::{Id, Service, Setting, Sharding, System, Value, shard_map};
use crate::target::Target;
use crate::vocabulary::Runtime;

/// The disk of a machine whose author did not say one, in GiB.
const DISK: u32 = 30;
/// Seconds after its start before a failed check of a machine counts, where the author did not say.
const GRACE: u32 = 300;
/// Seconds that a container has to start.
const START: u32 = 240;
/// The processor load at which Cloud Run adds containers, in percent.
const LOAD: u32 = 60;
/// Environment variables of one container.
const VARIABLES: usize = 1000;
/// Bytes of one environment variable.
const VARIABLE: usize = 32 * 1024;
/// Variables of one shard.
const OF_SHARD: usize = crate::ir::SHARD_VARIABLES.len();
/// Names that Cloud Run sets itself, or their start.
const RESERVED: [&str; 4] = ["K_SERVICE", "K_REVISION", "K_CONFIGURATION", "X_GOOGLE_"];
/// Addresses are taken this many at a time.
const BLOCK: u32 = 16;
/// Addresses of a subnet that Google keeps.
const KEPT: u32 = 4;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let mut wanted = 0;
    let services = system.services.iter();
    for (id, service) in services.filter(|(_, service)| service.runtime == Runtime::Container) {
        scale(system, service, problems);
        settings(system, id, service, problems);
        wanted += addresses(service.scale.max);
    }
    for (id, service, function) in system.functions() {
        settings(system, id, service, problems);
        // Others have addresses while there are calls only: hardly ever all of them at once.
        if function.private {
            wanted += addresses(function.warm);
        }
    }
    let network = &system.network;
    let range = network.spare(1).cidr;
    let there = (1u32 << (32 - u32::from(range.prefix_len()))).saturating_sub(KEPT);
    if wanted > there && network.existing.gcp.is_none() {
        let at = system.places.span("network.cidr");
        problems.push(cloud_run::addresses(at, wanted, &range.to_string(), there));
    }
}

/// Addresses that so many containers take: two for each, and those of the revision before.
fn addresses(containers: u32) -> u32 {
    (containers.saturating_mul(2).div_ceil(BLOCK) * BLOCK).saturating_mul(2)
}

/// Its size, how many there are and how they start.
fn scale(system: &System, service: &Service, problems: &mut Vec<Diagnostic>) {
    let at = |key: &str| system.places.span(&format!("{}.{key}", service.path));
    let name = service.name.as_str();
    let size = (service.size.cpu, service.size.memory_gb);
    if let Some(machine) = service.size.exact(Target::Gcp) {
        problems.push(cloud_run::machine_type(at("size"), name, machine));
    } else if catalog::gcp_container(&service.size).is_none() {
        let most = catalog::gcp_largest_container();
        problems.push(cloud_run::size(at("size"), name, size, most));
    }
    if service.disk_gb != DISK {
        problems.push(cloud_run::disk(at("disk_gb"), name));
    }
    let grace = service.health.grace_seconds;
    if grace > START && grace != GRACE {
        problems.push(cloud_run::start(at("health.grace_seconds"), name, grace, START));
    }
    if !service.listens() {
        if service.scale.min < service.scale.max {
            let at = at("scale.max").or_else(|| system.places.key(&service.path));
            problems.push(cloud_run::fixed(at, name, service.scale.min));
        }
        return;
    }
    if service.scale.cpu_percent != LOAD {
        let percent = service.scale.cpu_percent;
        problems.push(cloud_run::load(at("scale.cpu_percent"), name, percent, LOAD));
    }
    let key = format!("{}.scale.queue_messages", service.path);
    let chosen = system.choices.iter().any(|choice| choice.path == key);
    if service.scale.queue_messages.is_some() && !chosen {
        problems.push(cloud_run::backlog(at("scale.queue_messages"), name));
    }
}

/// Its environment.
fn settings(system: &System, id: Id<Service>, service: &Service, problems: &mut Vec<Diagnostic>) {
    for name in service.environment.keys().filter(|name| is_reserved(name)) {
        let at = system.places.key(&format!("{}.environment.{name}", service.path));
        problems.push(cloud_run::variable(at, name));
    }
    let count = |setting: &Setting| match setting.value {
        Value::Shards(database) => {
            let sharding = system.databases[database].sharding.iter();
            OF_SHARD * sharding.flat_map(Sharding::active).count()
        }
        _ => 1,
    };
    let settings = &system.services[id].settings;
    let variables = service.environment.len() + settings.iter().map(count).sum::<usize>();
    let at = system.places.key(&service.path);
    if variables > VARIABLES {
        problems.push(cloud_run::variables(at, &service.name, variables, VARIABLES));
    }
    let maps = settings.iter().filter_map(|setting| match setting.value {
        Value::ShardMap(database) => Some(&system.databases[database]),
        _ => None,
    });
    for database in maps {
        let bytes = database
            .sharding
            .as_ref()
            .map_or(0, |sharding| shard_map(database, sharding).len());
        if bytes > VARIABLE {
            problems.push(cloud_run::shard_map(at, &service.name, bytes, VARIABLE));
        }
    }
}

fn is_reserved(name: &str) -> bool {
    let taken = |&word: &&str| name == word || word.ends_with('_') && name.starts_with(word);
    RESERVED.iter().any(taken)
}
