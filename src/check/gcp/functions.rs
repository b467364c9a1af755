//! What Google Cloud asks of functions, tables and streams.

use std::collections::BTreeSet;

use super::warehouses::part as row_part;
use super::workflows::{SCHEDULES, has_schedules};
use crate::diagnostic::{Diagnostic, Span, capability, gcp::functions as rules, gcp::messaging};
use crate::ir::{Bucket, Family, Function, Resource, Service, Source, System, Trigger};
use crate::target::Target;
use crate::vocabulary::Runtime;

/// Seconds that Pub/Sub waits for an answer.
const WAIT: u32 = 600;
/// The longest id of a service account.
const ACCOUNT: usize = 30;
/// Bytes of a subscription's filter.
const FILTER: usize = 256;
/// What Node.js loads when `package.json` says nothing.
const DEFAULT: &str = "index";

/// Instances of one service that Cloud Run gives without being asked.
pub const INSTANCES: u32 = 100;
/// Instances, and seconds of a call, with which some messages at once are too many.
const FEW: u32 = 5;
const SHORT: u32 = 60;

/// Who brings messages to functions.
pub const TRIGGERS: &str = "triggers";
/// Who builds functions.
pub const BUILD: &str = "build";
/// Who passes changes of tables on, and what names what does.
pub const CHANGES: &str = "changes";

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, service, function) in system.functions() {
        trigger(system, service, function, problems);
        busy(system, service, function, problems);
        if let Some(source) = &function.source
            && !is_found(source)
        {
            let at = system.places.span(&format!("{}.handler", service.path));
            let at = at.or_else(|| system.places.key(&service.path));
            problems.push(rules::entry_file(at, &service.name, &source.file));
        }
    }
    for (_, table) in system.tables.iter() {
        let at = |key: &str| system.places.span(&format!("{}.{key}", table.path));
        if table.capacity.is_some() {
            let at = at("capacity").or_else(|| system.places.key(&format!("{}.capacity", table.path)));
            problems.push(rules::capacity(at, &table.name));
        }
        if let Some(attribute) = &table.ttl {
            problems.push(rules::expiry(at("ttl"), &table.name, attribute));
        }
    }
    for (id, service) in system.services.iter() {
        let mut grants = system.grants_of(id).filter(|_| service.runtime == Runtime::Kubernetes);
        let kafka = grants.find_map(|grant| match grant.resource {
            Resource::Stream(stream) => Some(&system.streams[stream]).filter(|stream| stream.kafka),
            _ => None,
        });
        if let Some(stream) = kafka {
            let at = system.places.key(&service.path);
            problems.push(rules::kafka_of_pods(at, &service.name, &stream.home.name));
        }
    }
    names(system, problems);
}

/// Are there enough instances for what is brought, and not more than there may be?
fn busy(system: &System, service: &Service, function: &Function, problems: &mut Vec<Diagnostic>) {
    let at = || {
        let said = system.places.span(&format!("{}.concurrency", service.path));
        said.or_else(|| system.places.key(&service.path))
    };
    let (most, seconds) = (function.concurrency, function.timeout_seconds);
    if most > INSTANCES {
        problems.push(rules::instances(at(), &service.name, most, INSTANCES));
    }
    if takes_events(function) && most < FEW && seconds > SHORT {
        problems.push(rules::busy(at(), &service.name, most));
    }
}

fn trigger(system: &System, service: &Service, function: &Function, problems: &mut Vec<Diagnostic>) {
    let at = |key: &str| system.places.span(&format!("{}.{key}", service.path));
    let name = service.name.as_str();
    if takes_events(function) && function.timeout_seconds > WAIT {
        let at = at("timeout_seconds");
        problems.push(rules::event_time(at, name, function.timeout_seconds, WAIT));
    }
    match &function.trigger {
        Some(Trigger::Stream { stream, oldest, .. }) => {
            let stream = &system.streams[*stream];
            if stream.kafka {
                problems.push(rules::kafka(at("trigger.stream"), name, &stream.home.name));
            } else if *oldest {
                problems.push(rules::oldest(at("trigger.from"), name, &stream.home.name));
            }
        }
        Some(Trigger::Queue { queue, .. }) if system.queues[*queue].delivery.fifo => {
            let queue = &system.queues[*queue].home.name;
            problems.push(rules::order(at("trigger.queue"), name, queue));
        }
        Some(Trigger::Topic { subscription, .. }) if system.subscriptions[*subscription].delivery.fifo => {
            let topic = system.subscriptions[*subscription].topic;
            problems.push(rules::order(at("trigger.topic"), name, &system.topics[topic].home.name));
        }
        Some(trigger @ Trigger::Bucket { bucket, .. }) => {
            let bytes = bucket_filter(&system.buckets[*bucket], trigger).map_or(0, |filter| filter.len());
            if bytes > FILTER {
                problems.push(messaging::filter_length(at("trigger.prefix"), name, bytes, FILTER));
            }
        }
        _ => {}
    }
}

/// True for a function that Pub/Sub brings something to.
pub fn takes_events(function: &Function) -> bool {
    !matches!(function.trigger, None | Some(Trigger::Api | Trigger::Url { .. }))
}

/// True if the file of the function is the one that is loaded. Python is told, and so is Node.js where the author has no `package.json`;
/// Java and .NET look for classes.
fn is_found(source: &Source) -> bool {
    if source.language.family != Family::Node {
        return true;
    }
    let Some(text) = source.files.get("package.json") else {
        return true;
    };
    let said: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let main = said
        .as_ref()
        .and_then(|said| said.get("main"))
        .and_then(|main| main.as_str());
    match main {
        Some(main) => {
            let main = main.trim_start_matches("./");
            let main = [".js", ".mjs", ".cjs"]
                .iter()
                .find_map(|ending| main.strip_suffix(ending))
                .unwrap_or(main);
            main == source.file
        }
        None => source.file == DEFAULT,
    }
}

/// What Cloud Storage calls an object that is new or has a new content.
pub const CREATED: &str = "OBJECT_FINALIZE";

/// What Cloud Storage calls an object that is gone: with versions it stays, no longer as the current one.
pub fn deleted(bucket: &Bucket) -> &'static str {
    match bucket.versioning {
        true => "OBJECT_ARCHIVE",
        false => "OBJECT_DELETE",
    }
}

/// Which of a bucket's events a function gets, in the language of Pub/Sub. Prefixes have nothing in them that would have to be quoted.
pub fn bucket_filter(bucket: &Bucket, trigger: &Trigger) -> Option<String> {
    let Trigger::Bucket {
        created,
        deleted: gone,
        prefix,
        ..
    } = trigger
    else {
        return None;
    };
    let created = created.then(|| format!("attributes.eventType = \"{CREATED}\""));
    let gone = gone.then(|| {
        // What was replaced is not gone.
        let event = deleted(bucket);
        format!("(attributes.eventType = \"{event}\" AND NOT attributes:overwrittenByGeneration)")
    });
    let events: Vec<String> = created.into_iter().chain(gone).collect();
    let several = events.len() > 1;
    let events = events.join(" OR ");
    Some(match (prefix.as_str(), several) {
        ("", _) => events,
        (prefix, true) => format!("({events}) AND hasPrefix(attributes.objectId, \"{prefix}\")"),
        (prefix, false) => format!("{events} AND hasPrefix(attributes.objectId, \"{prefix}\")"),
    })
}

/// Names that what is around functions has.
fn names(system: &System, problems: &mut Vec<Diagnostic>) {
    let mut taken: Vec<(String, &str)> = vec![];
    let mut triggers = system
        .functions()
        .filter_map(|(_, _, function)| function.trigger.as_ref());
    if system.functions().any(|(_, _, function)| takes_events(function)) {
        taken.push((TRIGGERS.to_owned(), "the account that brings messages to functions"));
    }
    if system.functions().any(|(_, _, function)| function.source.is_some()) {
        taken.push((BUILD.to_owned(), "the account that builds functions"));
    }
    if triggers.any(|trigger| matches!(trigger, Trigger::Table { .. })) {
        taken.push((CHANGES.to_owned(), "the account that passes changes of tables on"));
    }
    if has_schedules(system) {
        taken.push((SCHEDULES.to_owned(), "the account that starts workflows at their times"));
    }
    for (name, what) in taken {
        account(system, &name, system.places.span("name"), problems);
        let services = system.services.iter().map(|(_, item)| (&item.name, &item.path));
        let workflows = system.workflows.iter().map(|(_, item)| (&item.name, &item.path));
        let warehouses = system.warehouses.iter().map(|(_, item)| (&item.name, &item.path));
        let mut accounts = services.chain(workflows).chain(warehouses);
        if let Some((_, path)) = accounts.find(|(taken, _)| **taken == name) {
            problems.push(rules::part_name(system.places.key(path), &name, what));
        }
    }
    topics(system, problems);
}

/// Is the id of a service account that is called so short enough?
pub(super) fn account(system: &System, name: &str, at: Option<Span>, problems: &mut Vec<Diagnostic>) {
    let full = format!("{}-{name}", system.prefix);
    if full.len() > ACCOUNT {
        let what = "a service account's id";
        problems.push(capability::name_too_long(at, &full, ACCOUNT, what, Target::Gcp));
    }
}

/// Topics of events are beside those of the author.
fn topics(system: &System, problems: &mut Vec<Diagnostic>) {
    let mut taken: BTreeSet<(String, &str)> = BTreeSet::new();
    for (_, _, function) in system.functions() {
        match function.trigger {
            Some(Trigger::Bucket { bucket, .. }) => {
                let name = format!("{}-events", system.buckets[bucket].name);
                taken.insert((name, "the topic of a bucket's events"));
            }
            Some(Trigger::Table { table, .. }) => {
                let name = format!("{}-{CHANGES}", system.tables[table].name);
                taken.insert((name, "the topic of a table's changes"));
            }
            _ => {}
        }
    }
    for (_, warehouse) in system.warehouses.iter() {
        let filled = warehouse.tables.iter().filter(|table| table.stream.is_some());
        taken.extend(filled.map(|table| (row_part(warehouse, table), "the subscription that fills a table")));
    }
    let queues = system.queues.iter().map(|(_, item)| (&item.name, &item.path));
    let topics = system.topics.iter().map(|(_, item)| (&item.name, &item.path));
    let streams = system.streams.iter().map(|(_, item)| (&item.name, &item.path));
    let services = system.services.iter().map(|(_, item)| (&item.name, &item.path));
    let consumers = system.subscriptions.iter();
    let consumers = consumers.map(|(_, item)| (&item.name, &system.topics[item.topic].path));
    for (name, path) in queues.chain(topics).chain(streams).chain(services).chain(consumers) {
        if let Some((name, what)) = taken.iter().find(|(taken, _)| taken == name) {
            problems.push(rules::part_name(system.places.key(path), name, what));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::ir::Language;

    fn node(file: &str, package: Option<&str>) -> Source {
        let files = package.map(|text| ("package.json".to_owned(), text.to_owned()));
        Source {
            language: Language {
                family: Family::Node,
                version: "24",
            },
            file: file.to_owned(),
            entry: "handle".to_owned(),
            files: files.into_iter().collect::<BTreeMap<_, _>>(),
        }
    }

    #[test]
    fn node_loads_what_its_package_names() {
        assert!(is_found(&node("main", Some(r#"{ "main": "./main.js" }"#))));
        assert!(is_found(&node("src/app", Some(r#"{ "main": "src/app.mjs" }"#))));
        assert!(is_found(&node("main", None)));
        assert!(is_found(&node("index", Some("{}"))));
        assert!(!is_found(&node("main", Some("{}"))));
        assert!(!is_found(&node("main", Some(r#"{ "main": "other.js" }"#))));
    }
}
