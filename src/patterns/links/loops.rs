//! Functions that start each other without end.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Span, function as rules};
use crate::ir::{Function, Id, Resource, Service, System, Trigger};

/// A way from one service or function to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    to: Id<Service>,
    /// What it goes through; nothing for a call.
    through: Option<String>,
    kind: Kind,
}

/// What a way goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// A bucket or table, whose events come for every write.
    Data,
    /// Messages and workflows, which code sends and starts when it wants to.
    Message,
    /// A call.
    Call,
}

/// Refuses circles of functions through buckets and tables, and warns of those through messages alone and of those through data that a
/// service is part of, which writes other things as well: each once, at one of its functions.
pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let ways = ways(system);
    let is_function = |id: Id<Service>| system.services[id].function.is_some();
    let mut told: BTreeSet<BTreeSet<Id<Service>>> = BTreeSet::new();
    let mut tell = |circle: Option<Vec<&Way>>, start: &Service, rule: fn(Option<Span>, &[String]) -> Diagnostic| {
        let Some(circle) = circle else { return };
        if told.insert(circle.iter().map(|way| way.to).collect()) {
            let place = format!("{}.trigger", start.path);
            let at = system.places.span(&place).or(system.places.key(&start.path));
            problems.push(rule(at, &words(system, start, &circle)));
        }
    };
    let started_by_data =
        |function: &Function| matches!(function.trigger, Some(Trigger::Bucket { .. } | Trigger::Table { .. }));
    let by_data = || system.functions().filter(|(_, _, function)| started_by_data(function));
    for (start, service, _) in by_data() {
        tell(circle(&ways, start, Kind::Data, is_function), service, rules::endless);
    }
    for (start, service, _) in system.functions() {
        tell(circle(&ways, start, Kind::Message, is_function), service, rules::circle);
    }
    for (start, service, _) in by_data() {
        tell(circle(&ways, start, Kind::Data, |_| true), service, rules::circle);
    }
}

/// Who starts whom through what, in turn.
fn words(system: &System, start: &Service, circle: &[&Way]) -> Vec<String> {
    let mut words = vec![start.name.clone()];
    for way in circle {
        words.extend(way.through.clone());
        words.push(system.services[way.to].name.clone());
    }
    words
}

/// Whom each starts by what it writes, sends and calls.
fn ways(system: &System) -> BTreeMap<Id<Service>, Vec<Way>> {
    let starts = starts(system);
    let mut ways: BTreeMap<Id<Service>, Vec<Way>> = BTreeMap::new();
    for grant in &system.grants {
        let from = ways.entry(grant.service).or_default();
        match grant.resource {
            Resource::Function(to) => from.push(Way {
                to,
                through: None,
                kind: Kind::Call,
            }),
            Resource::Workflow(id) => {
                let workflow = &system.workflows[id];
                from.extend(workflow.calls().into_iter().map(|to| Way {
                    to,
                    through: Some(workflow.name.clone()),
                    kind: Kind::Message,
                }));
            }
            resource if grant.access.writes() => {
                let writer = system.services[grant.service].function.as_ref();
                let started = starts.get(&resource).into_iter().flatten();
                let started = started.filter(|to| meets(writer, system.services[**to].function.as_ref()));
                from.extend(started.map(|to| Way {
                    to: *to,
                    through: Some(name(system, resource)),
                    kind: match resource {
                        Resource::Bucket(_) | Resource::Table(_) => Kind::Data,
                        _ => Kind::Message,
                    },
                }));
            }
            _ => {}
        }
    }
    for (id, service) in system.services.iter() {
        let calls = service.calls.iter().map(|to| Way {
            to: *to,
            through: None,
            kind: Kind::Call,
        });
        ways.entry(id).or_default().extend(calls);
    }
    ways
}

/// Whom something starts that is written or sent.
fn starts(system: &System) -> BTreeMap<Resource, Vec<Id<Service>>> {
    let mut starts: BTreeMap<Resource, Vec<Id<Service>>> = BTreeMap::new();
    for grant in system.grants.iter().filter(|grant| grant.access.reads()) {
        let sent = match grant.resource {
            Resource::Queue(_) | Resource::Stream(_) => grant.resource,
            Resource::Subscription(id) => Resource::Topic(system.subscriptions[id].topic),
            _ => continue,
        };
        starts.entry(sent).or_default().push(grant.service);
    }
    for (id, _, function) in system.functions() {
        let written = match function.trigger {
            Some(Trigger::Bucket { bucket, .. }) => Resource::Bucket(bucket),
            Some(Trigger::Table { table, .. }) => Resource::Table(table),
            _ => continue,
        };
        starts.entry(written).or_default().push(id);
    }
    starts
}

/// True unless what one writes has keys that the other is not started for.
fn meets(writer: Option<&Function>, started: Option<&Function>) -> bool {
    let Some(Trigger::Bucket { bucket, prefix, .. }) = started.and_then(|started| started.trigger.as_ref()) else {
        return true;
    };
    match writer.and_then(|writer| writer.prefixes.get(bucket)) {
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

/// A step of a search.
#[derive(Clone, Copy)]
struct Step<'a> {
    at: Id<Service>,
    /// Something of the kind that is looked for lies on the way here.
    met: bool,
    /// The step before, and the way from there.
    before: Option<(usize, &'a Way)>,
}

/// The shortest way from a function back to itself that goes through something of a kind, over those that may be on it: breadth first.
fn circle(
    ways: &BTreeMap<Id<Service>, Vec<Way>>,
    start: Id<Service>,
    kind: Kind,
    may: impl Fn(Id<Service>) -> bool,
) -> Option<Vec<&Way>> {
    let mut steps = vec![Step {
        at: start,
        met: false,
        before: None,
    }];
    let mut seen = BTreeSet::from([(start, false)]);
    let mut next = 0;
    while let Some(&Step { at, met, before }) = steps.get(next) {
        for way in ways.get(&at).into_iter().flatten().filter(|way| may(way.to)) {
            let met = met || way.kind == kind;
            if way.to == start && met {
                let mut circle = vec![way];
                let mut before = before;
                while let Some((index, way)) = before {
                    circle.push(way);
                    before = steps[index].before;
                }
                circle.reverse();
                return Some(circle);
            }
            if seen.insert((way.to, met)) {
                steps.push(Step {
                    at: way.to,
                    met,
                    before: Some((next, way)),
                });
            }
        }
        next += 1;
    }
    None
}
