//! Namespaces, labels and metadata of the objects of a system.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use crate::ir::{Domain, Id, Service, System};
use crate::kubernetes::policy::selector;

/// Labels by their keys.
pub type Labels = BTreeMap<String, String>;

const NAME: &str = "app.kubernetes.io/name";
const PART_OF: &str = "app.kubernetes.io/part-of";
const COMPONENT: &str = "app.kubernetes.io/component";
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// What a service is called among the kinds of components.
pub fn kind(service: &Service) -> &'static str {
    match service.function {
        Some(_) => "function",
        None => "service",
    }
}

/// The names that follow from a system.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    system: &'a System,
}

impl<'a> Names<'a> {
    /// Those of a system.
    pub fn new(system: &'a System) -> Self {
        Self { system }
    }

    /// The namespace of a domain, or of what belongs to none.
    pub fn namespace_in(&self, domain: Option<Id<Domain>>) -> String {
        match domain {
            Some(id) => format!("{}-{}", self.system.prefix, self.system.domains[id].name),
            None => self.system.prefix.clone(),
        }
    }

    /// The namespace of the entry point: apart, because its proxies are made by the cluster's own controller, on ports and under a
    /// security context that this system does not decide.
    pub fn edge_namespace(&self) -> String {
        format!("{}-edge", self.system.prefix)
    }

    /// Labels of a part of a component.
    pub fn labels(&self, name: &str, component: &str) -> Labels {
        let own = [
            (NAME, name),
            (PART_OF, &self.system.prefix),
            (COMPONENT, component),
            (MANAGED_BY, "cloudgen"),
        ];
        let mut labels = self.system.labels.clone();
        labels.extend(own.map(|(key, value)| (key.to_owned(), value.to_owned())));
        labels
    }

    /// Labels of what belongs to the whole system.
    pub fn shared_labels(&self) -> Labels {
        let mut labels = self.labels("", "");
        labels.retain(|key, _| key != NAME && key != COMPONENT);
        labels
    }

    /// The labels by which objects of this system are known.
    pub fn own_labels(&self) -> Labels {
        let mut labels = self.shared_labels();
        labels.retain(|key, _| key == PART_OF || key == MANAGED_BY);
        labels
    }

    /// Metadata of an object of the component `part_of`, in the namespace of its domain.
    pub fn meta(
        &self,
        name: impl Into<String>,
        domain: Option<Id<Domain>>,
        part_of: &str,
        component: &str,
    ) -> ObjectMeta {
        ObjectMeta {
            name: Some(name.into()),
            namespace: Some(self.namespace_in(domain)),
            labels: Some(self.labels(part_of, component)),
            ..Default::default()
        }
    }

    /// Metadata of an object with the name of its service.
    pub fn service_meta(&self, service: &Service) -> ObjectMeta {
        self.meta(service.name.as_str(), service.home.domain, &service.name, kind(service))
    }

    /// Metadata of an object that belongs to the whole of a part.
    pub fn part_meta(&self, name: impl Into<String>, part: Option<Id<Domain>>) -> ObjectMeta {
        ObjectMeta {
            name: Some(name.into()),
            namespace: Some(self.namespace_in(part)),
            labels: Some(self.shared_labels()),
            ..Default::default()
        }
    }

    /// Metadata of an object in the entry point's namespace.
    pub fn edge_meta(&self, name: &str) -> ObjectMeta {
        ObjectMeta {
            namespace: Some(self.edge_namespace()),
            ..self.part_meta(name, None)
        }
    }

    /// The labels that select the pods of a component.
    pub fn pod_labels(&self, name: &str) -> Labels {
        let mut labels = self.labels(name, "");
        labels.retain(|key, _| key == NAME || key == PART_OF);
        labels
    }

    /// Selects the pods of a component.
    pub fn pods(&self, name: &str) -> LabelSelector {
        selector(self.pod_labels(name))
    }
}
