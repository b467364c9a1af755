//! `protect = true`: the API server refuses to delete what would take data, keys or the public address with it.
//!
//! The policy stands in a folder of its own: no admission policy guards itself, so `kubectl delete -k` of the system must not know it.
//! It goes by kinds and by the labels that every object has, because the claims of a StatefulSet keep the labels that they were born
//! with.

use std::collections::BTreeSet;

use k8s_openapi::api::admissionregistration::v1::{
    MatchResources, NamedRuleWithOperations, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
    ValidatingAdmissionPolicyBindingSpec, ValidatingAdmissionPolicySpec, Validation,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::stack::Stack;
use crate::check::PROTECT;
use crate::kubernetes::object::Object;
use crate::kubernetes::policy::selector;

/// The concern's name, and the folder of its files.
pub(super) const FOLDER: &str = PROTECT;

/// (kind, group, version, resource) of what is guarded. Not workloads and routes, which hold nothing: the next apply makes them anew.
const GUARDED: [(&str, &str, &str, &str); 19] = [
    ("Certificate", "cert-manager.io", "v1", "certificates"),
    ("Cluster", "postgresql.cnpg.io", "v1", "clusters"),
    ("ConfigMap", "", "v1", "configmaps"),
    ("ExternalSecret", "external-secrets.io", "v1", "externalsecrets"),
    ("Gateway", "gateway.networking.k8s.io", "v1", "gateways"),
    ("InnoDBCluster", "mysql.oracle.com", "v2", "innodbclusters"),
    ("Issuer", "cert-manager.io", "v1", "issuers"),
    ("Kafka", "kafka.strimzi.io", "v1", "kafkas"),
    ("KafkaNodePool", "kafka.strimzi.io", "v1", "kafkanodepools"),
    ("KafkaTopic", "kafka.strimzi.io", "v1", "kafkatopics"),
    ("Namespace", "", "v1", "namespaces"),
    ("NetworkPolicy", "networking.k8s.io", "v1", "networkpolicies"),
    ("ObjectStore", "barmancloud.cnpg.io", "v1", "objectstores"),
    ("Password", "generators.external-secrets.io", "v1alpha1", "passwords"),
    ("PersistentVolumeClaim", "", "v1", "persistentvolumeclaims"),
    ("Queue", "rabbitmq.com", "v1beta1", "queues"),
    ("RabbitmqCluster", "rabbitmq.com", "v1beta1", "rabbitmqclusters"),
    ("ScheduledBackup", "postgresql.cnpg.io", "v1", "scheduledbackups"),
    ("StatefulSet", "apps", "v1", "statefulsets"),
];

/// Name of the policy and of its binding.
pub(super) fn name(stack: &Stack<'_>) -> String {
    format!("{}-protect", stack.system.prefix)
}

/// The command that takes the policy away, for the README.
pub(super) fn lift(stack: &Stack<'_>) -> String {
    format!(
        "`kubectl delete validatingadmissionpolicybinding,validatingadmissionpolicy {}`",
        name(stack)
    )
}

/// The policy for these objects; none where the system is not protected.
pub(super) fn objects<'a>(stack: &Stack<'_>, guarded: impl Iterator<Item = &'a Object>) -> Vec<Object> {
    if !stack.system.protect {
        return vec![];
    }
    let mut kinds: BTreeSet<&str> = guarded.map(Object::kind).collect();
    if kinds.contains("StatefulSet") {
        // Made from its template.
        kinds.insert("PersistentVolumeClaim");
    }
    let rules = GUARDED.into_iter().filter(|(kind, ..)| kinds.contains(kind)).map(rule);
    let name = name(stack);
    let meta = || ObjectMeta {
        name: Some(name.clone()),
        labels: Some(stack.shared_labels()),
        ..Default::default()
    };
    let policy = ValidatingAdmissionPolicy {
        metadata: meta(),
        spec: Some(ValidatingAdmissionPolicySpec {
            failure_policy: Some("Fail".to_owned()),
            match_constraints: Some(MatchResources {
                object_selector: Some(selector(stack.names.own_labels())),
                resource_rules: Some(rules.collect()),
                ..Default::default()
            }),
            validations: Some(vec![Validation {
                expression: "false".to_owned(),
                message: Some(format!(
                    "{} is protected: set protect = false in its blueprint, render, apply and delete the policy {name} first",
                    stack.system.prefix
                )),
                ..Default::default()
            }]),
            ..Default::default()
        }),
        ..Default::default()
    };
    let binding = ValidatingAdmissionPolicyBinding {
        metadata: meta(),
        spec: ValidatingAdmissionPolicyBindingSpec {
            policy_name: name.clone(),
            validation_actions: vec!["Deny".to_owned()],
            ..Default::default()
        },
    };
    let about = "Refuses to delete what would take data, keys or the public address with it (protect = true)";
    vec![Object::new(&policy).about(about), Object::new(&binding)]
}

fn rule((_, group, version, resource): (&str, &str, &str, &str)) -> NamedRuleWithOperations {
    NamedRuleWithOperations {
        operations: Some(vec!["DELETE".to_owned()]),
        api_groups: Some(vec![group.to_owned()]),
        api_versions: Some(vec![version.to_owned()]),
        resources: Some(vec![resource.to_owned()]),
        ..Default::default()
    }
}
