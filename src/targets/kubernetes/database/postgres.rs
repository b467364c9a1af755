//! PostgreSQL: a CloudNativePG cluster whose write-ahead log and base backups go to the object store.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::NetworkPolicyPeer;

use super::{connections, instances, resources, sides};
use crate::ir::Database;
use crate::kubernetes::custom::cloudnative_pg::{
    Affinity, Bootstrap, Cluster, ClusterRef, Compression, InheritedMetadata, InitDb, Monitoring, ObjectStore, Plugin,
    PluginRef, Postgresql, S3Credentials, ScheduledBackup, SecretKey, Sidecar, Storage, StoreConfiguration,
    Synchronous,
};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::kubernetes::policy::{from, in_namespace, label, pods, to, to_api_server, to_dns};
use crate::targets::kubernetes::alarms::prometheus;
use crate::targets::kubernetes::firewall::{pods_of, policy};
use crate::targets::kubernetes::stack::{STORE, Server, Stack, store_key};
use crate::targets::kubernetes::storage::{CHECKSUMS, KEY, PORT};
use crate::targets::kubernetes::storage_config::archive;
use crate::targets::kubernetes::{tables, warehouses};

pub(in crate::targets::kubernetes) const PLUGIN: &str = "barman-cloud.cloudnative-pg.io";

/// On which every instance tells its state.
const STATUS_PORT: u16 = 8000;
/// On which every instance tells its metrics.
const METRICS_PORT: u16 = 9187;

/// Connections that a server accepts unless it is told otherwise.
const CONNECTIONS: u32 = 100;

pub(super) fn objects(stack: &Stack<'_>, server: &Server<'_>) -> Vec<Object> {
    let database = &*server.database;
    let name = database.name.as_str();
    let backup = &database.backup;
    vec![
        cluster(stack, server),
        Object::custom(stack.meta(name, name, "database"), object_store(stack, database)).comment(
            "spec/instanceSidecarConfiguration/env",
            "checksum trailers are Amazon's own, and refused by other stores",
        ),
        Object::custom(
            stack.meta(name, name, "database"),
            ScheduledBackup {
                schedule: format!("0 {} {} * * *", backup.minute, backup.hour),
                immediate: true,
                backup_owner_reference: "self",
                cluster: ClusterRef { name: name.to_owned() },
                method: "plugin",
                plugin_configuration: PluginRef { name: PLUGIN },
            },
        )
        .comment("spec/schedule", "seconds first; UTC")
        .comment(
            "spec/immediate",
            "an archived log restores nothing without a first base backup",
        ),
    ]
}

/// The image of a major version.
pub(in crate::targets::kubernetes) fn image(version: &str) -> String {
    format!("ghcr.io/cloudnative-pg/postgresql:{version}-standard-trixie")
}

fn cluster(stack: &Stack<'_>, server: &Server<'_>) -> Object {
    let database = &*server.database;
    let instances = instances(stack, database);
    let memory_mb = database.size.memory_gb * 1024;
    let mut parameters = BTreeMap::from([
        ("effective_cache_size", format!("{}MB", memory_mb / 4 * 3)),
        ("log_connections", "on".to_owned()),
        ("log_disconnections", "on".to_owned()),
        ("log_min_duration_statement", "1000".to_owned()),
        ("shared_buffers", format!("{}MB", memory_mb / 4)),
    ]);
    if let Some(connections) = connections(stack, server, CONNECTIONS) {
        parameters.insert("max_connections", connections.to_string());
    }
    let mut labels = stack.shared_labels();
    labels.remove("app.kubernetes.io/managed-by");
    let cluster = Cluster {
        instances,
        image_name: image(&database.version),
        image_pull_policy: "IfNotPresent",
        enable_superuser_access: false,
        inherited_metadata: InheritedMetadata { labels },
        bootstrap: Bootstrap {
            initdb: InitDb {
                database: database.database.clone(),
                owner: database.user.clone(),
                encoding: "UTF8",
                data_checksums: true,
            },
        },
        postgresql: Postgresql {
            parameters,
            pg_hba: vec!["hostnossl all all all reject"],
            synchronous: (instances > 1).then_some(Synchronous {
                method: "any",
                number: 1,
                data_durability: "preferred",
            }),
        },
        primary_update_method: "switchover",
        affinity: Affinity {
            enable_pod_anti_affinity: true,
            pod_anti_affinity_type: "preferred",
            topology_key: "topology.kubernetes.io/zone",
        },
        resources: resources(database),
        storage: Storage {
            size: format!("{}Gi", database.storage_gb),
            storage_class: stack.system.cluster.storage_class.clone(),
        },
        monitoring: measured(stack, server).map(|name| Monitoring {
            custom_queries_config_map: vec![SecretKey { name, key: "queries" }],
        }),
        plugins: vec![Plugin {
            name: PLUGIN,
            is_wal_archiver: true,
            parameters: BTreeMap::from([("barmanObjectName", database.name.clone())]),
        }],
    };
    let name = database.name.as_str();
    let mut object = Object::custom(stack.meta(name, name, "database"), cluster);
    if database.readers.is_some() {
        object = object.comment(
            "spec/instances",
            "one is written; each of the others is standby and read replica at once",
        );
    }
    object
        .about(format!(
            "The operator makes the Secret {name}-app with the application's login, and the certificates"
        ))
        .comment(
            "spec/postgresql/pg_hba",
            "stands before the operator's last line, which would admit connections without TLS",
        )
        .comment(
            "spec/postgresql/synchronous",
            "one standby has every commit; while none is up the primary goes on alone",
        )
}

/// The ConfigMap with what is measured of a server besides what the operator measures anyway.
fn measured(stack: &Stack<'_>, server: &Server<'_>) -> Option<String> {
    match (server.of, server.warehouse) {
        (Some(_), _) => None,
        (None, Some(warehouse)) => warehouses::watch::queries(stack, warehouse),
        (None, None) => stack.watches_tables().then(tables::queries),
    }
}

fn object_store(stack: &Stack<'_>, database: &Database) -> ObjectStore {
    let secret = store_key(&database.name);
    let compression = || Compression { compression: "gzip" };
    ObjectStore {
        retention_policy: format!("{}d", database.backup.retention_days),
        configuration: StoreConfiguration {
            destination_path: format!("s3://{}/", archive(stack, &database.name)),
            endpoint_url: format!("https://{}", stack.host(STORE, STORE, &database.name)),
            endpoint_ca: SecretKey {
                name: store_key("trust"),
                key: "ca.crt",
            },
            s3_credentials: S3Credentials {
                access_key_id: SecretKey {
                    name: secret.clone(),
                    key: "access-key-id",
                },
                secret_access_key: SecretKey { name: secret, key: KEY },
            },
            data: compression(),
            wal: compression(),
        },
        instance_sidecar_configuration: Sidecar {
            env: CHECKSUMS.map(|name| pod::variable(name, "when_required")).into(),
            resources: pod::resources(("100m", "256Mi"), ("500m", "512Mi")),
        },
    }
}

pub(super) fn policies(stack: &Stack<'_>, server: &Server<'_>, users: Vec<NetworkPolicyPeer>) -> Vec<Object> {
    let database = &*server.database;
    let instances = || vec![pods(stack.database_pods(database))];
    let mut operator = in_namespace("cnpg-system");
    operator.pod_selector = Some(label("app.kubernetes.io/name", "cloudnative-pg"));
    let both = [database.port, STATUS_PORT];
    let mut ingress = vec![from(instances(), &both), from(vec![operator], &both)];
    let mut others = vec![];
    if let (Some(id), true) = (server.of, database.readers.is_some()) {
        others = sides(stack, id, users);
    } else if !users.is_empty() {
        ingress.insert(0, from(users, &[database.port]));
    }
    if stack.measures(server) {
        ingress.push(from(vec![prometheus()], &[METRICS_PORT]));
    }
    let egress = vec![
        to_dns(),
        to(instances(), &both),
        to(vec![pods_of(stack, STORE, stack.pods(STORE), &database.name)], &[PORT]),
        to_api_server(),
    ];
    let policy = policy(
        stack,
        (&database.name, "database"),
        stack.database_pods(database),
        ingress,
        egress,
    );
    let object = Object::new(&policy).comment(
        "spec/egress/3",
        "the API server, to which every instance reports: no selector names it, so only the port is limited",
    );
    others.insert(0, object);
    others
}
