//! How many pods a function has: as many as its events ask for, or its load.

use std::collections::BTreeMap;

use k8s_openapi::api::autoscaling::v2::{HPAScalingRules, HorizontalPodAutoscalerBehavior};

use super::{event_queue, hold_seconds, pods};
use crate::ir::{Function, Id, Service, Trigger as Starts};
use crate::kubernetes::custom::keda::{
    Advanced, AuthenticationRef, AutoscalerConfig, Parameter, ScaleTarget, ScaledObject, Trigger, TriggerAuthentication,
};
use crate::kubernetes::object::Object;
use crate::targets::kubernetes::broker;
use crate::targets::kubernetes::encryption::{TRUST, secret};
use crate::targets::kubernetes::scaling::{parameters, parameters_name};
use crate::targets::kubernetes::stack::{BROKER, Stack};
use crate::targets::kubernetes::streams;
use crate::targets::kubernetes::tables;
use crate::targets::shared::workload;

/// Seconds between two looks at what waits: a function without pods is that late at most, and its start.
const LOOK: u32 = 10;

/// Events that wait for each pod, as a target: a pod works on one at a time.
const WAITING: u32 = 1;
/// Seconds that an autoscaler may look back, at most.
const LONGEST_WINDOW: u32 = 3600;

/// By the processor load of a function that answers.
pub(super) fn by_load(stack: &Stack<'_>, service: &Service, function: &Function) -> Object {
    let (least, most) = pods(stack, function);
    let mut scaled = service.clone();
    (scaled.scale.min, scaled.scale.max) = (least, most);
    workload::autoscaler(stack.names, &scaled, "Deployment")
}

/// By the events that wait for a function.
pub(super) fn by_events(stack: &Stack<'_>, id: Id<Service>, service: &Service, function: &Function) -> Vec<Object> {
    let system = stack.system;
    let trigger = match &function.trigger {
        Some(Starts::Queue { queue, .. }) => messages(stack, service, &system.queues[*queue].name),
        Some(Starts::Topic { subscription, .. }) => messages(stack, service, &system.subscriptions[*subscription].name),
        Some(Starts::Bucket { .. }) => messages(stack, service, &event_queue(service)),
        Some(Starts::Stream { stream, oldest, .. }) => {
            records(stack, (id, service), &system.streams[*stream].name, *oldest)
        }
        Some(Starts::Table { .. }) => trigger(
            "postgresql",
            "changes",
            tables::waiting(stack, service, WAITING),
            service,
        ),
        _ => return vec![],
    };
    let (least, most) = pods(stack, function);
    let meta = || stack.names.service_meta(service);
    // Who counts sees what waits, and not what a pod still tries.
    let held = hold_seconds(stack, function);
    let scaled = ScaledObject {
        scale_target_ref: ScaleTarget {
            kind: "Deployment",
            name: service.name.clone(),
        },
        polling_interval: Some(LOOK),
        cooldown_period: Some(held),
        advanced: Some(Advanced {
            horizontal_pod_autoscaler_config: AutoscalerConfig {
                behavior: HorizontalPodAutoscalerBehavior {
                    scale_down: Some(HPAScalingRules {
                        stabilization_window_seconds: i32::try_from(held.min(LONGEST_WINDOW)).ok(),
                        ..Default::default()
                    }),
                    ..Default::default()
                },
            },
        }),
        min_replica_count: least,
        max_replica_count: most,
        triggers: vec![trigger],
    };
    let mut objects = vec![Object::custom(meta(), login(service, function))];
    objects.extend(told(service, function).map(|word| parameters(stack, service, word)));
    objects.push(
        Object::custom(meta(), scaled)
            .about("KEDA makes a HorizontalPodAutoscaler of it, and starts the first pod itself")
            .comment(
                "spec/pollingInterval",
                "seconds: the first event after a pause waits no longer",
            ),
    );
    objects
}

fn messages(stack: &Stack<'_>, service: &Service, queue: &str) -> Trigger {
    let metadata = [
        ("host", format!("{}/", broker::endpoint(stack))),
        ("mode", "QueueLength".to_owned()),
        ("protocol", "amqp".to_owned()),
        ("queueName", queue.to_owned()),
        ("value", WAITING.to_string()),
    ];
    trigger("rabbitmq", queue, metadata.into(), service)
}

fn records(stack: &Stack<'_>, (id, service): (Id<Service>, &Service), stream: &str, oldest: bool) -> Trigger {
    let first = if oldest { "earliest" } else { "latest" };
    let metadata = [
        ("bootstrapServers", streams::endpoint(stack)),
        ("consumerGroup", streams::group(stack, id)),
        ("lagThreshold", WAITING.to_string()),
        ("offsetResetPolicy", first.to_owned()),
        ("sasl", "scram_sha512".to_owned()),
        ("tls", "enable".to_owned()),
        ("topic", stream.to_owned()),
        ("version", streams::PROTOCOL.to_owned()),
    ];
    trigger("kafka", stream, metadata.into(), service)
}

fn trigger(kind: &'static str, name: &str, metadata: BTreeMap<&'static str, String>, service: &Service) -> Trigger {
    Trigger {
        kind,
        name: Some(name.to_owned()),
        metric_type: None,
        metadata,
        authentication_ref: Some(AuthenticationRef {
            name: service.name.clone(),
        }),
    }
}

/// The one parameter of a login that is no secret.
fn told<'a>(service: &'a Service, function: &Function) -> Option<(&'static str, &'a str)> {
    match function.trigger {
        Some(Starts::Table { .. }) => None,
        Some(Starts::Stream { .. }) => Some(("username", &service.name)),
        _ => Some(("tls", "enable")),
    }
}

/// KEDA counts with the function's own login.
fn login(service: &Service, function: &Function) -> TriggerAuthentication {
    let from = |parameter: &'static str, name: String, key: &'static str| Parameter { parameter, name, key };
    if let Some(Starts::Stream { .. }) = function.trigger {
        let credentials = streams::credentials(&service.name);
        return TriggerAuthentication {
            secret_target_ref: vec![
                from("password", credentials, "password"),
                from("ca", streams::AUTHORITY.to_owned(), "ca.crt"),
            ],
            config_map_target_ref: vec![from("username", parameters_name(service), "username")],
        };
    }
    if let Some(Starts::Table { .. }) = function.trigger {
        return TriggerAuthentication {
            secret_target_ref: vec![from("password", tables::login_of(&service.name), "password")],
            config_map_target_ref: vec![],
        };
    }
    let credentials = || broker::credentials(&service.name);
    TriggerAuthentication {
        secret_target_ref: vec![
            from("username", credentials(), "username"),
            from("password", credentials(), "password"),
            from("ca", secret(BROKER, TRUST), "ca.crt"),
        ],
        config_map_target_ref: vec![from("tls", parameters_name(service), "tls")],
    }
}
