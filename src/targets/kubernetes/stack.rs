//! What every part of the output needs to know: the names that parts have among each other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::{tables, warehouses};
use crate::check::{Checked, MESSAGE_BROKER, OBJECT_STORE};
use crate::ir::{
    Alarm, Cache, Database, Domain, Grant, Id, Image, InboxAlarm, Peer, Resource, Service, Signal, Warehouse,
};
use crate::kubernetes::policy::labelled;
use crate::targets::shared::workload::{Labels, Names};
use crate::vocabulary::Engine;

/// Name of the object store: its workload, its Service, its identity.
pub(super) const STORE: &str = OBJECT_STORE;

/// Name of the broker of queues and topics: its cluster, its Service.
pub(super) const BROKER: &str = MESSAGE_BROKER;

/// The system, and the names that follow from it.
pub(super) struct Stack<'a> {
    pub(super) system: &'a Checked<'a>,
    /// The names that any cluster has.
    pub(super) names: Names<'a>,
    /// Where everything lives that belongs to no domain, but for the entry point.
    pub(super) namespace: String,
    /// Every database server, those of a database one after the other.
    pub(super) servers: Vec<Server<'a>>,
    /// From the name of a component, or of a server, to its domain.
    homes: BTreeMap<String, Id<Domain>>,
}

/// A database server, or the cluster that an operator makes of it: the main one of a database, or one of its shards.
pub(super) struct Server<'a> {
    /// What it is like, and its own name.
    pub(super) database: Cow<'a, Database>,
    /// The database that it is part of; none for that of tables, and for warehouses.
    pub(super) of: Option<Id<Database>>,
    /// The warehouse that it is.
    pub(super) warehouse: Option<Id<Warehouse>>,
    /// It is one of the shards.
    pub(super) is_shard: bool,
}

impl Server<'_> {
    /// As what flows know it.
    pub(super) fn peer(&self) -> Option<Peer> {
        let of = self.of?;
        Some(if self.is_shard {
            Peer::Shards(of)
        } else {
            Peer::Database(of)
        })
    }
}

impl<'a> Stack<'a> {
    pub(super) fn new(system: &'a Checked<'a>) -> Self {
        let servers: Vec<Server<'a>> = system
            .databases
            .iter()
            .flat_map(|(id, database)| servers(id, database))
            .chain(tables::server(system))
            .chain(warehouses::servers(system))
            .collect();
        let homes = homes(system, &servers);
        Self {
            system,
            names: Names::new(system),
            namespace: system.prefix.clone(),
            servers,
            homes,
        }
    }

    /// The domain of a component by its name. Buckets are no components here: they stand in the object store, which all share.
    pub(super) fn domain_of(&self, component: &str) -> Option<Id<Domain>> {
        self.homes.get(component).copied()
    }

    /// The namespace of a domain, or of what belongs to none.
    pub(super) fn namespace_in(&self, domain: Option<Id<Domain>>) -> String {
        self.names.namespace_in(domain)
    }

    /// The namespace of a component by its name.
    pub(super) fn namespace_of(&self, component: &str) -> String {
        self.namespace_in(self.domain_of(component))
    }

    /// The shared part and every domain, each of which has a namespace.
    pub(super) fn parts(&self) -> Vec<Option<Id<Domain>>> {
        let domains = self.system.domains.iter().map(|(id, _)| Some(id));
        std::iter::once(None).chain(domains).collect()
    }

    /// The namespaces of all parts, between commas.
    pub(super) fn namespaces(&self) -> String {
        let names = self
            .parts()
            .into_iter()
            .map(|part| format!("`{}`", self.namespace_in(part)));
        names.collect::<Vec<_>>().join(", ")
    }

    /// The name of a Service of a component, as it is found in the namespace of another one.
    pub(super) fn host(&self, service: &str, of: &str, from: &str) -> String {
        let (there, here) = (self.namespace_of(of), self.namespace_of(from));
        if there == here {
            service.to_owned()
        } else {
            format!("{service}.{there}")
        }
    }

    /// The reference of an image.
    pub(super) fn image(&self, image: &Image) -> String {
        let registry = self.system.cluster.registry.as_deref();
        self.system.image_at(registry.unwrap_or_default(), image)
    }

    /// The namespace of the public entry point.
    pub(super) fn edge_namespace(&self) -> String {
        self.names.edge_namespace()
    }

    /// True if the internet reaches anything.
    pub(super) fn has_edge(&self) -> bool {
        self.system.public.is_some() || !self.system.apis.is_empty()
    }

    /// True if an API routes to a service.
    pub(super) fn is_routed(&self, service: Id<Service>) -> bool {
        let routes = self.system.apis.iter().flat_map(|(_, api)| &api.routes);
        let mut services = routes.map(|route| route.service);
        services.any(|routed| routed == service)
    }

    /// The namespace in which the proxies of the public entry point run.
    pub(super) fn proxy_namespace(&self) -> String {
        match &self.system.cluster.gateway_namespace {
            Some(namespace) => namespace.clone(),
            None => self.edge_namespace(),
        }
    }

    /// Labels of a part of a component.
    pub(super) fn labels(&self, name: &str, component: &str) -> Labels {
        self.names.labels(name, component)
    }

    /// Labels of what belongs to the whole system.
    pub(super) fn shared_labels(&self) -> Labels {
        self.names.shared_labels()
    }

    /// Metadata of an object in the namespace of the component that it belongs to, which is `part_of`.
    pub(super) fn meta(&self, name: impl Into<String>, part_of: &str, component: &str) -> ObjectMeta {
        self.names.meta(name, self.domain_of(part_of), part_of, component)
    }

    /// Metadata of an object that belongs to the whole system.
    pub(super) fn shared_meta(&self, name: impl Into<String>) -> ObjectMeta {
        self.names.part_meta(name, None)
    }

    /// Metadata of an object that belongs to the whole of a part.
    pub(super) fn part_meta(&self, name: impl Into<String>, part: Option<Id<Domain>>) -> ObjectMeta {
        self.names.part_meta(name, part)
    }

    /// The labels that select the pods of a component.
    pub(super) fn pod_labels(&self, name: &str) -> Labels {
        self.names.pod_labels(name)
    }

    /// Selects the pods of a component.
    pub(super) fn pods(&self, name: &str) -> LabelSelector {
        self.names.pods(name)
    }

    /// Selects the pods of a database server. The only PostgreSQL server has those of any cluster, so that a restored one, which has
    /// another name, finds its way open.
    pub(super) fn database_pods(&self, database: &Database) -> LabelSelector {
        match database.engine {
            Engine::Postgres if self.archives_one() => labelled("cnpg.io/cluster", "Exists", None),
            Engine::Sqlserver | Engine::Oracle => self.pods(&database.name),
            Engine::Postgres | Engine::Mysql => self.pods_of_servers(database.engine, vec![database.name.clone()]),
        }
    }

    /// Selects the pods of every shard of a database.
    pub(super) fn shard_pods(&self, id: Id<Database>) -> LabelSelector {
        let names = self.shards(id).map(|shard| shard.name.clone()).collect();
        self.pods_of_servers(self.system.databases[id].engine, names)
    }

    /// Selects the pods of servers of one engine by their names.
    fn pods_of_servers(&self, engine: Engine, names: Vec<String>) -> LabelSelector {
        let key = match engine {
            Engine::Postgres => "cnpg.io/cluster",
            Engine::Mysql => "mysql.oracle.com/cluster",
            Engine::Sqlserver | Engine::Oracle => "app.kubernetes.io/name",
        };
        labelled(key, "In", Some(names))
    }

    /// The shards of a database, as servers of their own.
    pub(super) fn shards(&self, id: Id<Database>) -> impl Iterator<Item = &Database> {
        let shards = self
            .servers
            .iter()
            .filter(move |server| server.is_shard && server.of == Some(id));
        shards.map(|server| &*server.database)
    }

    /// The files with the network policies of a database and of those who use it.
    pub(super) fn policy_files(&self, database: &Database) -> String {
        match database.home.domain {
            Some(id) => format!("`firewall.yaml` and `{}/firewall.yaml`", self.system.domains[id].name),
            None => "`firewall.yaml`".to_owned(),
        }
    }

    /// True if no more than one server's backups go to the object store.
    pub(super) fn archives_one(&self) -> bool {
        self.archived().nth(1).is_none()
    }

    /// Servers whose backups go to the object store.
    pub(super) fn archived(&self) -> impl Iterator<Item = &Server<'a>> {
        let servers = self.servers.iter();
        servers.filter(|server| server.database.engine == Engine::Postgres)
    }

    /// What is watched: nothing in a cluster without the Prometheus operator.
    pub(super) fn alarms(&self) -> &'a [Alarm] {
        if self.system.cluster.prometheus {
            &self.system.alarms
        } else {
            &[]
        }
    }

    /// What is watched about queues and subscriptions: nothing in a cluster without the Prometheus operator.
    pub(super) fn inbox_alarms(&self) -> &'a [InboxAlarm] {
        if self.system.cluster.prometheus {
            &self.system.inbox_alarms
        } else {
            &[]
        }
    }

    /// What a service may do with queues and topics.
    pub(super) fn messaging_of(&self, service: Id<Service>) -> impl Iterator<Item = &Grant> {
        let grants = self.system.grants_of(service);
        grants.filter(|grant| grant.resource.is_messaging())
    }

    /// True if a service talks to the broker.
    pub(super) fn uses_broker(&self, service: Id<Service>) -> bool {
        self.messaging_of(service).next().is_some() || self.bucket_functions().any(|(id, _)| id == service)
    }

    /// The caches that a service uses.
    pub(super) fn caches_of(&self, service: Id<Service>) -> impl Iterator<Item = &Cache> {
        self.system.grants_of(service).filter_map(|grant| match grant.resource {
            Resource::Cache(id) => Some(&self.system.caches[id]),
            _ => None,
        })
    }

    /// True if Prometheus asks the servers behind a peer for their metrics.
    pub(super) fn watches(&self, peer: impl Into<Option<Peer>>) -> bool {
        let Some(peer) = peer.into() else { return false };
        self.alarms().iter().any(|alarm| match alarm.signal {
            Signal::ReplicaLag { database, .. } => peer == Peer::Database(database),
            Signal::ShardLoad { database, .. }
            | Signal::ShardStorage { database, .. }
            | Signal::HotShard { database, .. } => peer == Peer::Shards(database),
        })
    }

    /// True if Prometheus asks a server for its metrics: PostgreSQL for those of its archive at least.
    pub(super) fn measures(&self, server: &Server<'_>) -> bool {
        let archives = server.database.engine == Engine::Postgres && self.system.cluster.prometheus;
        archives || self.watches(server.peer())
    }

    /// True if somebody is told of archives that fail.
    pub(super) fn watches_archives(&self) -> bool {
        self.system.cluster.prometheus && self.archived().next().is_some()
    }

    /// True if there is an alert of any kind.
    pub(super) fn has_alerts(&self) -> bool {
        let of_calls = !self.inbox_alarms().is_empty() || !self.function_alarms().is_empty();
        of_calls || !self.alarms().is_empty() || self.watches_archives()
    }

    /// True if there is an object store.
    pub(super) fn has_store(&self) -> bool {
        !self.system.buckets.is_empty() || self.archived().next().is_some()
    }

    /// True if a service uses a bucket.
    pub(super) fn uses_store(&self, service: Id<Service>) -> bool {
        self.system
            .grants_of(service)
            .any(|grant| matches!(grant.resource, Resource::Bucket(_)))
    }
}

/// The domains of components and of servers.
fn homes(system: &Checked<'_>, servers: &[Server<'_>]) -> BTreeMap<String, Id<Domain>> {
    let services = system.services.iter().map(|(_, item)| (&item.name, &item.home));
    let servers = servers.iter().map(|item| (&item.database.name, &item.database.home));
    let secrets = system.secrets.iter().map(|(_, item)| (&item.name, &item.home));
    let caches = system.caches.iter().map(|(_, item)| (&item.name, &item.home));
    let queues = system.queues.iter().map(|(_, item)| (&item.name, &item.home));
    let topics = system.topics.iter().map(|(_, item)| (&item.name, &item.home));
    let data = servers.chain(secrets).chain(caches);
    let streams = system.streams.iter().map(|(_, item)| (&item.name, &item.home));
    let workflows = system.workflows.iter().map(|(_, item)| (&item.name, &item.home));
    let components = services
        .chain(data)
        .chain(queues)
        .chain(topics)
        .chain(streams)
        .chain(workflows);
    components
        .filter_map(|(name, home)| Some((name.clone(), home.domain?)))
        .collect()
}

/// The main server of a database, and its shards.
fn servers(id: Id<Database>, database: &Database) -> impl Iterator<Item = Server<'_>> {
    let main = Server {
        database: Cow::Borrowed(database),
        of: Some(id),
        warehouse: None,
        is_shard: false,
    };
    let sharding = database.sharding.iter();
    let shards = sharding.flat_map(move |sharding| {
        sharding.shards.iter().map(move |shard| Server {
            database: Cow::Owned(database.shard_server(sharding, shard)),
            of: Some(id),
            warehouse: None,
            is_shard: true,
        })
    });
    std::iter::once(main).chain(shards)
}

/// The Secret with the application's login of a database: `username` and `password`.
pub(super) fn credentials(database: &Database) -> String {
    format!("{}-app", database.name)
}

/// The Secret with an identity's key of the object store.
pub(super) fn store_key(identity: &str) -> String {
    format!("{STORE}-{identity}")
}
