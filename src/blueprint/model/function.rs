//! Functions: code that runs when something happens.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ApiPath, Cron, Filter, Folder, Handler, KeyPrefix, KeySuffix, LanguageName, Link, TimeZone, Variable};

/// Code that is started when something happens, and costs nothing while nothing does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// The language and its version, for `source`: `python3.13`, `nodejs24`, `java25`, `dotnet10`.
    #[serde(default)]
    pub runtime: Option<LanguageName>,
    /// Folder with the code, as a path from the blueprint's folder. Its files go into the output beside the Terraform, which packs
    /// them.
    #[serde(default)]
    pub source: Option<Folder>,
    /// Container image reference, instead of `source`.
    #[serde(default)]
    pub image: Option<String>,
    /// File and function that is called, for `source`.
    #[serde(default = "handler")]
    pub handler: Handler,
    /// Memory in MiB; processors follow from it.
    #[serde(default = "memory_mb")]
    #[schemars(range(min = 128, max = 10240))]
    pub memory_mb: u32,
    /// Seconds that one call may take.
    #[serde(default = "timeout_seconds")]
    #[schemars(range(min = 1, max = 900))]
    pub timeout_seconds: u32,
    /// Calls that run at once, at most: what it uses is spared from more.
    #[serde(default = "concurrency")]
    #[schemars(range(min = 1, max = 1000))]
    pub concurrency: u32,
    /// Instances that are kept ready, so that no call waits for a start.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub warm: u32,
    /// It runs in the private network, as everything does unless it is said otherwise.
    #[serde(default = "yes")]
    pub private: bool,
    /// What happens to an event that it fails on, where no queue keeps it.
    #[serde(default)]
    pub retry: Retry,
    /// Plain settings. Secrets do not belong here: link a `[secrets.NAME]`.
    #[serde(default)]
    pub environment: BTreeMap<Variable, String>,
    /// Databases, caches, buckets, tables and secrets that it reads.
    #[serde(default)]
    pub reads: Vec<Link>,
    /// Databases, caches, buckets and tables that it writes.
    #[serde(default)]
    pub writes: Vec<Link>,
    /// Services and functions that it calls.
    #[serde(default)]
    pub calls: Vec<Link>,
    /// Queues, topics and streams that it sends to.
    #[serde(default)]
    pub publishes: Vec<Link>,
    /// What the keys of the objects that it writes begin with, by bucket: `{ media = "thumbnails/" }`. It may write no others.
    #[serde(default)]
    pub prefixes: BTreeMap<Link, KeyPrefix>,
    /// What starts it. Without one it is started by who calls it.
    #[serde(default)]
    pub trigger: Option<Trigger>,
}

/// What happens to an event that a function fails on. Messages of queues and topics have their own count, `max_receives`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// Times that it is tried again. Then it is a dead letter.
    #[schemars(range(min = 0, max = 10))]
    pub attempts: u32,
    /// Seconds after which it is not tried again: 3600 when left out, and of streams and tables as long as they keep it.
    #[schemars(range(min = 60, max = 86400))]
    pub max_age_seconds: Option<u32>,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 2,
            max_age_seconds: None,
        }
    }
}

/// What starts a function: one of `http`, `queue`, `topic`, `stream`, `bucket`, `table` and `schedule`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Trigger {
    /// Requests of this method and path, or of several, of the API in `api`. Without one: `"ANY /*"`, at an address of its own.
    pub http: Option<Routes>,
    /// The API gateway of `http`.
    pub api: Option<Link>,
    /// Anybody may send the requests of `http`. Else callers need a token of the API, or the right of the cloud to call it.
    pub open: bool,
    /// Messages of this queue.
    pub queue: Option<Link>,
    /// Messages of this topic.
    pub topic: Option<Link>,
    /// Which messages of `topic`: the values of attributes that a message has to have one of.
    pub filter: Filter,
    /// Records of this stream.
    pub stream: Option<Link>,
    /// Where in `stream` a new function begins.
    pub from: Position,
    /// Objects of this bucket.
    pub bucket: Option<Link>,
    /// What happens to objects of `bucket`; `created` when left out.
    #[schemars(extend("uniqueItems" = true))]
    pub events: Vec<ObjectEvent>,
    /// What the keys of objects begin with.
    pub prefix: Option<KeyPrefix>,
    /// What the keys of objects end with.
    pub suffix: Option<KeySuffix>,
    /// Changes of items in this table.
    pub table: Option<Link>,
    /// Times, as five fields of cron: minute, hour, day of the month, month, day of the week.
    pub schedule: Option<Cron>,
    /// Where the times of `schedule` are meant; `UTC` when left out.
    pub timezone: Option<TimeZone>,
    /// Messages, records or changes that one call gets, at most: 10 of a queue or topic, 100 of a stream or table when left out.
    #[schemars(range(min = 1, max = 1000))]
    pub batch: Option<u32>,
}

/// One route of an API, or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Routes {
    /// One.
    One(ApiPath),
    /// Several.
    Several(Vec<ApiPath>),
}

impl Routes {
    /// All of them.
    pub fn all(&self) -> &[ApiPath] {
        match self {
            Routes::One(route) => std::slice::from_ref(route),
            Routes::Several(routes) => routes,
        }
    }
}

/// Where in a stream a new consumer begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Position {
    /// With what comes from now on.
    #[default]
    Latest,
    /// With the oldest record that is kept.
    Oldest,
}

/// What happens to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ObjectEvent {
    /// It is there, or has a new content.
    Created,
    /// It is gone.
    Deleted,
}

fn yes() -> bool {
    true
}

fn handler() -> Handler {
    "main.handle".into()
}

fn memory_mb() -> u32 {
    512
}

fn timeout_seconds() -> u32 {
    60
}

fn concurrency() -> u32 {
    20
}
