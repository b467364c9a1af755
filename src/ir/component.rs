//! Components: what runs and what keeps state.

use std::collections::BTreeMap;

use super::arena::Id;
use super::cluster::Image;
use super::domain::Home;
use super::function::Function;
use super::link::Setting;
use super::sharding::Sharding;
use crate::target::Target;
use crate::vocabulary::{Edition, Engine, Eviction, License, PerTarget, Runtime};

/// A long-running process group.
#[derive(Debug, Clone)]
pub struct Service {
    /// The component's name in the system.
    pub name: String,
    /// Where it stands, and what it is called there.
    pub home: Home,
    /// Its path in the blueprint.
    pub path: String,
    /// Where it runs. A plain Kubernetes cluster runs every service as pods.
    pub runtime: Runtime,
    /// What is started.
    pub launch: Launch,
    /// Machine images that replace the current Ubuntu LTS.
    pub machine_image: PerTarget,
    /// TCP port that the process listens on; 0 for a worker without one ([`Probe::Process`]).
    pub port: u16,
    /// Behind the public load balancer.
    pub public: bool,
    /// Size of one machine or pod.
    pub size: Shape,
    /// How many.
    pub scale: Scale,
    /// Health check.
    pub health: Health,
    /// Disk of one machine, in GiB.
    pub disk_gb: u32,
    /// Plain settings of the author.
    pub environment: BTreeMap<String, String>,
    /// Services that it calls. Functions that it calls are among its grants.
    pub calls: Vec<Id<Service>>,
    /// Settings that follow from the links, `PORT` included; sorted by name.
    pub settings: Vec<Setting>,
    /// What makes it a function, if it is one ([`Runtime::Function`]).
    pub function: Option<Function>,
}

impl Service {
    /// True for a service that does not speak HTTP: it stands behind a TCP load balancer of its own.
    pub fn is_tcp(&self) -> bool {
        self.health.probe == Probe::Tcp
    }

    /// True for a service that listens on its port. A worker need not: it takes its work from queues and topics.
    pub fn listens(&self) -> bool {
        self.health.probe != Probe::Process
    }
}

/// What a machine or pod starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Launch {
    /// A container.
    Container {
        /// The image.
        image: Image,
        /// Arguments, after the image.
        arguments: Vec<String>,
    },
    /// A shell script on a virtual machine.
    Script(String),
    /// The source of a function.
    Source,
    /// ShardingSphere-Proxy in front of the shards of a database.
    ShardingProxy {
        /// The image.
        image: Image,
        /// The database.
        database: Id<Database>,
    },
}

impl Launch {
    /// The reference of the container image, where one is started that is not the system's own.
    pub fn reference(&self) -> Option<&str> {
        self.image().and_then(Image::reference)
    }

    /// The container image, where one is started.
    pub fn image(&self) -> Option<&Image> {
        match self {
            Launch::Container { image, .. } | Launch::ShardingProxy { image, .. } => Some(image),
            Launch::Script(_) | Launch::Source => None,
        }
    }
}

/// Processors and memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Virtual processors.
    pub cpu: u32,
    /// Memory in GiB.
    pub memory_gb: u32,
    /// The machine type per target, where the author named one; it wins.
    pub exact: PerTarget,
}

impl Shape {
    /// The author's own machine type for a target.
    pub fn exact(&self, target: Target) -> Option<&str> {
        self.exact.get(target)
    }
}

/// How many machines or pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// Never fewer.
    pub min: u32,
    /// Never more.
    pub max: u32,
    /// Target of the average processor load, in percent.
    pub cpu_percent: u32,
    /// Messages waiting per machine or pod, as a target: for services that consume. The greater need of the two wins.
    pub queue_messages: Option<u32>,
}

/// The health check of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// What is asked.
    pub probe: Probe,
    /// Seconds after a start before a failed check counts.
    pub grace_seconds: u32,
}

impl Health {
    /// The HTTP path that is asked, if one is.
    pub fn path(&self) -> Option<&str> {
        match &self.probe {
            Probe::Http(path) => Some(path),
            Probe::Tcp | Probe::Process => None,
        }
    }
}

/// How one sees that a process works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// This HTTP path of its port answers 200.
    Http(String),
    /// Its port accepts connections.
    Tcp,
    /// It runs: nobody reaches it over the network.
    Process,
}

/// A managed relational database.
#[derive(Debug, Clone)]
pub struct Database {
    /// The component's name in the system.
    pub name: String,
    /// Where it stands, and what it is called there.
    pub home: Home,
    /// Its path in the blueprint.
    pub path: String,
    /// The engine.
    pub engine: Engine,
    /// Its major version, in the engine's own words: `17`, `8.4`, `2022`, `19`.
    pub version: String,
    /// Edition of a commercial engine.
    pub edition: Edition,
    /// Who brings the licence.
    pub license: License,
    /// Size of the server.
    pub size: Shape,
    /// Storage in GiB.
    pub storage_gb: u32,
    /// A standby in another zone.
    pub multi_zone: bool,
    /// Backups.
    pub backup: Backup,
    /// Its read replicas. None for a database whose readers and writers share one server.
    pub readers: Option<Readers>,
    /// Reads and writes have data sources of their own, whether or not there are replicas.
    pub split: bool,
    /// How some of its tables are spread over further servers.
    pub sharding: Option<Sharding>,
    /// TCP port of the engine.
    pub port: u16,
    /// The application's database in it: letters, digits and underscores.
    pub database: String,
    /// The login of the application, who owns that database.
    pub user: String,
}

impl Database {
    /// The name of its read replicas as one.
    pub fn reader_name(&self) -> String {
        format!("{}-read", self.name)
    }

    /// What names one of its read replicas, together with its key.
    pub fn replica_name(&self) -> String {
        format!("{}-replica", self.name)
    }

    /// The keys of its read replicas: `1`, `2`, ... as far as the author said a number; they are `for_each` keys.
    pub fn replica_keys(&self) -> Vec<String> {
        match self.readers {
            Some(Readers::Fixed(count)) => (1..=count).map(|number| number.to_string()).collect(),
            _ => vec![],
        }
    }
}

/// How many read replicas a database has: at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// As many.
    Fixed(u32),
    /// As many as the load asks for.
    Scaled(Scale),
}

/// When backups are made and how long they are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backup {
    /// Start of the daily window: hour, UTC.
    pub hour: u8,
    /// Start of the daily window: minute.
    pub minute: u8,
    /// Days that backups are kept; point-in-time restore covers the same.
    pub retention_days: u32,
}

impl Backup {
    /// `HH:MM`, as many minutes after the window's start.
    pub fn time(&self, minutes_later: u32) -> String {
        let minutes = u32::from(self.hour) * 60 + u32::from(self.minute) + minutes_later;
        format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
    }
}

/// An object store.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// The component's name in the system.
    pub name: String,
    /// Where it stands, and what it is called there.
    pub home: Home,
    /// Its path in the blueprint.
    pub path: String,
    /// When objects move and go.
    pub lifecycle: Lifecycle,
    /// Previous versions are kept for 30 days.
    pub versioning: bool,
}

/// Days from creation of an object to a change of its storage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// To infrequent access.
    pub cool_after_days: Option<u32>,
    /// To archive.
    pub archive_after_days: Option<u32>,
    /// Deleted.
    pub delete_after_days: Option<u32>,
}

/// A cache in memory that speaks the protocol of Redis, over TLS.
#[derive(Debug, Clone)]
pub struct Cache {
    /// The component's name in the system.
    pub name: String,
    /// Where it stands, and what it is called there.
    pub home: Home,
    /// Its path in the blueprint.
    pub path: String,
    /// Memory for data, in GiB.
    pub memory_gb: u32,
    /// A copy in another zone.
    pub multi_zone: bool,
    /// What goes when memory is full.
    pub eviction: Eviction,
}

impl Cache {
    /// TCP port, where a cloud has no other of its own.
    pub const PORT: u16 = 6379;
}

/// An entry of the vault that the owner fills.
#[derive(Debug, Clone)]
pub struct Secret {
    /// The component's name in the system.
    pub name: String,
    /// Where it stands, and what it is called there.
    pub home: Home,
    /// Its path in the blueprint.
    pub path: String,
    /// What it is for.
    pub description: Option<String>,
}
