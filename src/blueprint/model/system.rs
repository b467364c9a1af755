//! What surrounds the components.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Email, HostName};
use crate::vocabulary::{Egress, Existing, PerTarget};

/// The virtual network.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// The block that every subnet is cut from: a private range from /16 to /20.
    pub cidr: String,
    /// Zones that the system spreads over.
    #[schemars(range(min = 2, max = 3))]
    pub zones: u32,
    /// How the private subnets reach the internet.
    pub egress: Egress,
    /// A way to administer machines that have no public address.
    pub bastion: bool,
    /// Address ranges that administrators come from. Azure's vault accepts them besides the network itself.
    pub admin_cidrs: Vec<String>,
    /// A network that is there already, per target: used instead of creating one.
    pub existing: Existing,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            cidr: "10.20.0.0/16".to_owned(),
            zones: 3,
            egress: Egress::Nat,
            bastion: true,
            admin_cidrs: vec![],
            existing: Existing::default(),
        }
    }
}

/// Names and certificates of the entry points.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Edge {
    /// Host name of the public entry point. A certificate is requested for it where none is named and the target can.
    pub domain: Option<HostName>,
    /// DNS zone that holds `domain`: AWS hosted zone id, Azure DNS zone resource id, Google Cloud managed zone name.
    pub zone: PerTarget,
    /// Certificate of the public entry point: ACM ARN, Key Vault secret id, Certificate Manager certificate, TLS secret name.
    pub certificate: PerTarget,
    /// The entry point of the internal services.
    pub internal: InternalEdge,
}

/// Name and certificate of the internal entry point.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InternalEdge {
    /// Private DNS zone of the internal services; `NAME.internal` when left out.
    pub domain: Option<HostName>,
    /// Certificate for `*.domain`: the internal load balancer then speaks HTTPS.
    pub certificate: PerTarget,
}

/// Logs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Observability {
    /// Days that logs are kept.
    #[schemars(range(min = 30, max = 730))]
    pub retention_days: u32,
    /// Who is told when an alarm goes off. Alarms without anybody to tell are seen in the cloud's console only.
    pub emails: Vec<Email>,
}

impl Default for Observability {
    fn default() -> Self {
        Self {
            retention_days: 365,
            emails: vec![],
        }
    }
}

/// A monthly amount and who is told when it is nearly spent.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Amount per month.
    #[schemars(range(min = 1), example = 500)]
    pub monthly: u32,
    /// Currency of the bill, three letters. Azure bills in the subscription's own.
    #[serde(default = "dollars")]
    #[schemars(extend("pattern" = "^[A-Z]{3}$", "x-says" = "a currency is its three-letter code, such as `USD`"))]
    pub currency: String,
    /// Who is told at 80 and at 100 percent.
    #[schemars(length(min = 1, max = 10))]
    pub emails: Vec<Email>,
    /// First month that counts, `YYYY-MM`. Azure asks for it.
    #[serde(default = "first_month")]
    #[schemars(extend("pattern" = "^20[0-9]{2}-(0[1-9]|1[0-2])$", "x-says" = "a month, such as `2026-01`"))]
    pub start: String,
}

fn dollars() -> String {
    "USD".to_owned()
}

fn first_month() -> String {
    "2026-01".to_owned()
}
