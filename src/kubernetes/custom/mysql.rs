//! Oracle's MySQL operator.

use k8s_openapi::api::core::v1::{
    PersistentVolumeClaimSpec, ResourceRequirements, SeccompProfile, TopologySpreadConstraint,
};
use serde::Serialize;

use crate::kubernetes::object::Kind;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InnoDbCluster {
    pub(crate) version: &'static str,
    pub(crate) edition: &'static str,
    pub(crate) secret_name: String,
    pub(crate) tls_use_self_signed: bool,
    pub(crate) instances: u32,
    pub(crate) datadir_permissions: DatadirPermissions,
    pub(crate) mycnf: String,
    pub(crate) datadir_volume_claim_template: PersistentVolumeClaimSpec,
    pub(crate) pod_spec: PodPatch,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metrics: Option<Metrics>,
    pub(crate) router: Router,
}

impl Kind for InnoDbCluster {
    const API_VERSION: &'static str = "mysql.oracle.com/v2";
    const KIND: &'static str = "InnoDBCluster";
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DatadirPermissions {
    pub(crate) set_rights_using_init_container: bool,
    pub(crate) fs_group_change_policy: &'static str,
}

/// The exporter beside every server.
#[derive(Debug, Serialize)]
pub(crate) struct Metrics {
    pub(crate) enable: bool,
    pub(crate) image: &'static str,
    pub(crate) options: [&'static str; 3],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Router {
    pub(crate) instances: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) bootstrap_options: Vec<&'static str>,
    pub(crate) pod_spec: PodPatch,
}

/// What is merged into the operator's own pods.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PodPatch {
    pub(crate) security_context: SecurityPatch,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) topology_spread_constraints: Vec<TopologySpreadConstraint>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) init_containers: Vec<ContainerPatch>,
    pub(crate) containers: Vec<ContainerPatch>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecurityPatch {
    pub(crate) seccomp_profile: SeccompProfile,
}

#[derive(Debug, Serialize)]
pub(crate) struct ContainerPatch {
    pub(crate) name: &'static str,
    pub(crate) resources: ResourceRequirements,
}
