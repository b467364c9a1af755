//! The number of nodes: the cluster autoscaler adds them where pods find no room, and takes away what is not needed.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec};
use k8s_openapi::api::core::v1::{ContainerPort, HTTPGetAction, PodTemplateSpec, Probe, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, PolicyRule, RoleBinding, RoleRef, Subject};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::Cluster;
use super::identity::{ANNOTATION, OWN, Role};
use crate::catalog;
use crate::ir::NodePool;
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::targets::aws::policy::Statement;
use crate::targets::aws::{Base, Stack};
use crate::targets::shared::cluster::{POOL, Written};
use crate::{object, template};

/// Name of its objects in the cluster.
const NAME: &str = "cluster-autoscaler";
/// Port of its health check.
const PORT: u16 = 8085;

/// What it reads and writes in the whole cluster: groups, resources, verbs.
const CLUSTER: [(&[&str], &[&str], &[&str]); 11] = [
    (&[""], &["events", "endpoints"], &["create", "patch"]),
    (&[""], &["pods/eviction"], &["create"]),
    (&[""], &["pods/status"], &["update"]),
    (&[""], &["nodes"], &["get", "list", "update", "watch"]),
    (
        &[""],
        &[
            "namespaces",
            "persistentvolumeclaims",
            "persistentvolumes",
            "pods",
            "replicationcontrollers",
            "services",
        ],
        &["get", "list", "watch"],
    ),
    (
        &["apps"],
        &["daemonsets", "replicasets", "statefulsets"],
        &["get", "list", "watch"],
    ),
    (&["batch"], &["cronjobs", "jobs"], &["get", "list", "watch"]),
    (&["policy"], &["poddisruptionbudgets"], &["list", "watch"]),
    (
        &["storage.k8s.io"],
        &[
            "csidrivers",
            "csinodes",
            "csistoragecapacities",
            "storageclasses",
            "volumeattachments",
        ],
        &["get", "list", "watch"],
    ),
    (
        &["resource.k8s.io"],
        &["deviceclasses", "resourceclaims", "resourceslices"],
        &["get", "list", "watch"],
    ),
    (&["coordination.k8s.io"], &["leases"], &["create"]),
];

/// Adds its role, and gives its objects.
pub(super) fn lower(stack: &mut Stack<'_>, cluster: &Cluster, base: &Base) -> Vec<Written> {
    let tag = format!("k8s.io/cluster-autoscaler/{}", stack.system.prefix);
    let look = [
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DescribeLaunchConfigurations",
        "autoscaling:DescribeScalingActivities",
        "autoscaling:DescribeTags",
        "ec2:DescribeImages",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:GetInstanceTypesFromInstanceRequirements",
    ];
    let change = [
        "autoscaling:SetDesiredCapacity",
        "autoscaling:TerminateInstanceInAutoScalingGroup",
    ];
    let ours = object! { "StringEquals" => object! { format!("aws:ResourceTag/{tag}") => "owned" } };
    let pools = template![
        format!("arn:aws:eks:{}:", stack.region()),
        base.account.clone(),
        format!(":nodegroup/{}/*/*", stack.system.prefix)
    ];
    let statements = vec![
        Statement::allow("Look", &look, "*"),
        Statement::allow("LookAtPools", &["eks:DescribeNodegroup"], pools),
        Statement::allow("Scale", &change, "*").condition(ours),
    ];
    let role = Role {
        local: "kubernetes_cluster_autoscaler",
        name: "kubernetes-cluster-autoscaler",
        description: "Changes the number of the cluster's nodes".to_owned(),
        account: (OWN, NAME),
    };
    let (role, _) = role.lower(stack, cluster, statements);
    let account = ServiceAccount {
        metadata: ObjectMeta {
            annotations: Some(BTreeMap::from([(ANNOTATION.to_owned(), String::new())])),
            ..meta(true)
        },
        ..Default::default()
    };
    let account = Written::new(Object::new(&account)).set(
        &format!("/metadata/annotations/{}", ANNOTATION.replace('/', "~1")),
        role.attr("arn"),
    );
    let objects = [
        Object::new(&cluster_role()),
        Object::new(&cluster_binding()),
        Object::new(&role_in_namespace()),
        Object::new(&binding()),
        Object::new(&deployment(stack, &tag)),
    ];
    std::iter::once(account).chain(objects.map(Written::new)).collect()
}

fn meta(in_namespace: bool) -> ObjectMeta {
    ObjectMeta {
        name: Some(NAME.to_owned()),
        namespace: in_namespace.then(|| OWN.to_owned()),
        labels: Some(labels()),
        ..Default::default()
    }
}

fn labels() -> BTreeMap<String, String> {
    BTreeMap::from([("app.kubernetes.io/name".to_owned(), NAME.to_owned())])
}

fn rule((groups, resources, verbs): &(&[&str], &[&str], &[&str]), names: &[&str]) -> PolicyRule {
    let texts = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    PolicyRule {
        api_groups: Some(texts(groups)),
        resources: Some(texts(resources)),
        verbs: texts(verbs),
        resource_names: (!names.is_empty()).then(|| texts(names)),
        ..Default::default()
    }
}

fn cluster_role() -> ClusterRole {
    ClusterRole {
        metadata: meta(false),
        rules: Some(CLUSTER.iter().map(|allowed| rule(allowed, &[])).collect()),
        ..Default::default()
    }
}

/// What it writes of itself: its state, and which of its pods leads.
fn role_in_namespace() -> k8s_openapi::api::rbac::v1::Role {
    let state = ["cluster-autoscaler-priority-expander", "cluster-autoscaler-status"];
    k8s_openapi::api::rbac::v1::Role {
        metadata: meta(true),
        rules: Some(vec![
            rule(&(&[""], &["configmaps"], &["create", "list", "watch"]), &[]),
            rule(&(&[""], &["configmaps"], &["delete", "get", "update", "watch"]), &state),
            rule(&(&["coordination.k8s.io"], &["leases"], &["get", "update"]), &[NAME]),
        ]),
    }
}

fn subject() -> Vec<Subject> {
    vec![Subject {
        kind: "ServiceAccount".to_owned(),
        name: NAME.to_owned(),
        namespace: Some(OWN.to_owned()),
        ..Default::default()
    }]
}

fn reference(kind: &str) -> RoleRef {
    RoleRef {
        api_group: Some("rbac.authorization.k8s.io".to_owned()),
        kind: kind.to_owned(),
        name: NAME.to_owned(),
    }
}

fn cluster_binding() -> ClusterRoleBinding {
    ClusterRoleBinding {
        metadata: meta(false),
        role_ref: reference("ClusterRole"),
        subjects: Some(subject()),
    }
}

fn binding() -> RoleBinding {
    RoleBinding {
        metadata: meta(true),
        role_ref: reference("Role"),
        subjects: Some(subject()),
    }
}

fn deployment(stack: &Stack<'_>, tag: &str) -> Deployment {
    let version = catalog::eks_version(&stack.system.cluster);
    let image = format!("registry.k8s.io/autoscaling/cluster-autoscaler:v{version}.0");
    let mut container = pod::container(NAME, &image);
    container.command = Some(vec!["./cluster-autoscaler".to_owned()]);
    let groups = format!("--node-group-auto-discovery=asg:tag=k8s.io/cluster-autoscaler/enabled,{tag}");
    let arguments = [
        "--cloud-provider=aws",
        &groups,
        "--expander=least-waste",
        // Scratch volumes of pods go with them, and the cluster's own parts have others to stand in.
        "--skip-nodes-with-local-storage=false",
        "--skip-nodes-with-system-pods=false",
        "--stderrthreshold=info",
    ];
    container.args = Some(arguments.map(str::to_owned).into());
    container.env = Some(vec![pod::variable("AWS_REGION", &stack.region())]);
    container.resources = Some(pod::resources(("100m", "300Mi"), ("500m", "600Mi")));
    container.ports = Some(vec![ContainerPort {
        name: Some("http".to_owned()),
        container_port: PORT.into(),
        ..Default::default()
    }]);
    container.liveness_probe = Some(Probe {
        http_get: Some(HTTPGetAction {
            path: Some("/health-check".to_owned()),
            port: IntOrString::String("http".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    });
    let mut spec = pod::spec(NAME, vec![container], vec![]);
    spec.automount_service_account_token = Some(true);
    spec.priority_class_name = Some("system-cluster-critical".to_owned());
    spec.node_selector = Some(BTreeMap::from([(POOL.to_owned(), NodePool::SYSTEM.to_owned())]));
    Deployment {
        metadata: meta(true),
        spec: DeploymentSpec {
            replicas: Some(1),
            selector: LabelSelector {
                match_labels: Some(labels()),
                ..Default::default()
            },
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
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
