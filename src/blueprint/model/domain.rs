//! Business domains, and the places that hold components.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Api, Bucket, Cache, Database, Function, KeyTable, Link, Model, Name, Nodes, Owner, Queue, Secret, Service, Stream,
    Table, Topic, Warehouse, Workflow,
};

/// A business domain: what belongs together, scales and is deployed together, and is closed to the others but for what it serves.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Domain {
    /// The team that owns the domain's files; a `CODEOWNERS` is rendered with it.
    pub owner: Option<Owner>,
    /// Which block of addresses its containers and nodes have, on clouds that give them a subnet of their own (Azure). It follows from the domain's
    /// name when left out; two domains whose names give the same one have to say.
    #[schemars(range(min = 1, max = 96))]
    pub slot: Option<u32>,
    /// The nodes on which its services run in a managed cluster (`runtime = "kubernetes"`), and nobody else's.
    pub nodes: Nodes,
    /// Long-running process groups.
    pub services: Table<Service>,
    /// Functions: code that runs when something happens.
    pub functions: Table<Function>,
    /// Managed relational databases. Services of this domain alone reach them.
    pub databases: Table<Database>,
    /// Object stores, of this domain alone.
    pub buckets: Table<Bucket>,
    /// Entries of the vault that the owner fills, of this domain alone.
    pub secrets: Table<Secret>,
    /// Caches in memory, of this domain alone.
    pub caches: Table<Cache>,
    /// Queues. Services of this domain alone take messages from them; every service may send to them.
    pub queues: Table<Queue>,
    /// Topics. Services of this domain alone send to them; every service may take messages from them.
    pub topics: Table<Topic>,
    /// Streams. Services and functions of this domain alone send to them; all may read them.
    pub streams: Table<Stream>,
    /// Tables of items that are found by their key, of this domain alone.
    pub tables: Table<KeyTable>,
    /// Functions one after the other, with what happens when one fails.
    pub workflows: Table<Workflow>,
    /// Data warehouses, of this domain alone.
    pub warehouses: Table<Warehouse>,
    /// API gateways in front of services and functions.
    pub apis: Table<Api>,
}

/// A place that holds components: the blueprint itself, or one of its domains.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The domain.
    pub domain: Option<&'a str>,
    /// Its services.
    pub services: &'a Table<Service>,
    /// Its functions.
    pub functions: &'a Table<Function>,
    /// Its databases.
    pub databases: &'a Table<Database>,
    /// Its buckets.
    pub buckets: &'a Table<Bucket>,
    /// Its secrets.
    pub secrets: &'a Table<Secret>,
    /// Its caches.
    pub caches: &'a Table<Cache>,
    /// Its queues.
    pub queues: &'a Table<Queue>,
    /// Its topics.
    pub topics: &'a Table<Topic>,
    /// Its streams.
    pub streams: &'a Table<Stream>,
    /// Its tables.
    pub tables: &'a Table<KeyTable>,
    /// Its workflows.
    pub workflows: &'a Table<Workflow>,
    /// Its warehouses.
    pub warehouses: &'a Table<Warehouse>,
    /// Its APIs.
    pub apis: &'a Table<Api>,
}

/// What a service or function says of its image and its links.
#[derive(Debug, Clone, Copy)]
pub struct Process<'a> {
    /// The container image.
    pub image: Option<&'a str>,
    /// What it reads.
    pub reads: &'a [Link],
    /// What it writes.
    pub writes: &'a [Link],
    /// What it calls.
    pub calls: &'a [Link],
    /// What it sends to.
    pub publishes: &'a [Link],
    /// What it takes from. What starts a function is not in here.
    pub consumes: &'a [Link],
    /// The function, if it is one.
    pub function: Option<&'a Function>,
}

impl<'a> Process<'a> {
    fn of_service(said: &'a Service) -> Self {
        Self {
            image: said.image.as_deref(),
            reads: &said.reads,
            writes: &said.writes,
            calls: &said.calls,
            publishes: &said.publishes,
            consumes: &said.consumes,
            function: None,
        }
    }

    fn of_function(said: &'a Function) -> Self {
        Self {
            image: said.image.as_deref(),
            reads: &said.reads,
            writes: &said.writes,
            calls: &said.calls,
            publishes: &said.publishes,
            consumes: &[],
            function: Some(said),
        }
    }
}

impl Scope<'_> {
    /// The name of one of its components among those of the whole system: `market-api` for `api` in `[domains.market]`.
    pub fn full_name(&self, name: &Name) -> String {
        match self.domain {
            Some(domain) => format!("{domain}-{name}"),
            None => name.to_string(),
        }
    }

    /// The path of one of its components in the blueprint: `domains.market.services.api`.
    pub fn path(&self, table: &str, name: &Name) -> String {
        match self.domain {
            Some(domain) => format!("domains.{domain}.{table}.{name}"),
            None => format!("{table}.{name}"),
        }
    }
}

impl Model {
    /// Every place that holds components: the blueprint itself, then its domains by name.
    pub fn scopes(&self) -> impl Iterator<Item = Scope<'_>> {
        let shared = Scope {
            domain: None,
            services: &self.services,
            functions: &self.functions,
            databases: &self.databases,
            buckets: &self.buckets,
            secrets: &self.secrets,
            caches: &self.caches,
            queues: &self.queues,
            topics: &self.topics,
            streams: &self.streams,
            tables: &self.tables,
            workflows: &self.workflows,
            warehouses: &self.warehouses,
            apis: &self.apis,
        };
        let domains = self.domains.iter().map(|(name, domain)| Scope {
            domain: Some(name.as_str()),
            services: &domain.services,
            functions: &domain.functions,
            databases: &domain.databases,
            buckets: &domain.buckets,
            secrets: &domain.secrets,
            caches: &domain.caches,
            queues: &domain.queues,
            topics: &domain.topics,
            streams: &domain.streams,
            tables: &domain.tables,
            workflows: &domain.workflows,
            warehouses: &domain.warehouses,
            apis: &domain.apis,
        });
        std::iter::once(shared).chain(domains)
    }

    /// Every service with its place, in the order of [`Model::scopes`].
    pub fn all_services(&self) -> impl Iterator<Item = (Scope<'_>, &Name, &Service)> {
        self.scopes()
            .flat_map(|scope| scope.services.iter().map(move |(name, said)| (scope, name, said)))
    }

    /// Everything that runs, with its place: of each place its services, then its functions.
    pub fn all_processes(&self) -> impl Iterator<Item = (Scope<'_>, &Name, Process<'_>)> {
        self.scopes().flat_map(|scope| {
            let services = scope.services.iter();
            let services = services.map(move |(name, said)| (scope, name, Process::of_service(said)));
            let functions = scope.functions.iter();
            services.chain(functions.map(move |(name, said)| (scope, name, Process::of_function(said))))
        })
    }

    /// Every database with its place, in the same order.
    pub fn all_databases(&self) -> impl Iterator<Item = (Scope<'_>, &Name, &Database)> {
        self.scopes()
            .flat_map(|scope| scope.databases.iter().map(move |(name, said)| (scope, name, said)))
    }
}
