//! Caches: Valkey in memory, with a login per service, over TLS.
//!
//! One pod, or three where there is to be a copy in another zone: one of them is the primary, the others copy it, and a sentinel beside
//! each agrees with its like on who takes over. Clients know nothing of that: a proxy in every pod leads to the primary. Nothing is kept on
//! disk.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetSpec};
use k8s_openapi::api::core::v1::{ConfigMap, PodSpec, PodTemplateSpec, Service, ServicePort, ServiceSpec};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::cache_pod::{self, PORT, SENTINEL_PORT, SERVER_PORT};
use super::encryption::{authority, names};
use super::firewall::{callers, policy};
use super::secrets;
use super::stack::Stack;
use crate::ir::{Access, Cache, Id, Peer, Resource};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::kubernetes::policy::{from, pods, to, to_dns};
use crate::targets::shared::workload::{Labels, namespaces::Demand, spread};

/// The pods of a cache with copies: two of three agree on who is the primary.
const PODS: u32 = 3;
/// The user of replication, sentinels, proxies and probes, whom no service can be called like.
pub(super) const INTERNAL: &str = "_server";

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let caches = stack.system.caches.iter();
    caches.flat_map(|(id, cache)| cache_objects(stack, id, cache)).collect()
}

fn cache_objects(stack: &Stack<'_>, id: Id<Cache>, cache: &Cache) -> Vec<Object> {
    let name = cache.name.as_str();
    let mut hosts = names(stack, name, true);
    hosts.extend(copies(cache));
    let called = ("the cache", "the cache");
    let mut objects = authority(stack, (name, "cache"), called, hosts);
    objects.push(
        secrets::generator(stack, name, "cache", 32).about("One password per service, and one that stays in the pods"),
    );
    let logins = logins(stack, id, cache);
    objects.extend(logins.iter().map(|login| {
        let data = BTreeMap::from([
            ("username", login.user.clone()),
            ("password", secrets::GENERATED.to_owned()),
        ]);
        secrets::generated(stack, (&login.secret, name, "cache"), name, data)
    }));
    let config = cache_pod::config(stack, cache, &logins);
    objects.push(Object::new(&config));
    objects.push(server(stack, cache, &logins, &config));
    objects.push(address(stack, cache, name, stack.pod_labels(name), &[("valkey", PORT)]));
    objects.extend(copies(cache).into_iter().map(|pod| {
        let mut one = stack.pod_labels(name);
        one.insert("statefulset.kubernetes.io/pod-name".to_owned(), pod.clone());
        let ports = [("server", SERVER_PORT), ("sentinel", SENTINEL_PORT)];
        address(stack, cache, &pod, one, &ports)
    }));
    objects.push(disruption(stack, cache));
    objects
}

/// The names of the pods of a cache with copies, by which they know each other; none for a cache of one pod.
pub(super) fn copies(cache: &Cache) -> Vec<String> {
    let count = if cache.multi_zone { PODS } else { 0 };
    (0..count).map(|number| format!("{}-{number}", cache.name)).collect()
}

/// What it takes at most.
pub(super) fn demand(cache: &Cache) -> Demand {
    // The proxy and the sentinel beside the server have little.
    let pods = if cache.multi_zone { PODS } else { 1 };
    Demand::of(
        pods,
        2,
        (cache_pod::memory_mb(cache) + cache_pod::ASSISTANTS_MB).div_ceil(1024),
    )
}

/// Somebody who logs in.
pub(super) struct Login {
    pub(super) user: String,
    /// The Secret with the password.
    pub(super) secret: String,
    /// What the user may do, in Valkey's words; none for the internal one, whose are the template's.
    pub(super) rules: Option<&'static str>,
}

/// The Secret with the login of a service.
pub(super) fn credentials(cache: &Cache, service: &str) -> String {
    format!("{}-login-{service}", cache.name)
}

fn logins(stack: &Stack<'_>, id: Id<Cache>, cache: &Cache) -> Vec<Login> {
    let internal = Login {
        user: INTERNAL.to_owned(),
        secret: format!("{}-server", cache.name),
        rules: None,
    };
    let services = stack.system.users_of(Resource::Cache(id)).map(|(service, access)| {
        let service = &stack.system.services[service].name;
        Login {
            user: service.clone(),
            secret: credentials(cache, service),
            rules: Some(rules(access)),
        }
    });
    std::iter::once(internal).chain(services).collect()
}

/// Every key, no administration, and nothing that stops the server for all. INFO is what clients ask before they work.
fn rules(access: Access) -> &'static str {
    match access {
        Access::Read => "%R~* -@all +@read +@connection -@admin -@dangerous +info",
        Access::Write => "%W~* -@all +@write +@connection -@admin -@dangerous +info",
        Access::ReadWrite => "~* &* +@all -@admin -@dangerous +info",
    }
}

/// Where a service finds the certificate of the authority of a cache.
pub(super) fn ca_folder(cache: &Cache) -> String {
    format!("/etc/caches/{}", cache.name)
}

fn server(stack: &Stack<'_>, cache: &Cache, logins: &[Login], config: &ConfigMap) -> Object {
    let name = cache.name.as_str();
    let set = StatefulSet {
        metadata: stack.meta(name, name, "cache"),
        spec: StatefulSetSpec {
            service_name: Some(name.to_owned()),
            replicas: Some(if cache.multi_zone { 3 } else { 1 }),
            // Cannot be changed, and a cache may get copies later.
            pod_management_policy: Some("Parallel".to_owned()),
            selector: stack.pods(name),
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(stack.labels(name, "cache")),
                    annotations: Some(pod::fingerprint([config])),
                    ..Default::default()
                }),
                spec: Some(PodSpec {
                    termination_grace_period_seconds: Some(60),
                    topology_spread_constraints: cache
                        .multi_zone
                        .then(|| spread(&stack.pods(name), "controller-revision-hash")),
                    ..pod::spec(name, cache_pod::containers(cache), cache_pod::volumes(cache, logins))
                }),
            },
            ..Default::default()
        },
        ..Default::default()
    };
    let object = Object::new(&set);
    if cache.multi_zone {
        object
            .about("One is the primary and the others copy it; sentinels agree on who, proxies lead to it")
            .comment(
                "spec/podManagementPolicy",
                "none is ready before there is a primary, and that takes two",
            )
            .comment(
                "spec/template/spec/containers/0/lifecycle",
                "a primary that goes hands over first",
            )
    } else {
        object.about("One pod: what is in it goes with it (`multi_zone`)")
    }
}

fn address(stack: &Stack<'_>, cache: &Cache, name: &str, pods: Labels, ports: &[(&str, u16)]) -> Object {
    let port = |(port, number): &(&str, u16)| ServicePort {
        name: Some((*port).to_owned()),
        port: i32::from(*number),
        target_port: Some(IntOrString::String((*port).to_owned())),
        ..Default::default()
    };
    // The pods find each other before they are ready.
    let is_pod = name != cache.name;
    Object::new(&Service {
        metadata: stack.meta(name, &cache.name, "cache"),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(pods),
            publish_not_ready_addresses: is_pod.then_some(true),
            ports: Some(ports.iter().map(port).collect()),
            ..Default::default()
        }),
        ..Default::default()
    })
}

fn disruption(stack: &Stack<'_>, cache: &Cache) -> Object {
    Object::new(&PodDisruptionBudget {
        metadata: stack.meta(cache.name.as_str(), &cache.name, "cache"),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(stack.pods(&cache.name)),
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    })
}

/// Lets the services in that use a cache, and its pods to each other.
pub(super) fn policies(stack: &Stack<'_>) -> Vec<Object> {
    let caches = stack.system.caches.iter();
    caches
        .map(|(id, cache)| {
            let users = callers(stack, Peer::Cache(id), &cache.name);
            let mut ingress = vec![];
            if !users.is_empty() {
                ingress.push(from(users, &[PORT]));
            }
            let mut egress = vec![];
            if cache.multi_zone {
                let members = || vec![pods(stack.pods(&cache.name))];
                let ports = [SERVER_PORT, SENTINEL_PORT];
                ingress.push(from(members(), &ports));
                egress = vec![to_dns(), to(members(), &ports)];
            }
            let name = cache.name.as_str();
            Object::new(&policy(stack, (name, "cache"), stack.pods(name), ingress, egress))
        })
        .collect()
}
