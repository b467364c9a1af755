//! Do the names fit what the target allows?
//!
//! The limits are those of the tightest resource that carries a component's name.

use crate::diagnostic::{Diagnostic, capability};
use crate::ir::System;
use crate::target::Target;

pub(super) fn check(system: &System, target: Target, problems: &mut Vec<Diagnostic>) {
    let services = system
        .services
        .iter()
        .map(|(_, item)| ("service", &item.name, &item.path));
    let databases = system
        .databases
        .iter()
        .map(|(_, item)| ("database", &item.name, &item.path));
    let buckets = system
        .buckets
        .iter()
        .map(|(_, item)| ("bucket", &item.name, &item.path));
    let secrets = system
        .secrets
        .iter()
        .map(|(_, item)| ("secret", &item.name, &item.path));
    let caches = system.caches.iter().map(|(_, item)| ("cache", &item.name, &item.path));
    let queues = system.queues.iter().map(|(_, item)| ("queue", &item.name, &item.path));
    let topics = system.topics.iter().map(|(_, item)| ("topic", &item.name, &item.path));
    let apis = system.apis.iter().map(|(_, item)| ("API", &item.name, &item.path));
    let data = databases.chain(buckets).chain(secrets).chain(caches);
    let messages = queues.chain(topics);
    for (kind, name, path) in services.chain(data).chain(messages).chain(apis) {
        let full = format!("{}-{name}", system.prefix);
        let (limit, what) = limit(kind, target);
        if full.len() > limit {
            let at = system.places.key(path);
            problems.push(capability::name_too_long(at, &full, limit, what, target));
        }
    }
}

/// The longest `PREFIX-NAME` of a kind of component, and which resource sets the limit.
fn limit(kind: &str, target: Target) -> (usize, &'static str) {
    match (target, kind) {
        (Target::Aws, "service") => (25, "a target group's name, less its port"),
        (Target::Aws, "bucket") => (56, "a bucket's name, less its unique suffix"),
        (Target::Aws, "cache") => (32, "the id of a cache's login, less the login"),
        (Target::Azure, "service") => (49, "a scale set's name, less its suffixes"),
        (Target::Azure, "database") => (49, "a server's name, less its unique suffix"),
        (Target::Azure, "bucket") => (56, "a container's name"),
        (Target::Azure, "API") => (43, "the name of API Management, less its unique suffix"),
        (Target::Azure, "cache") => (53, "a cache's name, less its unique suffix"),
        (Target::Gcp, "service") => (30, "a service account's id"),
        (Target::Gcp, "API") => (26, "a service account's id, less what it begins with"),
        (Target::Gcp, "database") => (54, "the name of its endpoint"),
        (Target::Gcp, "bucket") => (56, "a bucket's name, less its unique suffix"),
        _ => (56, "a resource's name, less its suffixes"),
    }
}
