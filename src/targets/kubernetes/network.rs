//! Namespaces, and how much may run in them.

use k8s_openapi::api::core::v1::{
    LimitRange, LimitRangeItem, LimitRangeSpec, Namespace, ResourceQuota, ResourceQuotaSpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::broker;
use super::caches;
use super::database;
use super::object::Object;
use super::pod::quantities;
use super::stack::{BROKER, STORE, Stack};
use crate::ir::{Domain, Id};

/// Processors, GiB and pods for what operators start besides: jobs, sidecars, routers.
const HEADROOM: Demand = Demand {
    cpu: 4,
    memory_gb: 8,
    pods: 10,
};

/// What a part of the system takes at most.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Demand {
    pub(super) cpu: u32,
    pub(super) memory_gb: u32,
    pub(super) pods: u32,
}

impl Demand {
    /// So many pods of a size.
    pub(super) fn of(pods: u32, cpu: u32, memory_gb: u32) -> Self {
        Self {
            cpu: pods * cpu,
            memory_gb: pods * memory_gb,
            pods,
        }
    }

    /// Both together.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            cpu: self.cpu + other.cpu,
            memory_gb: self.memory_gb + other.memory_gb,
            pods: self.pods + other.pods,
        }
    }
}

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let mut objects = vec![];
    for part in stack.parts() {
        let name = stack.namespace_in(part);
        objects.push(Object::new(&namespace(stack, &name, "restricted")));
        if part.is_none() && stack.has_edge() {
            let edge = namespace(stack, &stack.edge_namespace(), "baseline");
            objects.push(Object::new(&edge).about(
                "The public entry point has a namespace of its own: the cluster's gateway controller decides the \
                pods that run here",
            ));
        }
        objects.push(
            Object::new(&quota(stack, part)).about(
                "Every component at its largest, a rolling update on top, and a little for what operators start",
            ),
        );
        objects.push(
            Object::new(&limits(stack, part))
                .about("With the quota in force, a container that says nothing would be refused"),
        );
    }
    objects
}

fn namespace(stack: &Stack<'_>, name: &str, standard: &str) -> Namespace {
    let mut labels = stack.shared_labels();
    for mode in ["enforce", "audit", "warn"] {
        labels.insert(format!("pod-security.kubernetes.io/{mode}"), standard.to_owned());
    }
    Namespace {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some(labels),
            ..Default::default()
        },
        ..Default::default()
    }
}

fn quota(stack: &Stack<'_>, part: Option<Id<Domain>>) -> ResourceQuota {
    let here = |name: &str| stack.domain_of(name) == part;
    let services = stack.system.services.iter().filter(|(_, service)| here(&service.name));
    let services = services.map(|(_, service)| {
        // Those that are too many at first, and as many that are still on their way out.
        let surge = 2 * service.scale.max.div_ceil(4);
        Demand::of(service.scale.max + surge, service.size.cpu, service.size.memory_gb)
    });
    let databases = stack.servers.iter().filter(|server| here(&server.database.name));
    let databases = databases.map(|server| database::demand(stack, server));
    let store = (stack.has_store() && here(STORE)).then(|| Demand::of(1, 2, 3));
    let caches = stack.system.caches.iter().filter(|(_, cache)| here(&cache.name));
    let caches = caches.map(|(_, cache)| caches::demand(cache));
    let broker = (stack.has_broker() && here(BROKER)).then(broker::demand);
    let all = services
        .chain(databases)
        .chain(store)
        .chain(caches)
        .chain(broker)
        .fold(HEADROOM, |sum, demand| sum.plus(demand));
    let (cpu, memory) = (all.cpu.to_string(), format!("{}Gi", all.memory_gb));
    ResourceQuota {
        metadata: stack.part_meta(stack.namespace_in(part), part),
        spec: Some(ResourceQuotaSpec {
            hard: Some(quantities(&[
                ("pods", &all.pods.to_string()),
                ("requests.cpu", &cpu),
                ("requests.memory", &memory),
                ("limits.cpu", &cpu),
                ("limits.memory", &memory),
            ])),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn limits(stack: &Stack<'_>, part: Option<Id<Domain>>) -> LimitRange {
    LimitRange {
        metadata: stack.part_meta(stack.namespace_in(part), part),
        spec: Some(LimitRangeSpec {
            limits: vec![LimitRangeItem {
                type_: "Container".to_owned(),
                default_request: Some(quantities(&[("cpu", "50m"), ("memory", "64Mi")])),
                default: Some(quantities(&[("cpu", "500m"), ("memory", "256Mi")])),
                ..Default::default()
            }],
        }),
    }
}
