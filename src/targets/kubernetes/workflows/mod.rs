//! Workflows: runs of Argo Workflows, whose controller starts a small pod for each step.
//!
//! A step's pod calls a function and leaves what goes on; choices and what is said of failures are pods as well, because the document is
//! no text that the controller should read. The pods of a workflow have an identity that may report what they left and nothing else,
//! and reach the functions that the workflow calls. Who starts runs may make objects of one kind, and an admission policy says what
//! may stand in them.

mod definition;
mod pods;
pub(super) mod readme;
mod start;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, ConfigMapKeySelector, PodSecurityContext};
use k8s_openapi::api::rbac::v1::{PolicyRule, Role, RoleBinding, RoleRef, Subject};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::alarms::alert;
use super::firewall::{pods_of, policy};
use super::functions;
use super::stack::Stack;
use crate::check::kubernetes_document;
use crate::ir::{Action, Cron, Id, Resource, Service, Step, Workflow, WorkflowAlarm};
use crate::kubernetes::custom::argo::{
    Arguments, CronWorkflow, Metadata, Parameter, PodGc, Run, Semaphore, Synchronization, TemplateRef, TtlStrategy,
    WorkflowTemplate,
};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::kubernetes::policy::{to, to_api_server, to_dns};
use crate::targets::shared::workload::namespaces::Demand;
use definition::{Called, DOCUMENT, Definition, MAIN, definition};
pub(super) use start::{TOKEN, token};

const STEP: &str = include_str!("../../../../templates/kubernetes/workflow.py");
/// `{}`, as documents travel.
const EMPTY: &str = "e30=";
const DAY: u32 = 24 * 60 * 60;
/// Days that the history of a run stays when it went well, and when it failed.
const KEPT: (u32, u32) = (7, 30);
/// Runs of a schedule that stay when they went well, and when they failed.
const KEPT_RUNS: (u32, u32) = (7, 30);
/// Seconds after which a start that was missed is left out.
const LATEST: u32 = 3600;
/// Runs at once that the namespaces have room for; others wait.
const AT_ONCE: u32 = 2;
/// What says so to the controller.
const AT_ONCE_KEY: &str = "at-once";
/// Minutes after a failure that its alert stays.
const TOLD_MINUTES: u32 = 15;

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let mut objects = vec![];
    for (id, workflow) in stack.system.workflows.iter() {
        let definition = spelled(stack, workflow);
        let config = config(stack, workflow, &definition);
        objects.push(Object::new(&config).about("What the pods of steps run, and what they read of each step"));
        objects.extend(reports(stack, workflow));
        objects.push(template(stack, workflow, definition, &config));
        if let Some((cron, timezone)) = &workflow.schedule {
            objects.push(times(stack, workflow, cron, timezone));
        }
        objects.extend(start::rights(stack, id, workflow));
    }
    objects.extend(start::policies(stack));
    objects
}

/// Metadata of what belongs to a workflow.
fn meta(stack: &Stack<'_>, name: impl Into<String>, workflow: &Workflow) -> ObjectMeta {
    stack.meta(name, &workflow.name, "workflow")
}

fn spelled(stack: &Stack<'_>, workflow: &Workflow) -> Definition {
    let called = |id: Id<Service>| {
        let service = &stack.system.services[id];
        let host = stack.host(&service.name, &service.name, &workflow.name);
        let function = service.function.as_ref();
        Called {
            url: format!("http://{host}:{}", functions::PORT),
            seconds: function.map_or(0, functions::call_seconds),
        }
    };
    definition(&workflow.steps, &called)
}

fn config(stack: &Stack<'_>, workflow: &Workflow, definition: &Definition) -> ConfigMap {
    let told = serde_json::to_string_pretty(&definition.told);
    let told = told.unwrap_or_else(|error| unreachable!("an object has text keys only: {error}"));
    ConfigMap {
        metadata: meta(stack, format!("{}-steps", workflow.name), workflow),
        data: Some(BTreeMap::from([
            ("step.py".to_owned(), STEP.to_owned()),
            ("steps.json".to_owned(), told + "\n"),
            (AT_ONCE_KEY.to_owned(), AT_ONCE.to_string()),
            ("most".to_owned(), kubernetes_document(workflow).to_string()),
        ])),
        ..Default::default()
    }
}

/// What lets the pods of steps report what they left.
fn reports(stack: &Stack<'_>, workflow: &Workflow) -> [Object; 2] {
    let rule = PolicyRule {
        api_groups: Some(vec!["argoproj.io".to_owned()]),
        resources: Some(vec!["workflowtaskresults".to_owned()]),
        verbs: vec!["create".to_owned(), "patch".to_owned()],
        ..Default::default()
    };
    let accounts = vec![(stack.namespace_of(&workflow.name), workflow.name.clone())];
    let [role, binding] = allowed(meta(stack, workflow.name.as_str(), workflow), rule, accounts);
    [
        role.about("The pods of steps report what they left, and that is all"),
        binding,
    ]
}

/// A Role with one rule, and those who have it: (namespace, service account).
fn allowed(metadata: ObjectMeta, rule: PolicyRule, accounts: Vec<(String, String)>) -> [Object; 2] {
    let role = Role {
        metadata: metadata.clone(),
        rules: Some(vec![rule]),
    };
    let subjects = accounts.into_iter().map(|(namespace, name)| Subject {
        kind: "ServiceAccount".to_owned(),
        name,
        namespace: Some(namespace),
        ..Default::default()
    });
    let binding = RoleBinding {
        role_ref: RoleRef {
            api_group: Some("rbac.authorization.k8s.io".to_owned()),
            kind: "Role".to_owned(),
            name: metadata.name.clone().unwrap_or_default(),
        },
        subjects: Some(subjects.collect()),
        metadata,
    };
    [Object::new(&role), Object::new(&binding)]
}

fn template(stack: &Stack<'_>, workflow: &Workflow, definition: Definition, config: &ConfigMap) -> Object {
    let security: Option<PodSecurityContext> = pod::spec("", vec![], vec![]).security_context;
    let spec = WorkflowTemplate {
        entrypoint: MAIN,
        arguments: Arguments {
            parameters: vec![Parameter {
                name: DOCUMENT.to_owned(),
                value: Some(EMPTY.to_owned()),
                value_from: None,
            }],
        },
        service_account_name: workflow.name.clone(),
        automount_service_account_token: true,
        security_context: security.unwrap_or_default(),
        pod_metadata: Metadata {
            annotations: [
                ("cluster-autoscaler.kubernetes.io/safe-to-evict", "false"),
                ("karpenter.sh/do-not-disrupt", "true"),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
            labels: stack.labels(&workflow.name, "workflow").into_iter().collect(),
        },
        active_deadline_seconds: workflow.timeout_seconds,
        ttl_strategy: TtlStrategy {
            seconds_after_success: KEPT.0 * DAY,
            seconds_after_failure: KEPT.1 * DAY,
        },
        pod_gc: PodGc {
            strategy: "OnPodSuccess",
        },
        archive_logs: false,
        synchronization: Synchronization {
            semaphores: vec![Semaphore {
                config_map_key_ref: ConfigMapKeySelector {
                    name: config.metadata.name.clone().unwrap_or_default(),
                    key: AT_ONCE_KEY.to_owned(),
                    optional: None,
                },
            }],
        },
        volumes: vec![
            pod::memory("tmp", "16Mi"),
            pod::config_files("steps", config.metadata.name.as_deref().unwrap_or_default()),
        ],
        templates: definition.templates,
    };
    Object::custom(meta(stack, workflow.name.as_str(), workflow), spec)
        .about("What a run does. Documents go from step to step in base64, so that nothing in them is taken for a template")
        .comment("spec/activeDeadlineSeconds", "for a run as a whole")
        .comment("spec/archiveLogs", "the pods of steps reach no store")
        .comment("spec/synchronization", "more runs than that wait for each other: they share the room of the namespace")
        .comment("spec/arguments/parameters/0/value", "{}, in base64")
        .comment(
            "spec/automountServiceAccountToken",
            "for the containers that Argo puts beside a step, which report what it left",
        )
}

fn times(stack: &Stack<'_>, workflow: &Workflow, cron: &Cron, timezone: &str) -> Object {
    let spec = CronWorkflow {
        schedules: vec![cron.to_string()],
        timezone: timezone.to_owned(),
        concurrency_policy: "Allow",
        starting_deadline_seconds: LATEST,
        successful_jobs_history_limit: KEPT_RUNS.0,
        failed_jobs_history_limit: KEPT_RUNS.1,
        workflow_spec: Run {
            workflow_template_ref: TemplateRef {
                name: workflow.name.clone(),
            },
        },
    };
    Object::custom(meta(stack, workflow.name.as_str(), workflow), spec)
}

/// Where runs are made.
pub(super) fn endpoint(stack: &Stack<'_>, workflow: &Workflow) -> String {
    let namespace = stack.namespace_of(&workflow.name);
    format!("https://kubernetes.default.svc/apis/argoproj.io/v1alpha1/namespaces/{namespace}/workflows")
}

/// Network policies: the pods of steps reach what they call, and the API server.
pub(super) fn policies(stack: &Stack<'_>) -> Vec<Object> {
    let system = stack.system;
    let workflows = system.workflows.iter();
    workflows
        .map(|(_, workflow)| {
            let called = workflow.calls().into_iter();
            let called: Vec<_> = called
                .map(|id| &system.services[id].name)
                .map(|name| pods_of(stack, name, stack.pods(name), &workflow.name))
                .collect();
            let mut egress = vec![to_dns()];
            if !called.is_empty() {
                egress.push(to(called, &[functions::PORT]));
            }
            egress.push(to_api_server());
            let names = (workflow.name.as_str(), "workflow");
            let policy = policy(stack, names, stack.pods(&workflow.name), vec![], egress);
            Object::new(&policy).about("The pods of steps report to the API server, which no selector names")
        })
        .collect()
}

/// The pods of workflows that call a function, as its policy sees them.
pub(super) fn callers<'s>(
    stack: &'s Stack<'_>,
    function: Id<Service>,
) -> impl Iterator<Item = k8s_openapi::api::networking::v1::NetworkPolicyPeer> + 's {
    let system = stack.system;
    let seen_from = &system.services[function].name;
    system.workflows_of(function).map(move |id| {
        let name = &system.workflows[id].name;
        pods_of(stack, name, stack.pods(name), seen_from)
    })
}

/// True if a service starts workflows.
pub(super) fn starts(stack: &Stack<'_>, service: Id<Service>) -> bool {
    let mut grants = stack.system.grants_of(service);
    grants.any(|grant| matches!(grant.resource, Resource::Workflow(_)))
}

/// What the pods of a workflow take.
pub(super) fn demand(workflow: &Workflow) -> Demand {
    // Beside each step Argo has two containers of its own.
    Demand::of(AT_ONCE * width(&workflow.steps), 1, 1)
}

/// Steps at once, at most.
fn width(steps: &[Step]) -> u32 {
    let of_step = |step: &Step| {
        let own = match &step.action {
            Action::Parallel(branches) => branches.iter().map(|steps| width(steps)).sum(),
            Action::Choose { cases, otherwise } => {
                let cases = cases.iter().map(|case| width(&case.steps));
                cases.max().unwrap_or(1).max(width(otherwise))
            }
            Action::Call(_) | Action::Wait(_) | Action::Fail(_) => 1,
        };
        own.max(width(&step.catch))
    };
    steps.iter().map(of_step).max().unwrap_or(1)
}

/// What is watched about workflows: nothing in a cluster without the Prometheus operator.
pub(super) fn alarms<'a>(stack: &Stack<'a>) -> &'a [WorkflowAlarm] {
    if stack.system.cluster.prometheus {
        &stack.system.workflow_alarms
    } else {
        &[]
    }
}

/// Hours in which the schedule of a workflow starts a run at least, with those that one may be late; none where it is no matter of days.
fn longest(workflow: &Workflow) -> Option<u32> {
    let (cron, _) = workflow.schedule.as_ref()?;
    if !cron.day.is_any() || !cron.month.is_any() {
        return None;
    }
    // A day has 25 hours when clocks are put back.
    let days = if cron.weekday.is_any() { 1 } else { 7 };
    Some(24 * days + 1 + LATEST / 3600)
}

/// What an alert means.
fn about(stack: &Stack<'_>, alarm: &WorkflowAlarm) -> String {
    match longest(&stack.system.workflows[alarm.workflow]) {
        Some(hours) => format!(
            "{} Or its schedule has started none for {hours} hours (a new one has not yet): look whether Argo's controller runs.",
            alarm.about
        ),
        None => alarm.about.clone(),
    }
}

/// Alerts about runs that failed, which the controller counts.
pub(super) fn rules(stack: &Stack<'_>) -> Vec<Object> {
    let alarms = alarms(stack).iter();
    alarms
        .map(|alarm| {
            let workflow = &stack.system.workflows[alarm.workflow];
            let namespace = stack.namespace_of(&workflow.name);
            // The controller says where the template is, and Prometheus where the controller is.
            let runs = |label: &str| {
                format!(
                    "argo_workflows_workflowtemplate_triggered_total{{name=\"{}\", {label}=\"{namespace}\", phase=~\"Failed|Error\"}}",
                    workflow.name
                )
            };
            let each = ["namespace", "exported_namespace"].map(|label| {
                let runs = runs(label);
                format!("sum(increase({runs}[{TOLD_MINUTES}m])) > 0\nor sum({runs} unless {runs} offset {TOLD_MINUTES}m) > 0\n")
            });
            let mut expr = each.join("or ");
            if let Some(hours) = longest(workflow) {
                let started = ["namespace", "exported_namespace"].map(|label| {
                    let runs = format!(
                        "argo_workflows_cronworkflows_triggered_total{{name=\"{}\", {label}=\"{namespace}\"}}",
                        workflow.name
                    );
                    format!("sum(increase({runs}[{hours}h])) > 0 or sum({runs} unless {runs} offset {hours}h) > 0")
                });
                expr.push_str(&format!(
                    "or (time() - max(kube_namespace_created{{namespace=\"{namespace}\"}}) > {hours} * 3600) unless on () ({})\n",
                    started.join(" or ")
                ));
            }
            let spec = alert(stack, (&alarm.name, &about(stack, alarm), &workflow.name), expr, 1);
            Object::custom(meta(stack, alarm.name.as_str(), workflow), spec).comment(
                "spec/groups/0/rules/0/expr",
                "the first failure since the controller's start is no increase: its series is new",
            )
        })
        .collect()
}
