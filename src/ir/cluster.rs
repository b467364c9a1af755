//! Kubernetes clusters, and the registry of images.

use ipnet::Ipv4Net;

use super::arena::Id;
use super::component::Shape;
use super::domain::Domain;
use crate::vocabulary::{Channel, StoreKind};

/// What a plain cluster offers, by name, and how a managed one is made.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Plain: GatewayClass of the public entry point.
    pub gateway_class: String,
    /// Plain: namespace in which that class runs its proxies; the one of the entry point itself when left out.
    pub gateway_namespace: Option<String>,
    /// Plain: StorageClass of persistent volumes; the cluster's default when left out.
    pub storage_class: Option<String>,
    /// Plain: ClusterIssuer that requests the certificate of the public entry point.
    pub cluster_issuer: String,
    /// Plain: store that secrets are read from.
    pub secret_store: String,
    /// Plain: what that store is.
    pub secret_store_kind: StoreKind,
    /// Plain: the Prometheus operator is there.
    pub prometheus: bool,
    /// Plain: host and path of the registry of the system's own images.
    pub registry: Option<String>,
    /// Managed: who reaches the API from outside the network; nobody where it is empty.
    pub api_cidrs: Vec<Ipv4Net>,
    /// Managed: minor version, such as `1.35`.
    pub version: Option<String>,
    /// Managed: how early it gets new versions.
    pub channel: Channel,
}

/// Nodes of the managed cluster, for one part of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodePool {
    /// The domain whose services alone run on it; none for what the cluster itself runs, its gateway, and services outside domains.
    pub domain: Option<Id<Domain>>,
    /// [`NodePool::SYSTEM`], or the domain's name.
    pub name: String,
    /// Path of its table in the blueprint, which need not be there.
    pub path: String,
    /// Size of one node.
    pub size: Shape,
    /// Never fewer, over all zones.
    pub min: u32,
    /// Never more, over all zones.
    pub max: u32,
}

impl NodePool {
    /// The name of the pool without a domain; no domain with services in the cluster is called so.
    pub const SYSTEM: &'static str = "system";
}

/// The system's own registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registry {
    /// Images of each name that are kept.
    pub keep_images: u32,
}

/// The images of one name in the system's own registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The name: letters, digits, `.`, `_` and `-`.
    pub name: String,
}

/// A container image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// By its whole reference.
    Reference(String),
    /// Of the system's own registry.
    Own {
        /// Its name.
        repository: Id<Repository>,
        /// Its tag.
        tag: String,
    },
}

impl Image {
    /// The reference, of an image that is not the system's own.
    pub fn reference(&self) -> Option<&str> {
        match self {
            Image::Reference(text) => Some(text),
            Image::Own { .. } => None,
        }
    }
}
