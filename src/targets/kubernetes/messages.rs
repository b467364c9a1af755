//! What the owner knows and does about queues, topics and caches, for the README.

use super::broker::{self, CA_FOLDER, SERVERS, STORAGE_GB};
use super::caches::ca_folder;
use super::stack::{BROKER, Stack};
use crate::ir::{Cache, Grant, Resource, dead_letters};
use crate::targets::shared::report::Report;

/// Rows of the table of components.
pub(super) fn components(stack: &Stack<'_>, report: &mut Report) {
    let system = stack.system;
    for (_, cache) in system.caches.iter() {
        let what = if cache.multi_zone {
            "Valkey, a primary and two copies"
        } else {
            "Valkey, one pod"
        };
        report.component(&cache.path, what, format!("statefulset/{}", cache.name));
    }
    for (_, queue) in system.queues.iter() {
        let what = format!(
            "exchange and quorum queue of RabbitMQ, dead letters in `{}`",
            dead_letters(&queue.name)
        );
        report.component(&queue.path, what, format!("queue.rabbitmq.com/{}", queue.name));
    }
    for (id, topic) in system.topics.iter() {
        let subscriptions = system.subscriptions.iter().filter(|(_, item)| item.topic == id);
        let queues: Vec<String> = subscriptions.map(|(_, item)| format!("`{}`", item.name)).collect();
        let what = match queues.as_slice() {
            [] => "headers exchange of RabbitMQ".to_owned(),
            [one] => format!("headers exchange of RabbitMQ, the queue {one} behind it"),
            several => format!(
                "headers exchange of RabbitMQ, the queues {} behind it",
                several.join(", ")
            ),
        };
        report.component(&topic.path, what, format!("exchange.rabbitmq.com/{}", topic.name));
    }
}

/// What must be there before the first apply.
pub(super) fn prerequisites(stack: &Stack<'_>, mut needs: impl FnMut(String)) {
    let namespace = &stack.namespace;
    if stack.has_broker() {
        needs(
            "The Cluster Operator 2.22 and the Messaging Topology Operator 1.20 of RabbitMQ, both in `rabbitmq-system`."
                .to_owned(),
        );
        let copy = format!(
            "kubectl --namespace {namespace} get secret {BROKER}-trust --output go-template='{{{{ index .data \"ca.crt\" | \
                base64decode }}}}' > ca.crt && kubectl --namespace rabbitmq-system create secret generic {namespace}-{BROKER} \
                --from-file=ca.crt"
        );
        let mount = format!(
            "kubectl --namespace rabbitmq-system patch deployment messaging-topology-operator --patch \
                '{{\"spec\":{{\"template\":{{\"spec\":{{\"volumes\":[{{\"name\":\"{namespace}\",\"secret\":{{\"secretName\":\
                \"{namespace}-{BROKER}\"}}}}],\"containers\":[{{\"name\":\"manager\",\"volumeMounts\":[{{\"name\":\"{namespace}\",\
                \"mountPath\":\"/etc/ssl/certs/{namespace}-{BROKER}.crt\",\"subPath\":\"ca.crt\"}}]}}]}}}}}}}}'"
        );
        needs(format!(
            "Once, after the first apply: the Messaging Topology Operator asks the broker over TLS and has to know its authority, or no \
                queue comes to be. `{copy}`, then `{mount}`. The authority stays for ten years."
        ));
    }
    if super::scaling::counts_messages(stack) {
        needs(format!(
            "KEDA 2.17 or newer in `{}`, which counts the messages that wait.",
            super::scaling::NAMESPACE
        ));
    }
}

/// What is done for security.
pub(super) fn security(stack: &Stack<'_>, mut says: impl FnMut(&str)) {
    if stack.has_broker() {
        says(&format!(
            "Every service that sends or takes messages has a login of its own at the broker, made by the operator in the Secret \
                `SERVICE-user-credentials`: it sends to the exchanges and takes from the queues that its links name, and declares and deletes \
                nothing. Nobody but the broker's administrator (`{BROKER}-default-user`) reads dead letters."
        ));
        let binders = binders(stack);
        if !binders.is_empty() {
            says(&format!(
                "RabbitMQ does not tell a queue from the exchange of the same name: {}, which take from a queue and send as well, may also bind \
                    what they send to to that exchange, and unbind their own queue.",
                binders.join(", ")
            ));
        }
        if !stack.system.domains.is_empty() {
            says(
                "Who may create RabbitMQ's objects (User, Permission, Binding and the others) in the namespace of a domain may open any queue \
                    of the broker that all share: give that right in the cluster as you would give it in the shared namespace.",
            );
        }
        says(
            "The broker takes TLS only, from its clients, from its operator and from Prometheus. Its servers talk to each other in plain \
                text, on ports that the NetworkPolicy keeps closed to everybody else. Messages are on volumes, whose encryption is the \
                storage class's.",
        );
    }
    if !stack.system.caches.is_empty() {
        says(
            "A cache takes TLS only and has a user per service: those that only read cannot write, none administers it or can empty it, \
                and the user of the pods among themselves has a password that no service sees.",
        );
    }
}

/// Services that may read an exchange, that of a queue they take from, and write as well: together these are the right to bind.
fn binders(stack: &Stack<'_>) -> Vec<String> {
    let services = stack.system.services.iter();
    let binds = |id| {
        let reads = |grant: &Grant| grant.access.reads() && matches!(grant.resource, Resource::Queue(_));
        stack.messaging_of(id).any(reads) && stack.messaging_of(id).any(|grant| grant.access.writes())
    };
    services
        .filter(|(id, _)| binds(*id))
        .map(|(_, service)| format!("`{}`", service.name))
        .collect()
}

/// What the owner does or should know.
pub(super) fn operations(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    if stack.has_broker() {
        how(stack, says);
        redrive(stack, says);
        changes(stack, says);
    }
    for (_, cache) in stack.system.caches.iter() {
        says(about_cache(stack, cache));
    }
    workers(stack, says);
}

fn how(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    says(format!(
        "How messages are handled: clients speak AMQP 0-9-1 to `{}` and know the broker by the file in `X_CA`, `X_SOURCE_CA` \
            (`{CA_FOLDER}/ca.crt`). `X_QUEUE` and `X_TOPIC` name an exchange to publish to, with any routing key, persistent messages and \
            publisher confirms; `X_SOURCE` names a queue to consume, with manual acknowledgement and a prefetch of `X_BATCH`. Everything is \
            declared: a client declares passively or not at all. {SERVERS} servers of {STORAGE_GB} GiB each keep every message on a majority \
            of them: with one gone all goes on, with two gone the broker waits.",
        broker::endpoint(stack)
    ));
    says(
        "What a consumer does not acknowledge within `visibility_seconds` goes to another one, and the late consumer is cancelled: it has to \
            subscribe again. That is RabbitMQ's consumer timeout, which differs from a lock in three ways: no client can extend it for a \
            message (it may ask for another time for all of them as it subscribes: `x-consumer-timeout`), a changed one counts for consumers \
            that subscribe after it, and messages of a consumer that is gone come back at once. `max_receives` counts deliveries whose \
            consumer was lost before it answered and those refused by `basic.reject` with requeue; `basic.nack` with requeue and the timeout \
            do not count, and a message refused without requeue is a dead letter at once."
            .to_owned(),
    );
    let fifo: Vec<String> = {
        let queues = stack.system.queues.iter().filter(|(_, item)| item.delivery.fifo);
        let subscriptions = stack.system.subscriptions.iter().filter(|(_, item)| item.delivery.fifo);
        let queues = queues.map(|(_, item)| format!("`{}`", item.name));
        queues
            .chain(subscriptions.map(|(_, item)| format!("`{}`", item.name)))
            .collect()
    };
    if !fifo.is_empty() {
        says(format!(
            "In order: {} hand all messages, of whatever group, to one consumer at a time (single active consumer); the other pods of the \
                service stand by, and one of them goes on when that one ends. More pods make these no faster: for parallel groups, use a queue \
                for each. A prefetch of 1 keeps the order when a message comes back. Nothing is dropped that is sent twice.",
            fifo.join(", ")
        ));
    }
    if stack
        .system
        .subscriptions
        .iter()
        .any(|(_, item)| !item.filter.is_empty())
    {
        says(
            "Filters look at the headers of a message, which must be text: each way to satisfy one is a Binding of its own. An apply makes \
                those of a changed filter and leaves the old ones, which go on letting messages through: delete them (`kubectl delete \
                binding.rabbitmq.com`, the names that the newer render no longer has)."
                .to_owned(),
        );
    }
}

fn redrive(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    let Some(inbox) = stack.system.inboxes().next() else {
        return;
    };
    let (name, _) = stack.system.inbox(inbox);
    let dead = dead_letters(name);
    let kubectl = format!("kubectl --namespace {}", stack.namespace_of(BROKER));
    let run = format!("{kubectl} exec {BROKER}-server-0 --container rabbitmq --");
    says(format!(
        "Dead letters wait for 14 days in `NAME-dead`, with the reason in their header `x-death`: `delivery_limit`, `rejected`, or `expired` \
            for those that have waited longer than `retention_days`; nothing is dropped before. To look at some of `{dead}`: `{kubectl} \
            port-forward service/{BROKER} 15671`, and the queue's page under `https://localhost:15671` (Get messages) with the login of the \
            Secret `{BROKER}-default-user`. To send them again when the reason is gone: `{run} rabbitmq-plugins enable \
            rabbitmq_shovel`, on every server, then `{run} rabbitmqctl set_parameter shovel redrive '{{\"src-uri\": \"amqp:///\", \
            \"src-queue\": \"{dead}\", \"dest-uri\": \"amqp:///\", \"dest-queue\": \"{name}\", \"src-delete-after\": \"queue-length\"}}'`, \
            which ends when it has moved what was there."
    ));
    for alarm in stack.inbox_alarms() {
        says(format!(
            "`{}`: an alert of Prometheus, from the PrometheusRule of that name. {}",
            alarm.name, alarm.about
        ));
    }
    if !stack.inbox_alarms().is_empty() {
        says(
            "The broker tells how many messages wait and not for how long: an alert about waiting means that the queue was not once empty in \
                those minutes."
                .to_owned(),
        );
    }
}

fn changes(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    says(
        "Times, limits and retention of a queue stand in a Policy of its name and change while it is used. `fifo` is part of the queue and \
            cannot change: let it run empty, delete it (`kubectl delete queue.rabbitmq.com NAME`), and apply."
            .to_owned(),
    );
    says(format!(
        "For another password of a service at the broker, delete its Secret `SERVICE-user-credentials` and its User, apply, and restart the \
            service. A server of the broker that is to go hands over first, for ten minutes at most; `kubectl --namespace {} exec \
            {BROKER}-server-0 -- rabbitmq-diagnostics cluster_status` says who is there. Grow the volumes (`persistence.storage`, by an \
            override of the RabbitmqCluster) before 2 GB are left: then the broker takes nothing more.",
        stack.namespace
    ));
}

fn about_cache(stack: &Stack<'_>, cache: &Cache) -> String {
    let name = &cache.name;
    let copies = if cache.multi_zone {
        format!(
            "Three pods: a primary, and two copies in other zones as far as there are any. When the primary fails, two of three sentinels \
                agree on a copy within about ten seconds, and the proxy in every pod, behind `{name}`, leads to it: connections break and are \
                made again, and what the old primary had not yet sent on is lost. A primary that is to go hands over first. With two pods \
                gone nobody is elected. While the network is cut in two, either side may have a primary for its own clients; afterwards the \
                younger one's data stays."
        )
    } else {
        "One pod: when it goes, what is in it goes with it (`multi_zone` keeps copies).".to_owned()
    };
    format!(
        "`{name}`: {} GiB for data, then `{}`. {copies} Nothing is on disk and no backup is made: a cache is no data. Clients know it by the \
            file in `X_CA` (`{}/ca.crt`). For another password of a service, delete its Secret `{name}-login-SERVICE`, restart the cache (`kubectl --namespace {} rollout restart statefulset/{name}`) and the service.",
        cache.memory_gb,
        cache.eviction.policy(),
        ca_folder(cache),
        stack.namespace_of(name)
    )
}

fn workers(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    let workers = stack.system.services.iter();
    let workers = workers.filter(|(_, service)| !service.listens() && service.function.is_none());
    let workers: Vec<String> = workers.map(|(_, service)| format!("`{}`", service.name)).collect();
    if !workers.is_empty() {
        says(format!(
            "Workers ({}) have no port, so nobody asks them whether they are well: the kubelet starts a process again that ends, and a new \
                version counts as started after 30 seconds. One that hangs shows in the alert about waiting messages; a command that can tell \
                goes into an override of its Deployment's `livenessProbe`. A worker that is to end gets SIGTERM and as long as it may keep a \
                message, ten minutes at most.",
            workers.join(", ")
        ));
    }
    let mut services = stack.system.services.iter();
    if services.any(|(_, service)| service.scale.queue_messages.is_some()) {
        says(
            "KEDA looks every 30 seconds at the messages that wait, with the login of the service, and makes the HorizontalPodAutoscaler \
                (`keda-hpa-SERVICE`): the greatest need of all inboxes and the processor load decides. While it cannot ask, the number of pods \
                stays."
                .to_owned(),
        );
    }
}
