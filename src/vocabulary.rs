//! The words that the language and the intermediate representation share. A leaf.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::target::Target;

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
}

impl Runtime {
    /// The word for it in a blueprint.
    pub fn name(self) -> &'static str {
        match self {
            Runtime::Vm => "vm",
            Runtime::Paas => "paas",
            Runtime::Container => "container",
            Runtime::Kubernetes => "kubernetes",
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

/// Account, subscription and project.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Accounts {
    /// The AWS account.
    pub aws: Option<AwsAccount>,
    /// The Azure subscription.
    pub azure: Option<AzureAccount>,
    /// The Google Cloud project.
    pub gcp: Option<GcpAccount>,
}

/// An AWS account.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsAccount {
    /// Twelve digits. Terraform then refuses to touch any other account.
    #[schemars(extend("pattern" = "^[0-9]{12}$", "x-says" = "an AWS account id has twelve digits"))]
    pub account_id: String,
}

/// An Azure subscription.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AzureAccount {
    /// The subscription's id, a UUID.
    #[schemars(extend(
        "pattern" = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        "x-says" = "a subscription id is a UUID"
    ))]
    pub subscription_id: String,
}

/// A Google Cloud project.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GcpAccount {
    /// The project's id.
    #[schemars(extend(
        "pattern" = "^[a-z][a-z0-9-]{4,28}[a-z0-9]$",
        "x-says" = "a project id is 6 to 30 lower-case letters, digits and hyphens"
    ))]
    pub project: String,
    /// The billing account that budgets belong to, such as `000000-AAAAAA-BBBBBB`.
    #[serde(default)]
    #[schemars(extend(
        "pattern" = "^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$",
        "x-says" = "a billing account looks like `000000-AAAAAA-BBBBBB`"
    ))]
    pub billing_account: Option<String>,
}

/// Networks that are there already.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Existing {
    /// On AWS.
    pub aws: Option<AwsNetwork>,
    /// On Azure.
    pub azure: Option<AzureNetwork>,
    /// On Google Cloud.
    pub gcp: Option<GcpNetwork>,
}

/// An existing VPC. Subnets are keyed by the letter of their zone: `{ a = "subnet-...", b = "subnet-..." }`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsNetwork {
    /// `vpc-...`
    pub vpc_id: String,
    /// Subnets of the public load balancer.
    pub public: BTreeMap<String, String>,
    /// Subnets of the services and the internal load balancer. They reach the internet, or the private endpoints, by their own routes.
    pub application: BTreeMap<String, String>,
    /// Subnets of the databases.
    pub data: BTreeMap<String, String>,
}

/// An existing virtual network. Every subnet is given by its full resource id.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AzureNetwork {
    /// Resource id of the virtual network.
    pub virtual_network_id: String,
    /// Subnet of the application gateways.
    pub balancer_subnet_id: String,
    /// Address block of that subnet: the firewall names it, and the internal gateway takes its last address.
    #[schemars(extend("pattern" = "^[0-9]{1,3}([.][0-9]{1,3}){3}/[0-9]{1,2}$", "x-says" = "an address block looks like `10.1.4.0/24`"))]
    pub balancer_cidr: String,
    /// Subnet of the services.
    pub application_subnet_id: String,
    /// Subnet of the private endpoints.
    pub endpoint_subnet_id: String,
}

/// An existing VPC network.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GcpNetwork {
    /// Self link of the network: `projects/P/global/networks/N`.
    pub network: String,
    /// Self link of the subnetwork of the services: `projects/P/regions/R/subnetworks/S`, with private Google access.
    pub application: String,
    /// Address range of the region's proxy-only subnet (purpose `REGIONAL_MANAGED_PROXY`), such as `10.1.2.0/23`.
    #[schemars(extend(
        "pattern" = "^([0-9]{1,3}\\.){3}[0-9]{1,3}/[0-9]{1,2}$",
        "x-says" = "an address range, such as `10.1.2.0/23`"
    ))]
    pub proxies: String,
}

/// Where Terraform keeps its state. At most one per target.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct State {
    /// An S3 bucket; the lock is a file beside the state.
    pub s3: Option<Backend>,
    /// An Azure storage container.
    pub azurerm: Option<Backend>,
    /// A Google Cloud Storage bucket.
    pub gcs: Option<Backend>,
}

/// Where one target's state is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    /// Bucket, or storage container.
    pub bucket: String,
    /// Storage account (azurerm).
    #[serde(default)]
    pub account: Option<String>,
    /// Resource group of the storage account (azurerm).
    #[serde(default)]
    pub resource_group: Option<String>,
    /// Region of the bucket (s3); the system's own when left out.
    #[serde(default)]
    pub region: Option<String>,
}

/// What a plain Kubernetes cluster offers, by name.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Cluster {
    /// GatewayClass of the public entry point.
    pub gateway_class: String,
    /// Namespace in which that class runs its proxies; the one of the entry point itself when left out, as Istio and NGINX do.
    pub gateway_namespace: Option<String>,
    /// StorageClass of persistent volumes; the cluster's default when left out.
    pub storage_class: Option<String>,
    /// ClusterIssuer (cert-manager) that requests the certificate of `edge.domain`.
    pub cluster_issuer: String,
    /// ClusterSecretStore (External Secrets) that `[secrets]` are read from.
    pub secret_store: String,
    /// The Prometheus operator is there: alarms become its rules. Without it, alarms are left out.
    pub prometheus: bool,
}

impl Default for Cluster {
    fn default() -> Self {
        Self {
            gateway_class: "istio".to_owned(),
            gateway_namespace: None,
            storage_class: None,
            cluster_issuer: "letsencrypt".to_owned(),
            secret_store: "vault".to_owned(),
            prometheus: false,
        }
    }
}
