//! What pods write, into the log groups of their services: Fluent Bit reads it on every node.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{DaemonSet, DaemonSetSpec};
use k8s_openapi::api::core::v1::{
    ConfigMap, HostPathVolumeSource, PodSecurityContext, PodSpec, PodTemplateSpec, SeccompProfile, ServiceAccount,
    Toleration, Volume,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use tera::Context;

use super::Cluster;
use super::identity::{ANNOTATION, OWN, Role};
use crate::catalog;
use crate::ir::{Id, Service};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::targets::aws::compute::Parts;
use crate::targets::aws::policy::Statement;
use crate::targets::aws::{Stack, logs, startup};
use crate::targets::shared::cluster::Written;
use crate::targets::shared::template;
use crate::template as text;

/// Name of its objects in the cluster.
const NAME: &str = "pod-logs";
/// Longer than any component's name: services have log groups and roles too.
const LOCAL: &str = "kubernetes_cluster_parts";
const CONFIG: &str = include_str!("../../../../templates/cluster/aws-logs.conf.tera");
/// Where the kubelet puts what containers write, and where Fluent Bit keeps how far it has read.
const VOLUMES: [(&str, &str, &str); 2] = [
    ("logs", "/var/log", "Directory"),
    ("state", "/var/lib/pod-logs", "DirectoryOrCreate"),
];

/// Name of the log group of the cluster's own parts.
pub(super) fn group(stack: &Stack<'_>) -> String {
    format!("/{}/kubernetes", stack.system.prefix)
}

/// Adds the log groups, the role, and the objects in the cluster.
pub(super) fn lower(stack: &mut Stack<'_>, cluster: &Cluster, parts: &Parts<'_>) -> Vec<Written> {
    stack.module.file("cluster", "");
    let system = stack.system;
    let own = logs::group(stack, parts.keys, group(stack));
    let own = stack
        .module
        .comment("What the cluster's own parts write, the gateway among them; services have log groups of their own.")
        .resource("aws_cloudwatch_log_group", LOCAL, own);
    let mut groups = vec![own];
    let services: Vec<Id<Service>> = system.services.iter().map(|(id, _)| id).collect();
    for id in services.into_iter().filter(|&id| system.pool_of(id).is_some()) {
        let service = &system.services[id];
        let body = logs::group(stack, parts.keys, startup::log_group(stack, service));
        groups.push(stack.module.resource("aws_cloudwatch_log_group", &service.name, body));
    }
    let streams = groups.iter().map(|group| text![group.attr("arn"), ":log-stream:*"]);
    let write = ["logs:CreateLogStream", "logs:PutLogEvents"];
    let write = Statement::allow("Logs", &write, hcl::Expression::Array(streams.collect()));
    let role = Role {
        local: "kubernetes_pod_log_collector",
        name: "kubernetes-pod-log-collector",
        description: "Writes what pods write into log groups".to_owned(),
        account: (OWN, NAME),
    };
    let (role, _) = role.lower(stack, cluster, vec![write]);
    let config = ConfigMap {
        metadata: meta(),
        data: Some(BTreeMap::from([("fluent-bit.conf".to_owned(), config(stack))])),
        ..Default::default()
    };
    let account = ServiceAccount {
        metadata: ObjectMeta {
            annotations: Some(BTreeMap::from([(ANNOTATION.to_owned(), String::new())])),
            ..meta()
        },
        automount_service_account_token: Some(false),
        ..Default::default()
    };
    let account = Written::new(Object::new(&account)).set(
        &format!("/metadata/annotations/{}", ANNOTATION.replace('/', "~1")),
        role.attr("arn"),
    );
    let collector = Written::new(Object::new(&collector(&config)));
    vec![account, Written::new(Object::new(&config)), collector]
}

/// What Fluent Bit reads, and where it puts it.
fn config(stack: &Stack<'_>) -> String {
    let system = stack.system;
    let files = system.pools.iter().map(|pool| {
        let namespace = match pool.domain {
            Some(id) => format!("{}-{}", system.prefix, system.domains[id].name),
            None => system.prefix.clone(),
        };
        format!("/var/log/containers/*_{namespace}_*.log")
    });
    let mut context = Context::new();
    context.insert("services", &files.collect::<Vec<_>>().join(","));
    context.insert("region", &stack.region());
    context.insert("parts", &group(stack));
    context.insert("folder", &startup::log_folder(stack));
    template::fill(CONFIG, &context)
}

fn meta() -> ObjectMeta {
    ObjectMeta {
        name: Some(NAME.to_owned()),
        namespace: Some(OWN.to_owned()),
        labels: Some(labels()),
        ..Default::default()
    }
}

fn labels() -> BTreeMap<String, String> {
    BTreeMap::from([("app.kubernetes.io/name".to_owned(), NAME.to_owned())])
}

fn collector(config: &ConfigMap) -> DaemonSet {
    let mut container = pod::container("fluent-bit", catalog::AWS_FLUENT_BIT);
    container.command = Some(vec!["/fluent-bit/bin/fluent-bit".to_owned()]);
    container.args = Some(vec!["-c".to_owned(), "/config/fluent-bit.conf".to_owned()]);
    container.resources = Some(pod::resources(("50m", "64Mi"), ("500m", "256Mi")));
    container.volume_mounts = Some(vec![
        pod::mount("config", "/config", true),
        pod::mount("logs", "/var/log", true),
        pod::mount("state", "/state", false),
    ]);
    let from_host = VOLUMES.map(|(name, path, kind)| Volume {
        name: name.to_owned(),
        host_path: Some(HostPathVolumeSource {
            path: path.to_owned(),
            type_: Some(kind.to_owned()),
        }),
        ..Default::default()
    });
    let volumes = std::iter::once(pod::config_files("config", NAME)).chain(from_host);
    let spec = PodSpec {
        service_account_name: Some(NAME.to_owned()),
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        priority_class_name: Some("system-node-critical".to_owned()),
        // The files belong to root.
        security_context: Some(PodSecurityContext {
            run_as_user: Some(0),
            seccomp_profile: Some(SeccompProfile {
                type_: "RuntimeDefault".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        }),
        containers: vec![container],
        volumes: Some(volumes.collect()),
        tolerations: Some(vec![Toleration {
            operator: Some("Exists".to_owned()),
            ..Default::default()
        }]),
        ..Default::default()
    };
    DaemonSet {
        metadata: meta(),
        spec: DaemonSetSpec {
            selector: LabelSelector {
                match_labels: Some(labels()),
                ..Default::default()
            },
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(labels()),
                    annotations: Some(pod::fingerprint([config])),
                    ..Default::default()
                }),
                spec: Some(spec),
            },
            ..Default::default()
        },
        ..Default::default()
    }
}
