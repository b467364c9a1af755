//! What the broker and the caches of a cluster can do.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, kubernetes, semantic};
use crate::ir::{Setting, System, Value};

/// The broker's name in a cluster, which no component may have.
pub const MESSAGE_BROKER: &str = "message-broker";

/// Ways to satisfy a filter, each of which is a binding of its own.
const MOST_COMBINATIONS: usize = 100;

/// What the objects of a broker and of caches are called after their names, for the kinds that services have.
pub(super) const SERVERS: [&str; 4] = ["nodes", "0", "1", "2"];
/// The same for Secrets.
pub(super) const SECRETS: [&str; 7] = ["root", "ca", "tls", "trust", "server", "default-user", "erlang-cookie"];

/// The variable with the file of the authority that vouches for what a setting leads to: `SESSION_CA` beside `SESSION_HOST`.
pub fn authority_variable(setting: &str) -> Option<String> {
    let prefix = setting.strip_suffix("_HOST").or(setting.strip_suffix("_ENDPOINT"))?;
    Some(format!("{prefix}_CA"))
}

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let queues = system
        .queues
        .iter()
        .map(|(_, item)| (&item.path, &item.name, item.delivery));
    let topics = system
        .topics
        .iter()
        .map(|(_, item)| (&item.path, &item.name, item.delivery));
    for (path, name, _) in queues.chain(topics).filter(|(.., delivery)| delivery.fifo) {
        let at = system.places.span(&format!("{path}.fifo"));
        let at = at.or_else(|| system.places.key(path));
        problems.push(kubernetes::duplicates(at, name));
    }
    for (_, subscription) in system.subscriptions.iter() {
        let ways = subscription.filter.values().map(Vec::len);
        let ways = ways.fold(1, usize::saturating_mul);
        if ways > MOST_COMBINATIONS {
            let topic = &system.topics[subscription.topic];
            let at = system.places.key(&format!("{}.filters", topic.path));
            let service = &system.services[subscription.service].name;
            problems.push(kubernetes::too_many_combinations(at, service, ways, MOST_COMBINATIONS));
        }
    }
    let topics: BTreeSet<&str> = system.topics.iter().map(|(_, topic)| topic.name.as_str()).collect();
    for (_, queue) in system
        .queues
        .iter()
        .filter(|(_, queue)| topics.contains(queue.name.as_str()))
    {
        let at = system.places.key(&queue.path);
        problems.push(kubernetes::reserved_name(at, &queue.name, "the topic of that name"));
    }
    for (_, service) in system.services.iter() {
        let leads = |setting: &&Setting| {
            matches!(
                setting.value,
                Value::CacheHost(_)
                    | Value::MessagingEndpoint(_)
                    | Value::TableEndpoint(_)
                    | Value::WarehouseEndpoint(_)
                    | Value::WorkflowEndpoint(_)
            )
        };
        let made: BTreeSet<String> = service
            .settings
            .iter()
            .filter(leads)
            .filter_map(|setting| authority_variable(&setting.name))
            .collect();
        let given = service.environment.keys().cloned();
        let linked = service.settings.iter().map(|setting| setting.name.clone());
        for name in given.chain(linked).filter(|name| made.contains(name)) {
            let at = system.places.key(&format!("{}.environment.{name}", service.path));
            let at = at.or_else(|| system.places.key(&service.path));
            let why = "it names the file of the authority that vouches for what a link leads to";
            problems.push(semantic::setting_collision(at, &service.name, &name, why));
        }
    }
}
