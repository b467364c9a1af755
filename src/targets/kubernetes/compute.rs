//! Services: pods that scale with their processor load behind a Service of their name.

use k8s_openapi::api::apps::v1::{
    Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment, StatefulSet, StatefulSetSpec,
};
use k8s_openapi::api::autoscaling::v2::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec, MetricTarget,
    ResourceMetricSource,
};
use k8s_openapi::api::core::v1::{
    ConfigMap, ConfigMapEnvSource, Container, ContainerPort, EnvFromSource, EnvVar, Lifecycle, LifecycleHandler,
    PodSpec, PodTemplateSpec, ResourceRequirements, Service as ServiceObject, ServicePort, ServiceSpec, SleepAction,
    TopologySpreadConstraint, Volume, VolumeMount,
};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::object::Object;
use super::pod::{self, Ask};
use super::proxy;
use super::settings;
use super::shards;
use super::stack::{Stack, store_key};
use super::storage;
use crate::ir::{Id, Launch, Probe, Service};
use crate::targets::shared::sharding;

/// Seconds between the probes of a service that starts.
const START_PERIOD: u32 = 10;

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let services = stack.system.services.iter();
    services
        .flat_map(|(id, service)| {
            [
                workload(stack, id),
                address(stack, service),
                autoscaler(stack, service),
                disruption(stack, service),
            ]
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
            "the number of replicas belongs to the HorizontalPodAutoscaler",
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
            termination_grace_period_seconds: Some(60),
            topology_spread_constraints: Some(spread(stack, service, revision)),
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
    let ask = match &service.health.probe {
        Probe::Http(path) => Ask::Http { path, scheme: "HTTP" },
        Probe::Tcp | Probe::Process => Ask::Tcp,
    };
    let port = protocol(service);
    let arguments: Vec<String> = arguments.iter().map(|argument| pod::literal(argument)).collect();
    Container {
        command,
        args: (!arguments.is_empty()).then_some(arguments),
        env: Some(env),
        ports: Some(vec![ContainerPort {
            name: Some(port.to_owned()),
            container_port: i32::from(service.port),
            ..Default::default()
        }]),
        resources: Some(resources(service)),
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
        volume_mounts: Some(mounts),
        ..pod::container(&service.name, image)
    }
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
    if stack.uses_store(id) {
        mounts.push(pod::mount("object-store-ca", storage::CA_FOLDER, true));
        // The authority's certificate alone.
        volumes.push(pod::secret_files("object-store-ca", &store_key("trust"), &["ca.crt"]));
    }
    (mounts, volumes)
}

/// Over zones, then over nodes, as far as there are any.
fn spread(stack: &Stack<'_>, service: &Service, revision: &str) -> Vec<TopologySpreadConstraint> {
    ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
        .map(|key| TopologySpreadConstraint {
            topology_key: key.to_owned(),
            max_skew: 1,
            when_unsatisfiable: "ScheduleAnyway".to_owned(),
            label_selector: Some(stack.pods(&service.name)),
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

fn autoscaler(stack: &Stack<'_>, service: &Service) -> Object {
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    Object::new(&HorizontalPodAutoscaler {
        metadata: stack.meta(service.name.as_str(), &service.name, "service"),
        spec: HorizontalPodAutoscalerSpec {
            scale_target_ref: CrossVersionObjectReference {
                api_version: Some("apps/v1".to_owned()),
                kind: kind(service).to_owned(),
                name: service.name.clone(),
            },
            min_replicas: Some(number(service.scale.min)),
            max_replicas: number(service.scale.max),
            metrics: Some(vec![MetricSpec {
                type_: "Resource".to_owned(),
                resource: Some(ResourceMetricSource {
                    name: "cpu".to_owned(),
                    target: MetricTarget {
                        type_: "Utilization".to_owned(),
                        average_utilization: Some(number(service.scale.cpu_percent)),
                        ..Default::default()
                    },
                }),
                ..Default::default()
            }]),
            ..Default::default()
        },
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
