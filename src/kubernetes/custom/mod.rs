//! The custom resources that are used, as far as they are used: their fields are checked against the projects' own schemas in the
//! tests.

pub(crate) mod argo;
pub(crate) mod cert_manager;
pub(crate) mod cloudnative_pg;
pub(crate) mod external_secrets;
pub(crate) mod gateway;
pub(crate) mod istio;
pub(crate) mod keda;
pub(crate) mod monitoring;
pub(crate) mod mysql;
pub(crate) mod rabbitmq;
pub(crate) mod strimzi;
