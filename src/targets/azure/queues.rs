//! Service Bus: one namespace, and in it the queues that services take messages from, each with one for its dead letters.

use std::collections::BTreeMap;

use hcl::Expression;

use super::database::lifecycle;
use super::project::after;
use super::secrets::{Endpoint, private_endpoint};
use super::{Parts, Stack, names, topics};
use crate::check::AZURE_LOCK;
use crate::ir::{Delivery, Id, Inbox, Topic, dead_letters};
use crate::template;
use crate::terraform::{Address, Block};

/// The zone of a namespace's private endpoint.
pub(super) const ZONE: &str = "privatelink.servicebus.windows.net";
/// AMQP over TLS on both of its ports, and HTTPS for clients that speak AMQP over WebSockets.
pub(super) const PORTS: [&str; 3] = ["443", "5671", "5672"];
/// What the namespace's endpoint and its security group are called.
pub(super) const NAME: &str = "service-bus";
/// How long a message id is remembered: the same one sent again meanwhile is dropped.
pub(super) const REMEMBERED: &str = "PT10M";
/// MiB that a queue or topic may hold: as much as Premium takes. It costs nothing while it is not used.
pub(super) const SIZE_MB: u32 = 81_920;

/// The namespace and what is in it.
pub(super) struct Messaging {
    /// The namespace.
    pub namespace: Address,
    /// Its host name.
    pub host: Expression,
    /// It can be reached from here on.
    pub endpoint: Address,
    /// The queue of each inbox: a subscription passes what it gets on to a queue of its own.
    pub inboxes: BTreeMap<Inbox, Address>,
    /// The topics.
    pub topics: BTreeMap<Id<Topic>, topics::Built>,
}

/// A queue and that of its dead letters.
pub(super) struct Queues {
    /// Messages are taken from it.
    pub queue: Address,
    /// Nobody but administrators takes any from it.
    pub dead: Address,
}

/// Nothing for a system without queues and topics.
pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts) -> Option<Messaging> {
    let group = parts.firewall.groups.messaging.as_ref()?;
    let system = stack.system;
    stack.module.file("queues", "");
    let namespace = namespace(stack, parts);
    let host = template![namespace.attr("name"), ".servicebus.windows.net"];
    let host = stack.module.local(NAME, host);
    let endpoint = Endpoint {
        name: NAME,
        resource: &namespace,
        subresource: "namespace",
        zone: ZONE,
        group,
        each: false,
        after: vec![],
    };
    let endpoint = private_endpoint(stack, &parts.network.endpoint, &parts.zones, &endpoint).endpoint;
    let mut inboxes = BTreeMap::new();
    for (id, item) in system.queues.iter() {
        stack.module.file("queues", "");
        let built = queues(stack, &namespace, (&item.name, true), item.delivery);
        stack.built(&item.path, "Service Bus queue", &built.queue);
        inboxes.insert(Inbox::Queue(id), built.queue);
    }
    let topics = topics::lower(stack, &namespace, &mut inboxes);
    Some(Messaging {
        namespace,
        host,
        endpoint,
        inboxes,
        topics,
    })
}

fn namespace(stack: &mut Stack<'_>, parts: &Parts) -> Address {
    let key = Block::new()
        .set("key_vault_key_id", parts.encryption.key.attr("versionless_id"))
        .set("identity_id", parts.encryption.identity.id())
        .set("infrastructure_encryption_enabled", true);
    let name = names::namespace(&stack.system.prefix);
    let body = stack
        .named(template![name, "-", stack.project.suffix.attr("hex")])
        .comment("Premium alone has private endpoints and keys of our own, and spans the zones by itself. Its price is by the messaging unit.")
        .set("sku", "Premium")
        .set("capacity", 1)
        .set("premium_messaging_partitions", 1)
        .set("minimum_tls_version", "1.2")
        .set("local_auth_enabled", false)
        .set("public_network_access_enabled", false)
        .set("tags", stack.tags())
        .block("customer_managed_key", key)
        .block("identity", parts.encryption.identity())
        .block_some("lifecycle", lifecycle(stack.system.protect, &[]))
        .set("depends_on", after([parts.encryption.ready.clone()]));
    let namespace = stack.module.resource("azurerm_servicebus_namespace", "main", body);
    stack.module.output(
        "service_bus",
        namespace.attr("name"),
        "Name of the Service Bus namespace.",
    );
    namespace
}

/// Adds a queue that messages are taken from, and that of its dead letters, to the file chosen last. It is known by its name, and by whether
/// services send to it: behind a topic it need not look for messages that were sent twice.
pub(super) fn queues(
    stack: &mut Stack<'_>,
    namespace: &Address,
    (name, sent): (&str, bool),
    delivery: Delivery,
) -> Queues {
    let dead_name = dead_letters(name);
    let body = Block::new()
        .set("name", dead_name.as_str())
        .set("namespace_id", namespace.id())
        .set("default_message_ttl", days(Delivery::DEAD_DAYS))
        .comment("Where a message brings a shorter time to live of its own, it waits in the built-in dead-letter queue of this one.")
        .set("dead_lettering_on_message_expiration", true)
        .set("max_size_in_megabytes", SIZE_MB);
    stack
        .module
        .comment("A queue of its own rather than the built-in one, which whoever takes messages may read as well.");
    let dead = stack.module.resource("azurerm_servicebus_queue", &dead_name, body);
    let body = Block::new()
        .set("name", name)
        .set("namespace_id", namespace.id())
        // Whoever starts functions renews the lock while one runs.
        .set("lock_duration", seconds(delivery.visibility_seconds.min(AZURE_LOCK)))
        .set("max_delivery_count", delivery.max_receives)
        .set("default_message_ttl", days(delivery.retention_days))
        .set("dead_lettering_on_message_expiration", true)
        .set("forward_dead_lettered_messages_to", dead.attr("name"))
        .set("max_size_in_megabytes", SIZE_MB)
        .when(delivery.fifo, |body| {
            body.comment(
                "In order within a session: every message names one, and whoever takes messages accepts sessions.",
            )
            .set("requires_session", true)
        })
        .when(delivery.fifo && sent, |body| {
            body.set("requires_duplicate_detection", true)
                .set("duplicate_detection_history_time_window", REMEMBERED)
        });
    let queue = stack.module.resource("azurerm_servicebus_queue", name, body);
    Queues { queue, dead }
}

/// Days as Azure writes them: `P14D`.
pub(super) fn days(count: u32) -> String {
    format!("P{count}D")
}

/// Seconds as Azure writes them, less than an hour: `PT1M30S`. What is written in another way would differ from what Azure reports.
fn seconds(count: u32) -> String {
    match (count / 60, count % 60) {
        (minutes, 0) => format!("PT{minutes}M"),
        (0, seconds) => format!("PT{seconds}S"),
        (minutes, seconds) => format!("PT{minutes}M{seconds}S"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_azure_reports_them() {
        let written = [10, 60, 90, 120, 300].map(seconds);
        assert_eq!(written, ["PT10S", "PT1M", "PT1M30S", "PT2M", "PT5M"]);
        assert_eq!(days(14), "P14D");
    }
}
