//! Kubernetes clusters: what a plain one offers, how a managed one is made. And the registry of images.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Size;
use crate::vocabulary::{Channel, StoreKind};

/// Clusters: a plain one (`--target kubernetes`) offers things by name, a managed one (`runtime = "kubernetes"` on a cloud) is made.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Kubernetes {
    /// Plain: GatewayClass of the public entry point.
    pub gateway_class: String,
    /// Plain: namespace in which that class runs its proxies; the one of the entry point itself when left out, as Istio and NGINX do.
    pub gateway_namespace: Option<String>,
    /// Plain: StorageClass of persistent volumes; the cluster's default when left out.
    pub storage_class: Option<String>,
    /// Plain: ClusterIssuer (cert-manager) that requests the certificate of `edge.domain`.
    pub cluster_issuer: String,
    /// Plain: store (External Secrets) that `[secrets]` are read from.
    pub secret_store: String,
    /// Plain: what that store is.
    pub secret_store_kind: StoreKind,
    /// Plain: the Prometheus operator is there: alarms become its rules. Without it, alarms are left out.
    pub prometheus: bool,
    /// Plain: where the images of `[registry]` are: host and path, such as `registry.example.com/shop`.
    #[schemars(extend(
        "pattern" = "^[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(/[a-z0-9][a-z0-9._-]*)*$",
        "x-says" = "a registry is a host and a path, such as `registry.example.com/shop`"
    ))]
    pub registry: Option<String>,
    /// Managed: address ranges from which the cluster's API is reached. It has a private address alone when left out.
    pub api_cidrs: Vec<String>,
    /// Managed: minor version of Kubernetes, such as `1.35`; a current one when left out.
    #[schemars(extend("pattern" = "^1[.][0-9]{2}$", "x-says" = "a version of Kubernetes is a minor version, such as `1.35`"))]
    pub version: Option<String>,
    /// Managed: how early it gets new versions.
    pub channel: Channel,
    /// Managed: the nodes of the cluster's own parts, of the gateway and of services outside domains.
    pub nodes: Nodes,
}

impl Default for Kubernetes {
    fn default() -> Self {
        Self {
            gateway_class: "istio".to_owned(),
            gateway_namespace: None,
            storage_class: None,
            cluster_issuer: "letsencrypt".to_owned(),
            secret_store: "vault".to_owned(),
            secret_store_kind: StoreKind::default(),
            prometheus: false,
            registry: None,
            api_cidrs: vec![],
            version: None,
            channel: Channel::default(),
            nodes: Nodes::default(),
        }
    }
}

/// Nodes of a managed cluster. What is left out follows from the services that run on them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Nodes {
    /// Size of one node.
    pub size: Option<Size>,
    /// Never fewer, over all zones.
    #[schemars(range(min = 1, max = 1000))]
    pub min: Option<u32>,
    /// Never more, over all zones.
    #[schemars(range(min = 1, max = 1000))]
    pub max: Option<u32>,
}

/// The system's own registry: images that begin with `registry/`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Registry {
    /// Images of each name that are kept; older ones go.
    #[schemars(range(min = 2, max = 1000))]
    pub keep_images: u32,
}

impl Default for Registry {
    fn default() -> Self {
        Self { keep_images: 30 }
    }
}
