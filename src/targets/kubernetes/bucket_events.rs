//! What happens to objects, on its way to the functions that it starts: two containers beside the object store.
//!
//! One follows the store's own log of changes and keeps its place on the store's volume. The other sends what a function asks for to the
//! function's queue, and answers when the broker has it: then the first goes on. So an event may come twice and is not lost, but for those
//! of the last moments before the store fails as a whole, which it had not yet written down.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, ContainerPort, Volume, VolumeMount};
use serde_json::{Value, json};
use tera::Context;

use super::alarms::alert;
use super::broker;
use super::encryption::{TRUST, secret};
use super::functions::{self, event_queue};
use super::stack::{BROKER, STORE, Stack};
use super::storage;
use super::storage_config::bucket_name;
use crate::ir::Trigger;
use crate::kubernetes::custom::monitoring::{Endpoint, PodMonitor};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::targets::shared::template;

/// On which one container hands events to the other.
const PORT: u16 = 4196;
/// On which the second one tells what it does.
pub(super) const METRICS: u16 = functions::CONNECTOR_PORT;
/// The alert about both.
pub(super) const ALARM: &str = "object-store-events-failing";
/// Minutes that something has to fail before somebody is told.
const MINUTES: u32 = 15;
/// Where their files are.
const FOLDER: &str = "/etc/bucket-events";
/// Where the store's login at the broker is.
const LOGIN: &str = "/etc/broker-login";
const SEND: &str = include_str!("../../../templates/kubernetes/bucket-events-send.sh.tera");
const SCRIPT: &str = include_str!("../../../templates/kubernetes/bucket-events.sh.tera");
const CONFIG: &str = include_str!("../../../templates/kubernetes/bucket-events.yaml.tera");

/// Their files, beside the others of the store.
pub(super) fn files(stack: &Stack<'_>) -> BTreeMap<String, String> {
    let wanted = wanted(stack);
    if wanted.is_empty() {
        return BTreeMap::new();
    }
    let endpoint = broker::endpoint(stack);
    let mut context = Context::new();
    context.insert("port", &PORT);
    context.insert("metrics", &METRICS);
    context.insert("followed", &common_folder(&wanted));
    context.insert("folder", FOLDER);
    context.insert("login", LOGIN);
    context.insert("functions", &Value::from(wanted).to_string());
    context.insert("broker", endpoint.trim_start_matches("amqps://"));
    context.insert("authority", &format!("{}/ca.crt", broker::CA_FOLDER));
    BTreeMap::from([
        ("bucket-events-send.sh".to_owned(), template::fill(SEND, &context)),
        ("bucket-events.sh".to_owned(), template::fill(SCRIPT, &context)),
        ("bucket-events.yaml".to_owned(), template::fill(CONFIG, &context)),
    ])
}

/// What each function asks for.
fn wanted(stack: &Stack<'_>) -> Vec<Value> {
    let functions = stack.system.functions();
    let wanted = functions.filter_map(|(_, service, function)| match function.trigger.as_ref()? {
        Trigger::Bucket {
            bucket,
            created,
            deleted,
            prefix,
            suffix,
        } => {
            let events = [("created", created), ("deleted", deleted)];
            let events: Vec<&str> = events
                .into_iter()
                .filter(|(_, on)| **on)
                .map(|(event, _)| event)
                .collect();
            Some(json!({
                "bucket": bucket_name(stack, &stack.system.buckets[*bucket]),
                "events": events,
                "exchange": event_queue(service),
                "prefix": prefix,
                "suffix": suffix,
            }))
        }
        _ => None,
    });
    wanted.collect()
}

/// The folder of the store that has all buckets in question: one bucket's own, or what their names begin with.
fn common_folder(wanted: &[Value]) -> String {
    let names = wanted.iter().filter_map(|function| function.get("bucket")?.as_str());
    let mut folders: Vec<String> = names.map(|name| format!("/buckets/{name}/")).collect();
    folders.sort();
    let (Some(first), Some(last)) = (folders.first(), folders.last()) else {
        return "/buckets/".to_owned();
    };
    let pairs = first.chars().zip(last.chars());
    pairs
        .take_while(|(one, other)| one == other)
        .map(|(one, _)| one)
        .collect()
}

/// True if somebody is told when they fail.
pub(super) fn is_watched(stack: &Stack<'_>) -> bool {
    stack.system.cluster.prometheus && stack.bucket_functions().next().is_some()
}

/// Where Prometheus asks, and when it alerts.
pub(super) fn alarms(stack: &Stack<'_>) -> Vec<Object> {
    if !is_watched(stack) {
        return vec![];
    }
    let monitor = PodMonitor {
        selector: stack.pods(STORE),
        pod_metrics_endpoints: vec![Endpoint {
            port: "events",
            ..Default::default()
        }],
    };
    let namespace = stack.namespace_of(STORE);
    let failed = ["output_error", "output_connection_failed"];
    let failed = failed.map(|name| format!("sum(increase({name}{{job=\"{namespace}/{STORE}\"}}[{MINUTES}m])) > 0"));
    let expr = format!(
        "{}\nor sum(increase(kube_pod_container_status_restarts_total{{namespace=\"{namespace}\", pod=\"{STORE}-0\", \
         container=~\"changes|events\"}}[{MINUTES}m])) > 1\n",
        failed.join("\nor ")
    );
    let about = "What happens to objects does not reach the functions that it starts: read the logs of the containers `changes` and \
                 `events` of the store. Nothing is lost; events wait in the store's log.";
    let spec = alert(stack, (ALARM, about, STORE), expr, MINUTES);
    vec![
        Object::custom(stack.meta(STORE, STORE, "storage"), monitor),
        Object::custom(stack.meta(ALARM, STORE, "storage"), spec),
    ]
}

/// The two containers.
pub(super) fn containers(stack: &Stack<'_>) -> Vec<Container> {
    if stack.bucket_functions().next().is_none() {
        return vec![];
    }
    let place = VolumeMount {
        sub_path: Some("events".to_owned()),
        ..pod::mount("data", "/state", false)
    };
    let follows = Container {
        command: Some(
            ["/bin/sh", &format!("{FOLDER}/bucket-events.sh")]
                .map(str::to_owned)
                .into(),
        ),
        // A process for each event.
        resources: Some(pod::resources(("50m", "64Mi"), ("1", "256Mi"))),
        volume_mounts: Some(vec![
            pod::mount("config", FOLDER, true),
            place,
            pod::mount("events-tmp", "/tmp", false),
        ]),
        ..pod::container("changes", storage::IMAGE)
    };
    let sends = Container {
        command: Some(
            ["/bin/sh", "-eu", &format!("{FOLDER}/bucket-events-send.sh")]
                .map(str::to_owned)
                .into(),
        ),
        ports: Some(vec![ContainerPort {
            name: Some("events".to_owned()),
            container_port: i32::from(METRICS),
            ..Default::default()
        }]),
        resources: Some(pod::resources(("50m", "64Mi"), ("500m", "128Mi"))),
        volume_mounts: Some(vec![
            pod::mount("config", FOLDER, true),
            pod::mount("broker-ca", broker::CA_FOLDER, true),
            pod::mount("broker-login", LOGIN, true),
        ]),
        ..pod::container("events", functions::CONNECTOR)
    };
    vec![follows, sends]
}

/// The volumes that they have besides those of the store.
pub(super) fn volumes(stack: &Stack<'_>) -> Vec<Volume> {
    if stack.bucket_functions().next().is_none() {
        return vec![];
    }
    // Not there yet is no reason for the store not to start.
    let optional = |mut volume: Volume| {
        if let Some(secret) = &mut volume.secret {
            secret.optional = Some(true);
        }
        volume
    };
    vec![
        pod::scratch("events-tmp"),
        optional(pod::secret_files("broker-ca", &secret(BROKER, TRUST), &["ca.crt"])),
        optional(pod::secret_files(
            "broker-login",
            &broker::credentials(STORE),
            &["username", "password"],
        )),
    ]
}
