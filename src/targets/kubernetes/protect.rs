//! `protect = true`: the API server refuses to delete what would take data with it.

use std::collections::BTreeSet;

use k8s_openapi::api::admissionregistration::v1::{
    MatchResources, NamedRuleWithOperations, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
    ValidatingAdmissionPolicyBindingSpec, ValidatingAdmissionPolicySpec, Validation,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::object::Object;
use super::stack::{PROTECT, Stack, selector};
use crate::vocabulary::Engine;

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    if !stack.system.protect {
        return vec![];
    }
    let name = format!("{}-protect", stack.system.prefix);
    let meta = || ObjectMeta {
        name: Some(name.clone()),
        labels: Some(stack.shared_labels()),
        ..Default::default()
    };
    let mut guarded = stack.pod_labels("");
    guarded.remove("app.kubernetes.io/name");
    guarded.insert(PROTECT.to_owned(), "true".to_owned());
    let policy = ValidatingAdmissionPolicy {
        metadata: meta(),
        spec: Some(ValidatingAdmissionPolicySpec {
            failure_policy: Some("Fail".to_owned()),
            match_constraints: Some(MatchResources {
                object_selector: Some(selector(guarded)),
                resource_rules: Some(kinds(stack).into_iter().map(rule).collect()),
                ..Default::default()
            }),
            validations: Some(vec![Validation {
                expression: "false".to_owned(),
                message: Some(format!(
                    "{} is protected: set protect = false in its blueprint, render and apply, then delete",
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
    let about = "Refuses to delete what would take data with it (protect = true)";
    vec![Object::new(&policy).about(about), Object::new(&binding)]
}

/// (group, version, resource) of what is guarded.
fn kinds(stack: &Stack<'_>) -> BTreeSet<(&'static str, &'static str, &'static str)> {
    let mut kinds = BTreeSet::from([("", "v1", "namespaces")]);
    if stack.has_store() {
        kinds.insert(("apps", "v1", "statefulsets"));
    }
    for (_, database) in stack.system.databases.iter() {
        match database.engine {
            Engine::Postgres => kinds.insert(("postgresql.cnpg.io", "v1", "clusters")),
            Engine::Mysql => {
                kinds.insert(("", "v1", "persistentvolumeclaims"));
                kinds.insert(("mysql.oracle.com", "v2", "innodbclusters"))
            }
            Engine::Sqlserver | Engine::Oracle => {
                kinds.insert(("", "v1", "persistentvolumeclaims"));
                kinds.insert(("apps", "v1", "statefulsets"))
            }
        };
    }
    kinds
}

fn rule((group, version, resource): (&str, &str, &str)) -> NamedRuleWithOperations {
    NamedRuleWithOperations {
        operations: Some(vec!["DELETE".to_owned()]),
        api_groups: Some(vec![group.to_owned()]),
        api_versions: Some(vec![version.to_owned()]),
        resources: Some(vec![resource.to_owned()]),
        ..Default::default()
    }
}
