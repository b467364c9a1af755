//! Queues, topics and caches: does the target have them?

use crate::catalog;
use crate::diagnostic::{Diagnostic, capability};
use crate::ir::System;
use crate::target::Target;

pub(super) fn check(system: &System, target: Target, problems: &mut Vec<Diagnostic>) {
    if catalog::has_messaging(target) {
        return;
    }
    let caches = system.caches.iter().map(|(_, item)| ("caches", &item.path));
    let queues = system.queues.iter().map(|(_, item)| ("queues", &item.path));
    let topics = system.topics.iter().map(|(_, item)| ("topics", &item.path));
    for (kind, path) in caches.chain(queues).chain(topics) {
        problems.push(capability::component(system.places.key(path), kind, target));
    }
}
