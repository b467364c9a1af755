//! Namespaces, and how much may run in them.

use k8s_openapi::api::core::v1::{
    LimitRange, LimitRangeItem, LimitRangeSpec, Namespace, ResourceQuota, ResourceQuotaSpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::Names;
use crate::ir::{Domain, Id, Service};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod::quantities;

/// What a part of the system takes at most.
#[derive(Debug, Clone, Copy, Default)]
pub struct Demand {
    /// Processors.
    pub cpu: u32,
    /// GiB.
    pub memory_gb: u32,
    /// Pods.
    pub pods: u32,
}

impl Demand {
    /// So many pods of a size.
    pub fn of(pods: u32, cpu: u32, memory_gb: u32) -> Self {
        Self {
            cpu: pods * cpu,
            memory_gb: pods * memory_gb,
            pods,
        }
    }

    /// A service at its largest, with those that a rolling update adds: those that are too many at first, and as many that are still
    /// on their way out.
    pub fn of_service(service: &Service) -> Self {
        let surge = 2 * service.scale.max.div_ceil(4);
        Self::of(service.scale.max + surge, service.size.cpu, service.size.memory_gb)
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            cpu: self.cpu + other.cpu,
            memory_gb: self.memory_gb + other.memory_gb,
            pods: self.pods + other.pods,
        }
    }
}

/// A namespace whose pods meet a standard.
pub fn namespace(names: Names<'_>, name: &str, standard: &str) -> Object {
    let mut labels = names.shared_labels();
    for mode in ["enforce", "audit", "warn"] {
        labels.insert(format!("pod-security.kubernetes.io/{mode}"), standard.to_owned());
    }
    Object::new(&Namespace {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some(labels),
            ..Default::default()
        },
        ..Default::default()
    })
}

/// How much may run in a part.
pub fn quota(names: Names<'_>, part: Option<Id<Domain>>, all: Demand) -> Object {
    let (cpu, memory) = (all.cpu.to_string(), format!("{}Gi", all.memory_gb));
    Object::new(&ResourceQuota {
        metadata: names.part_meta(names.namespace_in(part), part),
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
    })
}

/// What a container has that says nothing.
pub fn limits(names: Names<'_>, part: Option<Id<Domain>>) -> Object {
    Object::new(&LimitRange {
        metadata: names.part_meta(names.namespace_in(part), part),
        spec: Some(LimitRangeSpec {
            limits: vec![LimitRangeItem {
                type_: "Container".to_owned(),
                default_request: Some(quantities(&[("cpu", "50m"), ("memory", "64Mi")])),
                default: Some(quantities(&[("cpu", "500m"), ("memory", "256Mi")])),
                ..Default::default()
            }],
        }),
    })
    .about("With the quota in force, a container that says nothing would be refused")
}
