//! Tables that are spread over several database servers.

use std::collections::BTreeMap;

use super::arena::Id;
use super::component::{Database, Service, Shape};

/// How the tables of a database are spread over shards: servers like the main one, which keeps every other table.
#[derive(Debug, Clone, PartialEq)]
pub struct Sharding {
    /// The column that decides on which shard a row is.
    pub key: String,
    /// How it decides.
    pub strategy: Strategy,
    /// The shards; under [`Strategy::Hash`] the order of those that are active is the hash's remainder.
    pub shards: Vec<Shard>,
    /// The tables that are spread. All have the key.
    pub tables: Vec<String>,
    /// Small tables that stand on the main server and on every shard.
    pub reference_tables: Vec<String>,
    /// Table to the column that the router fills with a unique number.
    pub generated_ids: BTreeMap<String, String>,
    /// Who finds the shard of a row.
    pub router: Router,
    /// Size of one shard's server.
    pub size: Shape,
    /// Storage of one shard in GiB.
    pub storage_gb: u32,
}

/// One shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// What it is known by for as long as it lives; the key of `for_each`. Lower-case letters and digits.
    pub id: String,
    /// Rows are routed to it. A shard that is not active yet is being filled.
    pub active: bool,
}

/// How the key of a row decides on its shard. Numbers are positions in [`Sharding::shards`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strategy {
    /// The first 28 bits of the SHA-256 of the key's text in lower case, modulo the number of active shards: the same in every
    /// language and in SQL, whatever the type of the key.
    Hash,
    /// First key of each range and its shard, ascending; the first has no lower end.
    Range(Vec<(Option<i64>, usize)>),
    /// Key to shard, and the shard of all others.
    Directory {
        /// By key.
        shards: BTreeMap<String, usize>,
        /// Of every other key; without it they are refused.
        default: Option<usize>,
    },
}

impl Strategy {
    /// The word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Strategy::Hash => "hash",
            Strategy::Range(_) => "range",
            Strategy::Directory { .. } => "directory",
        }
    }
}

/// Who finds the shard of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Router {
    /// A proxy, which looks like one database to the services.
    Proxy(Id<Service>),
    /// The application: it is told every shard's data source, and how keys are mapped.
    Application,
}

impl Sharding {
    /// The shards that rows are routed to, in order.
    pub fn active(&self) -> impl Iterator<Item = &Shard> {
        self.shards.iter().filter(|shard| shard.active)
    }

    /// The proxy, where there is one.
    pub fn proxy(&self) -> Option<Id<Service>> {
        match self.router {
            Router::Proxy(service) => Some(service),
            Router::Application => None,
        }
    }
}

impl Database {
    /// What names its shards, together with the id of each; also their variables: `main-shard`, `MAIN_SHARD_S0_HOST`.
    pub fn shard_name(&self) -> String {
        format!("{}-shard", self.name)
    }

    /// The proxy in front of its shards, where there is one.
    pub fn proxy(&self) -> Option<Id<Service>> {
        self.sharding.as_ref().and_then(Sharding::proxy)
    }

    /// How many servers it has: the main one, its read replicas as far as the author said a number, and its shards.
    pub fn servers(&self) -> usize {
        let shards = self.sharding.as_ref().map_or(0, |sharding| sharding.shards.len());
        1 + self.replica_keys().len() + shards
    }

    /// GiB of storage of all these, as they are made.
    pub fn stored_gb(&self) -> u64 {
        let alike = 1 + self.replica_keys().len() as u64;
        let shards = self.sharding.as_ref();
        let shards = shards.map_or(0, |sharding| {
            sharding.shards.len() as u64 * u64::from(sharding.storage_gb)
        });
        alike * u64::from(self.storage_gb) + shards
    }

    /// The name of the proxy in front of its shards.
    pub fn proxy_name(&self) -> String {
        format!("{}-proxy", self.name)
    }

    /// One of its shards as a server of its own: it is like the main one, but for its name, size and storage.
    pub fn shard_server(&self, sharding: &Sharding, shard: &Shard) -> Database {
        // Field by field: a copy of the whole would hold all shards.
        Database {
            name: format!("{}-{}", self.shard_name(), shard.id),
            home: self.home.clone(),
            path: self.path.clone(),
            engine: self.engine,
            version: self.version.clone(),
            edition: self.edition,
            license: self.license,
            size: sharding.size.clone(),
            storage_gb: sharding.storage_gb,
            multi_zone: self.multi_zone,
            backup: self.backup,
            readers: None,
            split: self.split,
            sharding: None,
            port: self.port,
            database: self.database.clone(),
            user: self.user.clone(),
        }
    }
}
