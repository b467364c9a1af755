//! Links to queues and topics, and what is watched about them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Component, Linker, add};
use crate::blueprint::Blueprint;
use crate::blueprint::model::{self, Process};
use crate::diagnostic::{Diagnostic, messaging as rules};
use crate::ir::{Access, Id, Inbox, InboxAlarm, Resource, Service, Subscription, System, Topic, Trouble, dead_letters};

/// Minutes that a message may wait before somebody is told: long enough for new workers to start.
const WAITING_MINUTES: u32 = 15;

impl Linker<'_> {
    /// Adds what `publishes` and `consumes` of one service allow. Of a topic, the service gets a subscription of its own.
    pub(super) fn messaging(
        &mut self,
        system: &mut System,
        service: Id<Service>,
        said: Process<'_>,
        grants: &mut BTreeMap<Resource, Access>,
    ) {
        for (component, at, name) in self.resolve("publishes", said.publishes) {
            match component {
                Component::Queue(id) => add(grants, Resource::Queue(id), Access::Write),
                Component::Topic(id) => add(grants, Resource::Topic(id), Access::Write),
                Component::Stream(id) => add(grants, Resource::Stream(id), Access::Write),
                other => self.wrong_verb(at, "publishes", &name, other),
            }
        }
        for (component, at, name) in self.resolve("consumes", said.consumes) {
            match component {
                Component::Queue(id) => add(grants, Resource::Queue(id), Access::Read),
                Component::Topic(id) => {
                    let subscription = subscribe(system, service, id);
                    add(grants, Resource::Subscription(subscription), Access::Read);
                }
                Component::Stream(id) => add(grants, Resource::Stream(id), Access::Read),
                other => self.wrong_verb(at, "consumes", &name, other),
            }
        }
    }
}

pub(super) fn subscribe(system: &mut System, service: Id<Service>, topic: Id<Topic>) -> Id<Subscription> {
    let item = &system.topics[topic];
    system.subscriptions.add(Subscription {
        name: format!("{}-from-{}", system.services[service].name, item.name),
        topic,
        service,
        filter: BTreeMap::new(),
        delivery: item.delivery,
    })
}

/// The values of attributes, sorted and each once; attributes without any are left out.
pub(super) fn filter(said: &model::Filter) -> BTreeMap<String, Vec<String>> {
    let values = said.iter().map(|(attribute, values)| {
        let mut values: Vec<String> = values.iter().map(ToString::to_string).collect();
        values.sort();
        values.dedup();
        (attribute.to_string(), values)
    });
    values.filter(|(_, values)| !values.is_empty()).collect()
}

/// Gives each subscription the filter that its topic says for its service.
pub(super) fn filters(blueprint: &Blueprint, system: &mut System, problems: &mut Vec<Diagnostic>) {
    let mut filters: BTreeMap<Id<Subscription>, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for scope in blueprint.model.scopes() {
        for (name, said) in scope.topics {
            let path = scope.path("topics", name);
            // Subscribers by what a link from the topic's place says for them.
            let of_topic = system.subscriptions.iter();
            let of_topic = of_topic.filter(|(_, item)| system.topics[item.topic].path == path);
            let subscribers: BTreeMap<String, Id<Subscription>> = of_topic
                .flat_map(|(id, item)| {
                    let home = &system.services[item.service].home;
                    let whole = super::said(system, home);
                    let domain = home.domain.map(|domain| system.domains[domain].name.as_str());
                    let near = (domain == scope.domain).then(|| home.name.clone());
                    near.into_iter().chain([whole]).map(move |name| (name, id))
                })
                .collect();
            for (service, filter) in &said.filters {
                let Some(id) = subscribers.get(service.as_str()) else {
                    let at = blueprint.places.key(&format!("{path}.filters"));
                    let known = subscribers.keys().map(String::as_str);
                    problems.push(rules::filter_of_nobody(at, service.as_str(), known));
                    continue;
                };
                filters.insert(*id, self::filter(filter));
            }
        }
    }
    for (id, filter) in filters {
        system.subscriptions[id].filter = filter;
    }
    unused(system, problems);
}

/// Warns of what nobody sends to or takes from.
fn unused(system: &System, problems: &mut Vec<Diagnostic>) {
    let used: BTreeSet<(Resource, bool)> = system
        .grants
        .iter()
        .flat_map(|grant| {
            let ways = [(false, grant.access.reads()), (true, grant.access.writes())];
            let used = ways.into_iter().filter(|(_, used)| *used);
            used.map(move |(sends, _)| (grant.resource, sends))
        })
        .collect();
    let subscribed: BTreeSet<Id<Topic>> = system.subscriptions.iter().map(|(_, item)| item.topic).collect();
    let queues = system.queues.iter().map(|(id, item)| {
        let resource = Resource::Queue(id);
        (
            "queue",
            item.home.name.as_str(),
            &item.path,
            resource,
            used.contains(&(resource, false)),
        )
    });
    let topics = system.topics.iter().map(|(id, item)| {
        let resource = Resource::Topic(id);
        (
            "topic",
            item.home.name.as_str(),
            &item.path,
            resource,
            subscribed.contains(&id),
        )
    });
    let streams = system.streams.iter().map(|(id, item)| {
        let resource = Resource::Stream(id);
        (
            "stream",
            item.home.name.as_str(),
            &item.path,
            resource,
            used.contains(&(resource, false)) || system.sinks_of(id).next().is_some(),
        )
    });
    for (kind, name, path, resource, consumed) in queues.chain(topics).chain(streams) {
        let at = system.places.key(path);
        if !consumed {
            problems.push(rules::nobody_consumes(at, kind, name));
        }
        if !used.contains(&(resource, true)) {
            problems.push(rules::nobody_publishes(at, kind, name));
        }
    }
}

/// Watches every queue and subscription: dead letters, and messages that nobody takes.
pub(super) fn watch(system: &mut System) {
    let inboxes: Vec<Inbox> = system.inboxes().collect();
    for inbox in inboxes {
        let resource = match inbox {
            Inbox::Queue(id) => Resource::Queue(id),
            Inbox::Subscription(id) => Resource::Subscription(id),
        };
        let (name, delivery) = system.inbox(inbox);
        let of = |what: &str| format!("{name}-{what}");
        let dead = InboxAlarm {
            name: dead_letters(name),
            about: format!(
                "{name} has dead letters: messages that were handed out {} times and never done. Look at one of them and at the logs of \
                 who takes them; send them again when the reason is gone.",
                delivery.max_receives
            ),
            inbox,
            trouble: Trouble::DeadLetters,
        };
        let takers = system.users_of(resource).filter(|(_, access)| access.reads());
        let by_functions = takers
            .map(|(id, _)| &system.services[id])
            .all(|taker| taker.function.is_some());
        let (too_few, key) = match by_functions {
            true => ("calls at once", "concurrency"),
            false => ("workers", "scale"),
        };
        let waiting = InboxAlarm {
            name: of("waiting"),
            about: format!(
                "A message of {name} has waited for more than {WAITING_MINUTES} minutes: nobody takes it, or there are too few {too_few}. \
                 Look whether they run, and at `{key}`."
            ),
            inbox,
            trouble: Trouble::Waiting {
                minutes: WAITING_MINUTES,
            },
        };
        system.inbox_alarms.extend([dead, waiting]);
    }
}
