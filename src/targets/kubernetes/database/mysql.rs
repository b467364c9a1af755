//! MySQL: an InnoDB cluster behind its router. The operator makes neither the application's database nor backups that the restricted
//! standard admits, so two jobs of our own do.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ResourceRequirements, SeccompProfile, TopologySpreadConstraint};
use k8s_openapi::api::networking::v1::NetworkPolicyPeer;

use super::task::{self, Script};
use super::{connections, instances, resources, sides};
use crate::catalog;
use crate::kubernetes::custom::mysql::{
    ContainerPatch, DatadirPermissions, InnoDbCluster, Metrics, PodPatch, Router, SecurityPatch,
};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::kubernetes::policy::{from, in_namespace, label, pods, to, to_api_server, to_dns};
use crate::targets::kubernetes::alarms::prometheus;
use crate::targets::kubernetes::firewall::policy;
use crate::targets::kubernetes::secrets;
use crate::targets::kubernetes::stack::{Server, Stack};

/// The router's read-write port, behind the Service's 3306.
pub(super) const ROUTER_PORT: u16 = 6446;
/// The router's read-only port, the same at the Service.
pub(super) const READ_PORT: u16 = 6447;
/// On which the exporter beside every server tells its metrics.
const METRICS_PORT: u16 = 9104;

/// The exporter of metrics that the operator is tested with. Later ones do not read the socket as the operator writes it down.
const EXPORTER: &str = "prom/mysqld-exporter:v0.14.0";
/// What it measures beyond its defaults: when the transaction that a member applies was committed, and who is in the group. And what it
/// does not: the statement behind that one is gone from MySQL 8.4.
const COLLECTORS: [&str; 3] = [
    "--collect.perf_schema.replication_applier_status_by_worker",
    "--collect.perf_schema.replication_group_members",
    "--no-collect.slave_status",
];

/// Has the router keep reads off the primary even when no secondary is left.
const NO_FALLBACK: &str = "--conf-set-option=routing:bootstrap_ro.routing_strategy=round-robin";

/// Connections that a server accepts unless it is told otherwise.
const CONNECTIONS: u32 = 151;

/// Between the members: the protocol, its extended form, group replication.
const MEMBER_PORTS: [u16; 3] = [3306, 33060, 33061];

const SETUP: &str = include_str!("../../../../templates/kubernetes/mysql-setup.sh.tera");
const BACKUP: &str = include_str!("../../../../templates/kubernetes/mysql-backup.sh.tera");

pub(super) fn objects(stack: &Stack<'_>, server: &Server<'_>) -> Vec<Object> {
    let database = &*server.database;
    let root = BTreeMap::from([
        ("rootUser", "root".to_owned()),
        ("rootHost", "%".to_owned()),
        ("rootPassword", secrets::GENERATED.to_owned()),
    ]);
    let image = format!("mysql:{}", catalog::mysql_release());
    let script = |text: &'static str, writes_backups| Script {
        image: &image,
        text: task::script(text, database, false),
        writes_backups,
    };
    let mut objects = task::logins(stack, database, "root", root);
    objects.extend([
        cluster(stack, server),
        task::once(stack, database, &script(SETUP, false)).about("The operator makes no database for the application"),
        task::backup_claim(stack, database),
        task::daily(stack, database, &script(BACKUP, true))
            .about("Not the operator's own backups: their pods fall short of the restricted standard"),
    ]);
    objects
}

fn cluster(stack: &Stack<'_>, server: &Server<'_>) -> Object {
    let database = &*server.database;
    let has_replicas = database.readers.is_some();
    let instances = instances(stack, database);
    let class = stack.system.cluster.storage_class.as_deref();
    let name = database.name.as_str();
    let buffers = database.size.memory_gb * 1024 / 2;
    let mut mycnf = format!("[mysqld]\ninnodb_buffer_pool_size = {buffers}M\ntls_version = TLSv1.2,TLSv1.3\n");
    if let Some(connections) = connections(stack, server, CONNECTIONS) {
        mycnf.push_str(&format!("max_connections = {connections}\n"));
    }
    let cluster = InnoDbCluster {
        version: catalog::mysql_release(),
        edition: "community",
        secret_name: task::administrator(database),
        tls_use_self_signed: true,
        instances,
        datadir_permissions: DatadirPermissions {
            set_rights_using_init_container: false,
            fs_group_change_policy: "OnRootMismatch",
        },
        mycnf,
        datadir_volume_claim_template: pod::claim(database.storage_gb, class),
        pod_spec: PodPatch {
            security_context: default_seccomp(),
            topology_spread_constraints: vec![spread(name)],
            init_containers: vec![patch("initconf", assistant()), patch("initmysql", resources(database))],
            containers: vec![patch("sidecar", assistant()), patch("mysql", resources(database))],
        },
        metrics: stack.watches(server.peer()).then_some(Metrics {
            enable: true,
            image: EXPORTER,
            options: COLLECTORS,
        }),
        router: Router {
            instances: instances.min(2),
            bootstrap_options: if has_replicas { vec![NO_FALLBACK] } else { vec![] },
            pod_spec: PodPatch {
                security_context: default_seccomp(),
                topology_spread_constraints: vec![],
                init_containers: vec![],
                containers: vec![patch("router", pod::resources(("250m", "256Mi"), ("1", "512Mi")))],
            },
        },
    };
    let mut object = Object::custom(stack.meta(name, name, "database"), cluster);
    if has_replicas {
        object = object
            .comment(
                "spec/instances",
                "one is written; each of the others is standby and read replica at once",
            )
            .comment(
                "spec/metrics/image",
                "the release that the operator is tested with: later ones misread its configuration",
            )
            .comment(
                "spec/router/bootstrapOptions",
                "the default falls back to the primary when no secondary is left",
            );
    }
    object
        .comment(
            "spec/datadirPermissions",
            "the container that would set them runs as root; fsGroup does the same",
        )
        .comment(
            "spec/podSpec/securityContext",
            "what the restricted standard asks for and the operator leaves out",
        )
}

fn patch(name: &'static str, resources: ResourceRequirements) -> ContainerPatch {
    ContainerPatch { name, resources }
}

/// What the operator's own containers beside the server need.
fn assistant() -> ResourceRequirements {
    pod::resources(("100m", "256Mi"), ("500m", "512Mi"))
}

fn default_seccomp() -> SecurityPatch {
    SecurityPatch {
        seccomp_profile: SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            ..Default::default()
        },
    }
}

fn spread(cluster: &str) -> TopologySpreadConstraint {
    let mut members = label("mysql.oracle.com/cluster", cluster);
    if let Some(labels) = &mut members.match_labels {
        labels.insert("component".to_owned(), "mysqld".to_owned());
    }
    TopologySpreadConstraint {
        topology_key: "topology.kubernetes.io/zone".to_owned(),
        max_skew: 1,
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        label_selector: Some(members),
        ..Default::default()
    }
}

pub(super) fn policies(stack: &Stack<'_>, server: &Server<'_>, mut users: Vec<NetworkPolicyPeer>) -> Vec<Object> {
    let database = &*server.database;
    let (jobs, jobs_policy) = task::policies(stack, database);
    users.push(jobs);
    let members = || vec![pods(stack.database_pods(database))];
    let mut ingress = vec![
        from(members(), &MEMBER_PORTS),
        from(vec![in_namespace("mysql-operator")], &MEMBER_PORTS),
    ];
    let mut others = vec![];
    if let (Some(id), true) = (server.of, database.readers.is_some()) {
        others = sides(stack, id, users);
    } else {
        ingress.insert(0, from(users, &[ROUTER_PORT]));
    }
    if stack.watches(server.peer()) {
        ingress.push(from(vec![prometheus()], &[METRICS_PORT]));
    }
    let egress = vec![to_dns(), to(members(), &MEMBER_PORTS), to_api_server()];
    let policy = policy(
        stack,
        (&database.name, "database"),
        stack.database_pods(database),
        ingress,
        egress,
    );
    let object = Object::new(&policy).comment(
        "spec/egress/2",
        "the API server, to which every member reports: no selector names it, so only the port is limited",
    );
    others.insert(0, object);
    others.push(jobs_policy);
    others
}
