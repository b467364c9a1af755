//! The custom resources that are used, as far as they are used: their fields are checked against the projects' own schemas in the
//! tests.

pub(super) mod cert_manager;
pub(super) mod cloudnative_pg;
pub(super) mod external_secrets;
pub(super) mod gateway;
pub(super) mod istio;
pub(super) mod keda;
pub(super) mod monitoring;
pub(super) mod mysql;
pub(super) mod rabbitmq;
