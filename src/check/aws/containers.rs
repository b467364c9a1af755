//! Do services on containers fit into a task on Fargate?

use crate::catalog;
use crate::diagnostic::{Diagnostic, fargate};
use crate::ir::{Database, SHARD_VARIABLES, Service, Sharding, System, Value};
use crate::target::Target;
use crate::vocabulary::Runtime;

/// Largest disk of a task, in GiB.
const DISK: u32 = 200;
/// Bytes of a task definition, as JSON.
const DEFINITION: usize = 65_536;
/// What it takes without settings, with some room.
const REST: usize = 3_000;
/// What a setting takes beside its name and its value.
const SETTING: usize = 28;
/// What a value takes that only AWS knows: the longest are host names and ARNs.
const VALUE: usize = 160;
/// What the ARN of a shard's secret and its host name take beside the names in them; its secret is told by its name.
const ARN: usize = 72;
const HOST: usize = 52;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let services = system.services.iter().map(|(_, service)| service);
    for service in services.filter(|service| service.runtime == Runtime::Container) {
        let at = |key: &str| system.places.span(&format!("{}.{key}", service.path));
        let size = &service.size;
        if size.exact(Target::Aws).is_some() {
            problems.push(fargate::machine(at("size.aws"), &service.name, "size.aws"));
        } else if catalog::aws_task(size).is_none() {
            let asked = (size.cpu, size.memory_gb);
            problems.push(fargate::size(at("size"), asked, catalog::aws_largest_task()));
        }
        if service.machine_image.get(Target::Aws).is_some() {
            let key = "machine_image.aws";
            problems.push(fargate::machine(at(key), &service.name, key));
        }
        if service.disk_gb > DISK {
            problems.push(fargate::disk(at("disk_gb"), &service.name, service.disk_gb, DISK));
        }
        let bytes = definition(system, service);
        if bytes > DEFINITION {
            let at = system.places.key(&service.path);
            problems.push(fargate::definition(at, &service.name, bytes, DEFINITION));
        }
    }
}

/// About how many bytes the task definition of a service has.
fn definition(system: &System, service: &Service) -> usize {
    let said = service
        .environment
        .iter()
        .map(|(name, value)| SETTING + name.len() + value.len());
    let settings = service.settings.iter().map(|setting| match &setting.value {
        Value::Text(text) => SETTING + setting.name.len() + text.len(),
        Value::Shards(id) => {
            let item = &system.databases[*id];
            item.sharding
                .as_ref()
                .map_or(0, |sharding| shards(system, &setting.name, item, sharding))
        }
        _ => SETTING + setting.name.len() + VALUE,
    });
    REST + said.chain(settings).sum::<usize>()
}

fn shards(system: &System, prefix: &str, item: &Database, sharding: &Sharding) -> usize {
    let names: usize = SHARD_VARIABLES
        .iter()
        .map(|what| SETTING + prefix.len() + 2 + what.len())
        .sum();
    let full = system.prefix.len() + item.shard_name().len() + 2;
    let same = item.port.to_string().len() + item.database.len() + item.user.len() + "require".len();
    let each = names + same + HOST + ARN + 3 * full;
    let ids = sharding
        .active()
        .map(|shard| shard.id.len() * (SHARD_VARIABLES.len() + 3));
    ids.map(|id| each + id).sum()
}
