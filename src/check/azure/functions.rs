//! What Azure asks of functions, tables and streams.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use sha2::{Digest, Sha256};

use super::LOCK;

use crate::diagnostic::{Diagnostic, azure_functions as rules, capability, function};
use crate::ir::{
    Capacity, Domain, Family, Function, Id, Image, Resource, Segment, Service, System, Table, Tier, Trigger, Warehouse,
};
use crate::target::Target;
use crate::vocabulary::Changes;

/// The smallest block for a plan: 20 instances, and as many that take their place.
const BLOCK: u8 = 26;
/// The same where the network is small.
const SMALL: u8 = 27;
/// MiB of the largest instance that are left for functions.
const MEMORY: u32 = 12_288;
/// Seconds after which Azure's front end gives up on an answer.
const ANSWER: u32 = 230;
/// Instances that one app has, at most.
pub const INSTANCES: u32 = 20;
/// Apps that one plan should have, at most.
const APPS: usize = 100;
/// Partitions of a hub, and hours that it keeps records.
const PARTITIONS: u32 = 32;
const HOURS: u32 = 2160;
/// The longest `PREFIX-NAME` of an account of Cosmos DB: its unique suffix follows.
const ACCOUNT: usize = 43;
/// Beginnings of the names that Azure gives settings itself.
const RESERVED: [&str; 11] = [
    "APPINSIGHTS_",
    "APPLICATIONINSIGHTS_",
    "AzureCalls",
    "AzureDead",
    "AzureFunctions",
    "AzureTrigger",
    "AzureWebJobs",
    "DOCKER_",
    "FUNCTIONS_",
    "IDENTITY_",
    "WEBSITE",
];
/// What paths of a host's own begin with.
const OWN: [&str; 2] = ["admin", "runtime"];
/// Why times that are both are not there, and what helps.
const BOTH_DAYS: (&str, &str) = (
    "takes a day of the month and one of the week together: times must be both",
    "say one of the two as `*`, or make one for each",
);
/// What Azure adds a unit of request for: reads of 4 KiB, and writes of 1 KiB.
const WRITE_UNITS: u32 = 6;

type Place = Option<Id<Domain>>;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let mut apps: BTreeMap<Place, Vec<&Service>> = BTreeMap::new();
    for (id, service, function) in system.functions() {
        one(system, (id, service, function), problems);
        apps.entry(service.home.domain).or_default().push(service);
    }
    if let Some(first) = apps.values().flatten().next()
        && system.network.existing.azure.is_some()
    {
        problems.push(rules::existing_network(system.places.key(&first.path), &first.name));
    }
    super::workflows::check(system, problems);
    super::names::check(system, problems);
    for services in apps.values().filter(|services| services.len() > APPS) {
        let at = services.last().and_then(|service| system.places.key(&service.path));
        problems.push(rules::many_apps(at, services.len(), APPS));
    }
    blocks(system, &function_places(system), problems);
    for (_, api) in system.apis.iter() {
        for route in &api.routes {
            let service = &system.services[route.service];
            let first = route.segments.first();
            let own = matches!(first, Some(Segment::Literal(word)) if OWN.contains(&word.as_str()));
            if own && service.function.is_some() {
                let at = system.places.span(&format!("{}.trigger.http", service.path));
                let at = at.or_else(|| system.places.key(&service.path));
                problems.push(rules::own_route(at, &service.name));
            }
        }
    }
    for (_, table) in system.tables.iter() {
        self::table(system, table, problems);
    }
    for (_, stream) in system.streams.iter() {
        let at = |key: &str| system.places.span(&format!("{}.{key}", stream.path));
        if stream.partitions > PARTITIONS {
            problems.push(rules::partitions(at("partitions"), stream.partitions, PARTITIONS));
        }
        if stream.retention_hours > HOURS {
            problems.push(rules::retention(at("retention_hours"), stream.retention_hours, HOURS));
        }
    }
}

fn one(system: &System, (id, service, function): (Id<Service>, &Service, &Function), problems: &mut Vec<Diagnostic>) {
    let at = |key: &str| system.places.span(&format!("{}.{key}", service.path));
    let here = || system.places.key(&service.path);
    if let Some(source) = &function.source
        && matches!(source.language.family, Family::Java | Family::Dotnet)
    {
        problems.push(rules::compiled(
            at("runtime").or_else(here),
            &service.name,
            &source.language.name(),
        ));
    }
    if let Some(Image::Reference(image)) = service.launch.image()
        && image.contains('@')
    {
        problems.push(rules::digest(at("image").or_else(here), image));
    }
    if function.memory_mb > MEMORY {
        problems.push(rules::memory(at("memory_mb"), function.memory_mb, MEMORY));
    }
    // Workflows send messages, and wait as long as it takes.
    let is_step = system.workflows_of(id).next().is_some();
    let called = system.callers_of(id).next().is_some();
    let answers = matches!(function.trigger, Some(Trigger::Api | Trigger::Url { .. }))
        || function.trigger.is_none() && (called || !is_step);
    if answers && function.timeout_seconds > ANSWER {
        let at = at("timeout_seconds").or_else(here);
        problems.push(rules::answer(at, &service.name, function.timeout_seconds, ANSWER));
    }
    if let Some(Trigger::Queue { batch, .. } | Trigger::Topic { batch, .. }) = function.trigger
        && batch > 1
        && function.timeout_seconds > LOCK
    {
        let at = at("trigger.batch").or_else(|| at("timeout_seconds")).or_else(here);
        problems.push(rules::batch_lock(at, &service.name, function.timeout_seconds, LOCK));
    }
    if let Some(Trigger::Stream { stream, .. }) = function.trigger {
        let parts = system.streams[stream].partitions;
        if function.concurrency < parts {
            let at = at("concurrency").or_else(here);
            problems.push(rules::fewer_than_partitions(
                at,
                &service.name,
                function.concurrency,
                parts,
            ));
        }
    }
    match &function.trigger {
        Some(Trigger::Url { open: false }) => problems.push(rules::private_url(at("trigger.http"), &service.name)),
        Some(Trigger::Schedule { cron, .. }) if cron.has_both_days() => {
            problems.push(function::schedule_not_there(
                at("trigger.schedule"),
                Target::Azure,
                BOTH_DAYS.0,
                BOTH_DAYS.1,
            ));
        }
        _ => {}
    }
    let reserved = |name: &&String| RESERVED.iter().any(|start| name.starts_with(start));
    for name in service.environment.keys().filter(reserved) {
        let at = system.places.key(&format!("{}.environment.{name}", service.path));
        problems.push(rules::variable(at, name));
    }
    let shards = system
        .grants_of(id)
        .any(|grant| matches!(grant.resource, Resource::Shards(_)));
    if shards {
        problems.push(rules::shards(here(), &service.name));
    }
}

fn table(system: &System, table: &Table, problems: &mut Vec<Diagnostic>) {
    let at = |key: &str| system.places.span(&format!("{}.{key}", table.path));
    let here = || system.places.key(&table.path);
    let full = format!("{}-{}", system.prefix, table.name);
    if full.len() > ACCOUNT {
        let what = "the name of an account of Cosmos DB, less its unique suffix";
        problems.push(capability::name_too_long(here(), &full, ACCOUNT, what, Target::Azure));
    }
    if let Some(ttl) = &table.ttl {
        problems.push(rules::ttl(at("ttl"), &table.name, ttl));
    }
    let watched = system.tables.iter().find(|(_, item)| item.path == table.path);
    let watched = watched.is_some_and(|(id, _)| system.watchers_of(id).next().is_some());
    match table.changes {
        Changes::Old => problems.push(rules::old_items(at("changes").or_else(here), &table.name)),
        Changes::Both if watched => problems.push(rules::new_items(at("changes").or_else(here), &table.name)),
        _ => {}
    }
}

/// No two plans may have the same addresses.
fn blocks(system: &System, places: &BTreeSet<Place>, problems: &mut Vec<Diagnostic>) {
    let mut taken: BTreeMap<Ipv4Net, Place> = BTreeMap::new();
    for &place in places {
        if let (Some(other), Some(domain)) = (taken.insert(function_block(system, place), place), place) {
            let domain = &system.domains[domain];
            let other = other.map_or("functions", |other| &system.domains[other].name);
            let at = system.places.key(&domain.path);
            problems.push(rules::same_block(at, [other, &domain.name]));
        }
    }
}

/// The domains that have a plan of functions.
pub fn function_places(system: &System) -> BTreeSet<Option<Id<Domain>>> {
    system.functions().map(|(_, service, _)| service.home.domain).collect()
}

/// What the connection is called that brings a stream's records to a table of a warehouse.
pub fn warehouse_sink(warehouse: &Warehouse, table: &str) -> String {
    format!("{}-{}", warehouse.name, table.replace('_', "-"))
}

/// What is called that lets a warehouse read streams.
pub fn warehouse_streams(warehouse: &Warehouse) -> String {
    format!("{}-streams", warehouse.name)
}

/// What stands beside a table that a stream fills: where records arrive, those that became no row, and the functions that look at them.
pub fn warehouse_parts(table: &str) -> [String; 5] {
    ["records", "refused", "checked", "rows", "not_rows"].map(|part| format!("{table}_{part}"))
}

/// What the plan of the functions of a domain is called, and what belongs to it.
pub fn function_plan(system: &System, domain: Place) -> String {
    match domain {
        Some(domain) => format!("{}-functions", system.domains[domain].name),
        None => "functions".to_owned(),
    }
}

/// The addresses of the functions of a domain: one of the blocks in a quarter of the management's slice. They depend on the network
/// and on the domain's name alone; what is shared has the first.
pub fn function_block(system: &System, domain: Place) -> Ipv4Net {
    let quarter = system.network.slice(Tier::Management).quarter(0);
    let length = if quarter.prefix_len() <= BLOCK - 4 {
        BLOCK
    } else {
        SMALL
    };
    let count = 1_u32 << length.saturating_sub(quarter.prefix_len());
    let index = domain.map_or(0, |domain| {
        let digest = Sha256::digest(system.domains[domain].name.as_bytes());
        let hash = digest.iter().take(4);
        let hash = hash.fold(0, |number: u32, &byte| number << 8 | u32::from(byte));
        1 + hash % count.saturating_sub(1).max(1)
    });
    let blocks = quarter.subnets(length).ok();
    blocks
        .and_then(|mut blocks| blocks.nth(index as usize))
        .unwrap_or(quarter)
}

/// (least, most) units of request that a table's reads and writes are worth, in steps that Azure takes: hundreds for a fixed number,
/// thousands for one that grows from a tenth of it.
pub fn request_units(capacity: &Capacity) -> (u32, u32) {
    let units = |read: u32, write: u32| read.saturating_add(write.saturating_mul(WRITE_UNITS));
    let least = units(capacity.read, capacity.write);
    let most = units(capacity.max_read, capacity.max_write);
    match most > least {
        true => (least, most.div_ceil(1000).max(1) * 1000),
        false => {
            let fixed = least.div_ceil(100).max(4) * 100;
            (fixed, fixed)
        }
    }
}

/// Where a function that watches a table notes how far it is.
pub fn table_leases(function: &Service) -> String {
    format!("{}-leases", function.name)
}
