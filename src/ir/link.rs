//! What follows from the links: flows, grants and settings.

use super::api::Api;
use super::arena::Id;
use super::component::{Bucket, Cache, Database, Secret, Service};
use super::messaging::{Inbox, Queue, Subscription, Topic};
use super::stream::Stream;
use super::table::Table;
use super::warehouse::Warehouse;
use super::workflow::Workflow;

/// One end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// Anywhere outside.
    Internet,
    /// The public load balancer.
    PublicBalancer,
    /// The internal load balancer.
    InternalBalancer,
    /// The load balancer in front of one service that does not speak HTTP ([`Service::is_tcp`]).
    TcpBalancer(Id<Service>),
    /// The machines or pods of a service.
    Service(Id<Service>),
    /// A database server: the one that is written.
    Database(Id<Database>),
    /// The read replicas of a database.
    Readers(Id<Database>),
    /// The shards of a database, all of them.
    Shards(Id<Database>),
    /// A cache.
    Cache(Id<Cache>),
    /// An API gateway.
    Api(Id<Api>),
    /// Private endpoints of the object store, the vault, the queues and the topics.
    Endpoints,
}

/// A connection that may be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Who opens it.
    pub from: Peer,
    /// Who accepts it.
    pub to: Peer,
    /// TCP port.
    pub port: u16,
    /// Why, for the rule's description: letters, digits, spaces, hyphens.
    pub why: String,
}

/// Something that an identity may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// A database: its credentials in the vault.
    Database(Id<Database>),
    /// The proxy in front of a database's shards: the login of its clients in the vault.
    Proxy(Id<Database>),
    /// The shards of a database: the credentials of each in the vault, and the map of them where applications route.
    Shards(Id<Database>),
    /// A bucket: its objects.
    Bucket(Id<Bucket>),
    /// A vault entry: its value.
    Secret(Id<Secret>),
    /// A cache: its keys, and the login where there is one.
    Cache(Id<Cache>),
    /// A queue: [`Access::Write`] sends to it, [`Access::Read`] takes from it.
    Queue(Id<Queue>),
    /// A topic: sent to only.
    Topic(Id<Topic>),
    /// A subscription of a topic: taken from only, by the one service that it is of.
    Subscription(Id<Subscription>),
    /// A stream: [`Access::Write`] sends to it, [`Access::Read`] reads it.
    Stream(Id<Stream>),
    /// A table: its items.
    Table(Id<Table>),
    /// A function: called only.
    Function(Id<Service>),
    /// A workflow: started only.
    Workflow(Id<Workflow>),
    /// A warehouse: [`Access::Write`] inserts rows, [`Access::Read`] asks.
    Warehouse(Id<Warehouse>),
}

impl Resource {
    /// True for what messages are sent to or taken from.
    pub fn is_messaging(self) -> bool {
        matches!(
            self,
            Resource::Queue(_) | Resource::Topic(_) | Resource::Subscription(_)
        )
    }
}

/// How something is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Look only.
    Read,
    /// Create, replace and delete; what is there may be read as well only with [`Access::ReadWrite`].
    Write,
    /// Both.
    ReadWrite,
}

impl Access {
    /// May look.
    pub fn reads(self) -> bool {
        self != Access::Write
    }

    /// May change.
    pub fn writes(self) -> bool {
        self != Access::Read
    }
}

/// A permission of one service's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Whose.
    pub service: Id<Service>,
    /// On what.
    pub resource: Resource,
    /// To do what.
    pub access: Access,
}

/// One environment variable of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name, the same on every cloud.
    pub name: String,
    /// Its value, which a target spells.
    pub value: Value,
}

impl Setting {
    /// True if a variable of this name is made of it.
    pub fn stands_for(&self, variable: &str) -> bool {
        match self.value {
            Value::Shards(_) => variable
                .strip_prefix(self.name.as_str())
                .and_then(|rest| rest.strip_prefix('_')?.split_once('_'))
                .is_some_and(|(_, what)| SHARD_VARIABLES.contains(&what)),
            _ => variable == self.name,
        }
    }
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Known now.
    Text(String),
    /// Host name at which a service is reached (through the internal load balancer, or its own where it does not speak HTTP).
    ServiceHost(Id<Service>),
    /// Base URL of the same, without a path: scheme, host, and port where it is not the scheme's own.
    ServiceUrl(Id<Service>),
    /// Host name of a database server: the one that is written.
    DatabaseHost(Id<Database>),
    /// The one host name behind which all read replicas of a database stand.
    ReaderHost(Id<Database>),
    /// The port of the same.
    ReaderPort(Id<Database>),
    /// The vault's identifier of a database's credentials.
    DatabaseSecret(Id<Database>),
    /// The password itself: fetched by the workload at its start, never written into the output or Terraform's state.
    DatabasePassword(Id<Database>),
    /// The vault's identifier of the login to the proxy of a database.
    ProxySecret(Id<Database>),
    /// The password of that login: fetched like [`Value::DatabasePassword`].
    ProxyPassword(Id<Database>),
    /// Not one variable but several for each active shard: the setting's name is their prefix, `MAIN_SHARD` for
    /// `MAIN_SHARD_S0_HOST` and so on. See [`SHARD_VARIABLES`].
    Shards(Id<Database>),
    /// The vault's identifier of the map of shards.
    ShardMapSecret(Id<Database>),
    /// The map of shards, JSON on one line: fetched at the start of a process, because it may be long.
    ShardMap(Id<Database>),
    /// Name of a bucket.
    BucketName(Id<Bucket>),
    /// HTTPS URL of the object store's service.
    BucketEndpoint(Id<Bucket>),
    /// Region of a bucket.
    BucketRegion(Id<Bucket>),
    /// The vault's identifier of an entry.
    SecretId(Id<Secret>),
    /// The entry's value: fetched by the workload at its start.
    SecretValue(Id<Secret>),
    /// Host name of a cache. Its clients speak TLS.
    CacheHost(Id<Cache>),
    /// The port of the same.
    CachePort(Id<Cache>),
    /// How a client proves who it is: `password`, or `token` where it asks the cloud for a short-lived one with its own identity.
    CacheAuth(Id<Cache>),
    /// The user that a client logs in as; empty where only the password or the token counts.
    CacheUser(Id<Cache>),
    /// The vault's identifier of the password. Left out where clients log in with a token.
    CacheSecret(Id<Cache>),
    /// The password itself: fetched like [`Value::DatabasePassword`]. Left out where clients log in with a token.
    CachePassword(Id<Cache>),
    /// What clients of a queue, topic or stream speak: `sqs`, `sns`, `servicebus`, `pubsub` or `amqp` (0-9-1, RabbitMQ); `kinesis`,
    /// `eventhubs`, `pubsub` or `kafka`.
    MessagingProtocol(Resource),
    /// Where clients of a queue, topic or stream reach the service that keeps it, in the words that its client libraries want.
    MessagingEndpoint(Resource),
    /// What clients call a queue that they send to.
    QueueName(Id<Queue>),
    /// What clients call a topic that they send to.
    TopicName(Id<Topic>),
    /// What clients call the queue or the subscription that they take messages from.
    Source(Inbox),
    /// The user of the broker, one for each service. Left out where the cloud knows the workload's identity.
    MessagingUser(Id<Service>),
    /// Its password: fetched like [`Value::DatabasePassword`]. Left out where the cloud knows the workload's identity.
    MessagingPassword(Id<Service>),
    /// What clients call a stream.
    StreamName(Id<Stream>),
    /// What a service that reads a stream calls itself there, so that its instances share the partitions.
    StreamGroup(Id<Stream>),
    /// The user of the brokers that keep a stream, one for each service. Left out where the cloud knows the workload's identity.
    StreamUser(Id<Stream>),
    /// Its password: fetched like [`Value::DatabasePassword`]. Left out where the cloud knows the workload's identity.
    StreamPassword(Id<Stream>),
    /// The user of a table, one for each service. Left out where the cloud knows the workload's identity.
    TableUser(Id<Table>),
    /// Its password: fetched like [`Value::DatabasePassword`]. Left out where the cloud knows the workload's identity.
    TablePassword(Id<Table>),
    /// What clients of a table speak: `dynamodb`, `cosmos` or `firestore`, or what a cluster has.
    TableProtocol(Id<Table>),
    /// Where clients of a table reach the service that keeps it.
    TableEndpoint(Id<Table>),
    /// What clients call a table.
    TableName(Id<Table>),
    /// Where a function is called.
    FunctionUrl(Id<Service>),
    /// How its callers prove who they are: `aws-sigv4`, `azure-token`, `google-token` or `none`.
    FunctionAuth(Id<Service>),
    /// What clients call a workflow that they start.
    WorkflowName(Id<Workflow>),
    /// Where clients of a workflow reach the service that runs it.
    WorkflowEndpoint(Id<Workflow>),
    /// What clients of a workflow speak: `stepfunctions`, `storagequeue`, `workflows` (of Google) or `argo`.
    WorkflowProtocol(Id<Workflow>),
    /// What clients call the database or dataset of a warehouse.
    WarehouseDatabase(Id<Warehouse>),
    /// What clients call the server of a warehouse: workgroup, cluster or project, or its host in a cluster.
    WarehouseServer(Id<Warehouse>),
    /// Where clients of a warehouse reach the service that keeps it.
    WarehouseEndpoint(Id<Warehouse>),
    /// What clients of a warehouse speak: `redshift-data`, `kusto` or `bigquery`, or what a cluster has.
    WarehouseProtocol(Id<Warehouse>),
    /// The user of a warehouse, one for each service. Left out where the cloud knows the workload's identity.
    WarehouseUser(Id<Warehouse>),
    /// Its password: fetched like [`Value::DatabasePassword`]. Left out where the cloud knows the workload's identity.
    WarehousePassword(Id<Warehouse>),
}

/// What the variables of one shard are called, after the prefix and the shard's id in upper case: `MAIN_SHARD_S0_HOST`. The password is
/// fetched at the start of a process; the secret is the vault's identifier of it. The proxy gets host and password only.
pub const SHARD_VARIABLES: [&str; 7] = ["HOST", "PORT", "NAME", "USER", "TLS", "SECRET", "PASSWORD"];

impl Value {
    /// True for values that are fetched at the start of a process, or some of which are, and never stand in a file on disk.
    pub fn is_secret(&self) -> bool {
        matches!(
            self,
            Value::DatabasePassword(_)
                | Value::ProxyPassword(_)
                | Value::Shards(_)
                | Value::ShardMap(_)
                | Value::SecretValue(_)
                | Value::CachePassword(_)
                | Value::MessagingPassword(_)
                | Value::StreamPassword(_)
                | Value::TablePassword(_)
                | Value::WarehousePassword(_)
        )
    }
}
