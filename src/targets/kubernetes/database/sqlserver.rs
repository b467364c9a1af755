//! SQL Server: one server on one volume. No operator is part of every cluster's repertoire, and an availability group without one does
//! not fail over by itself.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetSpec};
use k8s_openapi::api::core::v1::{
    ConfigMap, Container, ContainerPort, PersistentVolumeClaim, PodSpec, PodTemplateSpec, Service, ServicePort,
    ServiceSpec, VolumeMount,
};
use k8s_openapi::api::networking::v1::NetworkPolicyPeer;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::resources;
use super::task::{self, Script};
use crate::ir::Database;
use crate::kubernetes::custom::cert_manager::{Certificate, PrivateKey};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod::{self, Ask};
use crate::kubernetes::policy::from;
use crate::targets::kubernetes::encryption::{certificate, names, self_signed};
use crate::targets::kubernetes::firewall::policy;
use crate::targets::kubernetes::stack::Stack;
use crate::targets::kubernetes::storage::retention;
use crate::vocabulary::Edition;

const SETUP: &str = include_str!("../../../../templates/kubernetes/sqlserver-setup.sh.tera");
const BACKUP: &str = include_str!("../../../../templates/kubernetes/sqlserver-backup.sh.tera");

pub(super) fn objects(stack: &Stack<'_>, database: &Database) -> Vec<Object> {
    let name = database.name.as_str();
    let meta = || stack.meta(name, name, "database");
    let image = image(database);
    let script = |text: &'static str| Script {
        image: &image,
        text: task::script(text, database, database.edition != Edition::Express),
        writes_backups: false,
    };
    let mut objects = task::logins(stack, database, "sa", BTreeMap::new());
    objects.extend([
        self_signed(meta()),
        Object::custom(
            meta(),
            Certificate {
                common_name: Some(format!("{name}.{}.svc", stack.namespace_of(name))),
                dns_names: names(stack, name, false),
                private_key: PrivateKey {
                    algorithm: "RSA",
                    size: 3072,
                    rotation_policy: "Always",
                },
                ..certificate(&format!("{name}-tls"), name)
            },
        ),
        Object::new(&ConfigMap {
            metadata: meta(),
            data: Some(BTreeMap::from([("mssql.conf".to_owned(), configuration(database))])),
            ..Default::default()
        }),
        server(stack, database, &image),
        address(stack, database),
        task::backup_claim(stack, database),
        task::once(stack, database, &script(SETUP)).about("The image makes no database for the application"),
        task::daily(stack, database, &script(BACKUP)),
    ]);
    objects
}

fn image(database: &Database) -> String {
    format!("mcr.microsoft.com/mssql/server:{}-latest", database.version)
}

fn configuration(database: &Database) -> String {
    // A fifth is left to what the server needs beside its own memory manager.
    let memory = database.size.memory_gb * 1024 / 5 * 4;
    format!(
        "[network]\n\
         tlscert = /etc/tls/tls.crt\n\
         tlskey = /etc/tls/tls.key\n\
         tlsprotocols = 1.2\n\
         forceencryption = 1\n\
         \n\
         [memory]\n\
         memorylimitmb = {memory}\n\
         \n\
         [telemetry]\n\
         customerfeedback = false\n"
    )
}

fn server(stack: &Stack<'_>, database: &Database, image: &str) -> Object {
    let name = database.name.as_str();
    let labels = stack.labels(name, "database");
    let volumes = vec![
        pod::config_files("config", name),
        pod::secret_files("tls", &format!("{name}-tls"), &[]),
        pod::claimed("backups", &task::backups(database)),
        pod::scratch("tmp"),
    ];
    let set = StatefulSet {
        metadata: stack.meta(name, name, "database"),
        spec: StatefulSetSpec {
            service_name: Some(name.to_owned()),
            replicas: Some(1),
            selector: stack.pods(name),
            persistent_volume_claim_retention_policy: Some(retention(stack)),
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(labels.clone()),
                    ..Default::default()
                }),
                spec: Some(PodSpec {
                    termination_grace_period_seconds: Some(120),
                    ..pod::spec(name, vec![container(database, image)], volumes)
                }),
            },
            volume_claim_templates: Some(vec![PersistentVolumeClaim {
                metadata: ObjectMeta {
                    name: Some("data".to_owned()),
                    labels: Some(labels),
                    ..Default::default()
                },
                spec: Some(pod::claim(
                    database.storage_gb,
                    stack.system.cluster.storage_class.as_deref(),
                )),
                ..Default::default()
            }]),
            ..Default::default()
        },
        ..Default::default()
    };
    Object::new(&set)
        .about("Applying this accepts Microsoft's licence terms (ACCEPT_EULA)")
        .comment(
            "spec/template/spec/containers/0/securityContext/capabilities/add",
            "the server's binary carries this capability and does not start without it",
        )
}

fn container(database: &Database, image: &str) -> Container {
    let edition = match database.edition {
        Edition::Express => "Express",
        Edition::Web => "Web",
        Edition::Standard => "Standard",
        Edition::Enterprise => "EnterpriseCore",
    };
    let administrator = task::administrator(database);
    let config = VolumeMount {
        sub_path: Some("mssql.conf".to_owned()),
        ..pod::mount("config", "/var/opt/mssql/mssql.conf", true)
    };
    let mut container = Container {
        env: Some(vec![
            pod::variable("ACCEPT_EULA", "Y"),
            pod::variable("MSSQL_PID", edition),
            pod::secret_variable("MSSQL_SA_PASSWORD", &administrator, "password", false),
        ]),
        ports: Some(vec![ContainerPort {
            name: Some("tds".to_owned()),
            container_port: i32::from(database.port),
            ..Default::default()
        }]),
        resources: Some(resources(database)),
        startup_probe: Some(pod::probe(&Ask::Tcp, "tds", 10, 60)),
        readiness_probe: Some(pod::probe(&Ask::Tcp, "tds", 10, 3)),
        liveness_probe: Some(pod::probe(&Ask::Tcp, "tds", 20, 6)),
        volume_mounts: Some(vec![
            pod::mount("data", "/var/opt/mssql", false),
            config,
            pod::mount("tls", "/etc/tls", true),
            pod::mount("backups", "/backups", false),
            pod::mount("tmp", "/tmp", false),
        ]),
        ..pod::container("server", image)
    };
    if let Some(security) = &mut container.security_context {
        // Nothing promises that the server leaves its image alone.
        security.read_only_root_filesystem = Some(false);
        if let Some(capabilities) = &mut security.capabilities {
            capabilities.add = Some(vec!["NET_BIND_SERVICE".to_owned()]);
        }
    }
    container
}

fn address(stack: &Stack<'_>, database: &Database) -> Object {
    let name = database.name.as_str();
    Object::new(&Service {
        metadata: stack.meta(name, name, "database"),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(stack.pod_labels(name)),
            ports: Some(vec![ServicePort {
                name: Some("tds".to_owned()),
                port: i32::from(database.port),
                target_port: Some(IntOrString::String("tds".to_owned())),
                ..Default::default()
            }]),
            ..Default::default()
        }),
        ..Default::default()
    })
}

pub(super) fn policies(stack: &Stack<'_>, database: &Database, mut users: Vec<NetworkPolicyPeer>) -> Vec<Object> {
    let (jobs, jobs_policy) = task::policies(stack, database);
    users.push(jobs);
    let name = database.name.as_str();
    let server = policy(
        stack,
        (name, "database"),
        stack.pods(name),
        vec![from(users, &[database.port])],
        vec![],
    );
    vec![Object::new(&server), jobs_policy]
}
