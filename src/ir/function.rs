//! Functions: what makes a service one that runs when something happens.

use std::collections::BTreeMap;

use super::arena::Id;
use super::component::{Bucket, Service};
use super::cron::Cron;
use super::messaging::{Queue, Subscription};
use super::stream::Stream;
use super::table::Table;

/// What a service with the runtime [`crate::vocabulary::Runtime::Function`] has besides. It listens on no port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// The code; none where an image is started.
    pub source: Option<Source>,
    /// Memory in MiB.
    pub memory_mb: u32,
    /// Seconds that one call may take.
    pub timeout_seconds: u32,
    /// Calls that run at once, at most.
    pub concurrency: u32,
    /// Instances that are kept ready.
    pub warm: u32,
    /// It runs in the private network.
    pub private: bool,
    /// What happens to an event that it fails on, where no queue or subscription keeps it.
    pub retry: Retry,
    /// What starts it, besides those who call it.
    pub trigger: Option<Trigger>,
    /// What the keys of the objects that it writes begin with, by bucket. It may write no others there.
    pub prefixes: BTreeMap<Id<Bucket>, String>,
}

impl Function {
    /// True if events that it fails on become dead letters of its own: those that no queue, subscription or caller keeps.
    pub fn has_dead_letters(&self) -> bool {
        matches!(
            self.trigger,
            Some(Trigger::Stream { .. } | Trigger::Bucket { .. } | Trigger::Table { .. } | Trigger::Schedule { .. })
        )
    }
}

/// Code in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The language.
    pub language: Language,
    /// The file that holds the function, without its ending: `main`, `src/app`.
    pub file: String,
    /// The function in it: `handle`, `Handler.handle`.
    pub entry: String,
    /// The text of every file, by its path in the folder, with `/`.
    pub files: BTreeMap<String, String>,
}

/// A language with its version, which some cloud runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language {
    /// The language.
    pub family: Family,
    /// The version, as everybody says it: `3.13`, `24`, `25`, `10`.
    pub version: &'static str,
}

impl Language {
    /// The words for it in a blueprint: `python3.13`.
    pub fn name(self) -> String {
        format!("{}{}", self.family.name(), self.version)
    }
}

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Python.
    Python,
    /// JavaScript on Node.js.
    Node,
    /// Java.
    Java,
    /// C# and the others of .NET.
    Dotnet,
}

impl Family {
    /// The word for it in a blueprint.
    pub fn name(self) -> &'static str {
        match self {
            Family::Python => "python",
            Family::Node => "nodejs",
            Family::Java => "java",
            Family::Dotnet => "dotnet",
        }
    }
}

/// How often an event is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Times, after the first.
    pub attempts: u32,
    /// Seconds after which it is not; none where it is for as long as the stream or table that it comes from keeps it.
    pub max_age_seconds: Option<u32>,
}

impl Retry {
    /// Seconds that tries are spread over: [`Retry::max_age_seconds`], or an hour.
    pub fn within(self) -> u32 {
        self.max_age_seconds.unwrap_or(3600)
    }
}

/// What starts a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// Requests of an API gateway: those of its routes that name the function.
    Api,
    /// Requests at an address of its own.
    Url {
        /// Anybody may send them. Else callers prove an identity of the cloud that may.
        open: bool,
    },
    /// Messages of a queue.
    Queue {
        /// The queue.
        queue: Id<Queue>,
        /// Messages that one call gets, at most.
        batch: u32,
    },
    /// Messages of a topic, through a subscription of its own.
    Topic {
        /// The subscription.
        subscription: Id<Subscription>,
        /// Messages that one call gets, at most.
        batch: u32,
    },
    /// Records of a stream.
    Stream {
        /// The stream.
        stream: Id<Stream>,
        /// Records that one call gets, at most.
        batch: u32,
        /// A new function begins with the oldest record that is kept, not with what comes from now on.
        oldest: bool,
    },
    /// Something happens to objects of a bucket.
    Bucket {
        /// The bucket.
        bucket: Id<Bucket>,
        /// Objects that are new or have a new content.
        created: bool,
        /// Objects that are gone.
        deleted: bool,
        /// What their keys begin with; nothing for all.
        prefix: String,
        /// What their keys end with; nothing for all.
        suffix: String,
    },
    /// Items of a table change.
    Table {
        /// The table.
        table: Id<Table>,
        /// Changes that one call gets, at most.
        batch: u32,
    },
    /// A time comes.
    Schedule {
        /// The times.
        cron: Cron,
        /// Where they are meant, as the IANA database names it.
        timezone: String,
    },
}

/// Something that is watched about a function, and when somebody is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionAlarm {
    /// Its name in the system: `thumbnail-failing`.
    pub name: String,
    /// What it means and what to do about it: one or two sentences.
    pub about: String,
    /// The function.
    pub function: Id<Service>,
    /// What is bad.
    pub trouble: FunctionTrouble,
}

/// What is bad about a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionTrouble {
    /// There are dead letters of its own ([`Function::has_dead_letters`]): one is enough.
    DeadLetters,
    /// Calls fail: more than so many in five minutes.
    Failing {
        /// How many.
        calls: u32,
    },
    /// Calls are turned away, because as many run as may.
    Throttled,
    /// What it gets of its stream or table is older than so many minutes: it is too slow, or is not started at all.
    Behind {
        /// How many.
        minutes: u32,
    },
}
