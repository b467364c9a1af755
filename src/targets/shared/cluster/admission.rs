//! What the cluster refuses: pods that would leave the nodes of their part, and routes for requests of others.
//!
//! The cloud's firewall knows pools, and the gateway knows host names. Whoever deploys a domain alone writes its pods and routes, so
//! both are held to what the blueprint says by policies of the shared part, which access to a namespace does not change.

use k8s_openapi::api::admissionregistration::v1::{
    MatchCondition, MatchResources, NamedRuleWithOperations, ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding, ValidatingAdmissionPolicyBindingSpec, ValidatingAdmissionPolicySpec, Validation,
    Variable,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::gateway::ways;
use super::{NodePool, POOL, Part, Stack};
use crate::kubernetes::object::Object;
use crate::targets::shared::workload::routes::namespaces;

/// A toleration without a key tolerates everything.
const TOLERATIONS: &str = "\
object.spec.?tolerations.orValue([]).all(it,
  it.?key.orValue('') != '' &&
  (it.key != '@pool@' || it.?value.orValue('') == variables.pool))";
/// A rule without matches would match everything; those that say nothing have been given the path `/` before they come here.
const MATCHES: &str = "\
object.spec.?rules.orValue([]).all(rule,
  rule.?matches.orValue([]).size() > 0 &&
  rule.matches.all(match,
    match.?path.?type.orValue('PathPrefix') in ['Exact', 'PathPrefix'] &&
    object.spec.?parentRefs.orValue([]).all(parent,
      variables.hosts.all(host,
        variables.own.exists(it,
          (parent.?sectionName.orValue('') + ' ' + host + match.?path.?value.orValue('/') + '/').startsWith(it))))))";

/// The policies, and to which namespaces they apply.
pub(super) fn objects(stack: &Stack<'_>, part: Part) -> Vec<Object> {
    if part.is_some() {
        return vec![];
    }
    let parts: Vec<Part> = stack.parts().collect();
    let pools = stack.system.pools.iter();
    let pools = pools.filter(|pool| stack.services(pool.domain).next().is_some());
    let pools: Vec<(Part, String)> = pools.map(|pool| (pool.domain, quoted(&pool.name))).collect();
    let routes = parts.iter().map(|&part| (part, own(stack, part)));
    let routes: Vec<(Part, String)> = routes.filter(|(_, own)| !own.is_empty()).collect();
    let mut objects = vec![];
    if !pools.is_empty() {
        objects.extend(nodes(stack, &pools));
    }
    if !routes.is_empty() {
        objects.extend(requests(stack, &routes));
    }
    objects
}

/// Pods stay on the nodes of their part. What Kubernetes itself adds to pods tolerates the state of a node, by a key each.
fn nodes(stack: &Stack<'_>, pools: &[(Part, String)]) -> [Object; 2] {
    let system = NodePool::SYSTEM;
    let policy = Policy {
        name: "pools",
        about: format!(
            "The firewall knows nodes: a pod that chose those of another domain, or of the pool {system}, would reach what they reach"
        ),
        of: ("", &["pods"]),
        condition: Some((
            "placed",
            "request.operation == 'CREATE' || object.spec != oldObject.spec",
        )),
        variables: vec![("pool", of_namespace(stack, pools))],
        validations: vec![
            Validation {
                message_expression: Some(format!("'spec.nodeSelector must have {POOL}: ' + variables.pool")),
                ..holds(format!(
                    "object.spec.?nodeSelector[?'{POOL}'].orValue('') == variables.pool"
                ))
            },
            Validation {
                message_expression: Some(format!(
                    "'each of spec.tolerations has a key, and {POOL} has the value ' + variables.pool"
                )),
                ..holds(TOLERATIONS.replace("@pool@", POOL))
            },
            Validation {
                message: Some("spec.nodeName is for the scheduler to choose".to_owned()),
                ..holds("request.operation != 'CREATE' || object.spec.?nodeName.orValue('') == ''")
            },
        ],
    };
    policy.objects(stack, pools)
}

/// Routes lead what the blueprint leads to the services of their part.
fn requests(stack: &Stack<'_>, routes: &[(Part, String)]) -> [Object; 2] {
    let policy = Policy {
        name: "routes",
        about: "All domains share the gateway, which tells services apart by listener, host and path".to_owned(),
        of: ("gateway.networking.k8s.io", &["grpcroutes", "httproutes"]),
        condition: None,
        variables: vec![
            ("own", of_namespace(stack, routes)),
            (
                "hosts",
                "object.spec.?hostnames.orValue([]).size() > 0 ? object.spec.hostnames : ['']".to_owned(),
            ),
        ],
        validations: vec![
            Validation {
                message: Some("only an HTTPRoute may lead requests here".to_owned()),
                ..holds("request.resource.resource == 'httproutes'")
            },
            Validation {
                message_expression: Some(
                    "'routes of this namespace lead LISTENER HOST/PATH/ and what is below, with these: ' + variables.own.join(', ')"
                        .to_owned(),
                ),
                ..holds(MATCHES)
            },
        ],
    };
    policy.objects(stack, routes)
}

/// What leads to the services of a part: `[LISTENER HOST/PATH/, ...]`, each with a slash at its end, so that no longer word begins with
/// it. Empty where nothing does.
fn own(stack: &Stack<'_>, part: Part) -> String {
    let any = || vec![String::new()];
    let mut all = vec![];
    for way in ways(stack, part) {
        let hosts = Some(way.route.hosts).filter(|hosts| !hosts.is_empty());
        let paths = Some(way.route.paths)
            .filter(|paths| !paths.is_empty())
            .unwrap_or_else(any);
        for host in hosts.unwrap_or_else(any) {
            all.extend(
                paths
                    .iter()
                    .map(|path| quoted(&format!("{} {host}{path}/", way.listener))),
            );
        }
    }
    all.sort();
    all.dedup();
    match all.is_empty() {
        true => String::new(),
        false => format!("[{}]", all.join(", ")),
    }
}

/// What an expression is in the namespace of each part.
fn of_namespace(stack: &Stack<'_>, values: &[(Part, String)]) -> String {
    let line = |(part, value): &(Part, String)| format!("  {}: {value},\n", quoted(&stack.names.namespace_in(*part)));
    let lines: String = values.iter().map(line).collect();
    format!("{{\n{lines}}}[request.namespace]")
}

/// An expression that has to hold.
fn holds(expression: impl Into<String>) -> Validation {
    Validation {
        expression: expression.into(),
        ..Default::default()
    }
}

/// A text in an expression.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A policy, with what its name has after the system's.
struct Policy<'a> {
    name: &'a str,
    about: String,
    /// Group and resources.
    of: (&'a str, &'a [&'a str]),
    /// Name and expression of what has to hold for a request to be looked at.
    condition: Option<(&'a str, &'a str)>,
    variables: Vec<(&'a str, String)>,
    validations: Vec<Validation>,
}

impl Policy<'_> {
    fn objects<V>(self, stack: &Stack<'_>, parts: &[(Part, V)]) -> [Object; 2] {
        let name = format!("{}-{}", stack.system.prefix, self.name);
        let metadata = || ObjectMeta {
            name: Some(name.clone()),
            labels: Some(stack.names.shared_labels()),
            ..Default::default()
        };
        let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
        let (group, resources) = self.of;
        let rule = NamedRuleWithOperations {
            api_groups: words(&[group]),
            api_versions: words(&["*"]),
            operations: words(&["CREATE", "UPDATE"]),
            resources: words(resources),
            ..Default::default()
        };
        let condition = self.condition.map(|(name, expression)| MatchCondition {
            name: name.to_owned(),
            expression: expression.to_owned(),
        });
        let variables = self.variables.into_iter().map(|(name, expression)| Variable {
            name: name.to_owned(),
            expression,
        });
        let policy = ValidatingAdmissionPolicy {
            metadata: metadata(),
            spec: Some(ValidatingAdmissionPolicySpec {
                failure_policy: Some("Fail".to_owned()),
                match_constraints: Some(MatchResources {
                    resource_rules: Some(vec![rule]),
                    ..Default::default()
                }),
                match_conditions: condition.map(|condition| vec![condition]),
                variables: Some(variables.collect()),
                validations: Some(self.validations),
                ..Default::default()
            }),
            ..Default::default()
        };
        let binding = ValidatingAdmissionPolicyBinding {
            metadata: metadata(),
            spec: ValidatingAdmissionPolicyBindingSpec {
                policy_name: name.clone(),
                validation_actions: vec!["Deny".to_owned()],
                match_resources: Some(MatchResources {
                    namespace_selector: Some(namespaces(stack.names, parts.iter().map(|(part, _)| *part))),
                    ..Default::default()
                }),
                ..Default::default()
            },
        };
        [Object::new(&policy).about(self.about), Object::new(&binding)]
    }
}
