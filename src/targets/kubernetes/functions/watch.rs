//! What is watched about functions.

use super::pods::FUNCTION;
use super::{CONNECTOR_PORT, PAUSE, STATUS_PORT, answers, call_seconds, is_fed, is_scheduled, pods};
use crate::ir::{Function, FunctionAlarm, FunctionTrouble, Id, Service, Stream, Trigger, dead_letters};
use crate::kubernetes::custom::monitoring::{Endpoint, PodMonitor};
use crate::kubernetes::object::Object;
use crate::kubernetes::policy::label;
use crate::targets::kubernetes::alarms::alert;
use crate::targets::kubernetes::stack::{BROKER, Stack};
use crate::targets::kubernetes::streams::{self, STREAMS};
use crate::targets::kubernetes::tables::{self, TABLES};

/// Minutes that as many calls run as may before somebody is told.
const FULL: u32 = 10;
/// How often a function may start again in so many minutes before somebody is told.
const RESTARTS: (u32, u32) = (2, 15);

pub(in crate::targets::kubernetes) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let alarms = stack.function_alarms();
    let mut objects = vec![];
    for (id, service, _) in stack.system.functions().filter(|_| !alarms.is_empty()) {
        objects.extend(monitor(stack, id, service));
    }
    if stack.watches_streams() {
        objects.push(exporter(stack));
    }
    objects.extend(alarms.iter().filter_map(|alarm| rule(stack, alarm)));
    objects
}

/// Where the pods of a function tell their metrics: (name of the port, port).
fn told(function: &Function) -> Vec<(&'static str, u16)> {
    let connector = is_fed(function).then_some(("connector", CONNECTOR_PORT));
    let has_status = function.source.is_some() && (is_fed(function) || answers(function));
    let status = has_status.then_some(("status", STATUS_PORT));
    connector.into_iter().chain(status).collect()
}

/// The ports at which Prometheus asks a service for what functions tell.
pub(in crate::targets::kubernetes) fn ports(stack: &Stack<'_>, id: Id<Service>) -> Vec<u16> {
    let function = stack.system.services[id].function.as_ref();
    let told = function.filter(|_| !stack.function_alarms().is_empty()).map(told);
    told.into_iter().flatten().map(|(_, port)| port).collect()
}

fn monitor(stack: &Stack<'_>, id: Id<Service>, service: &Service) -> Option<Object> {
    let ports = told(service.function.as_ref()?).into_iter();
    let endpoints = ports.map(|(port, _)| Endpoint {
        port,
        ..Default::default()
    });
    let monitor = PodMonitor {
        selector: stack.pods(&stack.system.services[id].name),
        pod_metrics_endpoints: endpoints.collect(),
    };
    if monitor.pod_metrics_endpoints.is_empty() {
        return None;
    }
    Some(Object::custom(stack.names.service_meta(service), monitor))
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
        FunctionTrouble::Behind { minutes } => (behind(stack, alarm.function, function, minutes)?, 1),
    })
}

/// What an alert means.
pub(super) fn about(stack: &Stack<'_>, alarm: &FunctionAlarm) -> String {
    let service = &stack.system.services[alarm.function];
    match (alarm.trouble, &service.function) {
        (FunctionTrouble::Throttled, _) => format!(
            "{} (Measured is that as many pods run as may, for {FULL} minutes: calls wait.)",
            alarm.about
        ),
        (FunctionTrouble::Failing { calls }, Some(function)) => {
            let name = &service.name;
            let failed = match bearable(function, calls) {
                _ if answers(function) && function.source.is_none() => name.clone(),
                0 => format!("A call of {name} failed in five minutes, or it"),
                calls => format!("More than {calls} calls of {name} failed in five minutes, or it"),
            };
            let (times, minutes) = RESTARTS;
            format!(
                "{failed} started again more than {times} times in {minutes} minutes, for want of memory for example. Its logs say why \
                 (`--previous` those of what ended)."
            )
        }
        _ => alarm.about.clone(),
    }
}

/// How many calls may fail in five minutes: of events, fewer than a pod has time for when each takes too long.
fn bearable(function: &Function, calls: u32) -> u32 {
    if is_fed(function) {
        calls.min((300 / (call_seconds(function) + PAUSE)).saturating_sub(2))
    } else {
        calls
    }
}

fn rule(stack: &Stack<'_>, alarm: &FunctionAlarm) -> Option<Object> {
    let (expr, minutes) = measured(stack, alarm)?;
    let service = &stack.system.services[alarm.function];
    let spec = alert(stack, (&alarm.name, &about(stack, alarm), &service.name), expr, minutes);
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

/// True where more calls fail in five minutes than may, or the function starts again and again.
fn failing(stack: &Stack<'_>, service: &Service, function: &Function, calls: u32) -> Option<String> {
    let namespace = stack.namespace_of(&service.name);
    let name = &service.name;
    if is_scheduled(function) {
        // Each is a job that has failed, of which the dead letters tell.
        return None;
    }
    let job = format!("job=\"{namespace}/{name}\"");
    let calls = bearable(function, calls);
    let (times, minutes) = RESTARTS;
    let again = format!(
        "sum(increase(kube_pod_container_status_restarts_total{{namespace=\"{namespace}\", pod=~\"{name}-[a-z0-9]+-[a-z0-9]+\", \
         container=\"{FUNCTION}\"}}[{minutes}m])) > {times}\n"
    );
    if function.source.is_some() {
        Some(format!(
            "sum(increase(function_calls_total{{{job}, result!=\"ok\"}}[5m])) > {calls}\nor {again}"
        ))
    } else if is_fed(function) {
        // What the connector counts: each try that was answered badly, and events of which no try was answered well.
        let of = format!("{job}, label=\"function\"");
        let given_up = match function.trigger {
            Some(Trigger::Stream { .. } | Trigger::Table { .. }) => format!("function_errors{{{job}}}"),
            _ => format!("output_error{{{of}}}"),
        };
        let answered = ["4xx", "5xx"].map(|code| format!("http_request_code_{code}{{{of}}}"));
        let each = answered.into_iter().chain([given_up]);
        let each: Vec<String> = each
            .map(|count| format!("(sum(increase({count}[5m])) or vector(0))"))
            .collect();
        Some(format!("{} > {calls}\nor {again}", each.join(" + ")))
    } else {
        // Nobody but an image itself knows how its requests end.
        Some(again)
    }
}

/// True where what was there so many minutes ago has not been worked on.
fn behind(stack: &Stack<'_>, id: Id<Service>, function: &Function, minutes: u32) -> Option<String> {
    match function.trigger.as_ref()? {
        Trigger::Stream { stream, oldest, .. } => {
            Some(late(stack, *stream, &streams::group(stack, id), *oldest, minutes))
        }
        Trigger::Table { .. } => Some(format!(
            "max(cnpg_{}_age{{job=\"{}/{TABLES}\", dead=\"false\"}}) > {}",
            tables::measure(&stack.system.services[id]),
            stack.namespace_of(TABLES),
            minutes * 60
        )),
        _ => None,
    }
}

/// True where records of a stream that were there so many minutes ago have not been read by a group of consumers.
pub(in crate::targets::kubernetes) fn late(
    stack: &Stack<'_>,
    stream: Id<Stream>,
    group: &str,
    oldest: bool,
    minutes: u32,
) -> String {
    let topic = &stack.system.streams[stream].name;
    let of = format!("job=\"{}/{STREAMS}\", topic=\"{topic}\"", stack.namespace_of(STREAMS));
    let then = format!("kafka_topic_partition_current_offset{{{of}}} offset {minutes}m");
    let now = format!("kafka_consumergroup_current_offset{{{of}, consumergroup=\"{group}\"}}");
    let late = format!("max({then} - on (partition) {now}) > 0\n");
    // Who has never read anything has no place in the stream.
    let first = format!(
        "or max(({then} - on (partition) kafka_topic_partition_oldest_offset{{{of}}}) unless on (partition) {now}) > 0\n"
    );
    if oldest { late + &first } else { late }
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
