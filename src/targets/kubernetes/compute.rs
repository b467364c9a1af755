//! Services: pods that scale with their processor load behind a Service of their name.

use k8s_openapi::api::apps::v1::{
    Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment, StatefulSet, StatefulSetSpec,
};
use k8s_openapi::api::core::v1::{
    ConfigMap, ConfigMapEnvSource, Container, ContainerPort, EnvFromSource, EnvVar, Lifecycle, LifecycleHandler,
    PodSpec, PodTemplateSpec, ResourceRequirements, Service as ServiceObject, ServicePort, ServiceSpec, SleepAction,
    TopologySpreadConstraint, Volume, VolumeMount,
};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::broker;
use super::caches;
use super::encryption::{TRUST, secret};
use super::proxy;
use super::scaling;
use super::settings;
use super::shards;
use super::stack::{BROKER, STORE, Stack};
use super::storage;
use crate::ir::{Id, Launch, Probe, Service};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod::{self, Ask};
use crate::targets::shared::sharding;

/// Seconds between the probes of a service that starts.
const START_PERIOD: u32 = 10;
/// Seconds after which a worker that still runs counts as started.
const WORKER_READY: i32 = 30;
/// Seconds that a pod may take to end; a worker has as long as it may keep a message, within bounds that let a node drain.
const END: u32 = 60;
const WORKER_END: u32 = 600;

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let services = stack.system.services.iter();
    services
        .flat_map(|(id, service)| {
            let mut objects = vec![workload(stack, id)];
            if service.listens() {
                objects.push(address(stack, service));
            }
            objects.extend(scaling::objects(stack, id));
            objects.push(disruption(stack, service));
            objects
        })
        .collect()
}

/// The kind of object that keeps the pods of a service: pods of a proxy have numbers.
pub(super) fn kind(service: &Service) -> &'static str {
    match service.launch {
        Launch::ShardingProxy { .. } => "StatefulSet",
        Launch::Container { .. } | Launch::Script(_) => "Deployment",
    }
}

fn workload(stack: &Stack<'_>, id: Id<Service>) -> Object {
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
        Launch::Container { .. } | Launch::Script(_) => Object::new(&deployment(stack, id)),
    };
    object
        .comment(
            "spec/selector",
            format!("the number of replicas belongs to the {}", scaling::kind(service)),
        )
        .comment(
            "spec/minReadySeconds",
            "nobody can ask a worker whether it is well: one that lives so long is, and the next one follows",
        )
        .comment(
            "spec/template/spec/enableServiceLinks",
            "Kubernetes would add NAME_PORT=tcp://... for every Service of the namespace, beside this system's \
                own settings",
        )
        .comment(
            "spec/template/spec/containers/0/lifecycle",
            "answers until every proxy has forgotten this pod",
        )
        .comment(
            "spec/template/spec/containers/0/startupProbe",
            format!(
                "up to {} seconds to start; the other probes begin when this one has succeeded",
                start_failures(stack, service) * START_PERIOD
            ),
        )
}

fn deployment(stack: &Stack<'_>, id: Id<Service>) -> Deployment {
    let service = &stack.system.services[id];
    Deployment {
        metadata: stack.meta(service.name.as_str(), &service.name, "service"),
        spec: DeploymentSpec {
            min_ready_seconds: (!service.listens()).then_some(WORKER_READY),
            selector: stack.pods(&service.name),
            strategy: Some(DeploymentStrategy {
                type_: Some("RollingUpdate".to_owned()),
                rolling_update: Some(RollingUpdateDeployment {
                    max_surge: Some(IntOrString::String("25%".to_owned())),
                    max_unavailable: Some(IntOrString::Int(0)),
                }),
            }),
            template: template(stack, id, "pod-template-hash"),
            ..Default::default()
        },
        ..Default::default()
    }
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
            termination_grace_period_seconds: Some(end_seconds(stack, id).into()),
            topology_spread_constraints: Some(spread(stack, &service.name, revision)),
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
        Launch::Script(_) => unreachable!("a script was refused for this target"),
    };
    let arguments: Vec<String> = arguments.iter().map(|argument| pod::literal(argument)).collect();
    let container = Container {
        command,
        args: (!arguments.is_empty()).then_some(arguments),
        env: Some(env),
        resources: Some(resources(service)),
        volume_mounts: Some(mounts),
        ..pod::container(&service.name, &stack.image(image))
    };
    let ask = match &service.health.probe {
        Probe::Http(path) => Ask::Http { path, scheme: "HTTP" },
        Probe::Tcp => Ask::Tcp,
        // Its image need not have a command that could ask; the kubelet starts a process again that ends.
        Probe::Process => return container,
    };
    let port = protocol(service);
    Container {
        ports: Some(vec![ContainerPort {
            name: Some(port.to_owned()),
            container_port: i32::from(service.port),
            ..Default::default()
        }]),
        startup_probe: Some(pod::probe(&ask, port, START_PERIOD, start_failures(stack, service))),
        readiness_probe: Some(pod::probe(&ask, port, 10, 3)),
        liveness_probe: Some(pod::probe(&ask, port, 20, 6)),
        lifecycle: Some(Lifecycle {
            pre_stop: Some(LifecycleHandler {
                sleep: Some(SleepAction { seconds: 10 }),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..container
    }
}

/// Who takes messages may finish those that it has.
fn end_seconds(stack: &Stack<'_>, id: Id<Service>) -> u32 {
    let inboxes = stack.system.inboxes_of(id);
    let longest = inboxes
        .map(|inbox| stack.system.inbox(inbox).1.visibility_seconds)
        .max();
    longest.map_or(END, |seconds| seconds.clamp(END, WORKER_END))
}

/// What it speaks, which names its port as well.
fn protocol(service: &Service) -> &'static str {
    if service.is_tcp() { "tcp" } else { "http" }
}

/// The grace period in probes, and three at least.
fn start_failures(stack: &Stack<'_>, service: &Service) -> u32 {
    let seconds = service.health.grace_seconds.max(proxy::start_seconds(stack, service));
    seconds.div_ceil(START_PERIOD).max(3)
}

/// The whole size is requested: a pod takes the place of a machine.
fn resources(service: &Service) -> ResourceRequirements {
    let (cpu, memory) = (service.size.cpu.to_string(), format!("{}Gi", service.size.memory_gb));
    let mut resources = pod::resources((&cpu, &memory), (&cpu, &memory));
    let disk = |amount: &str| pod::quantities(&[("ephemeral-storage", amount)]);
    if let Some(requests) = &mut resources.requests {
        requests.extend(disk("1Gi"));
    }
    if let Some(limits) = &mut resources.limits {
        limits.extend(disk(&format!("{}Gi", service.disk_gb)));
    }
    resources
}

fn volumes(stack: &Stack<'_>, id: Id<Service>) -> (Vec<VolumeMount>, Vec<Volume>) {
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
    for (name, folder) in store.into_iter().chain(broker).chain(caches) {
        let volume = secret(name, "ca");
        mounts.push(pod::mount(&volume, &folder, true));
        // The authority's certificate alone.
        volumes.push(pod::secret_files(&volume, &secret(name, TRUST), &["ca.crt"]));
    }
    (mounts, volumes)
}

/// Over zones, then over nodes, as far as there are any.
pub(super) fn spread(stack: &Stack<'_>, name: &str, revision: &str) -> Vec<TopologySpreadConstraint> {
    ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
        .map(|key| TopologySpreadConstraint {
            topology_key: key.to_owned(),
            max_skew: 1,
            when_unsatisfiable: "ScheduleAnyway".to_owned(),
            label_selector: Some(stack.pods(name)),
            match_label_keys: Some(vec![revision.to_owned()]),
            ..Default::default()
        })
        .into()
}

fn address(stack: &Stack<'_>, service: &Service) -> Object {
    let protocol = protocol(service);
    Object::new(&ServiceObject {
        metadata: stack.meta(service.name.as_str(), &service.name, "service"),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(stack.pod_labels(&service.name)),
            ports: Some(vec![ServicePort {
                name: Some(protocol.to_owned()),
                port: i32::from(service.port),
                target_port: Some(IntOrString::String(protocol.to_owned())),
                app_protocol: (!service.is_tcp()).then(|| protocol.to_owned()),
                ..Default::default()
            }]),
            ..Default::default()
        }),
        ..Default::default()
    })
}

fn disruption(stack: &Stack<'_>, service: &Service) -> Object {
    Object::new(&PodDisruptionBudget {
        metadata: stack.meta(service.name.as_str(), &service.name, "service"),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(stack.pods(&service.name)),
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    })
    .comment(
        "spec/maxUnavailable",
        "one at a time; unlike a minimum this lets a node drain when there is one replica only",
    )
}
