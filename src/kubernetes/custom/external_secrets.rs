//! External Secrets 2.x.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::kubernetes::object::Kind;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExternalSecret {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_policy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_interval: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secret_store_ref: Option<StoreRef>,
    pub(crate) target: SecretTarget,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) data: Vec<Entry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) data_from: Vec<Source>,
}

impl Kind for ExternalSecret {
    const API_VERSION: &'static str = "external-secrets.io/v1";
    const KIND: &'static str = "ExternalSecret";
}

#[derive(Debug, Serialize)]
pub(crate) struct StoreRef {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
}

/// Where Secrets come from: another namespace of the same cluster.
#[derive(Debug, Serialize)]
pub(crate) struct SecretStore {
    pub(crate) provider: Provider,
}

impl Kind for SecretStore {
    const API_VERSION: &'static str = "external-secrets.io/v1";
    const KIND: &'static str = "SecretStore";
}

#[derive(Debug, Serialize)]
pub(crate) struct Provider {
    pub(crate) kubernetes: KubernetesProvider,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KubernetesProvider {
    pub(crate) remote_namespace: String,
    pub(crate) server: KubernetesServer,
    pub(crate) auth: KubernetesAuth,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KubernetesServer {
    pub(crate) ca_provider: ConfigMapKey,
}

#[derive(Debug, Serialize)]
pub(crate) struct ConfigMapKey {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) name: &'static str,
    pub(crate) key: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KubernetesAuth {
    pub(crate) service_account: NameRef,
}

#[derive(Debug, Serialize)]
pub(crate) struct NameRef {
    pub(crate) name: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct SecretTarget {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) template: Option<Template>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Template {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<TemplateMetadata>,
    pub(crate) data: BTreeMap<&'static str, String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TemplateMetadata {
    pub(crate) labels: BTreeMap<&'static str, &'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    pub(crate) secret_key: &'static str,
    pub(crate) remote_ref: RemoteRef,
}

#[derive(Debug, Serialize)]
pub(crate) struct RemoteRef {
    pub(crate) key: String,
    pub(crate) property: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Source {
    pub(crate) source_ref: SourceRef,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SourceRef {
    pub(crate) generator_ref: GeneratorRef,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GeneratorRef {
    pub(crate) api_version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) name: String,
}

/// A generator of random passwords.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Password {
    pub(crate) length: u32,
    pub(crate) digits: u32,
    pub(crate) symbols: u32,
    pub(crate) no_upper: bool,
    pub(crate) allow_repeat: bool,
}

impl Kind for Password {
    const API_VERSION: &'static str = "generators.external-secrets.io/v1alpha1";
    const KIND: &'static str = "Password";
}
