//! IR to [`Checked`]: everything that depends on the target and can be known before lowering.
//!
//! Targets take a [`Checked`] only, so they may rely on what is verified here: the region exists, every engine, version and size is
//! one that the target offers, every name fits, and what the target cannot do was refused.

mod aws;
mod azure;
mod cluster;
mod database;
mod edge;
mod gcp;
mod kubernetes;
mod messaging;
mod names;
mod runtime;
mod serverless;

use std::ops::Deref;

pub use aws::{api_methods, call_seconds as aws_call_seconds};
pub use azure::{
    INSTANCES as AZURE_INSTANCES, LOCK as AZURE_LOCK, api_block, api_window, cluster_block, container_block,
    container_environment, function_block, function_places, function_plan, gateway_address, inside_blocks, node_block,
    nodes_name, pool_name, request_units, rotation_name, sql_filter, table_leases, warehouse_parts, warehouse_sink,
    warehouse_streams,
};
pub use edge::shared_ports;
pub use gcp::{
    BUILD as GCP_BUILD, CHANGES as GCP_CHANGES, CREATED as GCP_CREATED, INSTANCES as GCP_INSTANCES,
    SCALER as GCP_SCALER, SCHEDULES as GCP_SCHEDULES, TRIGGERS as GCP_TRIGGERS, bucket_filter as gcp_bucket_filter,
    condition as gcp_condition, deleted as gcp_deleted, has_schedules as gcp_has_schedules,
    has_streams as gcp_has_streams, nodes as gcp_nodes, part as gcp_table_part, pod_ranges as gcp_pods, pubsub_filter,
    takes_events as gcp_takes_events, value as gcp_value,
};
pub use kubernetes::{
    EVENT_STREAMS, MESSAGE_BROKER, OBJECT_STORE, PROTECT, S3_CLIENT, SECRETS_READER, TABLE_STORE, authority_variable,
    by_expression, document_bytes as kubernetes_document, names_packages, path_expression,
    sink_name as kubernetes_sink,
};

use crate::diagnostic::{Diagnostic, Severity, capability};
use crate::ir::System;
use crate::target::Target;

/// A system that its target can run.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'a> {
    system: &'a System,
    target: Target,
}

impl Checked<'_> {
    /// What it was checked for.
    pub fn target(&self) -> Target {
        self.target
    }

    /// The region, in the target's own word; empty for a plain Kubernetes cluster, which has none.
    pub fn region(&self) -> &str {
        self.system.region.get(self.target).unwrap_or_default()
    }
}

impl Deref for Checked<'_> {
    type Target = System;

    fn deref(&self) -> &System {
        self.system
    }
}

/// Checks a system for a target. The second value are warnings.
///
/// # Errors
/// Every problem, warnings included.
pub fn check(system: &System, target: Target) -> Result<(Checked<'_>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut problems = vec![];
    if target != Target::Kubernetes && system.region.get(target).is_none() {
        problems.push(capability::no_region(system.places.span("region"), target));
    }
    runtime::check(system, target, &mut problems);
    database::check(system, target, &mut problems);
    edge::check(system, target, &mut problems);
    messaging::check(system, target, &mut problems);
    serverless::check(system, target, &mut problems);
    names::check(system, target, &mut problems);
    if target != Target::Kubernetes {
        cluster::check(system, &mut problems);
    }
    match target {
        Target::Aws => aws::check(system, &mut problems),
        Target::Azure => azure::check(system, &mut problems),
        Target::Gcp => gcp::check(system, &mut problems),
        Target::Kubernetes => kubernetes::check(system, &mut problems),
    }
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(problems);
    }
    Ok((Checked { system, target }, problems))
}
