//! Namespaces, and how much may run in them.

use super::broker;
use super::caches;
use super::database;
use super::functions;
use super::stack::{BROKER, STORE, Stack};
use super::streams::{self, STREAMS};
use super::{warehouses, workflows};
use crate::ir::{Domain, Id};
use crate::kubernetes::object::Object;
use crate::targets::shared::workload::namespaces::{self, Demand};

/// Processors, GiB and pods for what operators start besides: jobs, sidecars, routers.
const HEADROOM: Demand = Demand {
    cpu: 4,
    memory_gb: 8,
    pods: 10,
};

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let mut objects = vec![];
    for part in stack.parts() {
        let name = stack.namespace_in(part);
        objects.push(namespaces::namespace(stack.names, &name, "restricted"));
        if part.is_none() && stack.has_edge() {
            let edge = namespaces::namespace(stack.names, &stack.edge_namespace(), "baseline");
            objects.push(edge.about(
                "The public entry point has a namespace of its own: the cluster's gateway controller decides the \
                pods that run here",
            ));
        }
        objects.push(
            namespaces::quota(stack.names, part, demand(stack, part)).about(
                "Every component at its largest, a rolling update on top, and a little for what operators start",
            ),
        );
        objects.push(namespaces::limits(stack.names, part));
    }
    objects
}

/// Every component of a part at its largest.
fn demand(stack: &Stack<'_>, part: Option<Id<Domain>>) -> Demand {
    let here = |name: &str| stack.domain_of(name) == part;
    let services = stack.system.services.iter().filter(|(_, service)| here(&service.name));
    let services = services.map(|(_, service)| match &service.function {
        Some(function) => functions::demand(stack, function),
        None => Demand::of_service(service),
    });
    let databases = stack.servers.iter().filter(|server| here(&server.database.name));
    let databases = databases.map(|server| database::demand(stack, server));
    let store = (stack.has_store() && here(STORE)).then(|| Demand::of(1, 2, 3));
    let caches = stack.system.caches.iter().filter(|(_, cache)| here(&cache.name));
    let caches = caches.map(|(_, cache)| caches::demand(cache));
    let broker = (stack.has_broker() && here(BROKER)).then(broker::demand);
    let streams = (!stack.system.streams.is_empty() && here(STREAMS)).then(streams::demand);
    let workflows = stack
        .system
        .workflows
        .iter()
        .filter(|(_, workflow)| here(&workflow.name));
    let workflows = workflows.map(|(_, workflow)| workflows::demand(workflow));
    let warehouses = stack
        .system
        .warehouses
        .iter()
        .filter(|(_, warehouse)| here(&warehouse.name));
    let warehouses = warehouses.map(|(id, _)| warehouses::demand(stack, id));
    services
        .chain(warehouses)
        .chain(workflows)
        .chain(streams)
        .chain(databases)
        .chain(store)
        .chain(caches)
        .chain(broker)
        .fold(HEADROOM, |sum, demand| sum.plus(demand))
}
