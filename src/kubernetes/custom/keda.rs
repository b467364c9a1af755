//! KEDA 2.x.

use std::collections::BTreeMap;

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscalerBehavior;
use serde::Serialize;

use crate::kubernetes::object::Kind;

const API_VERSION: &str = "keda.sh/v1alpha1";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScaledObject {
    pub(crate) scale_target_ref: ScaleTarget,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) polling_interval: Option<u32>,
    /// Seconds between the last event and the end of the last pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cooldown_period: Option<u32>,
    pub(crate) min_replica_count: u32,
    pub(crate) max_replica_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) advanced: Option<Advanced>,
    pub(crate) triggers: Vec<Trigger>,
}

/// What KEDA says to the autoscaler that it makes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Advanced {
    pub(crate) horizontal_pod_autoscaler_config: AutoscalerConfig,
}

#[derive(Debug, Serialize)]
pub(crate) struct AutoscalerConfig {
    pub(crate) behavior: HorizontalPodAutoscalerBehavior,
}

impl Kind for ScaledObject {
    const API_VERSION: &'static str = API_VERSION;
    const KIND: &'static str = "ScaledObject";
}

#[derive(Debug, Serialize)]
pub(crate) struct ScaleTarget {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trigger {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metric_type: Option<&'static str>,
    pub(crate) metadata: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authentication_ref: Option<AuthenticationRef>,
}

#[derive(Debug, Serialize)]
pub(crate) struct AuthenticationRef {
    pub(crate) name: String,
}

/// What a trigger logs in with.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TriggerAuthentication {
    pub(crate) secret_target_ref: Vec<Parameter>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) config_map_target_ref: Vec<Parameter>,
}

impl Kind for TriggerAuthentication {
    const API_VERSION: &'static str = API_VERSION;
    const KIND: &'static str = "TriggerAuthentication";
}

/// A parameter from a key of a Secret or ConfigMap.
#[derive(Debug, Serialize)]
pub(crate) struct Parameter {
    pub(crate) parameter: &'static str,
    pub(crate) name: String,
    pub(crate) key: &'static str,
}
