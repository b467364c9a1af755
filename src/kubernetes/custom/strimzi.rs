//! Strimzi 1.2: Kafka without ZooKeeper.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ResourceRequirements, SecurityContext, TopologySpreadConstraint};
use k8s_openapi::api::networking::v1::NetworkPolicyPeer;
use serde::Serialize;

use crate::kubernetes::object::Kind;

const API_VERSION: &str = "kafka.strimzi.io/v1";

/// Brokers, and those who look after what is in them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Kafka {
    pub(crate) kafka: Brokers,
    pub(crate) cluster_ca: ClusterAuthority,
    pub(crate) entity_operator: EntityOperator,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kafka_exporter: Option<Exporter>,
}

impl Kind for Kafka {
    const API_VERSION: &'static str = API_VERSION;
    const KIND: &'static str = "Kafka";
}

/// Days that the authority is good for, and before whose end it is renewed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClusterAuthority {
    pub(crate) validity_days: u32,
    pub(crate) renewal_days: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Brokers {
    pub(crate) version: &'static str,
    pub(crate) metadata_version: &'static str,
    pub(crate) listeners: Vec<Listener>,
    pub(crate) authorization: Authorization,
    pub(crate) config: BTreeMap<&'static str, serde_json::Value>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listener {
    pub(crate) name: &'static str,
    pub(crate) port: u16,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) tls: bool,
    pub(crate) authentication: Authentication,
    pub(crate) network_policy_peers: Vec<NetworkPolicyPeer>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Authentication {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
}

#[derive(Debug, Serialize)]
pub(crate) struct Authorization {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
}

/// The operators of topics and of users.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EntityOperator {
    pub(crate) topic_operator: TopicOperator,
    pub(crate) user_operator: UserOperator,
    pub(crate) template: EntityTemplate,
}

#[derive(Debug, Serialize)]
pub(crate) struct TopicOperator {
    pub(crate) resources: ResourceRequirements,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserOperator {
    /// What the names of users' Secrets begin with.
    pub(crate) secret_prefix: String,
    pub(crate) resources: ResourceRequirements,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EntityTemplate {
    pub(crate) topic_operator_container: ContainerTemplate,
    pub(crate) user_operator_container: ContainerTemplate,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContainerTemplate {
    pub(crate) security_context: SecurityContext,
}

/// Tells Prometheus how much is in each topic.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Exporter {
    pub(crate) topic_regex: &'static str,
    pub(crate) group_regex: &'static str,
    pub(crate) resources: ResourceRequirements,
    pub(crate) template: ExporterTemplate,
}

#[derive(Debug, Serialize)]
pub(crate) struct ExporterTemplate {
    pub(crate) container: ContainerTemplate,
}

/// Servers that are brokers and controllers at once.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KafkaNodePool {
    pub(crate) replicas: u32,
    pub(crate) roles: [&'static str; 2],
    pub(crate) storage: Storage,
    pub(crate) resources: ResourceRequirements,
    pub(crate) jvm_options: JvmOptions,
    pub(crate) template: PoolTemplate,
}

impl Kind for KafkaNodePool {
    const API_VERSION: &'static str = API_VERSION;
    const KIND: &'static str = "KafkaNodePool";
}

#[derive(Debug, Serialize)]
pub(crate) struct Storage {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) volumes: Vec<Volume>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Volume {
    pub(crate) id: u32,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) size: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) class: Option<String>,
    pub(crate) delete_claim: bool,
    pub(crate) kraft_metadata: &'static str,
}

#[derive(Debug, Serialize)]
pub(crate) struct JvmOptions {
    #[serde(rename = "-Xms")]
    pub(crate) least: &'static str,
    #[serde(rename = "-Xmx")]
    pub(crate) most: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PoolTemplate {
    pub(crate) pod: PodTemplate,
    pub(crate) kafka_container: ContainerTemplate,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PodTemplate {
    pub(crate) topology_spread_constraints: Vec<TopologySpreadConstraint>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KafkaTopic {
    pub(crate) topic_name: String,
    pub(crate) partitions: u32,
    pub(crate) replicas: u32,
    pub(crate) config: BTreeMap<&'static str, serde_json::Value>,
}

impl Kind for KafkaTopic {
    const API_VERSION: &'static str = API_VERSION;
    const KIND: &'static str = "KafkaTopic";
}

#[derive(Debug, Serialize)]
pub(crate) struct KafkaUser {
    pub(crate) authentication: Authentication,
    pub(crate) authorization: Rights,
}

impl Kind for KafkaUser {
    const API_VERSION: &'static str = API_VERSION;
    const KIND: &'static str = "KafkaUser";
}

#[derive(Debug, Serialize)]
pub(crate) struct Rights {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) acls: Vec<Right>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Right {
    pub(crate) resource: RightTo,
    pub(crate) operations: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RightTo {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) pattern_type: &'static str,
}
