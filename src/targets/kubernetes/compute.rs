//! Services: pods that scale with their processor load behind a Service of their name.

use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetSpec};
use k8s_openapi::api::core::v1::{
    ConfigMap, ConfigMapEnvSource, Container, EnvFromSource, EnvVar, PodSpec, PodTemplateSpec, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::broker;
use super::caches;
use super::encryption::{TRUST, secret};
use super::proxy;
use super::scaling;
use super::settings;
use super::shards;
use super::stack::{BROKER, STORE, Stack};
use super::storage;
use super::streams::{self, STREAMS};
use super::tables::{self, TABLES};
use super::{warehouses, workflows};
use crate::ir::{Id, Launch, Service};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::targets::shared::sharding;
use crate::targets::shared::workload::{self, DEPLOYMENT_REVISION};

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let services = stack
        .system
        .services
        .iter()
        .filter(|(_, service)| service.function.is_none());
    services
        .flat_map(|(id, service)| {
            let mut objects = vec![keeper(stack, id)];
            if service.listens() {
                objects.push(workload::address(stack.names, service));
            }
            objects.extend(scaling::objects(stack, id));
            objects.push(workload::disruption(stack.names, service));
            objects
        })
        .collect()
}

/// The kind of object that keeps the pods of a service: pods of a proxy have numbers.
pub(super) fn kind(service: &Service) -> &'static str {
    match service.launch {
        Launch::ShardingProxy { .. } => "StatefulSet",
        Launch::Container { .. } | Launch::Script(_) | Launch::Source => "Deployment",
    }
}

/// What keeps the pods of a service.
fn keeper(stack: &Stack<'_>, id: Id<Service>) -> Object {
    let service = &stack.system.services[id];
    let object = match service.launch {
        Launch::ShardingProxy { .. } => Object::new(&stateful_set(stack, id))
            .about(
                "No Deployment: an ordinal is never held by two pods at once, and goes into the ids that a proxy makes",
            )
            .comment(
                "spec/podManagementPolicy",
                "none waits for another, as each takes minutes to start",
            ),
        Launch::Container { .. } | Launch::Script(_) | Launch::Source => {
            let template = template(stack, id, DEPLOYMENT_REVISION);
            Object::new(&workload::deployment(stack.names, service, template))
        }
    };
    workload::explained(object, service, start_seconds(stack, service))
}

fn stateful_set(stack: &Stack<'_>, id: Id<Service>) -> StatefulSet {
    let service = &stack.system.services[id];
    StatefulSet {
        metadata: stack.meta(service.name.as_str(), &service.name, "service"),
        spec: StatefulSetSpec {
            service_name: Some(service.name.clone()),
            pod_management_policy: Some("Parallel".to_owned()),
            selector: stack.pods(&service.name),
            template: template(stack, id, "controller-revision-hash"),
            ..Default::default()
        },
        ..Default::default()
    }
}

/// The pods of a service; `revision` is the label by which those of one rollout are known.
fn template(stack: &Stack<'_>, id: Id<Service>, revision: &str) -> PodTemplateSpec {
    let service = &stack.system.services[id];
    let (mounts, volumes) = volumes(stack, id);
    let variables = shards::configs(stack, service);
    let mut container = container(stack, service, settings::variables(stack, id), mounts);
    let sources: Vec<EnvFromSource> = variables.iter().map(variables_of).collect();
    container.env_from = (!sources.is_empty()).then_some(sources);
    let configs: Vec<ConfigMap> = variables.into_iter().chain(proxy::config_of(stack, service)).collect();
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(stack.labels(&service.name, "service")),
            annotations: (!configs.is_empty()).then(|| pod::fingerprint(&configs)),
            ..Default::default()
        }),
        spec: Some(PodSpec {
            termination_grace_period_seconds: Some(workload::end_seconds(stack.system, id).into()),
            topology_spread_constraints: Some(workload::spread(&stack.pods(&service.name), revision)),
            ..pod::spec(&service.name, vec![container], volumes)
        }),
    }
}

/// Every entry of a ConfigMap as a variable.
fn variables_of(config: &ConfigMap) -> EnvFromSource {
    EnvFromSource {
        config_map_ref: Some(ConfigMapEnvSource {
            name: config.metadata.name.clone().unwrap_or_default(),
            optional: None,
        }),
        ..Default::default()
    }
}

fn container(stack: &Stack<'_>, service: &Service, env: Vec<EnvVar>, mounts: Vec<VolumeMount>) -> Container {
    let (image, command, arguments) = match &service.launch {
        Launch::Container { image, arguments } => (image, None, arguments.as_slice()),
        Launch::ShardingProxy { image, .. } => (image, Some(sharding::start_command().into()), [].as_slice()),
        Launch::Script(_) | Launch::Source => unreachable!("refused for this target"),
    };
    let start = start_seconds(stack, service);
    Container {
        command,
        env: Some(env),
        volume_mounts: Some(mounts),
        ..workload::container(service, &stack.image(image), arguments, start)
    }
}

/// The seconds that a pod may take to start.
fn start_seconds(stack: &Stack<'_>, service: &Service) -> u32 {
    service.health.grace_seconds.max(proxy::start_seconds(stack, service))
}

/// Scratch space, and the certificates of the authorities of what a service uses.
pub(super) fn volumes(stack: &Stack<'_>, id: Id<Service>) -> (Vec<VolumeMount>, Vec<Volume>) {
    if let Some(volumes) = proxy::volumes(stack, &stack.system.services[id]) {
        return volumes;
    }
    let mut mounts = vec![pod::mount("tmp", "/tmp", false), pod::mount("run", "/run", false)];
    let mut volumes = vec![pod::scratch("tmp"), pod::memory("run", "16Mi")];
    let store = stack.uses_store(id).then(|| (STORE, storage::CA_FOLDER.to_owned()));
    let broker = stack.uses_broker(id).then(|| (BROKER, broker::CA_FOLDER.to_owned()));
    let caches = stack
        .caches_of(id)
        .map(|cache| (cache.name.as_str(), caches::ca_folder(cache)));
    let made = store.into_iter().chain(broker).chain(caches);
    let made = made.map(|(name, folder)| (name, secret(name, TRUST), folder));
    let streams = stack
        .uses_streams(id)
        .then(|| (STREAMS, streams::AUTHORITY.to_owned(), streams::CA_FOLDER.to_owned()));
    let tables = stack
        .uses_tables(id)
        .then(|| (TABLES, secret(TABLES, "ca"), tables::CA_FOLDER.to_owned()));
    let warehouses = warehouses::of_service(stack, id).map(|warehouse| {
        let name = warehouse.name.as_str();
        (name, secret(name, "ca"), warehouses::ca_folder(warehouse))
    });
    for (name, from, folder) in made.chain(streams).chain(tables).chain(warehouses) {
        let volume = secret(name, "ca");
        mounts.push(pod::mount(&volume, &folder, true));
        // The authority's certificate alone.
        volumes.push(pod::secret_files(&volume, &from, &["ca.crt"]));
    }
    if workflows::starts(stack, id) {
        let (mount, volume) = workflows::token();
        mounts.push(mount);
        volumes.push(volume);
    }
    (mounts, volumes)
}
