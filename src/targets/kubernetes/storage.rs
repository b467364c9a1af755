//! Buckets: one S3 store for the system, which keeps the archives of its databases as well.
//!
//! SeaweedFS as one process on one volume: consistent, and as durable as the storage class makes the volume. A replicated store needs
//! a metadata database of its own, which uploads and archives of one system do not earn. Only the S3 port is let in, and that speaks TLS.
//! What has no authentication of its own listens on the loopback address, but for the S3 server's gRPC port, which takes the address of
//! the S3 port: the network policy alone keeps that one closed.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetPersistentVolumeClaimRetentionPolicy, StatefulSetSpec};
use k8s_openapi::api::core::v1::{
    ConfigMap, Container, ContainerPort, PersistentVolumeClaim, PodSpec, PodTemplateSpec, ProjectedVolumeSource,
    SecretProjection, Service, ServicePort, ServiceSpec, Volume, VolumeProjection,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::bucket_events;
use super::secrets;
use super::stack::{STORE, Stack, store_key};
use super::storage_config::{
    Identity, bucket_name, buckets_script, identities, identities_script, lifecycle, versioning,
};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod::{self, Ask};

/// The port of the store's pods.
pub(super) const PORT: u16 = 8333;
/// The port on which the store's own tools reach it, derived from the other by SeaweedFS itself.
pub(super) const GRPC_PORT: u16 = PORT + 10000;
/// What the store calls its only region.
pub(super) const REGION: &str = "us-east-1";
/// Where a service finds the authority's certificate.
pub(super) const CA_FOLDER: &str = "/etc/object-store";
/// Variables that keep S3 clients from checksum trailers, which are Amazon's own.
pub(super) const CHECKSUMS: [&str; 2] = ["AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION"];
/// Key of an identity's Secret.
pub(super) const KEY: &str = "secret-access-key";
/// GiB per bucket, for which the blueprint says nothing: a volume can be grown.
const BUCKET_GB: u32 = 100;

/// Read in August 2026: the newest release. MinIO is archived.
pub(super) const IMAGE: &str = "chrislusf/seaweedfs:4.44";

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    if !stack.has_store() {
        return vec![];
    }
    let identities = identities(stack);
    let config = config(stack, &identities);
    let mut objects = vec![
        secrets::generator(stack, STORE, "storage", 40).about("One key per identity of the store, born in the cluster"),
    ];
    objects.extend(identities.iter().map(|identity| key(stack, identity)));
    objects.push(Object::new(&config));
    objects.push(store(stack, &identities, &config));
    objects.push(address(stack));
    objects
}

fn key(stack: &Stack<'_>, identity: &Identity) -> Object {
    let data = BTreeMap::from([
        ("access-key-id", identity.name.clone()),
        (KEY, secrets::GENERATED.to_owned()),
    ]);
    let name = store_key(&identity.name);
    secrets::generated(stack, (&name, STORE, "storage"), STORE, data)
}

fn config(stack: &Stack<'_>, identities: &[Identity]) -> ConfigMap {
    let mut data = BTreeMap::from([
        ("identities.sh".to_owned(), identities_script(stack, identities)),
        ("buckets.sh".to_owned(), buckets_script(stack)),
    ]);
    data.extend(bucket_events::files(stack));
    for (_, bucket) in stack.system.buckets.iter() {
        let name = bucket_name(stack, bucket);
        data.insert(format!("{name}-versioning.xml"), versioning(bucket));
        data.insert(format!("{name}-lifecycle.xml"), lifecycle(bucket));
    }
    ConfigMap {
        metadata: stack.meta(STORE, STORE, "storage"),
        data: Some(data),
        ..Default::default()
    }
}

/// Size of the volume in GiB: per archived database half of its largest size for every base backup that is there at once, the one that
/// is being made included; that leaves room for the log. Then the buckets.
pub(super) fn volume_gb(stack: &Stack<'_>) -> u32 {
    let archives = stack.archived().map(|server| {
        let database = &server.database;
        let backups = u64::from(database.backup.retention_days) + 1;
        (u64::from(database.storage_gb) * backups).div_ceil(2)
    });
    let buckets = u64::from(BUCKET_GB) * stack.system.buckets.iter().count() as u64;
    u32::try_from(archives.sum::<u64>() + buckets).unwrap_or(u32::MAX)
}

fn store(stack: &Stack<'_>, identities: &[Identity], config: &ConfigMap) -> Object {
    let meta = stack.meta(STORE, STORE, "storage");
    let labels = stack.labels(STORE, "storage");
    let mut containers = vec![server(), buckets()];
    containers.extend(bucket_events::containers(stack));
    let mut volumes = volumes(identities);
    volumes.extend(bucket_events::volumes(stack));
    let set = StatefulSet {
        metadata: meta,
        spec: StatefulSetSpec {
            service_name: Some(STORE.to_owned()),
            replicas: Some(1),
            selector: stack.pods(STORE),
            persistent_volume_claim_retention_policy: Some(retention(stack)),
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(labels.clone()),
                    annotations: Some(pod::fingerprint([config])),
                    ..Default::default()
                }),
                spec: Some(PodSpec {
                    termination_grace_period_seconds: Some(60),
                    init_containers: Some(vec![identities_writer()]),
                    ..pod::spec(STORE, containers, volumes)
                }),
            },
            volume_claim_templates: Some(vec![PersistentVolumeClaim {
                metadata: ObjectMeta {
                    name: Some("data".to_owned()),
                    labels: Some(labels),
                    ..Default::default()
                },
                spec: Some(pod::claim(
                    volume_gb(stack),
                    stack.system.cluster.storage_class.as_deref(),
                )),
                ..Default::default()
            }]),
            ..Default::default()
        },
        ..Default::default()
    };
    Object::new(&set)
        .about(format!(
            "One process on one volume. Everything stays on the loopback address but the S3 port and, in plain text, its gRPC \
                port {GRPC_PORT}, which the network policy keeps closed"
        ))
        .comment(
            "spec/template/spec/containers/1/readinessProbe",
            "ready when the buckets are there; started again when the daily round no longer comes round",
        )
}

/// What becomes of the volumes of a StatefulSet that goes.
pub(super) fn retention(stack: &Stack<'_>) -> StatefulSetPersistentVolumeClaimRetentionPolicy {
    let deleted = if stack.system.protect { "Retain" } else { "Delete" };
    StatefulSetPersistentVolumeClaimRetentionPolicy {
        when_deleted: Some(deleted.to_owned()),
        when_scaled: Some("Retain".to_owned()),
    }
}

fn words(words: &[&str]) -> Option<Vec<String>> {
    Some(words.iter().map(|word| (*word).to_owned()).collect())
}

/// Puts the generated keys into the store's table of identities, in memory.
fn identities_writer() -> Container {
    Container {
        command: words(&["/bin/sh", "-eu", "/etc/seaweedfs/identities.sh"]),
        resources: Some(pod::resources(("50m", "64Mi"), ("50m", "64Mi"))),
        volume_mounts: Some(vec![
            pod::mount("config", "/etc/seaweedfs", true),
            pod::mount("identities", "/etc/identities", true),
            pod::mount("run", "/run/seaweedfs", false),
        ]),
        ..pod::container("identities", IMAGE)
    }
}

fn server() -> Container {
    let ask = Ask::Http {
        path: "/healthz",
        scheme: "HTTPS",
    };
    let port = format!("-s3.port={PORT}");
    Container {
        command: words(&[
            "weed",
            "-logtostderr=true",
            "server",
            "-dir=/data",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-master.peers=none",
            "-master.volumeSizeLimitMB=1024",
            "-master.telemetry=false",
            "-volume.max=0",
            "-filer",
            "-s3",
            "-s3.ip.bind=0.0.0.0",
            &port,
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.autoCreateBucket=false",
            "-s3.allowDeleteBucketNotEmpty=false",
            "-s3.config=/run/seaweedfs/identities.json",
            "-s3.cert.file=/etc/object-store/tls.crt",
            "-s3.key.file=/etc/object-store/tls.key",
        ]),
        ports: Some(vec![ContainerPort {
            name: Some("https".to_owned()),
            container_port: i32::from(PORT),
            ..Default::default()
        }]),
        resources: Some(pod::resources(("1", "2Gi"), ("1", "2Gi"))),
        startup_probe: Some(pod::probe(&ask, "https", 5, 60)),
        readiness_probe: Some(pod::probe(&ask, "https", 10, 3)),
        liveness_probe: Some(pod::probe(&ask, "https", 20, 6)),
        volume_mounts: Some(vec![
            pod::mount("data", "/data", false),
            pod::mount("tmp", "/tmp", false),
            pod::mount("run", "/run/seaweedfs", true),
            pod::mount("tls", "/etc/object-store", true),
        ]),
        ..pod::container("seaweedfs", IMAGE)
    }
}

/// Creates buckets that are missing and applies their lifecycle every day.
fn buckets() -> Container {
    let ready = Ask::Command(&["test", "-e", "/tmp/ready"]);
    let fresh = Ask::Command(&["/bin/sh", "-c", "test -n \"$(find /tmp/ready -mmin -1560)\""]);
    Container {
        command: words(&["/bin/sh", "/etc/seaweedfs/buckets.sh"]),
        resources: Some(pod::resources(("50m", "128Mi"), ("250m", "256Mi"))),
        startup_probe: Some(pod::probe(&ready, "https", 5, 120)),
        readiness_probe: Some(pod::probe(&ready, "https", 60, 3)),
        liveness_probe: Some(pod::probe(&fresh, "https", 300, 3)),
        volume_mounts: Some(vec![
            pod::mount("config", "/etc/seaweedfs", true),
            pod::mount("identities", "/etc/identities", true),
            pod::mount("tls", "/etc/object-store", true),
            pod::mount("buckets-tmp", "/tmp", false),
        ]),
        ..pod::container("buckets", IMAGE)
    }
}

fn volumes(identities: &[Identity]) -> Vec<Volume> {
    let sources = identities.iter().map(|identity| VolumeProjection {
        secret: Some(SecretProjection {
            name: store_key(&identity.name),
            items: Some(vec![pod::key_to_path(KEY, &identity.name)]),
            optional: None,
        }),
        ..Default::default()
    });
    vec![
        pod::config_files("config", STORE),
        Volume {
            name: "identities".to_owned(),
            projected: Some(ProjectedVolumeSource {
                sources: Some(sources.collect()),
                ..Default::default()
            }),
            ..Default::default()
        },
        pod::secret_files("tls", &store_key("tls"), &[]),
        pod::scratch("tmp"),
        pod::scratch("buckets-tmp"),
        pod::memory("run", "1Mi"),
    ]
}

fn address(stack: &Stack<'_>) -> Object {
    Object::new(&Service {
        metadata: stack.meta(STORE, STORE, "storage"),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(stack.pod_labels(STORE)),
            ports: Some(vec![ServicePort {
                name: Some("https".to_owned()),
                port: 443,
                target_port: Some(IntOrString::String("https".to_owned())),
                app_protocol: Some("https".to_owned()),
                ..Default::default()
            }]),
            ..Default::default()
        }),
        ..Default::default()
    })
}
