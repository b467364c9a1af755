//! What the README of the output says about queues, topics, caches and workers.

use super::Stack;
use crate::ir::{Access, Delivery, Resource, Service, Trouble, dead_letters};
use crate::vocabulary::Runtime;

pub(super) fn lower(stack: &mut Stack<'_>) {
    let system = stack.system;
    if !(system.queues.is_empty() && system.topics.is_empty()) {
        queues(stack);
        ordered(stack);
        topics(stack);
        dead(stack);
        watched(stack);
    }
    let outside = |item: &Service| item.runtime != Runtime::Kubernetes && item.function.is_none();
    if system.services.iter().any(|(_, item)| !item.listens() && outside(item)) {
        workers(stack);
    }
    if !system.caches.is_empty() {
        caches(stack);
    }
}

fn queues(stack: &mut Stack<'_>) {
    let protect = stack.system.protect;
    let report = &mut stack.report;
    report.security.push("Queues and topics are reached over a private endpoint only, with TLS, on AMQP's ports (5671, 5672) and 443, and only by the machines of services that have a link. They are encrypted with the system's key, and by Azure below that once more. There are no access keys: a service that publishes has *Azure Service Bus Data Sender* on that one queue or topic, one that consumes *Azure Service Bus Data Receiver* on the one queue that it takes from. Nobody has a role on the dead letters.".to_owned());
    report.operations.push("A message is locked for whoever takes it (`X_VISIBILITY_SECONDS`), and is handed out again unless it is completed, or its lock renewed, in time. What nobody completes in `max_receives` attempts, and what nobody takes in `retention_days`, becomes a dead letter. `X_QUEUE`, `X_TOPIC` and `X_SOURCE` are the names that the client libraries of Service Bus take, together with `X_ENDPOINT` (or `X_SOURCE_ENDPOINT`) as the fully qualified namespace and a credential of the managed identity that `AZURE_CLIENT_ID` names.".to_owned());
    report.operations.push("The namespace has one messaging unit, which is paid by the hour, with or without messages. More of them: `[override.azure.azurerm_servicebus_namespace.main]` with `capacity = 2`, `4`, `8` or `16`.".to_owned());
    if protect {
        report.operations.push("The namespace is guarded by `prevent_destroy`, and not by a lock, which would also keep queues and roles from being taken away with their links. A queue or subscription that is taken out of the blueprint goes with the messages in it.".to_owned());
    }
}

fn ordered(stack: &mut Stack<'_>) {
    let system = stack.system;
    let queues = system.queues.iter().filter(|(_, item)| item.delivery.fifo);
    let topics = system.topics.iter().filter(|(_, item)| item.delivery.fifo);
    let names: Vec<String> = queues
        .map(|(_, item)| format!("`{}`", item.name))
        .chain(topics.map(|(_, item)| format!("`{}`", item.name)))
        .collect();
    if names.is_empty() {
        return;
    }
    stack.report.operations.push(format!(
        "Order on {}: Service Bus keeps it within a *session*. A publisher sets `SessionId` to the group of each message, and a `MessageId` that it repeats when it sends one again: a repeated one is dropped for 10 minutes. Whoever takes messages has to accept sessions (`AcceptNextSession`, a session processor): a plain receiver is refused. A message without a session is refused by a queue, and becomes a dead letter of every subscriber where it was sent to a topic. `fifo` is chosen once: a change makes the queue or topic anew, and what waits in it, or in the queues of its subscribers, is lost.",
        names.join(", ")
    ));
}

fn topics(stack: &mut Stack<'_>) {
    let system = stack.system;
    if system.subscriptions.is_empty() {
        return;
    }
    let mut text = "A subscription passes each message on, as it was sent, to a queue called SERVICE-from-TOPIC, from which the service takes it: Azure measures queues but no subscriptions, and so each subscriber has numbers, alarms and dead letters of its own.".to_owned();
    if system.subscriptions.iter().any(|(_, item)| !item.filter.is_empty()) {
        text += " Filters look at the application properties of a message, which have to be strings; one without the property passes no filter for it.";
    }
    stack.report.operations.push(text);
}

/// How to look at dead letters and how to send them again.
fn dead(stack: &mut Stack<'_>) {
    let system = stack.system;
    let mut inboxes = system.inboxes().map(|inbox| system.inbox(inbox).0);
    let Some(name) = inboxes.next() else {
        return;
    };
    let group = &system.prefix;
    let az = format!(
        "az servicebus queue COMMAND --resource-group {group} --namespace-name \"$(terraform -chdir=terraform output -raw service_bus)\" --name {}",
        dead_letters(name)
    );
    let (show, update) = (az.replace("COMMAND", "show"), az.replace("COMMAND", "update"));
    stack.report.operations.push(format!(
        "Dead letters of `{name}` go to the queue `{dead}` (the others are named alike) and wait there for {days} days; one with a shorter time to live, such as `retention_days`, goes on to the built-in dead-letter queue of `{dead}`, where it stays until somebody removes it. How many there are: `{show} --query countDetails`. To look at them, somebody needs *Azure Service Bus Data Receiver* on that queue, which nobody has, and a client inside the network (`peek_messages` of the SDK takes nothing away); `DeadLetterReason` and `DeadLetterSource` say what happened. To send all of them again, once the reason is gone: `{update} --forward-to {name}`; the next `terraform apply` ends it. Where the queue keeps order, wait until 10 minutes after the messages were sent: before that they would be dropped as repeated. Messages of `{dead}/$DeadLetterQueue` are sent again by a client only.",
        dead = dead_letters(name),
        days = Delivery::DEAD_DAYS,
    ));
}

/// What the alarms look at, and what the scale looks at.
fn watched(stack: &mut Stack<'_>) {
    let system = stack.system;
    let minutes = system.inbox_alarms.iter().find_map(|alarm| match alarm.trouble {
        Trouble::Waiting { minutes } => Some(minutes),
        Trouble::DeadLetters => None,
    });
    if let Some(minutes) = minutes {
        stack.report.operations.push(format!(
            "Azure does not measure how long a message waits. The alarms called `NAME-waiting` go off when a queue never held fewer messages for {minutes} minutes than all of its workers together have in hand at most (`scale.max` times `batch`; Azure counts those as active, too). A few messages that nobody takes at all stay below that; they become dead letters, and are told of, when their `retention_days` are over."
        ));
    }
    let counted = system
        .services
        .iter()
        .filter(|(_, item)| item.runtime != Runtime::Kubernetes)
        .filter_map(|(_, item)| item.scale.queue_messages.map(|_| item));
    let names: Vec<String> = counted.map(|item| format!("`{}`", item.name)).collect();
    if !names.is_empty() {
        stack.report.operations.push(format!(
            "{} scale by their processors and by the messages in each queue for every machine: when one of these is above its target for five minutes there are more machines (for messages, twice as many), and when all of them are below half of it for ten minutes there is one fewer.",
            names.join(", ")
        ));
    }
}

fn workers(stack: &mut Stack<'_>) {
    stack.report.operations.push("A worker without a port is watched on its machine: systemd starts its process again whenever it ends, and answers Azure on the loopback interface. Only a process that has run for a minute counts as healthy: a change stops rolling out when the new version does not get there, and a machine whose process does not stay up is replaced. Whether it does its work is for the alarms to tell.".to_owned());
}

fn caches(stack: &mut Stack<'_>) {
    let system = stack.system;
    let report = &mut stack.report;
    report.security.push("Caches are reached over private endpoints only, with TLS, on port 10000, and are encrypted with the system's key. Access keys are off: a service logs in with its own identity (`X_AUTH` is `token`: `X_USER`, and as the password a token of Entra ID for `https://redis.azure.com/.default`, which it renews before it ends). There is no `X_PASSWORD` and no `X_SECRET`.".to_owned());
    let readers = system
        .grants
        .iter()
        .filter_map(|grant| match (grant.resource, grant.access) {
            (Resource::Cache(id), Access::Read) => Some(format!(
                "`{}` (`{}`)",
                system.services[grant.service].name, system.caches[id].name
            )),
            _ => None,
        });
    let readers: Vec<String> = readers.collect();
    if !readers.is_empty() {
        report.security.push(format!(
            "Azure Managed Redis has no access that only reads: {} may write as well.",
            readers.join(", ")
        ));
    }
    report.operations.push("A cache is no data: it has no snapshots, no lock and no `prevent_destroy`, and most changes of its arguments make a new, empty one. It has one address (clustering policy *Enterprise*), so any client of Redis works; a transaction or a script that names several keys wants them in one hash slot (`{tag}`). A fifth of the memory is kept by Azure. Its encryption names a version of the key: after a yearly rotation, the next apply passes the new one on.".to_owned());
    if system.caches.iter().any(|(_, item)| !item.multi_zone) {
        report.operations.push("A cache with `multi_zone = false` is one node, without a promise of availability: it is empty after Azure's maintenance of it. Changing that makes a new cache.".to_owned());
    }
}
