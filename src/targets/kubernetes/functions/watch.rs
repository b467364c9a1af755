//! What is watched about functions.

use super::pods::FUNCTION;
use super::{CONNECTOR_PORT, STATUS_PORT, answers, is_fed, is_scheduled, pods};
use crate::ir::{Function, FunctionAlarm, FunctionTrouble, Id, Service, Trigger, dead_letters};
use crate::kubernetes::custom::monitoring::{Endpoint, PodMonitor};
use crate::kubernetes::object::Object;
use crate::kubernetes::policy::label;
use crate::targets::kubernetes::alarms::alert;
use crate::targets::kubernetes::stack::{BROKER, Stack};
use crate::targets::kubernetes::streams::STREAMS;
use crate::targets::kubernetes::tables::{self, TABLES};

/// Minutes that as many calls run as may before somebody is told.
const FULL: u32 = 10;

pub(in crate::targets::kubernetes) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let alarms = stack.function_alarms();
    let mut objects = vec![];
    for (id, service, _) in stack.system.functions().filter(|_| !alarms.is_empty()) {
        objects.extend(monitor(stack, id, service));
    }
    if stack.watches_streams() {
        objects.push(exporter(stack));
    }
    if stack.watches_tables() {
        objects.push(changes(stack));
    }
    objects.extend(alarms.iter().filter_map(|alarm| rule(stack, alarm)));
    objects
}

/// Where the pods of a function tell their metrics: (name of the port, port).
fn told(function: &Function) -> Option<(&'static str, u16)> {
    if is_fed(function) {
        Some(("connector", CONNECTOR_PORT))
    } else if answers(function) && function.source.is_some() {
        Some(("status", STATUS_PORT))
    } else {
        None
    }
}

/// The ports at which Prometheus asks a service for what functions tell.
pub(in crate::targets::kubernetes) fn ports(stack: &Stack<'_>, id: Id<Service>) -> Vec<u16> {
    let function = stack.system.services[id].function.as_ref();
    let told = function.filter(|_| !stack.function_alarms().is_empty()).and_then(told);
    told.map(|(_, port)| port).into_iter().collect()
}

fn monitor(stack: &Stack<'_>, id: Id<Service>, service: &Service) -> Option<Object> {
    let (port, _) = service.function.as_ref().and_then(told)?;
    let monitor = PodMonitor {
        selector: stack.pods(&stack.system.services[id].name),
        pod_metrics_endpoints: vec![Endpoint {
            port,
            ..Default::default()
        }],
    };
    Some(Object::custom(stack.names.service_meta(service), monitor))
}

/// What waits for functions in tables.
fn changes(stack: &Stack<'_>) -> Object {
    let monitor = PodMonitor {
        selector: stack.database_pods_named(TABLES),
        pod_metrics_endpoints: vec![Endpoint {
            port: "metrics",
            ..Default::default()
        }],
    };
    Object::custom(stack.meta(TABLES, TABLES, "tables"), monitor)
}

/// What is in topics.
fn exporter(stack: &Stack<'_>) -> Object {
    let monitor = PodMonitor {
        selector: label("strimzi.io/name", &format!("{STREAMS}-kafka-exporter")),
        pod_metrics_endpoints: vec![Endpoint {
            port: "tcp-prometheus",
            ..Default::default()
        }],
    };
    Object::custom(stack.meta(STREAMS, STREAMS, "stream"), monitor)
}

/// When somebody is told, and for how many minutes it is so; none where nothing is measured.
pub(super) fn measured(stack: &Stack<'_>, alarm: &FunctionAlarm) -> Option<(String, u32)> {
    let service = &stack.system.services[alarm.function];
    let function = service.function.as_ref()?;
    Some(match alarm.trouble {
        FunctionTrouble::DeadLetters => (dead(stack, service, function)?, 1),
        FunctionTrouble::Failing { calls } => (failing(stack, service, function, calls)?, 1),
        FunctionTrouble::Throttled => (full(stack, service, function)?, FULL),
        FunctionTrouble::Behind { .. } => return None,
    })
}

fn rule(stack: &Stack<'_>, alarm: &FunctionAlarm) -> Option<Object> {
    let (expr, minutes) = measured(stack, alarm)?;
    let service = &stack.system.services[alarm.function];
    let about = match alarm.trouble {
        FunctionTrouble::Throttled => format!(
            "{} (Measured is that as many pods run as may, for {FULL} minutes: calls wait.)",
            alarm.about
        ),
        _ => alarm.about.clone(),
    };
    let spec = alert(stack, (&alarm.name, &about, &service.name), expr, minutes);
    Some(Object::custom(
        stack.meta(alarm.name.as_str(), &service.name, "function"),
        spec,
    ))
}

/// True where there are dead letters.
fn dead(stack: &Stack<'_>, service: &Service, function: &Function) -> Option<String> {
    let letters = dead_letters(&service.name);
    let namespace = stack.namespace_of(&service.name);
    let name = &service.name;
    Some(match function.trigger.as_ref()? {
        Trigger::Bucket { .. } => format!(
            "max by (queue) (rabbitmq_detailed_queue_messages_ready{{job=\"{}/{BROKER}\", queue=\"{letters}\"}}) > 0",
            stack.namespace_of(BROKER)
        ),
        Trigger::Stream { .. } => {
            let job = format!("job=\"{}/{STREAMS}\", topic=\"{letters}\"", stack.namespace_of(STREAMS));
            format!(
                "sum by (topic) (kafka_topic_partition_current_offset{{{job}}}) - sum by (topic) \
                 (kafka_topic_partition_oldest_offset{{{job}}}) > 0"
            )
        }
        Trigger::Table { .. } => format!(
            "max(cnpg_{}_number{{job=\"{}/{TABLES}\", dead=\"true\"}}) > 0",
            tables::measure(service),
            stack.namespace_of(TABLES)
        ),
        Trigger::Schedule { .. } => {
            format!(
                "max by (job_name) (kube_job_failed{{namespace=\"{namespace}\", job_name=~\"{name}-[0-9]+\", condition=\"true\"}}) > 0"
            )
        }
        _ => return None,
    })
}

/// True where more calls fail in five minutes than so many.
fn failing(stack: &Stack<'_>, service: &Service, function: &Function, calls: u32) -> Option<String> {
    let namespace = stack.namespace_of(&service.name);
    let name = &service.name;
    if is_scheduled(function) {
        // Each is a job that has failed, of which the dead letters tell.
        return None;
    }
    let job = format!("job=\"{namespace}/{name}\"");
    Some(match told(function) {
        Some(("connector", _)) if matches!(function.trigger, Some(Trigger::Table { .. })) => {
            format!("sum(increase(http_request_code_5xx{{{job}, label=\"function\"}}[5m])) > {calls}")
        }
        Some(("connector", _)) => {
            format!("sum(increase(output_error{{{job}, label=\"function\"}}[5m])) > {calls}")
        }
        Some(_) => format!("sum(increase(function_calls_total{{{job}, result!=\"ok\"}}[5m])) > {calls}"),
        None => format!(
            "sum(increase(kube_pod_container_status_restarts_total{{namespace=\"{namespace}\", container=\"{FUNCTION}\", \
             pod=~\"{name}-.+\"}}[5m])) > {calls}"
        ),
    })
}

/// True where as many pods run as may.
fn full(stack: &Stack<'_>, service: &Service, function: &Function) -> Option<String> {
    let (least, most) = pods(stack, function);
    if is_scheduled(function) || least == most || most == 1 {
        return None;
    }
    let namespace = stack.namespace_of(&service.name);
    let scaler = match is_fed(function) {
        true => format!("keda-hpa-{}", service.name),
        false => service.name.clone(),
    };
    let of = format!("namespace=\"{namespace}\", horizontalpodautoscaler=\"{scaler}\"");
    Some(format!(
        "kube_horizontalpodautoscaler_status_current_replicas{{{of}}} >= kube_horizontalpodautoscaler_spec_max_replicas{{{of}}}"
    ))
}
