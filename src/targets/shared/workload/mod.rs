//! Services as pods that scale with their processor load behind a Service of their name, in any cluster.

mod names;
pub mod namespaces;
pub mod routes;

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment};
use k8s_openapi::api::autoscaling::v2::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec, MetricTarget,
    ResourceMetricSource,
};
use k8s_openapi::api::core::v1::{
    Container, ContainerPort, Lifecycle, LifecycleHandler, PodTemplateSpec, ResourceRequirements,
    Service as ServiceObject, ServiceAccount, ServicePort, ServiceSpec, SleepAction, TopologySpreadConstraint,
};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::ir::{Id, Probe, Service, System};
use crate::kubernetes::custom::keda::{ScaleTarget, ScaledObject, Trigger};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod::{self, Ask};
pub use names::{Labels, Names, kind};

/// Seconds between the probes of a service that starts.
const START_PERIOD: u32 = 10;
/// Seconds after which a worker that still runs counts as started.
const WORKER_READY: i32 = 30;
/// Seconds that a pod may take to end; a worker has as long as it may keep a message, within bounds that let a node drain.
const END: u32 = 60;
const WORKER_END: u32 = 600;
/// The label by which the pods of one rollout of a Deployment are known.
pub const DEPLOYMENT_REVISION: &str = "pod-template-hash";

/// A Deployment of a service.
pub fn deployment(names: Names<'_>, service: &Service, template: PodTemplateSpec) -> Deployment {
    Deployment {
        metadata: names.service_meta(service),
        spec: DeploymentSpec {
            min_ready_seconds: (!service.listens()).then_some(WORKER_READY),
            selector: names.pods(&service.name),
            strategy: Some(DeploymentStrategy {
                type_: Some("RollingUpdate".to_owned()),
                rolling_update: Some(RollingUpdateDeployment {
                    max_surge: Some(IntOrString::String("25%".to_owned())),
                    max_unavailable: Some(IntOrString::Int(0)),
                }),
            }),
            template,
            ..Default::default()
        },
        ..Default::default()
    }
}

/// The comments of what keeps the pods of a service; `start` as for [`container`].
pub fn explained(object: Object, service: &Service, start: u32) -> Object {
    object
        .comment(
            "spec/selector",
            format!("the number of replicas belongs to the {}", scaler(service)),
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
                start_failures(start) * START_PERIOD
            ),
        )
}

/// The container of a service: its size, port, probes and end. `start` are the seconds that it may take to start.
pub fn container(service: &Service, image: &str, arguments: &[String], start: u32) -> Container {
    let arguments: Vec<String> = arguments.iter().map(|argument| pod::literal(argument)).collect();
    let container = Container {
        args: (!arguments.is_empty()).then_some(arguments),
        resources: Some(resources(service)),
        ..pod::container(&service.name, image)
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
        startup_probe: Some(pod::probe(&ask, port, START_PERIOD, start_failures(start))),
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

/// Seconds that a pod may take to end: who takes messages may finish those that it has.
pub fn end_seconds(system: &System, id: Id<Service>) -> u32 {
    let inboxes = system.inboxes_of(id);
    let longest = inboxes.map(|inbox| system.inbox(inbox).1.visibility_seconds).max();
    longest.map_or(END, |seconds| seconds.clamp(END, WORKER_END))
}

/// What it speaks, which names its port as well.
fn protocol(service: &Service) -> &'static str {
    if service.is_tcp() { "tcp" } else { "http" }
}

/// The time to start in probes, and three at least.
fn start_failures(seconds: u32) -> u32 {
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

/// Over zones, then over nodes, as far as there are any. `revision` is the label by which the pods of one rollout are known.
pub fn spread(pods: &LabelSelector, revision: &str) -> Vec<TopologySpreadConstraint> {
    ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
        .map(|key| TopologySpreadConstraint {
            topology_key: key.to_owned(),
            max_skew: 1,
            when_unsatisfiable: "ScheduleAnyway".to_owned(),
            label_selector: Some(pods.clone()),
            match_label_keys: Some(vec![revision.to_owned()]),
            ..Default::default()
        })
        .into()
}

/// An identity without a token in the pods.
pub fn account(metadata: ObjectMeta) -> ServiceAccount {
    ServiceAccount {
        metadata,
        automount_service_account_token: Some(false),
        ..Default::default()
    }
}

/// The name and port of a service that listens.
pub fn address(names: Names<'_>, service: &Service) -> Object {
    let protocol = protocol(service);
    Object::new(&ServiceObject {
        metadata: names.service_meta(service),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(names.pod_labels(&service.name)),
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

/// How many pods may be taken away at once.
pub fn disruption(names: Names<'_>, service: &Service) -> Object {
    Object::new(&PodDisruptionBudget {
        metadata: names.service_meta(service),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(names.pods(&service.name)),
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

/// The kind of object that says how many pods a service has.
pub fn scaler(service: &Service) -> &'static str {
    match service.scale.queue_messages {
        Some(_) => "ScaledObject",
        None => "HorizontalPodAutoscaler",
    }
}

/// As many pods as the processor load asks for; they are kept by a `kind`.
pub fn autoscaler(names: Names<'_>, service: &Service, kind: &str) -> Object {
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    Object::new(&HorizontalPodAutoscaler {
        metadata: names.service_meta(service),
        spec: HorizontalPodAutoscalerSpec {
            scale_target_ref: CrossVersionObjectReference {
                api_version: Some("apps/v1".to_owned()),
                kind: kind.to_owned(),
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

/// As many pods as the messages that wait or the processor load ask for, whichever asks for more.
pub fn scaled(service: &Service, kind: &'static str, messages: impl Iterator<Item = Trigger>) -> ScaledObject {
    let load = Trigger {
        kind: "cpu",
        name: None,
        metric_type: Some("Utilization"),
        metadata: [("value", service.scale.cpu_percent.to_string())].into(),
        authentication_ref: None,
    };
    ScaledObject {
        scale_target_ref: ScaleTarget {
            kind,
            name: service.name.clone(),
        },
        polling_interval: None,
        cooldown_period: None,
        advanced: None,
        min_replica_count: service.scale.min,
        max_replica_count: service.scale.max,
        triggers: messages.chain([load]).collect(),
    }
}
