//! CloudNativePG 1.30 and its Barman Cloud plugin 0.14.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{EnvVar, ResourceRequirements};
use serde::Serialize;

use crate::kubernetes::object::Kind;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cluster {
    pub(crate) instances: u32,
    pub(crate) image_name: String,
    pub(crate) image_pull_policy: &'static str,
    pub(crate) enable_superuser_access: bool,
    pub(crate) inherited_metadata: InheritedMetadata,
    pub(crate) bootstrap: Bootstrap,
    pub(crate) postgresql: Postgresql,
    pub(crate) primary_update_method: &'static str,
    pub(crate) affinity: Affinity,
    pub(crate) resources: ResourceRequirements,
    pub(crate) storage: Storage,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) monitoring: Option<Monitoring>,
    pub(crate) plugins: Vec<Plugin>,
}

/// What is measured besides the operator's own.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Monitoring {
    pub(crate) custom_queries_config_map: Vec<SecretKey>,
}

impl Kind for Cluster {
    const API_VERSION: &'static str = "postgresql.cnpg.io/v1";
    const KIND: &'static str = "Cluster";
}

#[derive(Debug, Serialize)]
pub(crate) struct InheritedMetadata {
    pub(crate) labels: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Bootstrap {
    pub(crate) initdb: InitDb,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InitDb {
    pub(crate) database: String,
    pub(crate) owner: String,
    pub(crate) encoding: &'static str,
    pub(crate) data_checksums: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct Postgresql {
    pub(crate) parameters: BTreeMap<&'static str, String>,
    pub(crate) pg_hba: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) synchronous: Option<Synchronous>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Synchronous {
    pub(crate) method: &'static str,
    pub(crate) number: u32,
    pub(crate) data_durability: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Affinity {
    pub(crate) enable_pod_anti_affinity: bool,
    pub(crate) pod_anti_affinity_type: &'static str,
    pub(crate) topology_key: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Storage {
    pub(crate) size: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) storage_class: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Plugin {
    pub(crate) name: &'static str,
    #[serde(rename = "isWALArchiver")]
    pub(crate) is_wal_archiver: bool,
    pub(crate) parameters: BTreeMap<&'static str, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScheduledBackup {
    pub(crate) schedule: String,
    pub(crate) immediate: bool,
    pub(crate) backup_owner_reference: &'static str,
    pub(crate) cluster: ClusterRef,
    pub(crate) method: &'static str,
    pub(crate) plugin_configuration: PluginRef,
}

impl Kind for ScheduledBackup {
    const API_VERSION: &'static str = "postgresql.cnpg.io/v1";
    const KIND: &'static str = "ScheduledBackup";
}

/// A login of a database server, whose password stands in a Secret.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DatabaseRole {
    pub(crate) name: String,
    pub(crate) cluster: ClusterRef,
    pub(crate) login: bool,
    pub(crate) password_secret: SecretRef,
}

impl Kind for DatabaseRole {
    const API_VERSION: &'static str = "postgresql.cnpg.io/v1";
    const KIND: &'static str = "DatabaseRole";
}

#[derive(Debug, Serialize)]
pub(crate) struct SecretRef {
    pub(crate) name: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct ClusterRef {
    pub(crate) name: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct PluginRef {
    pub(crate) name: &'static str,
}

/// Where backups and the write-ahead log go.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObjectStore {
    pub(crate) retention_policy: String,
    pub(crate) configuration: StoreConfiguration,
    pub(crate) instance_sidecar_configuration: Sidecar,
}

impl Kind for ObjectStore {
    const API_VERSION: &'static str = "barmancloud.cnpg.io/v1";
    const KIND: &'static str = "ObjectStore";
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoreConfiguration {
    pub(crate) destination_path: String,
    #[serde(rename = "endpointURL")]
    pub(crate) endpoint_url: String,
    #[serde(rename = "endpointCA")]
    pub(crate) endpoint_ca: SecretKey,
    pub(crate) s3_credentials: S3Credentials,
    pub(crate) data: Compression,
    pub(crate) wal: Compression,
}

#[derive(Debug, Serialize)]
pub(crate) struct SecretKey {
    pub(crate) name: String,
    pub(crate) key: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct S3Credentials {
    pub(crate) access_key_id: SecretKey,
    pub(crate) secret_access_key: SecretKey,
}

#[derive(Debug, Serialize)]
pub(crate) struct Compression {
    pub(crate) compression: &'static str,
}

#[derive(Debug, Serialize)]
pub(crate) struct Sidecar {
    pub(crate) env: Vec<EnvVar>,
    pub(crate) resources: ResourceRequirements,
}
