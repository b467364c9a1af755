//! Can Lambda run these functions?

use std::collections::BTreeSet;

use super::triggers;
use crate::diagnostic::{Diagnostic, function, lambda};
use crate::ir::{Family, Function, Id, Resource, Service, System, Value};
use crate::target::Target;
use crate::vocabulary::Egress;

/// Calls at once that an account may keep free for its functions, until more are asked for: all but the 100 that no function has.
const CONCURRENCY: u32 = 900;
/// Bytes of all settings of a function.
const SETTINGS: usize = 4096;
/// What a value takes that only AWS knows: the longest are ARNs and URLs of queues.
const VALUE: usize = 110;
/// What a setting takes beside its name and its value.
const SETTING: usize = 6;
/// Settings that Lambda makes itself, besides those that begin with `AWS_LAMBDA_`.
const RESERVED: [&str; 12] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
];

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    for (id, service, item) in system.functions() {
        code(system, service, item, problems);
        settings(system, service, problems);
        triggers::check(system, service, item, problems);
        if item.warm > item.concurrency {
            let at = system.places.span(&format!("{}.warm", service.path));
            problems.push(lambda::warm(at, &service.name, item.warm, item.concurrency));
        }
        if !item.private {
            brokers(system, id, service, problems);
        }
    }
    triggers::overlaps(system, problems);
    triggers::crowds(system, problems);
    calls(system, problems);
    let sum = system.functions().map(|(_, _, item)| item.concurrency).sum();
    if sum > CONCURRENCY {
        let largest = system.functions().max_by_key(|(_, _, item)| item.concurrency);
        let at = largest.and_then(|(_, service, _)| system.places.key(&service.path));
        problems.push(lambda::concurrency(at, sum, CONCURRENCY));
    }
}

fn code(system: &System, service: &Service, item: &Function, problems: &mut Vec<Diagnostic>) {
    let at = |key: &str| system.places.span(&format!("{}.{key}", service.path));
    if let Some(source) = &item.source
        && matches!(source.language.family, Family::Java | Family::Dotnet)
    {
        let language = source.language.name();
        problems.push(lambda::needs_build(at("source"), &service.name, &language));
    }
    let region = system.region.get(Target::Aws).unwrap_or_default();
    let here = format!(".dkr.ecr.{region}.amazonaws.com/");
    if let Some(image) = service.launch.reference().filter(|image| !image.contains(&here)) {
        problems.push(lambda::image(at("image"), image, region));
    }
}

fn settings(system: &System, service: &Service, problems: &mut Vec<Diagnostic>) {
    for name in service.environment.keys() {
        let at = system.places.key(&format!("{}.environment.{name}", service.path));
        let is_reserved = RESERVED.contains(&name.as_str()) || name.starts_with("AWS_LAMBDA_");
        if is_reserved {
            let why = "Lambda sets it itself";
            problems.push(lambda::setting_name(at, &service.name, name, why));
        } else if name.len() < 2 || !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            let why = "names there have two characters or more, of which the first is a letter";
            problems.push(lambda::setting_name(at, &service.name, name, why));
        }
    }
    let said = service.environment.iter();
    let said = said.map(|(name, value)| SETTING + name.len() + value.len());
    let told = service.settings.iter().filter(|setting| !setting.value.is_secret());
    let told = told.map(|setting| {
        let value = match &setting.value {
            Value::Text(text) => text.len(),
            _ => VALUE,
        };
        SETTING + setting.name.len() + value
    });
    let bytes = said.chain(told).sum();
    if bytes > SETTINGS {
        let at = system.places.key(&service.path);
        problems.push(lambda::settings(at, &service.name, bytes, SETTINGS));
    }
}

/// Brokers stand in the network.
fn brokers(system: &System, id: Id<Service>, service: &Service, problems: &mut Vec<Diagnostic>) {
    let sent = system.grants_of(id).filter(|grant| grant.access.writes());
    let kafka = sent.filter_map(|grant| match grant.resource {
        Resource::Stream(stream) if system.streams[stream].kafka => Some(&system.streams[stream].name),
        _ => None,
    });
    for stream in kafka {
        let at = system.places.span(&format!("{}.private", service.path));
        problems.push(function::needs_network(at, &service.name, stream));
    }
}

/// Who calls functions, by their URLs.
fn calls(system: &System, problems: &mut Vec<Diagnostic>) {
    let mut told = BTreeSet::new();
    for grant in &system.grants {
        let Resource::Function(called) = grant.resource else {
            continue;
        };
        let caller = &system.services[grant.service];
        let at = system.places.span(&format!("{}.calls", caller.path));
        let inside = caller.function.as_ref().is_none_or(|item| item.private);
        if inside && system.network.egress == Egress::None {
            let name = &system.services[called].name;
            problems.push(lambda::out_of_reach(at, &caller.name, name));
        }
        let Some(circle) = circle(system, grant.service, called) else {
            continue;
        };
        if told.insert(circle.iter().copied().collect::<BTreeSet<_>>()) {
            let names = circle
                .iter()
                .chain(circle.first())
                .map(|id| system.services[*id].name.as_str());
            problems.push(lambda::circle(at, &names.collect::<Vec<_>>()));
        }
    }
}

/// The functions on a way from one that is called back to its caller, the caller first.
fn circle(system: &System, caller: Id<Service>, called: Id<Service>) -> Option<Vec<Id<Service>>> {
    let mut paths = vec![vec![caller, called]];
    let mut seen = BTreeSet::new();
    while let Some(path) = paths.pop() {
        let last = *path.last()?;
        if last == caller {
            return Some(path[..path.len() - 1].to_vec());
        }
        if !seen.insert(last) {
            continue;
        }
        for grant in system.grants_of(last) {
            if let Resource::Function(next) = grant.resource {
                paths.push([path.as_slice(), &[next]].concat());
            }
        }
    }
    None
}
