//! What the README says about queues, topics, caches and workers.

use tera::Context;

use crate::ir::{Access, Delivery, Inbox, Resource, dead_letters};
use crate::targets::gcp::containers::is_container;
use crate::targets::gcp::{Stack, caches, functions, project};
use crate::targets::shared::template::items;

const MESSAGES: &str = include_str!("../../../../templates/messaging/gcp.md.tera");
const CACHES: &str = include_str!("../../../../templates/messaging/gcp-caches.md.tera");

pub(super) fn prerequisites(stack: &Stack<'_>) -> Vec<String> {
    let system = stack.system;
    let mut items = vec![];
    let wanted = [
        ("Pub/Sub", project::has_messages(system)),
        ("Memorystore", !system.caches.is_empty()),
        (
            "Network Connectivity",
            !system.caches.is_empty() && !stack.network.existing,
        ),
    ];
    let wanted: Vec<&str> = wanted
        .into_iter()
        .filter(|(_, wanted)| *wanted)
        .map(|(name, _)| name)
        .collect();
    if let Some((last, others)) = wanted.split_last() {
        let services = match others {
            [] => (*last).to_owned(),
            _ => format!("{} and {last}", others.join(", ")),
        };
        items.push(format!("The same for {services}."));
    }
    if let (Some(existing), false) = (&system.network.existing.gcp, system.caches.is_empty()) {
        items.push(format!(
            "A service connection policy of the class `gcp-memorystore` on the network `{}` in {}, with a subnetwork for the addresses of caches: a network has one such policy in a region, so it is not made here. Where the network is of another project, the agent of `networkconnectivity.googleapis.com` of this project has `roles/networkconnectivity.serviceAgent` on it.",
            existing.network,
            stack.region()
        ));
    }
    items
}

pub(super) fn security(stack: &Stack<'_>) -> Vec<&'static str> {
    let system = stack.system;
    let mut items = vec![];
    if project::has_messages(system) {
        items.push("Messages are under the key and stay in the region. Who publishes may only send to that queue or topic; who consumes may only take from its own subscription, which on Pub/Sub includes moving it to another point in time (`seek`). Dead letters are open to administrators alone.");
        items.push("Pub/Sub's own agent may take from the subscriptions and send to the topics of dead letters: it moves them.");
    }
    if !system.caches.is_empty() {
        items.push("Caches have addresses in the data subnet, which the firewall opens to the services that use them. They speak TLS, and let in the accounts of those services, each for that one cache: the role is granted on the project with a condition, because caches have no policy of their own.");
    }
    let cache_readers = system
        .grants
        .iter()
        .any(|grant| matches!(grant.resource, Resource::Cache(_)) && grant.access != Access::ReadWrite);
    if cache_readers {
        items.push(
            "Memorystore knows no rights within a cache: a service that only `reads` or only `writes` one may do both.",
        );
    }
    items
}

pub(super) fn operations(stack: &Stack<'_>) -> Vec<String> {
    let mut said = messages(stack).unwrap_or_default();
    if !stack.caches.is_empty() {
        let mut context = Context::new();
        let hosts: Vec<String> = stack.caches.keys().map(|id| caches::host(stack, *id)).collect();
        context.insert("hosts", &hosts);
        let copies = stack.system.caches.iter().any(|(_, cache)| cache.multi_zone);
        context.insert("copies", &copies);
        said.extend(items(CACHES, &context));
    }
    said
}

fn messages(stack: &Stack<'_>) -> Option<Vec<String>> {
    let system = stack.system;
    let name = |part: &str| stack.name(part);
    let queue = system.queues.iter().next().map(|(_, queue)| (&queue.name, &queue.name));
    let subscription = system.subscriptions.iter().next();
    let subscription = subscription.map(|(_, item)| (&item.name, &system.topics[item.topic].name));
    // The commands name the first there is.
    let (inbox, topic) = queue.or(subscription)?;
    let queues = system.queues.iter().map(|(_, item)| (&item.name, item.delivery.fifo));
    let topics = system.topics.iter().map(|(_, item)| (&item.name, item.delivery.fifo));
    let ordered = queues.chain(topics).filter(|(_, fifo)| *fifo);
    let ordered: Vec<String> = ordered.map(|(part, _)| name(part)).collect();
    let taken = |inbox: Inbox| functions::started_by(system, inbox).is_none();
    let queues = system.queues.iter();
    let queues = queues.filter(|(id, item)| item.delivery.fifo && taken(Inbox::Queue(*id)));
    let topics = system.topics.iter().filter(|(topic, item)| {
        let mut subscriptions = system.subscriptions.iter().filter(|(_, item)| item.topic == *topic);
        item.delivery.fifo && subscriptions.any(|(id, _)| taken(Inbox::Subscription(id)))
    });
    let once = queues
        .map(|(_, item)| &item.name)
        .chain(topics.map(|(_, item)| &item.name));
    let once: Vec<String> = once.map(|part| name(part)).collect();
    let queues = system.queues.iter().map(|(id, _)| Inbox::Queue(id));
    let mut inboxes = queues.chain(system.subscriptions.iter().map(|(id, _)| Inbox::Subscription(id)));
    let pulled = inboxes.any(taken);
    let services = |containers: bool| {
        let services = system.services.iter().map(|(_, service)| service);
        let services = services.filter(|service| service.function.is_none());
        services.filter(move |service| is_container(service) == containers)
    };
    let workers = services(false).filter(|service| !service.listens());
    let workers: Vec<&str> = workers.map(|service| service.name.as_str()).collect();
    let pools = services(true).filter(|service| !service.listens());
    let pools: Vec<&str> = pools.map(|service| service.name.as_str()).collect();
    let scaled = services(false).filter(|service| service.scale.queue_messages.is_some());
    let scaled: Vec<&str> = scaled.map(|service| service.name.as_str()).collect();
    let mut context = Context::new();
    context.insert("dead_days", &Delivery::DEAD_DAYS);
    context.insert("dead", &name(&dead_letters(inbox)));
    context.insert("topic", &name(topic));
    context.insert("subscriptions", &!system.subscriptions.is_empty());
    context.insert("ordered", &ordered);
    context.insert("once", &once);
    context.insert("pulled", &pulled);
    context.insert("workers", &workers);
    context.insert("pools", &pools);
    context.insert("scaled", &scaled);
    context.insert("region", stack.region());
    Some(items(MESSAGES, &context))
}
