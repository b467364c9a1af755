//! Istio 1.30: who may ask a Gateway, how often, and what it writes down.

use serde::Serialize;
use serde_json::Value;

use crate::kubernetes::object::Kind;

/// The Gateway that something is about.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TargetRef {
    pub(crate) group: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) name: String,
}

impl TargetRef {
    /// A Gateway of this name.
    pub(crate) fn gateway(name: &str) -> Vec<Self> {
        vec![Self {
            group: "gateway.networking.k8s.io",
            kind: "Gateway",
            name: name.to_owned(),
        }]
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestAuthentication {
    pub(crate) target_refs: Vec<TargetRef>,
    pub(crate) jwt_rules: Vec<JwtRule>,
}

impl Kind for RequestAuthentication {
    const API_VERSION: &'static str = "security.istio.io/v1";
    const KIND: &'static str = "RequestAuthentication";
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JwtRule {
    pub(crate) issuer: String,
    pub(crate) audiences: Vec<String>,
    pub(crate) jwks_uri: String,
    pub(crate) forward_original_token: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthorizationPolicy {
    pub(crate) target_refs: Vec<TargetRef>,
    pub(crate) action: &'static str,
    pub(crate) rules: Vec<Allowed>,
}

impl Kind for AuthorizationPolicy {
    const API_VERSION: &'static str = "security.istio.io/v1";
    const KIND: &'static str = "AuthorizationPolicy";
}

#[derive(Debug, Serialize)]
pub(crate) struct Allowed {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) from: Vec<From>,
    pub(crate) to: Vec<To>,
}

#[derive(Debug, Serialize)]
pub(crate) struct From {
    pub(crate) source: Source,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Source {
    pub(crate) request_principals: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
pub(crate) struct To {
    pub(crate) operation: Operation,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Operation {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) methods: Vec<&'static str>,
    pub(crate) paths: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) not_paths: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Telemetry {
    pub(crate) target_refs: Vec<TargetRef>,
    pub(crate) access_logging: Vec<AccessLogging>,
}

impl Kind for Telemetry {
    const API_VERSION: &'static str = "telemetry.istio.io/v1";
    const KIND: &'static str = "Telemetry";
}

#[derive(Debug, Serialize)]
pub(crate) struct AccessLogging {
    pub(crate) providers: Vec<Provider>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Provider {
    pub(crate) name: &'static str,
}

/// Parts of Envoy's own configuration, which is not typed here.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EnvoyFilter {
    pub(crate) target_refs: Vec<TargetRef>,
    pub(crate) config_patches: Vec<Value>,
}

impl Kind for EnvoyFilter {
    const API_VERSION: &'static str = "networking.istio.io/v1alpha3";
    const KIND: &'static str = "EnvoyFilter";
}
