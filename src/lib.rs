//! cloudgen compiles a short TOML *blueprint* of an application into Terraform (AWS, Azure, GCP) and Kubernetes YAML.

pub mod diagnostic;
pub mod terraform;
