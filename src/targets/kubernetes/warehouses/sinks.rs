//! What makes rows of the records of a stream: a connector for each table that has one.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec};
use k8s_openapi::api::core::v1::{ConfigMap, Container, ContainerPort, PodSpec, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use tera::Context;

use super::{DATABASE, PORT, ca_folder, host, login_of, peer};
use crate::check::kubernetes_sink;
use crate::ir::{Id, Stream, Warehouse, WarehouseTable};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod::{self, Ask};
use crate::kubernetes::policy::{policy, to, to_dns};
use crate::targets::kubernetes::encryption::secret;
use crate::targets::kubernetes::functions::{CONNECTOR, CONNECTOR_PORT};
use crate::targets::kubernetes::stack::Stack;
use crate::targets::kubernetes::streams;
use crate::targets::shared::template;
use crate::targets::shared::workload::{self, DEPLOYMENT_REVISION, namespaces::Demand};

const CONFIG: &str = include_str!("../../../../templates/kubernetes/warehouse-sink.yaml.tera");
/// Where its configuration is, and its file.
const FOLDER: &str = "/etc/connector";
const FILE: &str = "rows.yaml";
/// Pods of each, of which one goes on while the other moves.
const PODS: u32 = 2;

/// A table that a stream fills.
pub(in crate::targets::kubernetes) struct Sink {
    /// Its connector, its login at both ends and its consumer group.
    pub(in crate::targets::kubernetes) name: String,
    /// The table.
    pub(in crate::targets::kubernetes) table: String,
    /// The stream.
    pub(in crate::targets::kubernetes) stream: Id<Stream>,
}

/// The tables of a warehouse that streams fill.
pub(in crate::targets::kubernetes) fn sinks(stack: &Stack<'_>, id: Id<Warehouse>) -> Vec<Sink> {
    let warehouse = &stack.system.warehouses[id];
    let sink = |table: &WarehouseTable| {
        Some(Sink {
            name: kubernetes_sink(warehouse, &table.name),
            table: table.name.clone(),
            stream: table.stream?,
        })
    };
    warehouse.tables.iter().filter_map(sink).collect()
}

/// What the connectors take.
pub(in crate::targets::kubernetes) fn demand(stack: &Stack<'_>, id: Id<Warehouse>) -> Demand {
    let count = u32::try_from(sinks(stack, id).len()).unwrap_or(u32::MAX);
    // One more of each while a new version comes; and the jobs.
    Demand::of(count * (PODS + 1), 1, 1).plus(Demand::of(2, 1, 1))
}

pub(super) fn objects(stack: &Stack<'_>, id: Id<Warehouse>, warehouse: &Warehouse) -> Vec<Object> {
    let mut objects = vec![];
    for sink in sinks(stack, id) {
        let config = config(stack, warehouse, &sink);
        let stream = &stack.system.streams[sink.stream].name;
        objects.push(Object::new(&config));
        objects.push(
            Object::new(&deployment(stack, warehouse, &sink, &config))
                .about(format!("Makes rows of `{}` of the records of {stream}", sink.table)),
        );
    }
    objects
}

fn config(stack: &Stack<'_>, warehouse: &Warehouse, sink: &Sink) -> ConfigMap {
    let name = &sink.name;
    let mut context = Context::new();
    context.insert("broker", &streams::endpoint(stack));
    context.insert("topic", &stack.system.streams[sink.stream].name);
    context.insert("user", name);
    context.insert("authority", &format!("{}/ca.crt", streams::CA_FOLDER));
    context.insert("table", &sink.table);
    let host = host(stack, warehouse, &warehouse.name);
    context.insert(
        "dsn",
        &format!(
            "postgres://{name}:${{WAREHOUSE_PASSWORD}}@{host}:{PORT}/{DATABASE}?sslmode=verify-full&sslrootcert={}/ca.crt",
            ca_folder(warehouse)
        ),
    );
    ConfigMap {
        metadata: stack.meta(name.as_str(), &warehouse.name, "warehouse"),
        data: Some(BTreeMap::from([(FILE.to_owned(), template::fill(CONFIG, &context))])),
        ..Default::default()
    }
}

fn deployment(stack: &Stack<'_>, warehouse: &Warehouse, sink: &Sink, config: &ConfigMap) -> Deployment {
    let name = sink.name.as_str();
    let partitions = stack.system.streams[sink.stream].partitions;
    let ask = |path| Ask::Http { path, scheme: "HTTP" };
    let own = secret(&warehouse.name, "ca");
    let container = Container {
        args: Some(vec!["-c".to_owned(), format!("{FOLDER}/{FILE}")]),
        env: Some(vec![
            pod::secret_variable("STREAM_PASSWORD", &streams::credentials(name), "password", false),
            pod::secret_variable("WAREHOUSE_PASSWORD", &login_of(warehouse, name), "password", false),
        ]),
        ports: Some(vec![ContainerPort {
            name: Some("connector".to_owned()),
            container_port: i32::from(CONNECTOR_PORT),
            ..Default::default()
        }]),
        resources: Some(pod::resources(("100m", "128Mi"), ("500m", "512Mi"))),
        readiness_probe: Some(pod::probe(&ask("/ready"), "connector", 10, 3)),
        liveness_probe: Some(pod::probe(&ask("/ping"), "connector", 20, 6)),
        volume_mounts: Some(vec![
            pod::mount("connector", FOLDER, true),
            pod::mount("stream-ca", streams::CA_FOLDER, true),
            pod::mount("warehouse-ca", &ca_folder(warehouse), true),
        ]),
        ..pod::container("rows", CONNECTOR)
    };
    let volumes = vec![
        pod::config_files("connector", name),
        pod::secret_files("stream-ca", streams::AUTHORITY, &["ca.crt"]),
        pod::secret_files("warehouse-ca", &own, &["ca.crt"]),
    ];
    Deployment {
        metadata: ObjectMeta {
            labels: Some(stack.labels(name, "warehouse")),
            ..stack.meta(name, &warehouse.name, "warehouse")
        },
        spec: DeploymentSpec {
            replicas: i32::try_from(PODS.min(partitions)).ok(),
            selector: stack.pods(name),
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(stack.labels(name, "warehouse")),
                    annotations: Some(pod::fingerprint([config])),
                    ..Default::default()
                }),
                spec: Some(PodSpec {
                    termination_grace_period_seconds: Some(30),
                    topology_spread_constraints: Some(workload::spread(&stack.pods(name), DEPLOYMENT_REVISION)),
                    ..pod::spec(name, vec![container], volumes)
                }),
            },
            ..Default::default()
        },
        ..Default::default()
    }
}

/// A connector reaches the stream's servers and the warehouse.
pub(super) fn policy_of(stack: &Stack<'_>, warehouse: &Warehouse, sink: &Sink) -> Object {
    let (servers, port) = peer(stack, warehouse, &warehouse.name);
    let egress = vec![
        to_dns(),
        to(vec![streams::peer(stack, &warehouse.name)], &[streams::PORT]),
        to(vec![servers], &[port]),
    ];
    let metadata = stack.meta(sink.name.as_str(), &warehouse.name, "warehouse");
    Object::new(&policy(metadata, stack.pods(&sink.name), vec![], egress))
}
