//! What is watched about queues and subscriptions: the broker tells how many messages wait in each queue.
//!
//! It does not tell how old they are. A queue in which something has been waiting at every look for so long is what is taken for late.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::SecretKeySelector;

use super::alarms::alert;
use super::broker;
use super::encryption::{TRUST, secret};
use super::stack::{BROKER, Stack};
use crate::ir::{Inbox, InboxAlarm, Trouble, dead_letters};
use crate::kubernetes::custom::monitoring::{Endpoint, EndpointTls, PodMonitor, SecretOrConfigMap};
use crate::kubernetes::object::Object;

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    if !stack.watches_broker() {
        return vec![];
    }
    let rules = stack.inbox_alarms().iter().map(|alarm| rule(stack, alarm));
    std::iter::once(monitor(stack)).chain(rules).collect()
}

/// Where Prometheus finds the messages of each queue, which the broker's short list only sums up.
fn monitor(stack: &Stack<'_>) -> Object {
    let authority = SecretKeySelector {
        name: secret(BROKER, TRUST),
        key: "ca.crt".to_owned(),
        optional: None,
    };
    let endpoint = Endpoint {
        port: "prometheus-tls",
        path: Some("/metrics/detailed"),
        params: BTreeMap::from([("family", vec!["queue_coarse_metrics", "queue_consumer_count"])]),
        scheme: Some("https"),
        tls_config: Some(EndpointTls {
            ca: SecretOrConfigMap { secret: authority },
            server_name: format!("{BROKER}.{}.svc", stack.namespace_of(BROKER)),
        }),
    };
    let monitor = PodMonitor {
        selector: broker::servers(),
        pod_metrics_endpoints: vec![endpoint],
    };
    Object::custom(stack.meta(BROKER, BROKER, "messaging"), monitor)
}

fn rule(stack: &Stack<'_>, alarm: &InboxAlarm) -> Object {
    let name = stack.system.inbox(alarm.inbox).0;
    let part_of = match alarm.inbox {
        Inbox::Queue(_) => name,
        Inbox::Subscription(id) => &stack.system.services[stack.system.subscriptions[id].service].name,
    };
    let waiting = |queue: &str| {
        format!(
            "rabbitmq_detailed_queue_messages_ready{{job=\"{}/{BROKER}\", queue=\"{queue}\"}}",
            stack.namespace_of(BROKER)
        )
    };
    let (expr, minutes) = match alarm.trouble {
        Trouble::DeadLetters => (format!("max by (queue) ({}) > 0", waiting(&dead_letters(name))), 1),
        Trouble::Waiting { minutes } => (format!("max by (queue) ({}) > 0", waiting(name)), minutes),
    };
    let about = match alarm.trouble {
        Trouble::DeadLetters => alarm.about.clone(),
        Trouble::Waiting { .. } => format!(
            "{} (Measured is that the queue was never empty for so long.)",
            alarm.about
        ),
    };
    let spec = alert(stack, (&alarm.name, &about, part_of), expr, minutes);
    Object::custom(stack.meta(alarm.name.as_str(), part_of, "messaging"), spec)
}
