//! cert-manager 1.x.

use serde::Serialize;

use crate::kubernetes::object::Kind;

/// An issuer: exactly one of the two.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Issuer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) self_signed: Option<SelfSigned>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ca: Option<Authority>,
}

impl Kind for Issuer {
    const API_VERSION: &'static str = "cert-manager.io/v1";
    const KIND: &'static str = "Issuer";
}

#[derive(Debug, Serialize)]
pub(crate) struct SelfSigned {}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Authority {
    pub(crate) secret_name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Certificate {
    #[serde(rename = "isCA", skip_serializing_if = "Option::is_none")]
    pub(crate) is_ca: Option<bool>,
    pub(crate) secret_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) common_name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) dns_names: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duration: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) usages: Vec<&'static str>,
    pub(crate) private_key: PrivateKey,
    pub(crate) issuer_ref: IssuerRef,
}

impl Kind for Certificate {
    const API_VERSION: &'static str = "cert-manager.io/v1";
    const KIND: &'static str = "Certificate";
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PrivateKey {
    pub(crate) algorithm: &'static str,
    pub(crate) size: u16,
    pub(crate) rotation_policy: &'static str,
}

impl PrivateKey {
    /// A P-256 key that every renewal replaces.
    pub(crate) const ROTATED: PrivateKey = PrivateKey {
        algorithm: "ECDSA",
        size: 256,
        rotation_policy: "Always",
    };
}

#[derive(Debug, Serialize)]
pub(crate) struct IssuerRef {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
}
