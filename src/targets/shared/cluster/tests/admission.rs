//! What the cluster refuses.

use serde_json::{Value, json};

use super::{find, of, with};
use crate::ir::{Id, Route, Service, System};
use crate::targets::shared::cluster::{Gateway, by_name};

fn variable<'a>(policy: &'a Value, name: &str) -> &'a str {
    let all = policy["spec"]["variables"].as_array().unwrap();
    let found = all.iter().find(|it| it["name"] == name);
    found.unwrap()["expression"].as_str().unwrap()
}

#[test]
fn pods_are_held_to_the_pool_of_their_namespace() {
    with(Gateway::NodePorts, |system, manifests, _| {
        let all = of(system, &manifests);
        let policy = find(&all, "ValidatingAdmissionPolicy", "shop-pools");
        assert_eq!(
            variable(policy, "pool"),
            "{\n  'shop': 'system',\n  'shop-market': 'market',\n}[request.namespace]"
        );
        assert_eq!(policy["spec"]["failurePolicy"], "Fail");
        let binding = find(&all, "ValidatingAdmissionPolicyBinding", "shop-pools");
        assert_eq!(binding["spec"]["validationActions"], json!(["Deny"]));
        assert_eq!(
            binding["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"][0]["values"],
            json!(["shop", "shop-market"])
        );
    });
}

#[test]
fn routes_are_held_to_the_hosts_of_their_namespace() {
    with(Gateway::NodePorts, |system, manifests, _| {
        let all = of(system, &manifests);
        let policy = find(&all, "ValidatingAdmissionPolicy", "shop-routes");
        let lines = [
            "  'shop': ['public /'],",
            "  'shop-market': ['internal market-api.shop.internal/', 'public mail.example.com/mail/'],",
        ];
        let own = variable(policy, "own");
        assert!(
            lines.iter().all(|line| own.lines().any(|other| other == *line)),
            "{own}"
        );
    });
}

#[test]
fn policies_stand_where_no_team_changes_them() {
    with(Gateway::NodePorts, |system, manifests, _| {
        let files = super::files(system, &manifests);
        let with: Vec<&str> = files
            .iter()
            .filter(|(_, text)| text.contains("kind: ValidatingAdmissionPolicy\n"))
            .map(|(path, _)| path)
            .collect();
        assert_eq!(with, ["kubernetes/admission.yaml"]);
        let list = files.iter().find(|(path, _)| *path == "kubernetes/kustomization.yaml");
        assert!(list.unwrap().1.contains("  - admission.yaml\n"));
    });
}

#[test]
fn a_port_of_the_internal_load_balancer_passes_names() {
    with(Gateway::NodePorts, |checked, _, _| {
        let system: &System = checked;
        let listener = &system.internal.as_ref().unwrap().listeners[0];
        let api: Id<Service> = listener.routes[0].service;
        let hosts = |paths: &[&str]| {
            let route = Route {
                service: api,
                hosts: vec![],
                paths: paths.iter().map(ToString::to_string).collect(),
            };
            by_name(system, listener, &route).hosts
        };
        assert_eq!(hosts(&[]), ["market-api.shop.internal"]);
        assert_eq!(hosts(&["/v2"]), ["market-api.shop.internal"]);
    });
}
