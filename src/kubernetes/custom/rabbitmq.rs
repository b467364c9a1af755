//! RabbitMQ: the Cluster Operator 2.22 and the Messaging Topology Operator 1.20.

use k8s_openapi::api::apps::v1::StatefulSetPersistentVolumeClaimRetentionPolicy;
use k8s_openapi::api::core::v1::{Affinity, ResourceRequirements};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::kubernetes::object::Kind;

const API_VERSION: &str = "rabbitmq.com/v1beta1";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RabbitmqCluster {
    pub(crate) replicas: u32,
    pub(crate) image: &'static str,
    pub(crate) termination_grace_period_seconds: u32,
    pub(crate) affinity: Affinity,
    pub(crate) resources: ResourceRequirements,
    pub(crate) persistence: Persistence,
    pub(crate) tls: Tls,
    pub(crate) r#override: Overrides,
}

impl Kind for RabbitmqCluster {
    const API_VERSION: &'static str = API_VERSION;
    const KIND: &'static str = "RabbitmqCluster";
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Persistence {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) storage_class_name: Option<String>,
    pub(crate) storage: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tls {
    pub(crate) secret_name: String,
    #[serde(rename = "disableNonTLSListeners")]
    pub(crate) disable_non_tls_listeners: bool,
}

/// What is laid over the objects that the operator makes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Overrides {
    pub(crate) stateful_set: SetOverride,
}

#[derive(Debug, Serialize)]
pub(crate) struct SetOverride {
    pub(crate) spec: SetSpec,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SetSpec {
    pub(crate) persistent_volume_claim_retention_policy: StatefulSetPersistentVolumeClaimRetentionPolicy,
}

/// The broker that an object is about.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ClusterReference {
    pub(crate) name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Queue {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) durable: bool,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(crate) arguments: Map<String, Value>,
    pub(crate) rabbitmq_cluster_reference: ClusterReference,
}

impl Kind for Queue {
    const API_VERSION: &'static str = API_VERSION;
    const KIND: &'static str = "Queue";
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Exchange {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) durable: bool,
    pub(crate) rabbitmq_cluster_reference: ClusterReference,
}

impl Kind for Exchange {
    const API_VERSION: &'static str = API_VERSION;
    const KIND: &'static str = "Exchange";
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Binding {
    pub(crate) source: String,
    pub(crate) destination: String,
    pub(crate) destination_type: &'static str,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(crate) arguments: Map<String, Value>,
    pub(crate) rabbitmq_cluster_reference: ClusterReference,
}

impl Kind for Binding {
    const API_VERSION: &'static str = API_VERSION;
    const KIND: &'static str = "Binding";
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) pattern: String,
    pub(crate) apply_to: &'static str,
    pub(crate) definition: Definition,
    pub(crate) rabbitmq_cluster_reference: ClusterReference,
}

impl Kind for Policy {
    const API_VERSION: &'static str = API_VERSION;
    const KIND: &'static str = "Policy";
}

/// How a queue behaves, in the broker's own words. Times are milliseconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Definition {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) consumer_timeout: Option<u64>,
    pub(crate) delivery_limit: i64,
    pub(crate) message_ttl: u64,
    #[serde(flatten)]
    pub(crate) dead_letters: Option<DeadLetters>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct DeadLetters {
    pub(crate) dead_letter_exchange: &'static str,
    pub(crate) dead_letter_routing_key: String,
    pub(crate) dead_letter_strategy: &'static str,
    pub(crate) overflow: &'static str,
}

/// A login, whose password the operator makes and puts into the Secret `NAME-user-credentials`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    pub(crate) rabbitmq_cluster_reference: ClusterReference,
}

impl Kind for User {
    const API_VERSION: &'static str = API_VERSION;
    const KIND: &'static str = "User";
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Permission {
    pub(crate) vhost: &'static str,
    pub(crate) user_reference: UserReference,
    pub(crate) permissions: Permissions,
    pub(crate) rabbitmq_cluster_reference: ClusterReference,
}

impl Kind for Permission {
    const API_VERSION: &'static str = API_VERSION;
    const KIND: &'static str = "Permission";
}

#[derive(Debug, Serialize)]
pub(crate) struct UserReference {
    pub(crate) name: String,
}

/// Regular expressions of names.
#[derive(Debug, Serialize)]
pub(crate) struct Permissions {
    pub(crate) configure: String,
    pub(crate) write: String,
    pub(crate) read: String,
}
