//! The broker of queues and topics: RabbitMQ as three servers, each message on a majority of their volumes, and a login per service that
//! may send to and take from what its links name.
//!
//! The Cluster Operator makes the servers, the Messaging Topology Operator what is in them. Everything speaks TLS but the servers among
//! each other, whose ports the network policy keeps closed to all others.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Affinity, PodAffinityTerm, PodAntiAffinity, WeightedPodAffinityTerm};
use k8s_openapi::api::networking::v1::NetworkPolicyPeer;
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::alarms::prometheus;
use super::encryption::{authority, names, secret};
use super::firewall::{pods_of, policy};
use super::functions::event_queue;
use super::scaling;
use super::stack::{BROKER, STORE, Stack};
use super::storage::retention;
use crate::ir::{Domain, Id, Resource, Service};
use crate::kubernetes::custom::rabbitmq::{
    ClusterReference, Overrides, Permission, Permissions, Persistence, RabbitmqCluster, SetOverride, SetSpec, Tls,
    User, UserReference,
};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::kubernetes::policy::{from, in_namespace, pods, selector, to, to_dns};
use crate::targets::shared::workload::{kind, namespaces::Demand};

/// On which clients speak AMQP over TLS.
pub(super) const PORT: u16 = 5671;
/// On which the Messaging Topology Operator speaks HTTPS.
const MANAGEMENT_PORT: u16 = 15671;
/// On which every server tells its metrics, over TLS.
const METRICS_PORT: u16 = 15691;
/// Between the servers: who is where, and everything else.
const SERVER_PORTS: [u16; 2] = [4369, 25672];
/// Where clients find the authority's certificate.
pub(super) const CA_FOLDER: &str = "/etc/message-broker";
/// The virtual host of everything.
const VHOST: &str = "/";

/// Servers: a majority of them has every message, so one may be gone.
pub(super) const SERVERS: u32 = 3;
/// Processors and GiB of each. Messages are on disk; memory is for those that are on their way.
const CPU: u32 = 1;
const MEMORY_GB: u32 = 2;
/// GiB of the volume of each.
pub(super) const STORAGE_GB: u32 = 20;
/// Seconds that a server may take to hand over what only it and one other have. The operator's own default is a week.
const HAND_OVER: u32 = 600;

/// The release that the operator is made with, read in November 2026.
const IMAGE: &str = "rabbitmq:4.3.4-management";

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    if !stack.has_broker() {
        return vec![];
    }
    let called = ("the broker", "the broker");
    let mut objects = authority(stack, (BROKER, "messaging"), called, names(stack, BROKER, false));
    objects.push(cluster(stack));
    objects.push(disruption(stack));
    let services = stack.system.services.iter();
    objects.extend(
        services
            .filter(|(id, _)| stack.uses_broker(*id))
            .flat_map(|(id, service)| login(stack, id, service)),
    );
    let told: Vec<String> = stack
        .bucket_functions()
        .map(|(_, service)| event_queue(service))
        .collect();
    if !told.is_empty() {
        objects.extend(login_of(stack, (STORE, "storage"), &told, &[]));
    }
    objects
}

/// What all servers take, the containers that prepare them included.
pub(super) fn demand() -> Demand {
    Demand::of(SERVERS, CPU, MEMORY_GB)
}

/// What a service is told of where it is. KEDA, which asks from its own namespace, is told the same.
pub(super) fn endpoint(stack: &Stack<'_>) -> String {
    format!("amqps://{BROKER}.{}.svc:{PORT}", stack.namespace_of(BROKER))
}

/// The Secret with the login of a service, or of the object store, which the operator makes for its User: `username` and `password`.
pub(super) fn credentials(name: &str) -> String {
    format!("{name}-user-credentials")
}

/// The broker, as what is in it and belongs to a component refers to it.
pub(super) fn reference(stack: &Stack<'_>, part_of: &str) -> ClusterReference {
    let there = stack.namespace_of(BROKER);
    ClusterReference {
        name: BROKER,
        namespace: (there != stack.namespace_of(part_of)).then_some(there),
    }
}

/// The pods of the servers, as the operator labels them.
pub(super) fn servers() -> LabelSelector {
    let labels = [
        ("app.kubernetes.io/component", "rabbitmq"),
        ("app.kubernetes.io/name", BROKER),
    ];
    selector(labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into())
}

fn cluster(stack: &Stack<'_>) -> Object {
    let (cpu, memory) = (CPU.to_string(), format!("{MEMORY_GB}Gi"));
    let cluster = RabbitmqCluster {
        replicas: SERVERS,
        image: IMAGE,
        termination_grace_period_seconds: HAND_OVER,
        affinity: apart(),
        resources: pod::resources((&cpu, &memory), (&cpu, &memory)),
        persistence: Persistence {
            storage_class_name: stack.system.cluster.storage_class.clone(),
            storage: format!("{STORAGE_GB}Gi"),
        },
        tls: Tls {
            secret_name: secret(BROKER, "tls"),
            disable_non_tls_listeners: true,
        },
        r#override: Overrides {
            stateful_set: SetOverride {
                spec: SetSpec {
                    persistent_volume_claim_retention_policy: retention(stack),
                },
            },
        },
    };
    let mut metadata = stack.meta(BROKER, BROKER, "messaging");
    let domains = talkative(stack);
    if !domains.is_empty() {
        let allowed = ("rabbitmq.com/topology-allowed-namespaces".to_owned(), domains.join(","));
        metadata.annotations = Some([allowed].into());
    }
    Object::custom(metadata, cluster)
        .about("Every message is on a majority of three servers; the operator spreads them over zones")
        .comment(
            "spec/terminationGracePeriodSeconds",
            "a server goes when the others have caught up, or after so long; the default is a week",
        )
        .comment("spec/override", "what becomes of the volumes when the cluster goes")
}

/// On nodes of their own, as far as there are any.
fn apart() -> Affinity {
    Affinity {
        pod_anti_affinity: Some(PodAntiAffinity {
            preferred_during_scheduling_ignored_during_execution: Some(vec![WeightedPodAffinityTerm {
                weight: 100,
                pod_affinity_term: PodAffinityTerm {
                    label_selector: Some(servers()),
                    topology_key: "kubernetes.io/hostname".to_owned(),
                    ..Default::default()
                },
            }]),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The namespaces of the domains that have queues, topics or logins.
fn talkative(stack: &Stack<'_>) -> Vec<String> {
    let system = stack.system;
    let queues = system.queues.iter().map(|(_, item)| item.home.domain);
    let topics = system.topics.iter().map(|(_, item)| item.home.domain);
    let services = system.services.iter().filter(|(id, _)| stack.uses_broker(*id));
    let services = services.map(|(_, item)| item.home.domain);
    let domains: BTreeSet<Id<Domain>> = queues.chain(topics).chain(services).flatten().collect();
    domains.into_iter().map(|id| stack.namespace_in(Some(id))).collect()
}

fn disruption(stack: &Stack<'_>) -> Object {
    Object::new(&PodDisruptionBudget {
        metadata: stack.meta(BROKER, BROKER, "messaging"),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(servers()),
            ..Default::default()
        }),
        ..Default::default()
    })
}

/// The login of a service, and what it may do.
fn login(stack: &Stack<'_>, id: Id<Service>, service: &Service) -> [Object; 2] {
    let (mut sends, mut takes) = (vec![], vec![]);
    for grant in stack.messaging_of(id) {
        let name = match grant.resource {
            Resource::Queue(id) => &stack.system.queues[id].name,
            Resource::Topic(id) => &stack.system.topics[id].name,
            Resource::Subscription(id) => &stack.system.subscriptions[id].name,
            _ => continue,
        };
        if grant.access.writes() {
            sends.push(name.clone());
        }
        if grant.access.reads() {
            takes.push(name.clone());
        }
    }
    if stack.bucket_functions().any(|(function, _)| function == id) {
        takes.push(event_queue(service));
    }
    login_of(stack, (&service.name, kind(service)), &sends, &takes)
}

/// A login, with the exchanges that it sends to and the queues that it takes from.
fn login_of(stack: &Stack<'_>, (name, component): (&str, &str), sends: &[String], takes: &[String]) -> [Object; 2] {
    let meta = || stack.meta(name, name, component);
    let reference = || reference(stack, name);
    let permission = Permission {
        vhost: VHOST,
        user_reference: UserReference { name: name.to_owned() },
        permissions: Permissions {
            configure: one_of(&[]),
            write: one_of(sends),
            read: one_of(takes),
        },
        rabbitmq_cluster_reference: reference(),
    };
    [
        Object::custom(
            meta(),
            User {
                rabbitmq_cluster_reference: reference(),
            },
        )
        .about(format!(
            "The operator makes name and password, in the Secret {}",
            credentials(name)
        )),
        Object::custom(meta(), permission)
            .comment("spec/permissions/configure", "it makes and deletes nothing")
            .comment("spec/permissions/write", "the exchanges that it sends to")
            .comment("spec/permissions/read", "the queues that it takes from"),
    ]
}

/// A regular expression of some names, which are letters, digits and hyphens; of nothing where there are none.
fn one_of(names: &[String]) -> String {
    match names {
        [] => "^$".to_owned(),
        [one] => format!("^{one}$"),
        several => format!("^({})$", several.join("|")),
    }
}

/// Closes the servers to everybody but those who use them, those who look after them, and each other.
pub(super) fn policies(stack: &Stack<'_>) -> Vec<Object> {
    if !stack.has_broker() {
        return vec![];
    }
    let services = stack.system.services.iter();
    let mut clients: Vec<NetworkPolicyPeer> = services
        .filter(|(id, _)| stack.uses_broker(*id))
        .map(|(_, service)| pods_of(stack, &service.name, stack.pods(&service.name), BROKER))
        .collect();
    if stack.bucket_functions().next().is_some() {
        clients.push(pods_of(stack, STORE, stack.pods(STORE), BROKER));
    }
    if scaling::counts_messages(stack) {
        clients.push(in_namespace(scaling::NAMESPACE));
    }
    let members = || vec![pods(servers())];
    let mut ingress = vec![];
    if !clients.is_empty() {
        ingress.push(from(clients, &[PORT]));
    }
    ingress.push(from(members(), &SERVER_PORTS));
    ingress.push(from(vec![in_namespace("rabbitmq-system")], &[MANAGEMENT_PORT]));
    if stack.watches_broker() {
        ingress.push(from(vec![prometheus()], &[METRICS_PORT]));
    }
    // Nothing else goes out: since 4.1 a server knows the others by their names, and asks no API server for them.
    let egress = vec![to_dns(), to(members(), &SERVER_PORTS)];
    let policy = policy(stack, (BROKER, "messaging"), servers(), ingress, egress);
    vec![Object::new(&policy)]
}
