//! Functions: pods that are there when something happens.
//!
//! Whatever starts a function, its code gets an HTTP request: a CloudEvent, or what a client sent. An event is brought by a container of
//! the same pod, for which the function is a sidecar in Kubernetes' sense: it is up before the first event and outlives the last one, so
//! nothing is lost on the way out. From queues, topics, buckets, streams and tables that container is a connector, and KEDA says how many
//! pods there are, down to none; from a schedule it is one request of a Job. Functions that answer requests are Deployments behind a
//! Service, and never fewer than two pods, because nobody wakes them.
//!
//! No function framework is asked of the cluster. Those that there are bring a network layer of their own, let connectors outside of a
//! function's namespace hold everybody's logins, and decide about parts of the pod that this system promises (the restricted standard).

mod connector;
mod pods;
pub(super) mod readme;
mod scaling;
mod schedule;
mod source;
pub(super) mod watch;

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment};
use k8s_openapi::api::core::v1::{Service as ServiceObject, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::stack::Stack;
use crate::ir::{Function, Id, Service, Trigger};
use crate::kubernetes::object::Object;
use crate::targets::shared::workload::{self, namespaces::Demand};
pub(super) use pods::CONNECTOR;

/// On which a function is called.
pub(super) const PORT: u16 = 8080;
/// On which the runner of a source says how it is.
pub(super) const STATUS_PORT: u16 = 9090;
/// On which a connector says how it is.
pub(super) const CONNECTOR_PORT: u16 = 4195;
/// Calls that one pod answers at once. Events come one at a time.
const AT_ONCE: u32 = 10;
/// Pods of a function that answers requests: one answers while the other moves.
const LEAST: u32 = 2;
/// Seconds between two tries of one event.
const PAUSE: u32 = 10;
/// Seconds that a connector waits longer than a call may take.
const GRACE: u32 = 5;

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let functions = stack.system.functions();
    let mut objects = source::runners(stack);
    objects.extend(functions.flat_map(|(id, service, function)| function_objects(stack, id, service, function)));
    objects
}

fn function_objects(stack: &Stack<'_>, id: Id<Service>, service: &Service, function: &Function) -> Vec<Object> {
    let mut objects: Vec<Object> = source::config(stack, service, function)
        .iter()
        .map(Object::new)
        .collect();
    match &function.trigger {
        Some(Trigger::Schedule { cron, timezone }) => {
            objects.push(schedule::job(stack, (id, service, function), cron, timezone));
        }
        Some(_) if is_fed(function) => {
            objects.extend(connector::config(stack, id, service, function).iter().map(Object::new));
            objects.push(deployment(stack, id, service, function));
            objects.extend(scaling::by_events(stack, id, service, function));
        }
        _ => {
            objects.push(deployment(stack, id, service, function));
            objects.push(address(stack, service));
            objects.push(scaling::by_load(stack, service, function));
            objects.push(workload::disruption(stack.names, service));
        }
    }
    objects
}

/// True for a function whose events come from something that keeps them.
pub(super) fn is_fed(function: &Function) -> bool {
    matches!(
        function.trigger,
        Some(
            Trigger::Queue { .. }
                | Trigger::Topic { .. }
                | Trigger::Stream { .. }
                | Trigger::Bucket { .. }
                | Trigger::Table { .. }
        )
    )
}

/// True for a function that answers requests.
pub(super) fn answers(function: &Function) -> bool {
    !is_fed(function) && !is_scheduled(function)
}

fn is_scheduled(function: &Function) -> bool {
    matches!(function.trigger, Some(Trigger::Schedule { .. }))
}

/// The port at which a service is reached.
pub(super) fn port(service: &Service) -> u16 {
    match service.function {
        Some(_) => PORT,
        None => service.port,
    }
}

/// Pods of a function: (least, most).
pub(super) fn pods(stack: &Stack<'_>, function: &Function) -> (u32, u32) {
    match function.trigger {
        Some(Trigger::Schedule { .. }) => (0, 1),
        Some(Trigger::Stream { stream, .. }) => {
            let most = function.concurrency.min(stack.system.streams[stream].partitions);
            (function.warm.min(most), most)
        }
        // The changes of one item are told in their order.
        Some(Trigger::Table { .. }) => (function.warm.min(1), 1),
        _ if is_fed(function) => (function.warm.min(function.concurrency), function.concurrency),
        _ => {
            let least = function.warm.max(LEAST);
            (least, function.concurrency.div_ceil(AT_ONCE).max(least))
        }
    }
}

/// Calls that one pod runs at once.
fn at_once(function: &Function) -> u32 {
    if answers(function) {
        AT_ONCE.min(function.concurrency)
    } else {
        1
    }
}

/// Times that an event is tried, the first one included.
pub(super) fn tries(stack: &Stack<'_>, function: &Function) -> u32 {
    let system = stack.system;
    match function.trigger {
        Some(Trigger::Queue { queue, .. }) => system.queues[queue].delivery.max_receives,
        Some(Trigger::Topic { subscription, .. }) => system.subscriptions[subscription].delivery.max_receives,
        _ => function.retry.attempts + 1,
    }
}

/// Seconds that whoever brings an event may take to try it as often as it may be tried.
pub(super) fn hold_seconds(stack: &Stack<'_>, function: &Function) -> u32 {
    tries(stack, function) * (call_seconds(function) + PAUSE) + 60
}

/// Seconds that whoever brings an event waits for one call.
pub(super) fn call_seconds(function: &Function) -> u32 {
    function.timeout_seconds + GRACE
}

/// What all pods of a function take, with those that a rolling update adds.
pub(super) fn demand(stack: &Stack<'_>, function: &Function) -> Demand {
    let most = pods(stack, function).1;
    let all = most + most.div_ceil(4);
    Demand {
        cpu: all * pods::cpu_limit(function).div_ceil(1000) + all.div_ceil(4),
        memory_gb: (all * (function.memory_mb + pods::CONNECTOR_MB)).div_ceil(1024),
        pods: all,
    }
}

/// The name of a queue with what happens in a bucket, for the function that it starts.
pub(super) fn event_queue(service: &Service) -> String {
    format!("{}-events", service.name)
}

fn deployment(stack: &Stack<'_>, id: Id<Service>, service: &Service, function: &Function) -> Object {
    let deployment = Deployment {
        metadata: stack.names.service_meta(service),
        spec: DeploymentSpec {
            selector: stack.pods(&service.name),
            strategy: Some(DeploymentStrategy {
                type_: Some("RollingUpdate".to_owned()),
                rolling_update: Some(RollingUpdateDeployment {
                    max_surge: Some(IntOrString::String("25%".to_owned())),
                    max_unavailable: Some(IntOrString::Int(0)),
                }),
            }),
            template: pods::template(stack, id, service, function),
            ..Default::default()
        },
        ..Default::default()
    };
    let scaler = if is_fed(function) {
        "ScaledObject"
    } else {
        "HorizontalPodAutoscaler"
    };
    let object = Object::new(&deployment)
        .comment(
            "spec/selector",
            format!("the number of replicas belongs to the {scaler}"),
        )
        .comment(
            "spec/template/spec/initContainers",
            "restartPolicy makes the function a sidecar: it starts before what brings its events and ends after it",
        );
    if pods::installs(function) {
        object.comment(
            "spec/template/spec/initContainers/0",
            "packages are installed at every start: an image of your own has them once",
        )
    } else {
        object
    }
}

/// The name and port of a function that answers.
fn address(stack: &Stack<'_>, service: &Service) -> Object {
    Object::new(&ServiceObject {
        metadata: stack.names.service_meta(service),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(stack.pod_labels(&service.name)),
            ports: Some(vec![ServicePort {
                name: Some("http".to_owned()),
                port: i32::from(PORT),
                target_port: Some(IntOrString::String("http".to_owned())),
                app_protocol: Some("http".to_owned()),
                ..Default::default()
            }]),
            ..Default::default()
        }),
        ..Default::default()
    })
}
