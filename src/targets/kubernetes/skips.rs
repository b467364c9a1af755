//! Findings of static scanners that are left on purpose.

use super::compute::kind;
use super::functions;
use super::stack::{STORE, Stack};
use super::tables::{self, TABLES};
use super::warehouses;
use crate::ir::Service;
use crate::targets::shared::report::Report;
use crate::vocabulary::Engine;

pub(super) fn skips(stack: &Stack<'_>, report: &mut Report) {
    let services = || stack.system.services.iter();
    let workload = |service: &Service| match &service.function {
        Some(function) => format!("{} {}", functions::readme::kind(function), service.name),
        None => format!("{} {}", kind(service), service.name),
    };
    let mut by_tag: Vec<String> = services()
        .filter(|(_, service)| !service.launch.reference().is_some_and(|image| image.contains('@')))
        .map(|(_, service)| workload(service))
        .collect();
    let mut told: Vec<String> = services()
        .filter(|(id, service)| {
            stack.uses_store(*id)
                || stack.uses_broker(*id)
                || stack.uses_streams(*id)
                || stack.uses_tables(*id)
                || warehouses::of_service(stack, *id).next().is_some()
                || service.settings.iter().any(|setting| setting.value.is_secret())
        })
        .map(|(_, service)| workload(service))
        .collect();
    if stack.has_store() {
        by_tag.push(format!("StatefulSet {STORE}"));
    }
    if stack.bucket_functions().next().is_some() {
        let store = format!("StatefulSet {STORE}");
        let why = "what sends events of buckets waits for the broker, and the store must not";
        report.skip("CKV_K8S_8", &store, why);
        report.skip("CKV_K8S_9", &store, why);
    }
    if !stack.system.tables.is_empty() {
        by_tag.push(format!("Job {0}-VERSION, CronJob {TABLES}-expiry", tables::SETUP));
        told.push(format!("Job {0}-VERSION, CronJob {TABLES}-expiry", tables::SETUP));
    }
    for (id, warehouse) in stack.system.warehouses.iter() {
        let jobs = format!(
            "Job {}-VERSION, CronJob {}-expiry",
            warehouses::setup(warehouse),
            warehouse.name
        );
        let sinks = warehouses::sinks(stack, id).into_iter();
        for item in sinks.map(|sink| format!("Deployment {}", sink.name)).chain([jobs]) {
            by_tag.push(item.clone());
            told.push(item);
        }
    }
    for (_, cache) in stack.system.caches.iter() {
        by_tag.push(format!("StatefulSet {}", cache.name));
    }
    let workers: Vec<String> = services()
        .filter(|(_, service)| !service.listens() && service.function.is_none())
        .map(|(_, service)| workload(service))
        .collect();
    if !workers.is_empty() {
        let why = "a worker has no port, and its image need not have a command that could ask it";
        report.skip("CKV_K8S_8", &workers.join(", "), why);
        report.skip("CKV_K8S_9", &workers.join(", "), why);
    }
    for (_, database) in stack.system.databases.iter() {
        let shards = database
            .sharding
            .iter()
            .map(|_| format!("{}-ID", database.shard_name()));
        for name in std::iter::once(database.name.clone()).chain(shards) {
            if database.engine != Engine::Postgres {
                by_tag.push(format!("Job {name}-setup, CronJob {name}-backup"));
            }
            if database.engine == Engine::Sqlserver {
                let server = format!("StatefulSet {name}");
                report.skip(
                    "CKV_K8S_22",
                    &server,
                    "nothing promises that the server leaves its image alone",
                );
                let why = "its binary carries NET_BIND_SERVICE, which the restricted standard admits";
                report.skip("CKV_K8S_25", &server, why);
                by_tag.push(server.clone());
                told.push(server);
            }
        }
    }
    if !by_tag.is_empty() {
        let why = "images are as the blueprint names them, the others by release: the digest is the owner's choice";
        report.skip("CKV_K8S_43", &by_tag.join(", "), why);
    }
    if !told.is_empty() {
        let why = "settings reach the process as environment variables, on every target";
        report.skip("CKV_K8S_35", &told.join(", "), why);
    }
}
