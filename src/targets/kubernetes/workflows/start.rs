//! Who starts runs of workflows, and what may stand in them.

use k8s_openapi::api::admissionregistration::v1::{
    MatchCondition, MatchResources, NamedRuleWithOperations, ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding, ValidatingAdmissionPolicyBindingSpec, ValidatingAdmissionPolicySpec, Validation,
};
use k8s_openapi::api::core::v1::{
    ConfigMapProjection, DownwardAPIProjection, DownwardAPIVolumeFile, ObjectFieldSelector, ProjectedVolumeSource,
    ServiceAccountTokenProjection, Volume, VolumeMount, VolumeProjection,
};
use k8s_openapi::api::rbac::v1::PolicyRule;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{allowed, definition::DOCUMENT, meta, starts};
use crate::check::kubernetes_document;
use crate::ir::{Id, Resource, Service, Workflow};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::targets::kubernetes::stack::Stack;

/// Where clients of the API server look for their token.
pub(in crate::targets::kubernetes) const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// Seconds that a token is good for; it is renewed before.
const TOKEN_SECONDS: i64 = 3600;

/// Lets those who call a workflow make runs of it.
pub(super) fn rights(stack: &Stack<'_>, id: Id<Workflow>, workflow: &Workflow) -> Vec<Object> {
    let users = stack.system.users_of(Resource::Workflow(id));
    let accounts: Vec<(String, String)> = users
        .map(|(service, _)| &stack.system.services[service].name)
        .map(|name| (stack.namespace_of(name), name.clone()))
        .collect();
    if accounts.is_empty() {
        return vec![];
    }
    let rule = PolicyRule {
        api_groups: Some(vec!["argoproj.io".to_owned()]),
        resources: Some(vec!["workflows".to_owned()]),
        verbs: vec!["create".to_owned()],
        ..Default::default()
    };
    let [role, binding] = allowed(
        meta(stack, format!("{}.start", workflow.name), workflow),
        rule,
        accounts,
    );
    vec![
        role.about("Roles know no templates: the admission policies say which runs these may be"),
        binding,
    ]
}

/// For each service that starts runs, a policy of what they may be.
pub(super) fn policies(stack: &Stack<'_>) -> Vec<Object> {
    let services = stack.system.services.iter();
    let services = services.filter(|(id, _)| starts(stack, *id));
    services
        .flat_map(|(id, service)| narrowed(stack, id, service))
        .collect()
}

fn narrowed(stack: &Stack<'_>, id: Id<Service>, service: &Service) -> [Object; 2] {
    let grants = stack.system.grants_of(id);
    // With bytes of a document in base64, as many as its steps take.
    let own: Vec<String> = grants
        .filter_map(|grant| match grant.resource {
            Resource::Workflow(workflow) => Some(&stack.system.workflows[workflow]),
            _ => None,
        })
        .map(|workflow| {
            let (namespace, name) = (stack.namespace_of(&workflow.name), &workflow.name);
            format!(
                "'{namespace}/{name}': {}",
                4 * kubernetes_document(workflow).div_ceil(3)
            )
        })
        .collect();
    let own = format!("{{{}}}", own.join(", "));
    let asked = "(request.namespace + '/' + object.spec.workflowTemplateRef.name)";
    let name = format!("{}-{}-starts", stack.system.prefix, service.name);
    let cluster_meta = || ObjectMeta {
        namespace: None,
        ..stack.meta(name.as_str(), &service.name, "workflow")
    };
    let says = |expression: String, message: &str| Validation {
        expression,
        message: Some(message.to_owned()),
        ..Default::default()
    };
    let nothing_of = ["labels", "annotations", "ownerReferences", "finalizers"];
    let nothing_of: Vec<String> = nothing_of.map(|key| format!("!has(object.metadata.{key})")).into();
    let validations = vec![
        says(
            format!(
                "{asked} in {own} && (!has(object.spec.workflowTemplateRef.clusterScope) || \
                 !object.spec.workflowTemplateRef.clusterScope)"
            ),
            "this is not the workflow of a link",
        ),
        says(
            "dyn(object.spec).all(key, key in ['arguments', 'workflowTemplateRef']) && !has(object.status)".to_owned(),
            "a run says its workflow and what it begins with, and nothing else",
        ),
        says(
            format!(
                "{} && dyn(object).all(key, key in ['apiVersion', 'kind', 'metadata', 'spec'])",
                nothing_of.join(" && ")
            ),
            "a run has a name, and nothing else in its metadata",
        ),
        says(
            format!(
                "!has(object.spec.arguments) || dyn(object.spec.arguments).all(key, key == 'parameters') && \
                 object.spec.arguments.parameters.all(given, given.name == '{DOCUMENT}' && dyn(given).all(key, key in ['name', 'value']) && \
                 size(given.value) <= {own}[{asked}] && given.value.matches('^[A-Za-z0-9+/]+={{0,2}}$'))"
            ),
            "a run begins with one document: JSON in base64",
        ),
    ];
    let account = format!(
        "system:serviceaccount:{}:{}",
        stack.namespace_of(&service.name),
        service.name
    );
    let policy = ValidatingAdmissionPolicy {
        metadata: cluster_meta(),
        spec: Some(ValidatingAdmissionPolicySpec {
            failure_policy: Some("Fail".to_owned()),
            match_conditions: Some(vec![MatchCondition {
                name: "its-own".to_owned(),
                expression: format!("request.userInfo.username == '{account}'"),
            }]),
            match_constraints: Some(MatchResources {
                resource_rules: Some(vec![NamedRuleWithOperations {
                    operations: Some(vec!["CREATE".to_owned(), "UPDATE".to_owned()]),
                    api_groups: Some(vec!["argoproj.io".to_owned()]),
                    api_versions: Some(vec!["*".to_owned()]),
                    resources: Some(vec!["workflows".to_owned()]),
                    ..Default::default()
                }]),
                ..Default::default()
            }),
            validations: Some(validations),
            ..Default::default()
        }),
        ..Default::default()
    };
    let binding = ValidatingAdmissionPolicyBinding {
        metadata: cluster_meta(),
        spec: ValidatingAdmissionPolicyBindingSpec {
            policy_name: name.clone(),
            validation_actions: vec!["Deny".to_owned()],
            ..Default::default()
        },
    };
    let about = format!(
        "What {} may start: runs of these workflows as their templates are",
        service.name
    );
    [Object::new(&policy).about(about), Object::new(&binding)]
}

/// The token of a pod that starts runs, where clients look for it, and the authority that vouches for the API server.
pub(in crate::targets::kubernetes) fn token() -> (VolumeMount, Volume) {
    let volume = Volume {
        name: "api-token".to_owned(),
        projected: Some(ProjectedVolumeSource {
            sources: Some(vec![
                VolumeProjection {
                    service_account_token: Some(ServiceAccountTokenProjection {
                        path: "token".to_owned(),
                        expiration_seconds: Some(TOKEN_SECONDS),
                        ..Default::default()
                    }),
                    ..Default::default()
                },
                VolumeProjection {
                    config_map: Some(ConfigMapProjection {
                        name: "kube-root-ca.crt".to_owned(),
                        items: Some(vec![pod::key_to_path("ca.crt", "ca.crt")]),
                        ..Default::default()
                    }),
                    ..Default::default()
                },
                VolumeProjection {
                    downward_api: Some(DownwardAPIProjection {
                        items: Some(vec![DownwardAPIVolumeFile {
                            path: "namespace".to_owned(),
                            field_ref: Some(ObjectFieldSelector {
                                field_path: "metadata.namespace".to_owned(),
                                ..Default::default()
                            }),
                            ..Default::default()
                        }]),
                    }),
                    ..Default::default()
                },
            ]),
            ..Default::default()
        }),
        ..Default::default()
    };
    (pod::mount("api-token", TOKEN, true), volume)
}
