//! What AWS alone is strict about.

mod apis;
mod cluster;
mod containers;
mod functions;
mod messaging;
mod room;
mod sharding;
mod tables;
mod triggers;
mod warehouses;
mod workflows;

pub use apis::api_methods;
pub use triggers::seconds as call_seconds;

use crate::catalog;
use crate::diagnostic::{Diagnostic, capability};
use crate::ir::{Database, System};
use crate::target::Target;
use crate::vocabulary::{Edition, Engine};

/// S3 moves objects to infrequent access after so many days at the earliest, and further on after as many again.
const COOL_DAYS: u32 = 30;
/// Longest name of a load balancer.
const BALANCER: usize = 32;
/// Longest name of a database server.
const SERVER: usize = 63;
/// Processors of a SQL Server that has read replicas.
const SQLSERVER_CPU: u32 = 4;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    names(system, problems);
    databases(system, problems);
    sharding::check(system, problems);
    containers::check(system, problems);
    cluster::check(system, problems);
    messaging::check(system, problems);
    apis::check(system, problems);
    functions::check(system, problems);
    tables::check(system, problems);
    workflows::check(system, problems);
    warehouses::check(system, problems);
    room::check(system, problems);
    buckets(system, problems);
    network(system, problems);
    if let Some(budget) = system.budget.as_ref().filter(|budget| budget.currency != "USD") {
        let at = system.places.span("budget.currency");
        problems.push(capability::currency(at, &budget.currency, "USD", Target::Aws));
    }
}

fn names(system: &System, problems: &mut Vec<Diagnostic>) {
    let at = system.places.span("name");
    if system.public.is_some() || system.internal.is_some() {
        let full = format!("{}-internal", system.prefix);
        if full.len() > BALANCER {
            let what = "a load balancer's name";
            problems.push(capability::name_too_long(at, &full, BALANCER, what, Target::Aws));
        }
    }
    let begins = |word: &str| system.prefix == word || system.prefix.starts_with(&format!("{word}-"));
    let reserved = [
        ("sg", "names of security groups must not begin with `sg-`"),
        ("internal", "names of load balancers must not begin with `internal-`"),
    ];
    for (_, why) in reserved.into_iter().filter(|(word, _)| begins(word)) {
        problems.push(capability::name_form(at, &system.prefix, why, Target::Aws));
    }
}

fn databases(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, item) in system.databases.iter() {
        let key = system.places.key(&item.path);
        let full = format!("{}-{}", system.prefix, item.name);
        if full.contains("--") {
            let why = "names of database servers have no two hyphens in a row";
            problems.push(capability::name_form(key, &full, why, Target::Aws));
        }
        let is_sid = item.database.len() <= 8 && item.database.chars().all(|c| c.is_ascii_alphanumeric());
        if item.engine == Engine::Oracle && !is_sid {
            let why = "an Oracle database is named by its SID, up to 8 letters and digits";
            problems.push(capability::name_form(key, &item.name, why, Target::Aws));
        }
        let has_standby = !matches!(item.edition, Edition::Web | Edition::Express);
        if item.engine == Engine::Sqlserver && item.multi_zone && !has_standby {
            let at = system.places.key(&item.path);
            let (engine, edition) = (item.engine.name(), item.edition.name());
            problems.push(capability::multi_zone(at, engine, edition, Target::Aws));
        }
        replicas(system, item, problems);
    }
}

fn replicas(system: &System, item: &Database, problems: &mut Vec<Diagnostic>) {
    let keys = item.replica_keys();
    let Some(last) = keys.last() else {
        return;
    };
    let key = system.places.key(&item.path);
    let server = format!("{}-{}-replica", system.prefix, item.name);
    let full = format!("{server}-{last}");
    if full.len() > SERVER {
        let what = "the name of a database server";
        problems.push(capability::name_too_long(key, &full, SERVER, what, Target::Aws));
    }
    let class = catalog::database_class(Target::Aws, item.engine, &item.size);
    let classes = catalog::offer(Target::Aws, item.engine).map_or(&[][..], |offer| offer.classes);
    let cpu = classes.iter().find(|machine| Some(machine.name) == class);
    if let Some(machine) = cpu.filter(|machine| item.engine == Engine::Sqlserver && machine.cpu < SQLSERVER_CPU) {
        let at = system.places.span(&format!("{}.replicas", item.path));
        let engine = item.engine.name();
        problems.push(capability::replicas_of_size(
            at,
            engine,
            machine.cpu,
            Target::Aws,
            SQLSERVER_CPU,
        ));
    }
}

fn buckets(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, item) in system.buckets.iter() {
        let at = |key: &str| system.places.span(&format!("{}.lifecycle.{key}", item.path));
        let cool = item.lifecycle.cool_after_days;
        if cool.is_some_and(|days| days < COOL_DAYS) {
            let why = "S3 takes objects into infrequent access after 30 days";
            problems.push(capability::lifecycle(at("cool_after_days"), why, COOL_DAYS));
        }
        if let (Some(cool), Some(archive)) = (cool, item.lifecycle.archive_after_days)
            && archive < cool + COOL_DAYS
        {
            let why = "they stay in infrequent access for 30 days";
            let earliest = cool + COOL_DAYS;
            problems.push(capability::lifecycle(at("archive_after_days"), why, earliest));
        }
    }
}

fn network(system: &System, problems: &mut Vec<Diagnostic>) {
    let Some(existing) = &system.network.existing.aws else {
        let region = system.region.get(Target::Aws).unwrap_or_default();
        if region == "us-west-1" && system.network.zones > 2 {
            problems.push(capability::zones(system.places.span("network.zones"), region, 2));
        }
        return;
    };
    let tiers = [
        ("public", existing.public.len(), system.public.is_some()),
        ("application", existing.application.len(), true),
        (
            "data",
            existing.data.len(),
            !system.databases.is_empty()
                || !system.caches.is_empty()
                || !system.warehouses.is_empty()
                || system.streams.iter().any(|(_, item)| item.kafka),
        ),
    ];
    for (tier, count, _) in tiers.into_iter().filter(|(_, count, needed)| *needed && *count < 2) {
        let at = system.places.span(&format!("network.existing.aws.{tier}"));
        let at = if count == 0 {
            system.places.span("network.existing.aws")
        } else {
            at
        };
        problems.push(capability::existing_subnets(at, tier, Target::Aws));
    }
}
