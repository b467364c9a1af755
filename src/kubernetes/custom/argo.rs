//! Argo Workflows 4.1.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMapKeySelector, Container, PodSecurityContext, Volume};
use serde::Serialize;

use crate::kubernetes::object::Kind;

const API_VERSION: &str = "argoproj.io/v1alpha1";

/// What every run of a workflow is like.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkflowTemplate {
    pub(crate) entrypoint: &'static str,
    pub(crate) arguments: Arguments,
    pub(crate) service_account_name: String,
    pub(crate) automount_service_account_token: bool,
    pub(crate) security_context: PodSecurityContext,
    pub(crate) pod_metadata: Metadata,
    pub(crate) active_deadline_seconds: u32,
    pub(crate) ttl_strategy: TtlStrategy,
    #[serde(rename = "podGC")]
    pub(crate) pod_gc: PodGc,
    pub(crate) archive_logs: bool,
    pub(crate) synchronization: Synchronization,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) templates: Vec<Template>,
}

impl Kind for WorkflowTemplate {
    const API_VERSION: &'static str = API_VERSION;
    const KIND: &'static str = "WorkflowTemplate";
}

/// Times at which a workflow runs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CronWorkflow {
    pub(crate) schedules: Vec<String>,
    pub(crate) timezone: String,
    pub(crate) concurrency_policy: &'static str,
    pub(crate) starting_deadline_seconds: u32,
    pub(crate) successful_jobs_history_limit: u32,
    pub(crate) failed_jobs_history_limit: u32,
    pub(crate) workflow_spec: Run,
}

impl Kind for CronWorkflow {
    const API_VERSION: &'static str = API_VERSION;
    const KIND: &'static str = "CronWorkflow";
}

/// A run of a template.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Run {
    pub(crate) workflow_template_ref: TemplateRef,
}

#[derive(Debug, Serialize)]
pub(crate) struct TemplateRef {
    pub(crate) name: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Metadata {
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) labels: BTreeMap<String, String>,
}

/// What runs wait for.
#[derive(Debug, Serialize)]
pub(crate) struct Synchronization {
    pub(crate) semaphores: Vec<Semaphore>,
}

/// How many runs may go on at once, as a ConfigMap says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Semaphore {
    pub(crate) config_map_key_ref: ConfigMapKeySelector,
}

/// Seconds that a run is kept.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TtlStrategy {
    pub(crate) seconds_after_success: u32,
    pub(crate) seconds_after_failure: u32,
}

/// When pods go.
#[derive(Debug, Serialize)]
pub(crate) struct PodGc {
    pub(crate) strategy: &'static str,
}

/// A part of a workflow: a list of groups of steps, a container, or a pause.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Template {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Arguments::is_empty")]
    pub(crate) inputs: Arguments,
    #[serde(skip_serializing_if = "Arguments::is_empty")]
    pub(crate) outputs: Arguments,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) steps: Vec<Vec<Step>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) suspend: Option<Suspend>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_strategy: Option<RetryStrategy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) container: Option<Container>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Suspend {
    pub(crate) duration: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RetryStrategy {
    pub(crate) limit: &'static str,
    pub(crate) retry_policy: &'static str,
    pub(crate) expression: &'static str,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Arguments {
    pub(crate) parameters: Vec<Parameter>,
}

impl Arguments {
    /// True if there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Parameter {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value_from: Option<ValueFrom>,
}

/// Where an output comes from.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ValueFrom {
    /// A file of the container.
    Path(&'static str),
    /// What follows from outputs of steps.
    Expression(String),
}

/// A step of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) template: String,
    #[serde(skip_serializing_if = "Arguments::is_empty")]
    pub(crate) arguments: Arguments,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) continue_on: Option<ContinueOn>,
}

/// The list goes on though the step has failed.
#[derive(Debug, Serialize)]
pub(crate) struct ContinueOn {
    pub(crate) error: bool,
    pub(crate) failed: bool,
}
