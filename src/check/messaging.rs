//! Queues, topics, caches and APIs: does the target have them?

use crate::catalog;
use crate::diagnostic::{Diagnostic, capability};
use crate::ir::System;
use crate::target::Target;

pub(super) fn check(system: &System, target: Target, problems: &mut Vec<Diagnostic>) {
    let caches = system.caches.iter().map(|(_, item)| ("caches", &item.path));
    let queues = system.queues.iter().map(|(_, item)| ("queues", &item.path));
    let topics = system.topics.iter().map(|(_, item)| ("topics", &item.path));
    let messaging = caches.chain(queues).chain(topics);
    let messaging = messaging.filter(|_| !catalog::has_messaging(target));
    let apis = system.apis.iter().map(|(_, item)| ("APIs", &item.path));
    let apis = apis.filter(|_| !catalog::has_apis(target));
    for (kind, path) in messaging.chain(apis) {
        problems.push(capability::component(system.places.key(path), kind, target));
    }
}
