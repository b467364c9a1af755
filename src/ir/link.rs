//! What follows from the links: flows, grants and settings.

use super::arena::Id;
use super::component::{Bucket, Database, Secret, Service};

/// One end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// Anywhere outside.
    Internet,
    /// The public load balancer.
    PublicBalancer,
    /// The internal load balancer.
    InternalBalancer,
    /// The machines or pods of a service.
    Service(Id<Service>),
    /// A database server: the one that is written.
    Database(Id<Database>),
    /// The read replicas of a database.
    Readers(Id<Database>),
    /// Private endpoints of the object store and the vault.
    Endpoints,
}

/// A connection that may be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Who opens it.
    pub from: Peer,
    /// Who accepts it.
    pub to: Peer,
    /// TCP port.
    pub port: u16,
    /// Why, for the rule's description: letters, digits, spaces, hyphens.
    pub why: String,
}

/// Something that an identity may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// A database: its credentials in the vault.
    Database(Id<Database>),
    /// A bucket: its objects.
    Bucket(Id<Bucket>),
    /// A vault entry: its value.
    Secret(Id<Secret>),
}

/// How something is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Look only.
    Read,
    /// Create, replace and delete; what is there may be read as well only with [`Access::ReadWrite`].
    Write,
    /// Both.
    ReadWrite,
}

impl Access {
    /// May look.
    pub fn reads(self) -> bool {
        self != Access::Write
    }

    /// May change.
    pub fn writes(self) -> bool {
        self != Access::Read
    }
}

/// A permission of one service's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Whose.
    pub service: Id<Service>,
    /// On what.
    pub resource: Resource,
    /// To do what.
    pub access: Access,
}

/// One environment variable of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name, the same on every cloud.
    pub name: String,
    /// Its value, which a target spells.
    pub value: Value,
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Known now.
    Text(String),
    /// Host name at which a service is reached (through the internal load balancer).
    ServiceHost(Id<Service>),
    /// Base URL of the same, without a path: scheme, host, and port where it is not the scheme's own.
    ServiceUrl(Id<Service>),
    /// Host name of a database server: the one that is written.
    DatabaseHost(Id<Database>),
    /// The one host name behind which all read replicas of a database stand.
    ReaderHost(Id<Database>),
    /// The port of the same.
    ReaderPort(Id<Database>),
    /// The vault's identifier of a database's credentials.
    DatabaseSecret(Id<Database>),
    /// The password itself: fetched by the workload at its start, never written into the output or Terraform's state.
    DatabasePassword(Id<Database>),
    /// Name of a bucket.
    BucketName(Id<Bucket>),
    /// HTTPS URL of the object store's service.
    BucketEndpoint(Id<Bucket>),
    /// Region of a bucket.
    BucketRegion(Id<Bucket>),
    /// The vault's identifier of an entry.
    SecretId(Id<Secret>),
    /// The entry's value: fetched by the workload at its start.
    SecretValue(Id<Secret>),
}

impl Value {
    /// True for values that are fetched at the start of a process and never stand in a file on disk.
    pub fn is_secret(&self) -> bool {
        matches!(self, Value::DatabasePassword(_) | Value::SecretValue(_))
    }
}
