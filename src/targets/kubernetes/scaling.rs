//! How many pods a service has: by their processor load, and by the messages that wait for them.
//!
//! Kubernetes counts no messages. KEDA does, and makes the HorizontalPodAutoscaler of a service itself: the greatest need decides.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;

use super::broker;
use super::compute;
use super::encryption::{TRUST, secret};
use super::stack::{BROKER, Stack};
use crate::ir::{Function, Id, Service, Trigger as Starts};
use crate::kubernetes::custom::keda::{AuthenticationRef, Parameter, Trigger, TriggerAuthentication};
use crate::kubernetes::object::Object;
use crate::targets::shared::workload;

/// Where KEDA runs.
pub(super) const NAMESPACE: &str = "keda";

/// What scales a service.
pub(super) fn objects(stack: &Stack<'_>, id: Id<Service>) -> Vec<Object> {
    let service = &stack.system.services[id];
    match service.scale.queue_messages {
        Some(messages) => vec![
            login(stack, service),
            parameters(stack, service, ("tls", "enable")),
            scaled(stack, id, messages),
        ],
        None => vec![workload::autoscaler(stack.names, service, compute::kind(service))],
    }
}

/// True if a service is scaled by the messages that wait for it.
pub(super) fn counts_messages(stack: &Stack<'_>) -> bool {
    let mut services = stack.system.services.iter();
    services.any(|(_, service)| {
        let fed = |function: &Function| {
            let trigger = function.trigger.as_ref();
            trigger.is_some_and(|trigger| {
                matches!(
                    trigger,
                    Starts::Queue { .. } | Starts::Topic { .. } | Starts::Bucket { .. }
                )
            })
        };
        service.scale.queue_messages.is_some() || service.function.as_ref().is_some_and(fed)
    })
}

fn scaled(stack: &Stack<'_>, id: Id<Service>, messages: u32) -> Object {
    let service = &stack.system.services[id];
    let inboxes = stack.system.inboxes_of(id).map(|inbox| {
        let queue = stack.system.inbox(inbox).0;
        let metadata = [
            ("host", format!("{}/", broker::endpoint(stack))),
            ("mode", "QueueLength".to_owned()),
            ("protocol", "amqp".to_owned()),
            ("queueName", queue.to_owned()),
            ("value", messages.to_string()),
        ];
        Trigger {
            kind: "rabbitmq",
            name: Some(queue.to_owned()),
            metric_type: None,
            metadata: metadata.into(),
            authentication_ref: Some(AuthenticationRef {
                name: service.name.clone(),
            }),
        }
    });
    let object = workload::scaled(service, compute::kind(service), inboxes);
    Object::custom(stack.meta(service.name.as_str(), &service.name, "service"), object)
        .about("KEDA makes a HorizontalPodAutoscaler of it")
        .comment(
            "spec/triggers/0/metadata/mode",
            "messages that wait, for each pod; not those that a pod has",
        )
}

/// KEDA counts with the service's own login, which sees its own queues.
fn login(stack: &Stack<'_>, service: &Service) -> Object {
    let from = |parameter: &'static str, name: String, key: &'static str| Parameter { parameter, name, key };
    let credentials = || broker::credentials(&service.name);
    let login = TriggerAuthentication {
        secret_target_ref: vec![
            from("username", credentials(), "username"),
            from("password", credentials(), "password"),
            from("ca", secret(BROKER, TRUST), "ca.crt"),
        ],
        config_map_target_ref: vec![from("tls", parameters_name(service), "tls")],
    };
    Object::custom(stack.meta(service.name.as_str(), &service.name, "service"), login)
}

pub(super) fn parameters_name(service: &Service) -> String {
    format!("{}-scaling", service.name)
}

/// What KEDA takes from a Secret or a ConfigMap only.
pub(super) fn parameters(stack: &Stack<'_>, service: &Service, (key, value): (&str, &str)) -> Object {
    Object::new(&ConfigMap {
        metadata: stack.meta(parameters_name(service), &service.name, workload::kind(service)),
        data: Some(BTreeMap::from([(key.to_owned(), value.to_owned())])),
        ..Default::default()
    })
    .about("KEDA takes this word from a Secret or a ConfigMap only")
}
