//! What the owner of queues, topics, caches and workers should know and do.

use tera::Context;

use crate::ir::{Delivery, Id, Resource, Service, Trigger, dead_letters};
use crate::targets::aws::runbook::replaced;
use crate::targets::aws::{Stack, endpoint, queues};
use crate::targets::shared::template;
use crate::targets::shared::workload::end_seconds;
use crate::terraform::identifier;
use crate::vocabulary::Runtime;

/// The commands that look at dead letters and send them again.
const DEAD_LETTERS: &str = include_str!("../../../../templates/runbook/aws-dead-letters.md.tera");

/// Adds what there is to say of messages, workers and caches.
pub(in crate::targets::aws) fn messages(stack: &Stack<'_>, items: &mut Vec<String>) {
    let system = stack.system;
    if system.inboxes().next().is_some() {
        items.push(dead(stack));
        items.push(once(stack));
    }
    if system.topics.iter().any(|(_, item)| item.delivery.fifo)
        || system.queues.iter().any(|(_, item)| item.delivery.fifo)
    {
        items.push(fifo());
    }
    for (id, item) in system.services.iter().filter(|(_, item)| item.function.is_none()) {
        items.extend(scaled(item, system.inboxes_of(id).map(|inbox| system.inbox(inbox).0)));
        if !item.listens() {
            items.push(worker(stack, id, item));
        }
    }
    caches(stack, items);
}

/// What is done for the safety of messages and caches.
pub(in crate::targets::aws) fn security(stack: &Stack<'_>) -> Vec<String> {
    let system = stack.system;
    let mut items = vec![];
    if system.inboxes().next().is_some() || !system.topics.is_empty() {
        items.push("Queues and topics are encrypted with the key `data` and refuse requests without TLS. A service may send to what it publishes to and take from what it consumes, no more; nobody but administrators reads dead letters. A subscription's queue takes messages from its topic alone.".to_owned());
        let has_endpoint =
            endpoint::interfaces(&system).contains("sqs") || endpoint::interfaces(&system).contains("sns");
        if has_endpoint && system.network.existing.aws.is_none() {
            items.push("Messages are sent and taken over private endpoints, which pass nothing but those of this system's queues and topics.".to_owned());
        }
    }
    if !system.caches.is_empty() {
        items.push("Caches are encrypted with the key `data`, accept TLS only and know two logins, `app` for services that write and `reader` for those that only read, neither of which may administer the cache or run dangerous commands (`FLUSHALL`, `KEYS`, `CONFIG`); who names no login is refused. Their certificates are signed by Amazon Trust Services, which every client trusts.".to_owned());
    }
    items
}

fn dead(stack: &Stack<'_>) -> String {
    let system = stack.system;
    let queues: Vec<(String, String)> = system
        .inboxes()
        .map(|inbox| {
            let (name, delivery) = system.inbox(inbox);
            let full = |name: &str| queues::full_name(&system, name, delivery.fifo);
            (full(&dead_letters(name)), full(name))
        })
        .collect();
    let mut context = Context::new();
    context.insert("queues", &queues);
    context.insert("days", &Delivery::DEAD_DAYS);
    let standard = system.inboxes().any(|inbox| !system.inbox(inbox).1.fifo);
    context.insert("standard", &standard);
    context.insert("region", system.region());
    template::fill(DEAD_LETTERS, &context).trim_end().to_owned()
}

fn once(stack: &Stack<'_>) -> String {
    let starts = |trigger: &Trigger| matches!(trigger, Trigger::Queue { .. } | Trigger::Topic { .. });
    let mut triggers = stack
        .system
        .functions()
        .filter_map(|(_, _, item)| item.trigger.as_ref());
    let functions = match triggers.any(starts) {
        true => " For functions, Lambda takes messages and deletes what is done.",
        false => "",
    };
    format!(
        "A message is handed out again when its worker does not delete it within `X_VISIBILITY_SECONDS`: let workers delete what is done, ask for more time for what takes longer, and bear to see a message twice.{functions}"
    )
}

fn fifo() -> String {
    "What goes to a queue or topic with `fifo` says its `MessageGroupId`, whose messages are handed out in their order, one batch after the other; how many workers have something to do follows from the number of groups. Of messages with the same `MessageDeduplicationId`, or the same content where there is none, those after the first are dropped for five minutes. `fifo` is chosen once: a change makes another queue, and what waits in the first is lost.".to_owned()
}

/// How a service that takes messages gets more machines.
fn scaled<'a>(item: &Service, inboxes: impl Iterator<Item = &'a str>) -> Option<String> {
    let messages = item.scale.queue_messages?;
    let inboxes: Vec<String> = inboxes.map(|name| format!("`{name}`")).collect();
    Some(format!(
        "`{}` gets more {}, up to {}, when more than {messages} messages wait for each in {}, or when their processors are busier than {} percent; whichever asks for most decides. What waits is measured once a minute.",
        item.name,
        match item.runtime {
            Runtime::Container => "tasks",
            Runtime::Kubernetes => "pods",
            _ => "machines",
        },
        item.scale.max,
        inboxes.join(" or "),
        item.scale.cpu_percent
    ))
}

fn worker(stack: &Stack<'_>, id: Id<Service>, item: &Service) -> String {
    if item.runtime == Runtime::Kubernetes {
        return format!(
            "`{}` listens on no port, so nothing asks whether it is well: Kubernetes starts its process again when it ends. A process that hangs is seen by the messages that wait. On its way out a pod is sent SIGTERM and has {} seconds: let it finish what it has.",
            item.name,
            end_seconds(&stack.system, id)
        );
    }
    if item.runtime == Runtime::Container {
        return format!(
            "`{}` listens on no port, so no load balancer looks after it: ECS starts a new task when its process ends. A process that hangs is seen by the messages that wait. On its way out a task is sent SIGTERM and has 50 seconds: let it finish what it has.",
            item.name
        );
    }
    format!(
        "`{}` listens on no port, so no load balancer looks after it: systemd starts its process again when it ends, and Auto Scaling replaces a machine that EC2 finds broken. A process that hangs is seen by the messages that wait. On its way out a machine sends it SIGTERM and waits 50 seconds: let it finish what it has.",
        item.name
    )
}

fn caches(stack: &Stack<'_>, items: &mut Vec<String>) {
    for (id, item) in stack.system.caches.iter() {
        let (name, local) = (&item.name, identifier(&item.name));
        let (replaced, one) = replaced(stack, "them", |resource| resource == Resource::Cache(id));
        items.push(format!(
            "To rotate the passwords of `{name}`, write `{local}_password_version = 2` (then 3, and so on) into `terraform/terraform.tfvars`, commit that and apply{replaced}. Until its turn comes, {one} to the cache fail, and those that it has go on. Should an apply stop between the logins and their secrets, the first one too, raise it again: the secrets would hold passwords that the cache does not know.",
        ));
        let lost = match item.multi_zone {
            true => {
                "When its server fails, the copy takes over within a minute under the same name, without the last writes"
            }
            false => "When its server fails, it comes back empty: it has no copy",
        };
        items.push(format!(
            "`{name}` keeps nothing that does not stand elsewhere: there are no backups and no guard against deletion. {lost}. A new `memory_gb` waits for the maintenance window; to have it with the apply, write `apply_immediately = true` into `[override.aws.aws_elasticache_replication_group.{local}]`. A new version of Valkey comes with a new version of cloudgen, or with `engine_version` there.",
        ));
    }
}
