//! What surrounds a system: accounts, networks that are there already, Terraform's state, what a cluster offers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
