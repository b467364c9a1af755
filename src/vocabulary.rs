//! The words that the language and the intermediate representation share. A leaf.

mod surroundings;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::target::Target;
pub use surroundings::{
    Accounts, AwsAccount, AwsNetwork, AzureAccount, AzureNetwork, Backend, Existing, GcpAccount, GcpNetwork, State,
};

/// Where a service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Runtime {
    /// An autoscaling group of virtual machines.
    Vm,
    /// A managed web application.
    Paas,
    /// Serverless containers.
    Container,
    /// A managed Kubernetes cluster.
    Kubernetes,
    /// Wherever the cloud starts functions: not for services to say.
    #[serde(skip)]
    Function,
}

impl Runtime {
    /// The word for it in a blueprint.
    pub fn name(self) -> &'static str {
        match self {
            Runtime::Vm => "vm",
            Runtime::Paas => "paas",
            Runtime::Container => "container",
            Runtime::Kubernetes => "kubernetes",
            Runtime::Function => "function",
        }
    }
}

/// How early a managed Kubernetes cluster gets new versions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Months after the others.
    Stable,
    /// Once they have proven themselves.
    #[default]
    Regular,
    /// As they come out.
    Rapid,
}

/// A kind of store that External Secrets reads a vault through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum StoreKind {
    /// One for all namespaces.
    #[default]
    ClusterSecretStore,
    /// One in each namespace, with a login of its own.
    SecretStore,
}

impl StoreKind {
    /// The kind as Kubernetes calls it.
    pub fn name(self) -> &'static str {
        match self {
            StoreKind::ClusterSecretStore => "ClusterSecretStore",
            StoreKind::SecretStore => "SecretStore",
        }
    }
}

/// A database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// PostgreSQL.
    Postgres,
    /// MySQL.
    Mysql,
    /// Microsoft SQL Server.
    Sqlserver,
    /// Oracle Database.
    Oracle,
}

impl Engine {
    /// The word for it in a blueprint.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Postgres => "postgres",
            Engine::Mysql => "mysql",
            Engine::Sqlserver => "sqlserver",
            Engine::Oracle => "oracle",
        }
    }
}

/// How the key of a row decides on its shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// By a hash of the key: even, whatever the keys are.
    Hash,
    /// By ranges of a number: neighbours stay together.
    Range,
    /// By a list of keys: large customers, countries.
    Directory,
}

impl Strategy {
    /// The word for it in a blueprint.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Hash => "hash",
            Strategy::Range => "range",
            Strategy::Directory => "directory",
        }
    }
}

/// Who finds the shard of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Router {
    /// Apache ShardingSphere-Proxy, which looks like one database to the services.
    #[default]
    Proxy,
    /// The application itself: it gets a data source for each shard, and the map of them.
    Application,
}

/// A method of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Removes.
    Delete,
    /// Looks.
    Get,
    /// Looks, without the body.
    Head,
    /// Changes a part.
    Patch,
    /// Adds, or does.
    Post,
    /// Replaces.
    Put,
}

impl Method {
    /// Every method.
    pub const ALL: [Method; 6] = [
        Method::Delete,
        Method::Get,
        Method::Head,
        Method::Patch,
        Method::Post,
        Method::Put,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Method::Delete => "DELETE",
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Patch => "PATCH",
            Method::Post => "POST",
            Method::Put => "PUT",
        }
    }
}

/// What a cache drops when its memory is full.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Eviction {
    /// What was used longest ago.
    #[default]
    Lru,
    /// The same, of what has a time to live: sessions beside data that stays.
    Ttl,
    /// Nothing: writes fail.
    None,
}

impl Eviction {
    /// Redis's and Valkey's own word for it, `maxmemory-policy`.
    pub fn policy(self) -> &'static str {
        match self {
            Eviction::Lru => "allkeys-lru",
            Eviction::Ttl => "volatile-lru",
            Eviction::None => "noeviction",
        }
    }
}

/// Type of an attribute in a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyType {
    /// Text.
    #[default]
    String,
    /// A number.
    Number,
    /// Bytes.
    Binary,
}

/// Type of a column in a warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Text.
    String,
    /// A whole number of 64 bits.
    Integer,
    /// A number of 64 bits with a point.
    Number,
    /// Yes or no.
    Boolean,
    /// A moment: in records, text as RFC 3339 has it, such as `2026-11-22T08:30:00Z`.
    Timestamp,
    /// Whatever JSON holds.
    Json,
}

/// How much a warehouse computes at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WarehouseSize {
    /// Up to some hundred million rows.
    #[default]
    Small,
    /// Four times that.
    Medium,
    /// Sixteen times that.
    Large,
}

/// What somebody who watches a table sees of a change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Changes {
    /// The item before and after.
    #[default]
    Both,
    /// The item after.
    New,
    /// The item before.
    Old,
    /// Its key.
    Keys,
}

/// Edition of a commercial engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Edition {
    /// SQL Server Express.
    Express,
    /// SQL Server Web.
    Web,
    /// SQL Server Standard; Oracle Standard Edition 2.
    Standard,
    /// Enterprise.
    Enterprise,
}

impl Edition {
    /// The word for it in a blueprint.
    pub fn name(self) -> &'static str {
        match self {
            Edition::Express => "express",
            Edition::Web => "web",
            Edition::Standard => "standard",
            Edition::Enterprise => "enterprise",
        }
    }
}

/// Who brings the licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum License {
    /// In the price of the service.
    Included,
    /// The owner's own.
    Byol,
}

impl License {
    /// The word for it in a blueprint.
    pub fn name(self) -> &'static str {
        match self {
            License::Included => "included",
            License::Byol => "byol",
        }
    }
}

/// One value per target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PerTarget {
    /// On AWS.
    pub aws: Option<String>,
    /// On Azure.
    pub azure: Option<String>,
    /// On Google Cloud.
    pub gcp: Option<String>,
    /// In a plain Kubernetes cluster.
    pub kubernetes: Option<String>,
}

impl PerTarget {
    /// The value of one target.
    pub fn get(&self, target: Target) -> Option<&str> {
        match target {
            Target::Aws => self.aws.as_deref(),
            Target::Azure => self.azure.as_deref(),
            Target::Gcp => self.gcp.as_deref(),
            Target::Kubernetes => self.kubernetes.as_deref(),
        }
    }
}

/// How the private subnets reach the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Egress {
    /// Network address translation, one gateway per zone.
    Nat,
    /// A managed firewall.
    Firewall,
    /// Not at all: private endpoints only.
    None,
}
