//! What the configuration of a provider says that its resources depend on.

use super::value::Value;
use std::collections::BTreeMap;

/// The settings of one configured provider; an alias has settings of its own.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The region of aws and google.
    pub region: Option<String>,
    /// The zone of google.
    pub zone: Option<String>,
    /// The project of google.
    pub project: Option<String>,
    /// The subscription of azurerm.
    pub subscription: Option<String>,
    /// The tenant of azurerm.
    pub tenant: Option<String>,
    /// Tags that aws gives to everything.
    pub tags: BTreeMap<String, Value>,
    /// Labels that google gives to everything.
    pub labels: BTreeMap<String, Value>,
}

impl Settings {
    /// The account that aws seems to belong to.
    pub const ACCOUNT: &str = "123456789012";

    /// The id of tenants, subscriptions and clients that nothing names.
    pub const ZERO: &str = "00000000-0000-0000-0000-000000000000";

    /// Reads the configuration of a provider.
    pub fn read(config: &Value) -> Self {
        let text = |name: &str| config.field(name).as_text().map(str::to_owned);
        let tags = config.field("default_tags").items().first();
        let tags = tags.and_then(|block| block.field("tags").fields());
        Settings {
            region: text("region"),
            zone: text("zone"),
            project: text("project"),
            subscription: text("subscription_id"),
            tenant: text("tenant_id"),
            tags: tags.cloned().unwrap_or_default(),
            labels: config.field("default_labels").fields().cloned().unwrap_or_default(),
        }
    }

    /// The region, or for a provider that was not told one, a common one of its cloud.
    pub fn region(&self, provider: &str) -> &str {
        self.region.as_deref().unwrap_or(match provider {
            "aws" => "us-east-1",
            "google" | "google-beta" => "us-central1",
            _ => "westeurope",
        })
    }

    /// The project.
    pub fn project(&self) -> &str {
        self.project.as_deref().unwrap_or("example-project")
    }

    /// The subscription.
    pub fn subscription(&self) -> &str {
        self.subscription.as_deref().unwrap_or(Settings::ZERO)
    }

    /// The tenant.
    pub fn tenant(&self) -> &str {
        self.tenant.as_deref().unwrap_or(Settings::ZERO)
    }
}
