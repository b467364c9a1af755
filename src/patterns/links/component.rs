//! What a name in a link can stand for.

use std::collections::BTreeMap;

use super::said;
use crate::ir::{
    Bucket, Cache, Database, Home, Id, Queue, Secret, Service, Stream, System, Table, Topic, Warehouse, Workflow,
};

/// A component that links name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Component {
    Service(Id<Service>),
    Function(Id<Service>),
    Database(Id<Database>),
    Bucket(Id<Bucket>),
    Secret(Id<Secret>),
    Cache(Id<Cache>),
    Queue(Id<Queue>),
    Topic(Id<Topic>),
    Stream(Id<Stream>),
    Table(Id<Table>),
    Workflow(Id<Workflow>),
    Warehouse(Id<Warehouse>),
}

impl Component {
    pub(super) fn kind(self) -> &'static str {
        match self {
            Component::Service(_) => "service",
            Component::Function(_) => "function",
            Component::Database(_) => "database",
            Component::Bucket(_) => "bucket",
            Component::Secret(_) => "secret",
            Component::Cache(_) => "cache",
            Component::Queue(_) => "queue",
            Component::Topic(_) => "topic",
            Component::Stream(_) => "stream",
            Component::Table(_) => "table",
            Component::Workflow(_) => "workflow",
            Component::Warehouse(_) => "warehouse",
        }
    }

    /// The verbs that a service can say of it.
    pub(super) fn verbs(self) -> &'static str {
        match self {
            Component::Service(_) | Component::Function(_) | Component::Workflow(_) => "calls",
            Component::Database(_)
            | Component::Bucket(_)
            | Component::Cache(_)
            | Component::Table(_)
            | Component::Warehouse(_) => "reads` or `writes",
            Component::Secret(_) => "reads",
            Component::Queue(_) | Component::Topic(_) | Component::Stream(_) => "publishes` or `consumes",
        }
    }
}

/// Components by the name that a link from outside their domain says: `web`, `market.api`.
pub(super) fn names(system: &System) -> BTreeMap<String, Component> {
    let said = |home: &Home| said(system, home);
    // Proxies are what the database is reached at: nobody links to one by name.
    let services = system.services.iter().filter(|(_, item)| !item.is_tcp());
    let mut names: BTreeMap<String, Component> = services
        .map(|(id, item)| {
            let component = match item.function {
                Some(_) => Component::Function(id),
                None => Component::Service(id),
            };
            (said(&item.home), component)
        })
        .collect();
    names.extend(
        system
            .databases
            .iter()
            .map(|(id, item)| (said(&item.home), Component::Database(id))),
    );
    let buckets = system.buckets.iter();
    names.extend(buckets.map(|(id, item)| (said(&item.home), Component::Bucket(id))));
    let secrets = system.secrets.iter();
    names.extend(secrets.map(|(id, item)| (said(&item.home), Component::Secret(id))));
    let caches = system.caches.iter();
    names.extend(caches.map(|(id, item)| (said(&item.home), Component::Cache(id))));
    let queues = system.queues.iter();
    names.extend(queues.map(|(id, item)| (said(&item.home), Component::Queue(id))));
    let topics = system.topics.iter();
    names.extend(topics.map(|(id, item)| (said(&item.home), Component::Topic(id))));
    let streams = system.streams.iter();
    names.extend(streams.map(|(id, item)| (said(&item.home), Component::Stream(id))));
    let tables = system.tables.iter();
    names.extend(tables.map(|(id, item)| (said(&item.home), Component::Table(id))));
    let workflows = system.workflows.iter();
    names.extend(workflows.map(|(id, item)| (said(&item.home), Component::Workflow(id))));
    let warehouses = system.warehouses.iter();
    names.extend(warehouses.map(|(id, item)| (said(&item.home), Component::Warehouse(id))));
    names
}
