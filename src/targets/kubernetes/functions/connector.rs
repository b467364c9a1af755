//! What brings events to a function: a connector in its pod, with the function's own login.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, EnvVar};
use tera::Context;

use super::{PAUSE, PORT, STATUS_PORT, call_seconds, event_queue, tries};
use crate::ir::{Function, Id, Service, Trigger, dead_letters};
use crate::kubernetes::pod;
use crate::targets::kubernetes::broker;
use crate::targets::kubernetes::stack::Stack;
use crate::targets::kubernetes::streams;
use crate::targets::kubernetes::tables;
use crate::targets::shared::template;

/// Where its configuration is.
pub(super) const FOLDER: &str = "/etc/connector";
/// The file of it.
pub(super) const FILE: &str = "events.yaml";

const MESSAGES: &str = include_str!("../../../../templates/kubernetes/events-messages.yaml.tera");
const CHANGES: &str = include_str!("../../../../templates/kubernetes/events-table.yaml.tera");
const RECORDS: &str = include_str!("../../../../templates/kubernetes/events-stream.yaml.tera");

/// The name of the ConfigMap with its configuration.
pub(super) fn config_name(service: &Service) -> String {
    format!("{}-connector", service.name)
}

/// Its configuration, for a function whose events wait somewhere.
pub(super) fn config(stack: &Stack<'_>, id: Id<Service>, service: &Service, function: &Function) -> Option<ConfigMap> {
    let text = text(stack, id, service, function)?;
    Some(ConfigMap {
        metadata: stack.meta(config_name(service), &service.name, "function"),
        data: Some(BTreeMap::from([(FILE.to_owned(), text)])),
        ..Default::default()
    })
}

fn text(stack: &Stack<'_>, id: Id<Service>, service: &Service, function: &Function) -> Option<String> {
    let system = stack.system;
    let mut context = Context::new();
    context.insert("port", &PORT);
    context.insert("call_seconds", &call_seconds(function));
    context.insert("pause_seconds", &PAUSE);
    context.insert("retries", &(tries(stack, function) - 1));
    context.insert("max_age_seconds", &function.retry.max_age_seconds);
    let (ask, asked) = match function.source {
        Some(_) => ("GET", STATUS_PORT),
        // Nothing is known of an image but that it answers.
        None => ("OPTIONS", PORT),
    };
    context.insert("ask", ask);
    context.insert("asked", &format!("http://127.0.0.1:{asked}/"));
    let source = |kind: &str, name: &str| format!("/{}/{kind}/{name}", system.prefix);
    let mut messages = |queue: &str, of: Option<(&str, String)>| {
        let endpoint = broker::endpoint(stack);
        context.insert("broker", endpoint.trim_start_matches("amqps://"));
        context.insert("authority", &format!("{}/ca.crt", broker::CA_FOLDER));
        context.insert("queue", queue);
        if let Some((kind, source)) = of {
            context.insert("kind", kind);
            context.insert("source", &source);
        }
        template::fill(MESSAGES, &context)
    };
    match function.trigger.as_ref()? {
        Trigger::Queue { queue, .. } => {
            let name = &system.queues[*queue].name;
            Some(messages(name, Some(("queue.message", source("queues", name)))))
        }
        Trigger::Topic { subscription, .. } => {
            let subscription = &system.subscriptions[*subscription];
            let topic = &system.topics[subscription.topic].name;
            Some(messages(
                &subscription.name,
                Some(("topic.message", source("topics", topic))),
            ))
        }
        Trigger::Bucket { .. } => Some(messages(&event_queue(service), None)),
        Trigger::Stream { stream, batch, oldest } => {
            let stream = &system.streams[*stream];
            context.insert("broker", &streams::endpoint(stack));
            context.insert("authority", &format!("{}/ca.crt", streams::CA_FOLDER));
            context.insert("topic", &stream.name);
            context.insert("group", &streams::group(stack, id));
            context.insert("user", &service.name);
            context.insert("oldest", oldest);
            context.insert("batch", batch);
            context.insert("source", &source("streams", &stream.name));
            context.insert("dead", &dead_letters(&service.name));
            context.insert("dead_bytes", &streams::DEAD_BYTES);
            Some(template::fill(RECORDS, &context))
        }
        Trigger::Table { .. } => {
            context.insert("dsn", &tables::data_source(stack, service));
            context.insert("changes", &tables::changes(service));
            Some(template::fill(CHANGES, &context))
        }
        Trigger::Api | Trigger::Url { .. } | Trigger::Schedule { .. } => None,
    }
}

/// The login with which it takes events.
pub(super) fn login(service: &Service) -> Vec<EnvVar> {
    let secret = |name: &str, secret: &str, key: &str| pod::secret_variable(name, secret, key, false);
    match service.function.as_ref().and_then(|function| function.trigger.as_ref()) {
        Some(Trigger::Stream { .. }) => {
            vec![secret(
                "BROKER_PASSWORD",
                &streams::credentials(&service.name),
                "password",
            )]
        }
        Some(Trigger::Table { .. }) => {
            vec![secret("BROKER_PASSWORD", &tables::login_of(&service.name), "password")]
        }
        _ => {
            let credentials = broker::credentials(&service.name);
            vec![
                secret("BROKER_PASSWORD", &credentials, "password"),
                secret("BROKER_USER", &credentials, "username"),
            ]
        }
    }
}
