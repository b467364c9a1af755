//! Streams: topics of one Kafka cluster that Strimzi runs, three servers of which each has every record, and a login per service that may
//! send to and read what its links name.
//!
//! Everything speaks TLS. Topics and logins are where the servers are, because the operators of both look there alone.

mod policies;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Capabilities, SeccompProfile, SecurityContext};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use serde_json::{Value, json};

use super::stack::Stack;
use super::warehouses::{self, Sink};
use crate::check::EVENT_STREAMS;
use crate::ir::{Delivery, Id, Resource, Service, Stream, Trigger, dead_letters};
use crate::kubernetes::custom::strimzi::{
    Authentication, Authorization, Brokers, ClusterAuthority, ContainerTemplate, EntityOperator, EntityTemplate,
    Exporter, ExporterTemplate, JvmOptions, Kafka, KafkaNodePool, KafkaTopic, KafkaUser, Listener, PodTemplate,
    PoolTemplate, Right, RightTo, Rights, Storage, TopicOperator, UserOperator, Volume,
};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::kubernetes::policy::labelled;
use crate::targets::shared::workload::{namespaces::Demand, spread};
pub(super) use policies::{peer, policies};

/// Its name.
pub(super) const STREAMS: &str = EVENT_STREAMS;
/// On which clients speak Kafka's protocol over TLS.
pub(super) const PORT: u16 = 9093;
/// Where clients find the authority's certificate.
pub(super) const CA_FOLDER: &str = "/etc/event-streams";
/// The Secret with the authority's certificate, `ca.crt`.
pub(super) const AUTHORITY: &str = "event-streams-cluster-ca-cert";
/// What clients say that they speak, at least.
pub(super) const PROTOCOL: &str = "2.8.0";
/// Servers, and copies of each record.
pub(super) const SERVERS: u32 = 3;
/// GiB of the volume of each.
pub(super) const STORAGE_GB: u32 = 50;
/// Processors and GiB of each.
const SIZE: (u32, u32) = (1, 2);
/// Between the servers, and for the operators of topics and users.
const SERVER_PORTS: [u16; 2] = [9090, 9091];
/// What the names of logins' Secrets begin with.
const LOGINS: &str = "event-streams-login-";
/// The largest dead letter: an event with all that Kafka takes as a record, as text.
pub(super) const DEAD_BYTES: u32 = 8 << 20;
const HOUR: u64 = 60 * 60 * 1000;

/// The newest release that the operator knows, read in November 2026.
const VERSION: (&str, &str) = ("4.3.1", "4.3-IV0");

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let system = stack.system;
    if system.streams.is_empty() {
        return vec![];
    }
    let mut objects = vec![cluster(stack), servers(stack)];
    objects.extend(system.streams.iter().map(|(_, stream)| topic(stack, stream)));
    objects.extend(fed(stack).map(|service| dead_topic(stack, service)));
    let services = system.services.iter();
    objects.extend(
        services
            .filter(|(id, _)| stack.uses_streams(*id))
            .map(|(id, service)| login(stack, id, service)),
    );
    for sink in sinks(stack) {
        let topic = &system.streams[sink.stream].name;
        let acls = vec![
            right("topic", topic, &["Describe", "Read"]),
            right("group", &sink.name, &["Describe", "Read"]),
        ];
        objects.push(user(stack, &sink.name, acls));
    }
    objects
}

/// What makes rows of warehouses of streams.
fn sinks<'s>(stack: &'s Stack<'_>) -> impl Iterator<Item = Sink> + 's {
    let warehouses = stack.system.warehouses.iter();
    warehouses.flat_map(|(id, _)| warehouses::sinks(stack, id))
}

/// What all servers take, and those who look after them.
pub(super) fn demand() -> Demand {
    Demand::of(SERVERS, SIZE.0, SIZE.1).plus(Demand {
        cpu: 2,
        memory_gb: 2,
        pods: 2,
    })
}

/// What a service is told of where it is. KEDA, which asks from its own namespace, is told the same.
pub(super) fn endpoint(stack: &Stack<'_>) -> String {
    format!("{STREAMS}-kafka-bootstrap.{}.svc:{PORT}", stack.namespace_of(STREAMS))
}

/// The Secret with the password of a service, which the operator makes for its login: `password`.
pub(super) fn credentials(service: &str) -> String {
    format!("{LOGINS}{service}")
}

/// What a service that reads a stream calls itself.
pub(super) fn group(stack: &Stack<'_>, service: Id<Service>) -> String {
    stack.system.services[service].name.clone()
}

/// The functions that streams start.
fn fed<'a>(stack: &Stack<'a>) -> impl Iterator<Item = &'a Service> {
    let functions = stack.system.functions();
    functions
        .filter(|(.., function)| matches!(function.trigger, Some(Trigger::Stream { .. })))
        .map(|(_, service, _)| service)
}

/// Metadata of what belongs to a component and stands where the servers are.
fn meta(stack: &Stack<'_>, name: &str, part_of: &str) -> ObjectMeta {
    let mut metadata = stack.meta(name, STREAMS, "stream");
    let mut labels = stack.labels(part_of, "stream");
    labels.insert("strimzi.io/cluster".to_owned(), STREAMS.to_owned());
    metadata.labels = Some(labels);
    metadata
}

fn cluster(stack: &Stack<'_>) -> Object {
    let small = || pod::resources(("100m", "256Mi"), ("500m", "512Mi"));
    let number = |value: u32| Value::from(value);
    let kafka = Kafka {
        kafka: Brokers {
            version: VERSION.0,
            metadata_version: VERSION.1,
            listeners: vec![Listener {
                name: "tls",
                port: PORT,
                kind: "internal",
                tls: true,
                authentication: Authentication { kind: "scram-sha-512" },
                network_policy_peers: policies::clients(stack),
            }],
            authorization: Authorization { kind: "simple" },
            config: BTreeMap::from([
                ("auto.create.topics.enable", json!(false)),
                ("default.replication.factor", number(SERVERS)),
                ("min.insync.replicas", number(SERVERS - 1)),
                ("offsets.topic.replication.factor", number(SERVERS)),
                ("transaction.state.log.min.isr", number(SERVERS - 1)),
                ("transaction.state.log.replication.factor", number(SERVERS)),
            ]),
        },
        cluster_ca: ClusterAuthority {
            validity_days: 3650,
            renewal_days: 365,
        },
        entity_operator: EntityOperator {
            topic_operator: TopicOperator { resources: small() },
            user_operator: UserOperator {
                secret_prefix: LOGINS.to_owned(),
                resources: small(),
            },
            template: EntityTemplate {
                topic_operator_container: restricted(),
                user_operator_container: restricted(),
            },
        },
        kafka_exporter: stack.watches_streams().then(|| Exporter {
            topic_regex: ".*",
            group_regex: ".*",
            resources: pod::resources(("50m", "64Mi"), ("250m", "128Mi")),
            template: ExporterTemplate {
                container: restricted(),
            },
        }),
    };
    Object::custom(stack.meta(STREAMS, STREAMS, "stream"), kafka)
        .about("Every record is on three servers; two of them have it before its sender is told")
        .comment(
            "spec/kafka/listeners/0/networkPolicyPeers",
            "the operator makes the policy that lets these in, and its own pods",
        )
        .comment("spec/clusterCa", "clients read its certificate when they start")
        .comment(
            "spec/kafka/version",
            "raise both with a release of the operator that knows newer ones",
        )
}

/// What the restricted standard asks of a container.
fn restricted() -> ContainerTemplate {
    ContainerTemplate {
        security_context: SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities {
                drop: Some(vec!["ALL".to_owned()]),
                add: None,
            }),
            run_as_non_root: Some(true),
            seccomp_profile: Some(SeccompProfile {
                type_: "RuntimeDefault".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        },
    }
}

fn servers(stack: &Stack<'_>) -> Object {
    let (cpu, memory) = (SIZE.0.to_string(), format!("{}Gi", SIZE.1));
    let mut metadata = stack.meta("servers", STREAMS, "stream");
    let labels = metadata.labels.get_or_insert_default();
    labels.insert("strimzi.io/cluster".to_owned(), STREAMS.to_owned());
    let pool = KafkaNodePool {
        replicas: SERVERS,
        roles: ["controller", "broker"],
        storage: Storage {
            kind: "jbod",
            volumes: vec![Volume {
                id: 0,
                kind: "persistent-claim",
                size: format!("{STORAGE_GB}Gi"),
                class: stack.system.cluster.storage_class.clone(),
                delete_claim: !stack.system.protect,
                kraft_metadata: "shared",
            }],
        },
        resources: pod::resources((&cpu, &memory), (&cpu, &memory)),
        jvm_options: JvmOptions {
            least: "1g",
            most: "1g",
        },
        template: PoolTemplate {
            pod: PodTemplate {
                topology_spread_constraints: spread(&broker_pods(), "strimzi.io/pool-name"),
            },
            kafka_container: restricted(),
        },
    };
    Object::custom(metadata, pool)
        .about("Each is a broker and a controller: three agree without any other store")
        .comment(
            "spec/storage/volumes/0/deleteClaim",
            "what becomes of the volumes when the servers go",
        )
}

fn broker_pods() -> LabelSelector {
    named("kafka")
}

/// The pods of a part of the cluster, as the operator labels them.
fn named(what: &str) -> LabelSelector {
    labelled("strimzi.io/name", "In", Some(vec![format!("{STREAMS}-{what}")]))
}

fn topic(stack: &Stack<'_>, stream: &Stream) -> Object {
    let retention = u64::from(stream.retention_hours) * HOUR;
    Object::custom(
        meta(stack, &stream.name, &stream.name),
        spec(&stream.name, stream.partitions, retention),
    )
    .comment("spec/config/retention.ms", "milliseconds")
    .comment(
        "spec/partitions",
        "may grow, and then a key is in another partition than before; never fewer",
    )
}

/// Records that a function has failed on.
fn dead_topic(stack: &Stack<'_>, service: &Service) -> Object {
    let name = dead_letters(&service.name);
    let days = u64::from(Delivery::DEAD_DAYS) * 24 * HOUR;
    let mut topic = spec(&name, 1, days);
    topic.config.insert("max.message.bytes", json!(DEAD_BYTES));
    Object::custom(meta(stack, &name, &service.name), topic)
        .about(format!(
            "Dead letters of {}; nobody but administrators reads them",
            service.name
        ))
        .comment("spec/config/max.message.bytes", "an event is larger than its record")
}

fn spec(name: &str, partitions: u32, retention: u64) -> KafkaTopic {
    KafkaTopic {
        topic_name: name.to_owned(),
        partitions,
        replicas: SERVERS,
        config: BTreeMap::from([
            ("cleanup.policy", json!("delete")),
            ("min.insync.replicas", json!(SERVERS - 1)),
            ("retention.ms", json!(retention)),
        ]),
    }
}

/// The login of a service, and what it may do.
fn login(stack: &Stack<'_>, id: Id<Service>, service: &Service) -> Object {
    let mut acls = vec![];
    let mut reads = false;
    for grant in stack.system.grants_of(id) {
        let Resource::Stream(stream) = grant.resource else {
            continue;
        };
        let name = &stack.system.streams[stream].name;
        let mut operations = vec!["Describe"];
        if grant.access.reads() {
            operations.push("Read");
            reads = true;
        }
        if grant.access.writes() {
            operations.push("Write");
        }
        acls.push(right("topic", name, &operations));
    }
    if fed(stack).any(|fed| fed.name == service.name) {
        acls.push(right("topic", &dead_letters(&service.name), &["Describe", "Write"]));
    }
    if reads {
        acls.push(right("group", &group(stack, id), &["Describe", "Read"]));
    }
    user(stack, &service.name, acls)
}

fn right(kind: &'static str, name: &str, operations: &[&'static str]) -> Right {
    Right {
        resource: RightTo {
            kind,
            name: name.to_owned(),
            pattern_type: "literal",
        },
        operations: operations.to_vec(),
    }
}

fn user(stack: &Stack<'_>, name: &str, acls: Vec<Right>) -> Object {
    let user = KafkaUser {
        authentication: Authentication { kind: "scram-sha-512" },
        authorization: Rights { kind: "simple", acls },
    };
    Object::custom(meta(stack, name, name), user).about(format!(
        "The operator makes the password, in the Secret {}",
        credentials(name)
    ))
}
