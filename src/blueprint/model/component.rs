//! What runs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{HostName, Link, UrlPath, Variable};
use crate::vocabulary::{PerTarget, Runtime};

/// A long-running process group: one autoscaling group of machines or pods.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("if" = { "not": { "required": ["consumes"] } }, "then" = { "required": ["port"] }))]
pub struct Service {
    /// Where it runs; the pattern's default when left out.
    #[serde(default)]
    pub runtime: Option<Runtime>,
    /// Container image reference.
    #[serde(default)]
    pub image: Option<String>,
    /// A shell script that prepares and starts the application on a virtual machine, instead of `image`.
    #[serde(default)]
    pub start: Option<String>,
    /// The machine image of each cloud, instead of the current Ubuntu LTS.
    #[serde(default)]
    pub machine_image: PerTarget,
    /// Arguments of the container.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// TCP port that the process listens on. A worker that takes its work from queues and topics needs none.
    #[serde(default)]
    #[schemars(range(min = 1, max = 65535), example = 8080)]
    pub port: Option<u16>,
    /// Reachable through the public entry point; otherwise from linked services only.
    #[serde(default)]
    pub public: bool,
    /// Path prefixes that lead to it. All paths when left out.
    #[serde(default)]
    pub routes: Vec<UrlPath>,
    /// Host names that lead to it. All hosts when left out.
    #[serde(default)]
    pub hosts: Vec<HostName>,
    /// Size of one machine or pod.
    #[serde(default)]
    pub size: Option<Size>,
    /// How many, and when there are more.
    #[serde(default)]
    pub scale: Scale,
    /// The health check.
    #[serde(default)]
    pub health: Health,
    /// Disk of one machine, in GiB.
    #[serde(default = "disk_gb")]
    #[schemars(range(min = 30, max = 16384))]
    pub disk_gb: u32,
    /// Plain settings of the process. Secrets do not belong here: link a `[secrets.NAME]`.
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
    /// Queues, topics and streams that it sends messages to.
    #[serde(default)]
    pub publishes: Vec<Link>,
    /// Queues, topics and streams that it takes messages from. Of a topic, it gets a subscription of its own.
    #[serde(default)]
    pub consumes: Vec<Link>,
}

/// Size of one machine, pod or database server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Size {
    /// One of three common shapes.
    Named(SizeName),
    /// Processors and memory; the nearest machine type that has at least as much of both is taken.
    Shape(Shape),
}

/// A common shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SizeName {
    /// 2 processors, 4 GiB.
    Small,
    /// 2 processors, 8 GiB.
    Medium,
    /// 4 processors, 16 GiB.
    Large,
}

/// Processors and memory, and the exact machine type where one is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Virtual processors.
    #[serde(default)]
    #[schemars(range(min = 1, max = 128))]
    pub cpu: Option<u32>,
    /// Memory in GiB.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1024))]
    pub memory_gb: Option<u32>,
    /// The machine type on AWS, as AWS calls it.
    #[serde(default)]
    pub aws: Option<String>,
    /// The machine type on Azure, as Azure calls it.
    #[serde(default)]
    pub azure: Option<String>,
    /// The machine type on Google Cloud, as Google calls it.
    #[serde(default)]
    pub gcp: Option<String>,
}

/// How many machines or pods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scale {
    /// Never fewer.
    #[schemars(range(min = 1, max = 1000))]
    pub min: u32,
    /// Never more.
    #[schemars(range(min = 1, max = 1000))]
    pub max: u32,
    /// Average processor load, in percent, that more machines or pods keep it under.
    #[schemars(range(min = 10, max = 95))]
    pub cpu_percent: u32,
    /// Messages waiting per machine or pod that more of them keep it under: for services that consume; 100 when left out.
    #[schemars(range(min = 1, max = 100000))]
    pub queue_messages: Option<u32>,
}

impl Default for Scale {
    fn default() -> Self {
        Self {
            min: 2,
            max: 4,
            cpu_percent: 60,
            queue_messages: None,
        }
    }
}

/// The health check of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Health {
    /// Path that answers 200 when the process is well.
    pub path: UrlPath,
    /// Seconds after the start of a machine before a failed check counts.
    #[schemars(range(min = 0, max = 3600))]
    pub grace_seconds: u32,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            path: UrlPath("/".to_owned()),
            grace_seconds: 300,
        }
    }
}

fn disk_gb() -> u32 {
    30
}
