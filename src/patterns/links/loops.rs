//! Functions that start each other without end.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, function as rules};
use crate::ir::{Function, Id, Resource, Service, System, Trigger};

/// A way from one function to another: through what, and whether it is data (a bucket or table), whose events come for every write.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    to: Id<Service>,
    through: String,
    is_data: bool,
}

/// Refuses circles through buckets and tables, and warns of those through messages alone: each once, at the first of its functions.
pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let ways = ways(system);
    let mut told: BTreeSet<BTreeSet<Id<Service>>> = BTreeSet::new();
    for (start, service, _) in system.functions() {
        let Some(circle) = circle(&ways, start) else { continue };
        if !told.insert(circle.iter().map(|way| way.to).collect()) {
            continue;
        }
        let mut path = vec![service.name.clone()];
        for way in &circle {
            path.extend([way.through.clone(), system.services[way.to].name.clone()]);
        }
        let place = format!("{}.trigger", service.path);
        let at = system.places.span(&place).or(system.places.key(&service.path));
        problems.push(match circle.iter().any(|way| way.is_data) {
            true => rules::endless(at, &path),
            false => rules::circle(at, &path),
        });
    }
}

/// Which functions each starts by what it writes and sends.
fn ways(system: &System) -> BTreeMap<Id<Service>, Vec<Way>> {
    let mut starts: BTreeMap<Resource, Vec<(Id<Service>, &Function)>> = BTreeMap::new();
    for (id, _, function) in system.functions() {
        let resource = match &function.trigger {
            Some(Trigger::Queue { queue, .. }) => Resource::Queue(*queue),
            Some(Trigger::Topic { subscription, .. }) => Resource::Topic(system.subscriptions[*subscription].topic),
            Some(Trigger::Stream { stream, .. }) => Resource::Stream(*stream),
            Some(Trigger::Bucket { bucket, .. }) => Resource::Bucket(*bucket),
            Some(Trigger::Table { table, .. }) => Resource::Table(*table),
            Some(Trigger::Api | Trigger::Url { .. } | Trigger::Schedule { .. }) | None => continue,
        };
        starts.entry(resource).or_default().push((id, function));
    }
    let mut ways: BTreeMap<Id<Service>, Vec<Way>> = BTreeMap::new();
    for grant in system.grants.iter().filter(|grant| grant.access.writes()) {
        let Some(writer) = &system.services[grant.service].function else {
            continue;
        };
        for (to, started) in starts.get(&grant.resource).into_iter().flatten() {
            if meets(writer, started) {
                ways.entry(grant.service).or_default().push(Way {
                    to: *to,
                    through: name(system, grant.resource),
                    is_data: matches!(grant.resource, Resource::Bucket(_) | Resource::Table(_)),
                });
            }
        }
    }
    for (id, workflow) in system.workflows.iter() {
        let starters = system.users_of(Resource::Workflow(id)).map(|(starter, _)| starter);
        for starter in starters.filter(|starter| system.services[*starter].function.is_some()) {
            let steps = workflow.calls().into_iter().map(|to| Way {
                to,
                through: workflow.name.clone(),
                is_data: false,
            });
            ways.entry(starter).or_default().extend(steps);
        }
    }
    ways
}

/// True unless what one writes has keys that the other is not started for.
fn meets(writer: &Function, started: &Function) -> bool {
    let Some(Trigger::Bucket { bucket, prefix, .. }) = &started.trigger else {
        return true;
    };
    match writer.prefixes.get(bucket) {
        Some(below) => below.starts_with(prefix.as_str()) || prefix.starts_with(below.as_str()),
        None => true,
    }
}

fn name(system: &System, resource: Resource) -> String {
    match resource {
        Resource::Queue(id) => &system.queues[id].name,
        Resource::Topic(id) => &system.topics[id].name,
        Resource::Stream(id) => &system.streams[id].name,
        Resource::Bucket(id) => &system.buckets[id].name,
        Resource::Table(id) => &system.tables[id].name,
        _ => "",
    }
    .to_owned()
}

/// The shortest way from a function back to itself, one through data before one through messages: breadth first.
fn circle(ways: &BTreeMap<Id<Service>, Vec<Way>>, start: Id<Service>) -> Option<Vec<Way>> {
    let from = |id: Id<Service>| ways.get(&id).into_iter().flatten();
    let mut seen = BTreeSet::new();
    let mut paths: Vec<Vec<Way>> = from(start).map(|way| vec![way.clone()]).collect();
    while !paths.is_empty() {
        let back = |path: &&Vec<Way>| path.last().is_some_and(|way| way.to == start);
        let through_data = |path: &&Vec<Way>| path.iter().any(|way| way.is_data);
        let mut circles = paths.iter().filter(back);
        if let Some(first) = circles.clone().find(through_data).or(circles.next()) {
            return Some(first.clone());
        }
        let mut longer = vec![];
        for path in paths {
            let Some(last) = path.last().map(|way| way.to) else {
                continue;
            };
            if seen.insert(last) {
                longer.extend(from(last).map(|way| [path.as_slice(), std::slice::from_ref(way)].concat()));
            }
        }
        paths = longer;
    }
    None
}
