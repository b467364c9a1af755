//! What is watched.

use super::arena::Id;
use super::component::Database;

/// Something that is watched, and when somebody is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its name in the system: `main-replica-lag`.
    pub name: String,
    /// What it means and what to do about it: one or two sentences.
    pub about: String,
    /// What is measured.
    pub signal: Signal,
}

/// A measurement, and from when on it is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// How far the read replicas of a database are behind it.
    ReplicaLag {
        /// The database.
        database: Id<Database>,
        /// More than so many seconds.
        seconds: u32,
        /// For so many minutes.
        minutes: u32,
    },
    /// The processor load of each shard of a database.
    ShardLoad {
        /// The database.
        database: Id<Database>,
        /// More than so many percent on average.
        percent: u32,
        /// For so many minutes.
        minutes: u32,
    },
    /// The free storage of each shard of a database.
    ShardStorage {
        /// The database.
        database: Id<Database>,
        /// Less than so many percent of what it was made with.
        percent: u32,
        /// For so many minutes.
        minutes: u32,
    },
    /// How much busier one shard of a database is than the others: its key does not spread the load.
    HotShard {
        /// The database.
        database: Id<Database>,
        /// Its processor load is more than so many percentage points above the mean of all shards.
        points: u32,
        /// For so many minutes.
        minutes: u32,
    },
}

impl Signal {
    /// The database that is measured.
    pub fn database(&self) -> Id<Database> {
        match *self {
            Signal::ReplicaLag { database, .. }
            | Signal::ShardLoad { database, .. }
            | Signal::ShardStorage { database, .. }
            | Signal::HotShard { database, .. } => database,
        }
    }
}
