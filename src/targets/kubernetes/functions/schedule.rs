//! Functions that a time starts: a job with one request.

use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, JobSpec, JobTemplateSpec};
use k8s_openapi::api::core::v1::{Container, EnvVar, EnvVarSource, ObjectFieldSelector, PodSpec, PodTemplateSpec};
use tera::Context;

use super::pods::{self, EVENTS};
use super::{PORT, call_seconds};
use crate::ir::{Cron, Function, Id, Service};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::targets::kubernetes::stack::Stack;
use crate::targets::shared::template;

/// Seconds after which a start that was missed is left out.
const LATEST: i64 = 600;
/// Failed jobs that stay to be looked at.
const KEPT: i32 = 5;

const TICK: &str = include_str!("../../../../templates/kubernetes/tick.sh.tera");

/// Read in November 2026.
const CURL: &str = "curlimages/curl:8.17.0";

/// A job at each of the times.
pub(super) fn job(
    stack: &Stack<'_>,
    (id, service, function): (Id<Service>, &Service, &Function),
    cron: &Cron,
    timezone: &str,
) -> Object {
    let (mounts, volumes) = pods::volumes(stack, id, service, function);
    let called = pods::sidecar(pods::container(stack, id, service, function, mounts));
    let first = pods::packages(function);
    let spec = PodSpec {
        restart_policy: Some("Never".to_owned()),
        init_containers: Some(first.into_iter().chain([called]).collect()),
        termination_grace_period_seconds: Some(30),
        ..pod::spec(&service.name, vec![request(stack, service, function)], volumes)
    };
    let age = i64::from(function.retry.within());
    let job = CronJob {
        metadata: stack.names.service_meta(service),
        spec: CronJobSpec {
            schedule: cron.to_string(),
            time_zone: Some(timezone.to_owned()),
            concurrency_policy: Some("Forbid".to_owned()),
            starting_deadline_seconds: Some(LATEST),
            failed_jobs_history_limit: Some(KEPT),
            job_template: JobTemplateSpec {
                spec: Some(JobSpec {
                    backoff_limit: i32::try_from(function.retry.attempts).ok(),
                    active_deadline_seconds: Some(age.max(i64::from(call_seconds(function)) + 120)),
                    template: PodTemplateSpec {
                        metadata: Some(pods::metadata(stack, id, service, function)),
                        spec: Some(spec),
                    },
                    ..Default::default()
                }),
                ..Default::default()
            },
            ..Default::default()
        },
        ..Default::default()
    };
    Object::new(&job)
        .about("A job that fails stays: it is the dead letter of its time")
        .comment("spec/concurrencyPolicy", "what is still running is not overtaken")
        .comment(
            "spec/jobTemplate/spec/backoffLimit",
            "tries after the first, each in a pod of its own",
        )
        .comment("spec/jobTemplate/spec/activeDeadlineSeconds", "for all of them")
        .comment(
            "spec/jobTemplate/spec/template/spec/initContainers",
            "restartPolicy makes the function a sidecar: the job ends when its one request is answered",
        )
}

/// The one request: a CloudEvent whose id is the job's, so that each try is the same event.
fn request(stack: &Stack<'_>, service: &Service, function: &Function) -> Container {
    let mut context = Context::new();
    context.insert(
        "source",
        &format!("/{}/schedules/{}", stack.system.prefix, service.name),
    );
    context.insert("call_seconds", &call_seconds(function));
    context.insert("port", &PORT);
    let script = template::fill(TICK, &context);
    let of_job = EnvVarSource {
        field_ref: Some(ObjectFieldSelector {
            field_path: "metadata.labels['batch.kubernetes.io/job-name']".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    Container {
        command: Some(["/bin/sh", "-eu", "-c", &script].map(pod::literal).into()),
        env: Some(vec![EnvVar {
            name: "JOB".to_owned(),
            value: None,
            value_from: Some(of_job),
        }]),
        resources: Some(pod::resources(("10m", "16Mi"), ("100m", "32Mi"))),
        ..pod::container(EVENTS, CURL)
    }
}
