//! What a service is in the cluster: its role, what it is told, and how the vault is read for it.

use serde_json::json;

use super::identity::{ANNOTATION, Role};
use super::{Cluster, scaling};
use crate::ir::{Id, Image, Service, Value};
use crate::targets::aws::compute::Parts;
use crate::targets::aws::containers::{shard_passwords, shard_settings};
use crate::targets::aws::identity::granted;
use crate::targets::aws::{Stack, registry, startup};
use crate::targets::shared::cluster::{Filled, Shards, Workload, namespace};
use crate::targets::shared::settings;

pub(super) fn lower(stack: &mut Stack<'_>, id: Id<Service>, cluster: &Cluster, parts: &Parts<'_>) -> Workload {
    let system = stack.system;
    let service = &system.services[id];
    let (plain, fetched) = settings::split(service, |value| startup::spell(stack, id, value, parts));
    let statements = granted(stack, id, parts);
    let role = Role {
        local: &service.name,
        name: &service.name,
        description: format!("Service {}", service.name),
        account: (&namespace(&system, id), &service.name),
    };
    let (role, _) = role.lower(stack, cluster, statements);
    let shards = service.settings.iter().filter_map(|setting| match setting.value {
        Value::Shards(database) => Some(Shards {
            settings: shard_settings(stack, &setting.name, database, parts),
            passwords: shard_passwords(&setting.name, database, parts),
        }),
        _ => None,
    });
    let shards = shards.collect();
    let own = service
        .launch
        .image()
        .filter(|image| matches!(image, Image::Own { .. }));
    let image = own.map(|image| registry::image(stack, image, parts.base));
    let vault = json!({
        "aws": {
            "service": "SecretsManager",
            "region": stack.region(),
            "auth": { "jwt": { "serviceAccountRef": { "name": service.name } } },
        }
    });
    stack
        .report
        .component(&service.path, "Deployment in the EKS cluster", "aws_eks_cluster.main");
    Workload {
        plain,
        fetched,
        shards,
        files: vec![],
        account: vec![(ANNOTATION, role.attr("arn"))],
        pod_labels: vec![],
        store: Filled::new(vault),
        image,
        scaling: scaling::lower(stack, id, parts),
        egress: vec![],
    }
}
