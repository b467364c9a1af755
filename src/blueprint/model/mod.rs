//! The language: what a blueprint may say, as plain typed values.
//!
//! These types are its single source: the JSON Schema that editors use and the checks with line and column are both made from them,
//! and their doc comments are what an author sees on hover. Defaults that depend on nothing else stand here; those that depend on
//! the pattern are chosen in [`crate::patterns`].

mod api;
mod component;
mod data;
mod domain;
mod function;
mod kubernetes;
mod messaging;
mod sharding;
mod stream;
mod system;
mod table;
mod warehouse;
mod workflow;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use api::{Api, ApiRoute, Cors, Jwt, Throttle};
pub use component::{Health, Scale, Service, Shape, Size, SizeName};
pub use data::{Backup, Bucket, Cache, Database, Lifecycle, ReplicaScale, Replicas, Secret};
pub use domain::{Domain, Process, Scope};
pub use function::{Function, ObjectEvent, Position, Retry, Routes, Trigger};
pub use kubernetes::{Kubernetes, Nodes, Registry};
pub use messaging::{Filter, Queue, Topic};
pub use sharding::{Proxy, Range, Sharding, Shards};
pub use stream::Stream;
pub use system::{Budget, Edge, InternalEdge, Network, Observability};
pub use table::{Capacity, Index, Table as KeyTable};
pub use warehouse::{Warehouse, WarehouseTable};
pub use workflow::{Branch, Case, Scalar, Step, StepRetry, Workflow, WorkflowTrigger};

use crate::target::Target;
use crate::vocabulary::{Accounts, PerTarget, State};

/// Names are keys: everything that a component is called by.
pub type Table<T> = BTreeMap<Name, T>;

/// Type, name, arguments.
pub type Overrides = BTreeMap<String, BTreeMap<String, serde_json::Map<String, serde_json::Value>>>;

/// A blueprint of an application.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Prefix of the name of every resource: lower-case letters, digits and hyphens, at most 20 characters.
    pub name: SystemName,
    /// The shape of the system.
    pub pattern: Pattern,
    /// A place (`"seoul"`), or the region per target.
    #[schemars(example = &"seoul")]
    pub region: Region,
    /// Labels (tags) of every resource that can carry them.
    #[serde(default)]
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Guard data against deletion. On by default; an environment that is made and thrown away turns it off.
    #[serde(default = "yes")]
    pub protect: bool,
    /// Account, project and subscription, where the provider's environment variables should not say it.
    #[serde(default)]
    pub accounts: Accounts,
    /// The virtual network.
    #[serde(default)]
    pub network: Network,
    /// Names and certificates of the entry points.
    #[serde(default)]
    pub edge: Edge,
    /// Long-running process groups.
    #[serde(default)]
    pub services: Table<Service>,
    /// Functions: code that runs when something happens.
    #[serde(default)]
    pub functions: Table<Function>,
    /// Managed relational databases.
    #[serde(default)]
    pub databases: Table<Database>,
    /// Object stores.
    #[serde(default)]
    pub buckets: Table<Bucket>,
    /// Entries of the vault that the owner fills.
    #[serde(default)]
    pub secrets: Table<Secret>,
    /// Caches in memory.
    #[serde(default)]
    pub caches: Table<Cache>,
    /// Queues: each message goes to one worker.
    #[serde(default)]
    pub queues: Table<Queue>,
    /// Topics: each message goes to every subscriber.
    #[serde(default)]
    pub topics: Table<Topic>,
    /// Streams: records in order that several consumers read at their own pace.
    #[serde(default)]
    pub streams: Table<Stream>,
    /// Tables of items that are found by their key.
    #[serde(default)]
    pub tables: Table<KeyTable>,
    /// Functions one after the other, with what happens when one fails.
    #[serde(default)]
    pub workflows: Table<Workflow>,
    /// Data warehouses: rows that are kept for questions over all of them.
    #[serde(default)]
    pub warehouses: Table<Warehouse>,
    /// API gateways in front of services and functions.
    #[serde(default)]
    pub apis: Table<Api>,
    /// Business domains: each scales and is deployed alone and owns its data (`pattern = "per-domain"`). What stands outside is
    /// shared.
    #[serde(default)]
    pub domains: Table<Domain>,
    /// Logs.
    #[serde(default)]
    pub observability: Observability,
    /// A monthly amount and who is told when it is nearly spent.
    #[serde(default)]
    pub budget: Option<Budget>,
    /// Where Terraform keeps its state; a local file when left out.
    #[serde(default)]
    pub state: Option<State>,
    /// Kubernetes clusters.
    #[serde(default)]
    pub kubernetes: Kubernetes,
    /// The system's own registry of images.
    #[serde(default)]
    pub registry: Option<Registry>,
    /// What differs per environment: tables that are merged over the rest with `--env NAME`.
    #[serde(default)]
    pub environments: Table<serde_json::Value>,
    /// Raw attributes of one emitted resource: `[override.TARGET.TYPE.NAME]`.
    #[serde(default, rename = "override")]
    pub overrides: BTreeMap<Target, Overrides>,
}

/// The shape that the author intends. It sets defaults and what may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pattern {
    /// One application in tiers over one database, lifted as it is.
    Monolith,
    /// One primary database for writes, replicas for reads.
    ReadReplica,
    /// Application, runtime and database cut per business domain.
    PerDomain,
    /// Write load spread over shard databases by a key.
    Sharding,
    /// Functions behind triggers, state kept outside.
    Serverless,
}

impl Pattern {
    /// The word for it in a blueprint.
    pub fn name(self) -> &'static str {
        match self {
            Pattern::Monolith => "monolith",
            Pattern::ReadReplica => "read-replica",
            Pattern::PerDomain => "per-domain",
            Pattern::Sharding => "sharding",
            Pattern::Serverless => "serverless",
        }
    }
}

/// Where the system runs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Region {
    /// A place that every cloud has a region in: `"seoul"`, `"frankfurt"`, ...
    Place(String),
    /// The region of each cloud, in its own words.
    PerTarget(PerTarget),
}

/// Declares a string type with a pattern and the words that explain it.
///
/// Limits on the length stand beside the pattern where they can: a regular expression with a large count takes long to compile.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $pattern:literal, $example:literal, $says:literal $(, $limit:literal)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(extend("pattern" = $pattern, "x-says" = $says, "examples" = [$example] $(, "maxLength" = $limit)?))]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text!(
    /// The name of a component or environment.
    Name, "^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$", "web",
    "a name is 1 to 20 lower-case letters, digits and hyphens; it starts with a letter and does not end with a hyphen"
);
text!(
    /// The name of a component in a link: of the same domain or outside domains, or `DOMAIN.NAME`.
    Link, "^[a-z]([a-z0-9-]{0,18}[a-z0-9])?(\\.[a-z]([a-z0-9-]{0,18}[a-z0-9])?)?$", "main",
    "a link is the name of a component, or of a domain and a component with a dot between, such as `pay.api`"
);
text!(
    /// Who owns a domain, as code hosts name teams, people and mailboxes.
    Owner, "^(@[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)?|[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+\\.)+[A-Za-z]{2,})$", "@acme/market",
    "an owner is a team or a person of the code host, such as `@acme/market`, or an e-mail address"
);
text!(
    /// The name of the system: the prefix of every resource name.
    SystemName, "^[a-z][a-z0-9-]{0,18}[a-z0-9]$", "shop",
    "the system's name is 2 to 20 lower-case letters, digits and hyphens; it starts with a letter and does not end with a hyphen"
);
text!(
    /// A label's key, in the charset that every cloud takes.
    LabelKey, "^[a-z][a-z0-9_-]{0,62}$", "team",
    "a label key is 1 to 63 lower-case letters, digits, hyphens and underscores, starting with a letter"
);
text!(
    /// A label's value, in the charset that every cloud takes.
    LabelValue, "^([a-z0-9]([a-z0-9_-]*[a-z0-9])?)?$", "market",
    "a label value is at most 63 lower-case letters, digits, hyphens and underscores, with a letter or digit at both ends",
    63
);
text!(
    /// A host name.
    HostName, "^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", "shop.example.com",
    "a domain is a host name in lower case, such as `shop.example.com`",
    253
);
text!(
    /// The name of an environment variable.
    Variable, "^[A-Z_][A-Z0-9_]*$", "LOG_LEVEL",
    "the name of an environment variable has upper-case letters, digits and underscores"
);
text!(
    /// The name of a table or column.
    Identifier, "^[a-z_][a-z0-9_]{0,62}$", "customer_id",
    "the name of a table or column has at most 63 lower-case letters, digits and underscores, and does not start with a digit"
);
text!(
    /// What a shard is known by for as long as it lives.
    ShardId, "^[a-z][a-z0-9]{0,11}$", "s0",
    "a shard's id is 1 to 12 lower-case letters and digits, starting with a letter"
);
text!(
    /// A value of the sharding key that stands in a directory.
    DirectoryKey, "^[A-Za-z0-9._@:/-]{1,64}$", "acme",
    "a key of a directory is at most 64 letters, digits and `._@:/-`"
);
text!(
    /// The name of an attribute of a message.
    Attribute, "^[A-Za-z][A-Za-z0-9_]{0,62}$", "kind",
    "the name of a message's attribute is 1 to 63 letters, digits and underscores, starting with a letter"
);
text!(
    /// The value of an attribute of a message.
    AttributeValue, "^[A-Za-z0-9._-]{1,64}$", "paid",
    "the value of a message's attribute is 1 to 64 letters, digits and `._-`"
);
text!(
    /// Method and path of a route of an API. `{id}` stands for one segment, a last `*` for the rest.
    ApiPath, "^(ANY|DELETE|GET|HEAD|PATCH|POST|PUT) /(([A-Za-z0-9._~-]+|\\{[a-z][A-Za-z0-9_]*\\})(/([A-Za-z0-9._~-]+|\\{[a-z][A-Za-z0-9_]*\\}))*(/[*])?|[*])?$", "GET /orders/{id}",
    "a route is a method (or `ANY`) and a path such as `GET /orders/{id}`; a last `*` stands for everything below"
);
text!(
    /// Who a token is for.
    Audience, "^[A-Za-z0-9._:/-]+$", "mall",
    "who a token is for is at most 128 letters, digits and `._:/-`",
    128
);
text!(
    /// Scheme and host of a page.
    Origin, "^https?://[a-z0-9.-]+(:[0-9]{1,5})?$", "https://shop.example.com",
    "an origin is a scheme and a host, such as `https://shop.example.com`"
);
text!(
    /// The name of a header, in lower case.
    HeaderName, "^[a-z][a-z0-9-]{0,62}$", "content-type",
    "the name of a header is in lower case, such as `content-type`"
);
text!(
    /// A language and its version.
    LanguageName, "^[a-z]+[0-9]*([.][0-9]+)?$", "python3.13",
    "a language is a name with a version, such as `python3.13` or `nodejs24`"
);
text!(
    /// A folder, as a path from the blueprint's.
    Folder, "^([.][.]/)*[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$", "functions/thumbnail",
    "a folder is a path from the blueprint's with `/` between names of letters, digits and `._-`"
);
text!(
    /// A file, without its ending, and a function in it.
    Handler, "^[A-Za-z_][A-Za-z0-9_/]*([.][A-Za-z_][A-Za-z0-9_]*)+$", "main.handle",
    "a handler is the name of a file and of a function in it, such as `main.handle`"
);
text!(
    /// What the key of an object begins with.
    KeyPrefix, "^[A-Za-z0-9._-][A-Za-z0-9._/-]*$", "thumbnails/",
    "what a key begins with is at most 200 letters, digits and `._/-`", 200
);
text!(
    /// What the key of an object ends with.
    KeySuffix, "^[A-Za-z0-9._/-]*[A-Za-z0-9_-]$", ".jpg",
    "what a key ends with is at most 100 letters, digits and `._/-`", 100
);
text!(
    /// Times, in five fields.
    Cron, "^[0-9A-Za-z*/,-]+( [0-9A-Za-z*/,-]+){4}$", "0 2 * * *",
    "a schedule has five fields of cron: minute, hour, day of the month, month, day of the week"
);
text!(
    /// A time zone, as the IANA database names it.
    TimeZone, "^[A-Za-z]+(/[A-Za-z0-9_+-]+)*$", "Asia/Seoul",
    "a time zone is a name of the IANA database, such as `Asia/Seoul`", 64
);
text!(
    /// The name of an item's attribute.
    ItemAttribute, "^[A-Za-z][A-Za-z0-9_]{0,62}$", "tenant",
    "the name of an attribute is 1 to 63 letters, digits and underscores, starting with a letter"
);
text!(
    /// The names that lead to a field of a document, with dots between.
    FieldPath, "^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)*$", "picture.width",
    "a field is a name of letters, digits and underscores, or several with dots between, such as `picture.width`", 200
);
text!(
    /// The path prefix of a request.
    UrlPath, "^/[A-Za-z0-9/._~-]*$", "/",
    "a path starts with `/` and has letters, digits and `/._~-`"
);
text!(
    /// An e-mail address.
    Email, "^[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+\\.)+[A-Za-z]{2,}$", "platform@example.com",
    "an e-mail address, such as `platform@example.com`"
);

fn yes() -> bool {
    true
}
