//! What pods write, into the log groups of their services: Fluent Bit reads it on every node.

use std::collections::BTreeMap;

use hcl::Expression;
use k8s_openapi::api::apps::v1::{DaemonSet, DaemonSetSpec};
use k8s_openapi::api::core::v1::{
    ConfigMap, ContainerPort, HostPathVolumeSource, PodSecurityContext, PodTemplateSpec, SeccompProfile,
    ServiceAccount, Toleration, Volume,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::Cluster;
use super::identity::{ANNOTATION, OWN, Role};
use crate::ir::{Id, Service};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod::{self, Ask};
use crate::targets::aws::compute::Parts;
use crate::targets::aws::policy::Statement;
use crate::targets::aws::{Stack, logs, startup};
use crate::targets::shared::cluster::Written;
use crate::template;

/// Name of its objects in the cluster.
const NAME: &str = "fluent-bit";
const IMAGE: &str = "cr.fluentbit.io/fluent/fluent-bit:4.2.0";
/// Port of its health check.
const PORT: u16 = 2020;
/// Folder and file of its configuration.
const FOLDER: &str = "/etc/fluent-bit";
const FILE: &str = "fluent-bit.conf";
/// Longer than any component's name: services have log groups and roles too.
const LOCAL: &str = "kubernetes_cluster_parts";
/// Files of containers tell namespace, pod and container; the tag keeps the last two, by which the output finds group and stream.
const CONFIGURATION: &str = r"[SERVICE]
    Flush        5
    Log_Level    warn
    HTTP_Server  On
    HTTP_Listen  0.0.0.0
    HTTP_Port    @port@
    Health_Check On

[INPUT]
    Name             tail
    Path             @services@
    Tag              service.<container>.<pod>
    Tag_Regex        (?<pod>[a-z0-9-]+)_(?<namespace>[a-z0-9-]+)_(?<container>[a-z0-9-]+)-(?<id>[0-9a-f]{64})\.log$
    multiline.parser cri
    DB               /var/lib/fluent-bit/services.db
    Refresh_Interval 10
    Mem_Buf_Limit    50MB
    Skip_Long_Lines  On
    Read_from_Head   On

[INPUT]
    Name             tail
    Path             /var/log/containers/*.log
    Exclude_Path     @services@
    Tag              part.<container>.<pod>
    Tag_Regex        (?<pod>[a-z0-9.-]+)_(?<namespace>[a-z0-9-]+)_(?<container>[a-z0-9-]+)-(?<id>[0-9a-f]{64})\.log$
    multiline.parser cri
    DB               /var/lib/fluent-bit/parts.db
    Refresh_Interval 10
    Mem_Buf_Limit    50MB
    Skip_Long_Lines  On

[OUTPUT]
    Name                cloudwatch_logs
    Match               service.*
    region              @region@
    log_group_name      @parts@
    log_group_template  @folder@$TAG[1]
    log_stream_prefix   unknown-
    log_stream_template $TAG[2]
    log_key             log

[OUTPUT]
    Name                cloudwatch_logs
    Match               part.*
    region              @region@
    log_group_name      @parts@
    log_stream_prefix   pod-
    log_key             log
";

/// Name of the log group of the cluster's own parts.
pub(super) fn group(stack: &Stack<'_>) -> String {
    format!("/{}/kubernetes", stack.system.prefix)
}

/// Adds the log groups and the role of what fills them, and gives its objects.
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
    let streams = groups.iter().map(|group| template![group.attr("arn"), ":log-stream:*"]);
    let write = ["logs:CreateLogStream", "logs:PutLogEvents"];
    let write = Statement::allow("Logs", &write, Expression::Array(streams.collect()));
    let role = Role {
        local: "kubernetes_pod_log_collector",
        name: "kubernetes-pod-log-collector",
        description: "Writes what pods write into log groups".to_owned(),
        account: (OWN, NAME),
    };
    let (role, _) = role.lower(stack, cluster, vec![write]);
    stack.module.file("cluster", "");
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
    let configuration = ConfigMap {
        metadata: meta(),
        data: Some(BTreeMap::from([(FILE.to_owned(), configuration(stack))])),
        ..Default::default()
    };
    let collector = Object::new(&collector(&configuration))
        .about("Reads what containers write, on every node: which log group and which stream it goes to follows from the file")
        .comment(
            "spec/template/spec/securityContext/runAsUser",
            "the files belong to the user 0 of the node; without any capability it reads those, and no others",
        );
    vec![
        account,
        Written::new(Object::new(&configuration)),
        Written::new(collector),
    ]
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

/// What Fluent Bit reads, and where it puts it.
fn configuration(stack: &Stack<'_>) -> String {
    let system = stack.system;
    let files = system.pools.iter().map(|pool| {
        let namespace = match pool.domain {
            Some(id) => format!("{}-{}", system.prefix, system.domains[id].name),
            None => system.prefix.clone(),
        };
        format!("/var/log/containers/*_{namespace}_*.log")
    });
    CONFIGURATION
        .replace("@port@", &PORT.to_string())
        .replace("@services@", &files.collect::<Vec<_>>().join(","))
        .replace("@region@", &stack.region())
        .replace("@parts@", &group(stack))
        .replace("@folder@", &startup::log_folder(stack))
}

/// It runs on every node, before and after whatever else does.
fn collector(configuration: &ConfigMap) -> DaemonSet {
    let mut container = pod::container(NAME, IMAGE);
    container.command = Some(vec!["/fluent-bit/bin/fluent-bit".to_owned()]);
    container.args = Some(vec![format!("--config={FOLDER}/{FILE}")]);
    container.resources = Some(pod::resources(("50m", "100Mi"), ("500m", "300Mi")));
    container.ports = Some(vec![ContainerPort {
        name: Some("http".to_owned()),
        container_port: PORT.into(),
        ..Default::default()
    }]);
    let ask = |path| Ask::Http { path, scheme: "HTTP" };
    container.liveness_probe = Some(pod::probe(&ask("/"), "http", 20, 6));
    container.readiness_probe = Some(pod::probe(&ask("/api/v1/health"), "http", 10, 3));
    container.volume_mounts = Some(vec![
        pod::mount("configuration", FOLDER, true),
        pod::mount("logs", "/var/log", true),
        pod::mount("state", "/var/lib/fluent-bit", false),
    ]);
    let volumes = vec![
        pod::config_files("configuration", NAME),
        of_node("logs", "/var/log", "Directory"),
        of_node("state", "/var/lib/fluent-bit", "DirectoryOrCreate"),
    ];
    let mut spec = pod::spec(NAME, vec![container], volumes);
    spec.security_context = Some(PodSecurityContext {
        run_as_user: Some(0),
        seccomp_profile: Some(SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    });
    spec.priority_class_name = Some("system-node-critical".to_owned());
    spec.tolerations = Some(vec![Toleration {
        operator: Some("Exists".to_owned()),
        ..Default::default()
    }]);
    DaemonSet {
        metadata: meta(),
        spec: DaemonSetSpec {
            selector: LabelSelector {
                match_labels: Some(labels()),
                ..Default::default()
            },
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    annotations: Some(pod::fingerprint([configuration])),
                    labels: Some(labels()),
                    ..Default::default()
                }),
                spec: Some(spec),
            },
            ..Default::default()
        },
        ..Default::default()
    }
}

/// A folder of the node.
fn of_node(name: &str, path: &str, kind: &str) -> Volume {
    Volume {
        name: name.to_owned(),
        host_path: Some(HostPathVolumeSource {
            path: path.to_owned(),
            type_: Some(kind.to_owned()),
        }),
        ..Default::default()
    }
}
