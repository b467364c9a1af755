//! The intermediate representation: one application as a cloud-neutral graph.
//!
//! Every decision that is the same on every cloud is taken before this point and stands here as a plain value: the plan of the
//! network, who may reach whom on which port ([`Flow`]), which identity may do what ([`Grant`]), what a process is told
//! ([`Setting`]), how requests are routed ([`Balancer`]). A target only spells them.
//!
//! Components live in [`Arena`]s and refer to each other by [`Id`]. Each knows its `path` in the blueprint, so that a check may point
//! at the line.

mod alarm;
mod api;
mod arena;
mod balancer;
mod cluster;
mod component;
mod cron;
mod domain;
mod function;
mod link;
mod messaging;
mod network;
mod shard_map;
mod sharding;
mod stream;
mod table;
mod warehouse;
mod workflow;

use std::collections::BTreeMap;

pub use alarm::{Alarm, Signal};
pub use api::{Api, ApiRoute, Cors, Jwt, Segment, Throttle};
pub use arena::{Arena, Id};
pub use balancer::{Balancer, Exposure, Listener, Route, Tls};
pub use cluster::{Cluster, Image, NodePool, Registry, Repository};
pub use component::{
    Backup, Bucket, Cache, Database, Health, Launch, Lifecycle, Probe, Readers, Scale, Secret, Service, Shape,
};
pub use cron::{Cron, Field, Part};
pub use domain::{Domain, Home};
pub use function::{Family, Function, FunctionAlarm, FunctionTrouble, Language, Retry, Source, Trigger};
pub use link::{Access, Flow, Grant, Peer, Resource, SHARD_VARIABLES, Setting, Value};
pub use messaging::{Delivery, Inbox, InboxAlarm, Queue, Subscription, Topic, Trouble, dead_letters};
pub use network::{Network, Slice, Tier};
pub use shard_map::{shard_map, shard_map_version};
pub use sharding::{Router, Shard, Sharding, Strategy};
pub use stream::Stream;
pub use table::{Attribute, Capacity, Index, Key, Table};
pub use warehouse::{Column, SinkAlarm, Warehouse, WarehouseTable};
pub use workflow::{Action, Case, Condition, Step, StepRetry, Workflow, WorkflowAlarm};

use crate::diagnostic::Places;
use crate::target::Target;
use crate::vocabulary::{Accounts, PerTarget, Runtime, State};

/// One application, ready to be checked for a target.
#[derive(Debug, Clone)]
pub struct System {
    /// The blueprint's name.
    pub name: String,
    /// Prefix of every resource name: the name, with the environment's where there is one.
    pub prefix: String,
    /// The environment.
    pub environment: Option<String>,
    /// The pattern, as the author wrote it: for the reader of the output only.
    pub pattern: &'static str,
    /// Region of each cloud that has one for the place.
    pub region: PerTarget,
    /// Labels of every resource, the system's own (`system`, `environment`) included.
    pub labels: BTreeMap<String, String>,
    /// Guard data against deletion.
    pub protect: bool,
    /// Account, subscription and project.
    pub accounts: Accounts,
    /// The virtual network.
    pub network: Network,
    /// Business domains.
    pub domains: Arena<Domain>,
    /// Processes, and functions ([`Service::function`]).
    pub services: Arena<Service>,
    /// Relational databases.
    pub databases: Arena<Database>,
    /// Object stores.
    pub buckets: Arena<Bucket>,
    /// Vault entries that the owner fills.
    pub secrets: Arena<Secret>,
    /// Caches.
    pub caches: Arena<Cache>,
    /// Queues.
    pub queues: Arena<Queue>,
    /// Topics.
    pub topics: Arena<Topic>,
    /// Streams.
    pub streams: Arena<Stream>,
    /// Tables of items by key.
    pub tables: Arena<Table>,
    /// Functions one after the other.
    pub workflows: Arena<Workflow>,
    /// Data warehouses.
    pub warehouses: Arena<Warehouse>,
    /// What services get of topics.
    pub subscriptions: Arena<Subscription>,
    /// API gateways.
    pub apis: Arena<Api>,
    /// The load balancer that the internet reaches.
    pub public: Option<Balancer>,
    /// The load balancer between the tiers.
    pub internal: Option<Balancer>,
    /// Who may open a connection to whom. What is not here is closed.
    pub flows: Vec<Flow>,
    /// Who may use what. What is not here is denied.
    pub grants: Vec<Grant>,
    /// What is watched about databases, by name.
    pub alarms: Vec<Alarm>,
    /// What is watched about queues and subscriptions, by name.
    pub inbox_alarms: Vec<InboxAlarm>,
    /// What is watched about functions, by name.
    pub function_alarms: Vec<FunctionAlarm>,
    /// What is watched about workflows, by name.
    pub workflow_alarms: Vec<WorkflowAlarm>,
    /// What is watched about streams that fill warehouses, by name.
    pub sink_alarms: Vec<SinkAlarm>,
    /// Who is told when an alarm goes off.
    pub alarm_emails: Vec<String>,
    /// Days that logs are kept.
    pub log_days: u32,
    /// The budget.
    pub budget: Option<Budget>,
    /// Terraform's state.
    pub state: Option<State>,
    /// What a plain cluster offers, how a managed one is made.
    pub cluster: Cluster,
    /// The nodes of the managed cluster: first those of the system, then those of each domain with services in it. Empty where no
    /// service has the runtime `kubernetes`, and a cloud has no cluster.
    pub pools: Vec<NodePool>,
    /// The registry of the system's own images.
    pub registry: Option<Registry>,
    /// What is in it.
    pub repositories: Arena<Repository>,
    /// Raw attributes of emitted resources, per target.
    pub overrides: BTreeMap<Target, Vec<Override>>,
    /// What was chosen where the blueprint said nothing, for the reader of the output.
    pub choices: Vec<Choice>,
    /// Where the blueprint's values stand.
    pub places: Places,
}

impl System {
    /// The nodes that a service runs on, where it runs in the managed cluster.
    pub fn pool_of(&self, service: Id<Service>) -> Option<&NodePool> {
        let service = &self.services[service];
        let mut pools = self.pools.iter();
        pools.find(|pool| service.runtime == Runtime::Kubernetes && pool.domain == service.home.domain)
    }

    /// The reference of an image, where the system's own are at this place: host and path.
    pub fn image_at(&self, registry: &str, image: &Image) -> String {
        match image {
            Image::Reference(text) => text.clone(),
            Image::Own { repository, tag } => format!("{registry}/{}:{tag}", self.repositories[*repository].name),
        }
    }

    /// The services that are functions.
    pub fn functions(&self) -> impl Iterator<Item = (Id<Service>, &Service, &Function)> {
        let services = self.services.iter();
        services.filter_map(|(id, service)| Some((id, service, service.function.as_ref()?)))
    }

    /// The services that read a stream, functions too.
    pub fn consumers_of(&self, stream: Id<Stream>) -> impl Iterator<Item = Id<Service>> {
        let users = self.users_of(Resource::Stream(stream));
        users.filter(|(_, access)| access.reads()).map(|(service, _)| service)
    }

    /// The functions that a table's changes start.
    pub fn watchers_of(&self, table: Id<Table>) -> impl Iterator<Item = Id<Service>> {
        let watches = move |function: &Function| matches!(function.trigger, Some(Trigger::Table { table: of, .. }) if of == table);
        self.functions()
            .filter(move |(_, _, function)| watches(function))
            .map(|(id, _, _)| id)
    }

    /// The functions that events of a bucket start.
    pub fn notified_by(&self, bucket: Id<Bucket>) -> impl Iterator<Item = Id<Service>> {
        let hears = move |function: &Function| matches!(function.trigger, Some(Trigger::Bucket { bucket: of, .. }) if of == bucket);
        self.functions()
            .filter(move |(_, _, function)| hears(function))
            .map(|(id, _, _)| id)
    }

    /// The workflows that call a function.
    pub fn workflows_of(&self, function: Id<Service>) -> impl Iterator<Item = Id<Workflow>> {
        let workflows = self.workflows.iter();
        workflows
            .filter(move |(_, item)| item.calls().contains(&function))
            .map(|(id, _)| id)
    }

    /// The tables of warehouses that a stream fills.
    pub fn sinks_of(&self, stream: Id<Stream>) -> impl Iterator<Item = (Id<Warehouse>, &WarehouseTable)> {
        let tables = self.warehouses.iter();
        let tables = tables.flat_map(|(id, item)| item.tables.iter().map(move |table| (id, table)));
        tables.filter(move |(_, table)| table.stream == Some(stream))
    }

    /// The services that may call a function. Workflows that do are [`System::workflows_of`].
    pub fn callers_of(&self, function: Id<Service>) -> impl Iterator<Item = Id<Service>> {
        self.users_of(Resource::Function(function)).map(|(service, _)| service)
    }

    /// The grants of one service.
    pub fn grants_of(&self, service: Id<Service>) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(move |grant| grant.service == service)
    }

    /// How a service may use a resource.
    pub fn access(&self, service: Id<Service>, resource: Resource) -> Option<Access> {
        self.grants_of(service)
            .find(|grant| grant.resource == resource)
            .map(|grant| grant.access)
    }

    /// The services that may use a resource.
    pub fn users_of(&self, resource: Resource) -> impl Iterator<Item = (Id<Service>, Access)> {
        self.grants
            .iter()
            .filter(move |grant| grant.resource == resource)
            .map(|grant| (grant.service, grant.access))
    }

    /// What a service takes messages from.
    pub fn inboxes_of(&self, service: Id<Service>) -> impl Iterator<Item = Inbox> {
        let read = self.grants_of(service).filter(|grant| grant.access.reads());
        read.filter_map(|grant| Inbox::of(grant.resource))
    }

    /// The name in the system of what messages are taken from, and how they are handed out.
    pub fn inbox(&self, inbox: Inbox) -> (&str, Delivery) {
        match inbox {
            Inbox::Queue(id) => (&self.queues[id].name, self.queues[id].delivery),
            Inbox::Subscription(id) => (&self.subscriptions[id].name, self.subscriptions[id].delivery),
        }
    }

    /// Every queue and subscription.
    pub fn inboxes(&self) -> impl Iterator<Item = Inbox> {
        let queues = self.queues.iter().map(|(id, _)| Inbox::Queue(id));
        queues.chain(self.subscriptions.iter().map(|(id, _)| Inbox::Subscription(id)))
    }

    /// The one name in the private zone behind which all read replicas of a database stand.
    pub fn reader_host(&self, database: Id<Database>) -> String {
        format!(
            "{}.{}",
            self.databases[database].reader_name(),
            self.network.private_domain
        )
    }

    /// The databases whose tables are spread over shards.
    pub fn sharded(&self) -> impl Iterator<Item = (Id<Database>, &Database, &Sharding)> {
        self.databases
            .iter()
            .filter_map(|(id, database)| Some((id, database, database.sharding.as_ref()?)))
    }

    /// The flows into a peer.
    pub fn flows_to(&self, to: Peer) -> impl Iterator<Item = &Flow> {
        self.flows.iter().filter(move |flow| flow.to == to)
    }

    /// The flows out of a peer.
    pub fn flows_from(&self, from: Peer) -> impl Iterator<Item = &Flow> {
        self.flows.iter().filter(move |flow| flow.from == from)
    }
}

/// A monthly amount and who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Amount per month, in `currency`.
    pub monthly: u32,
    /// Three letters.
    pub currency: String,
    /// Who is told at 80 and at 100 percent.
    pub emails: Vec<String>,
    /// First month that counts, `YYYY-MM`.
    pub start: String,
}

/// Raw attributes of one emitted resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// Terraform type, or Kubernetes kind.
    pub resource_type: String,
    /// The resource's name in the output.
    pub name: String,
    /// Arguments and nested blocks by name.
    pub arguments: serde_json::Map<String, serde_json::Value>,
    /// Its path in the blueprint.
    pub path: String,
}

/// Something that cloudgen chose because the blueprint left it open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The key that would have said it, such as `services.web.size`.
    pub path: String,
    /// What was taken.
    pub value: String,
}
