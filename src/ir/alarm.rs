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
}
