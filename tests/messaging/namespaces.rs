//! Domains in a cluster: each has a namespace, which names, connections, Secrets and the broker's objects cross where a link does.

use std::collections::BTreeSet;

use serde_yaml::Value;

use super::cluster::{Pod, may, objects, rendered, setting};

const MALL: &str = r#"
name = "mall"
pattern = "per-domain"
region = "seoul"

[services.gate]
image = "gate:1"
port = 8000
public = true
routes = ["/"]
calls = ["pay.api"]

[databases.common]
engine = "postgres"

[caches.session]

[secrets.key]

[buckets.media]

[domains.pay.services.api]
image = "pay:1"
port = 8001
public = true
routes = ["/pay"]
reads = ["common", "key", "session", "main"]
writes = ["common", "main", "media"]
publishes = ["paid"]

[domains.pay.databases.main]
engine = "postgres"

[domains.pay.topics.paid]

[domains.ship.services.worker]
image = "ship:1"
consumes = ["pay.paid"]
reads = ["key"]
"#;

fn pod(namespace: &'static str, name: &'static str) -> Pod {
    let labels = vec![("app.kubernetes.io/name", name), ("app.kubernetes.io/part-of", "mall")];
    (namespace, labels)
}

fn server(namespace: &'static str, name: &'static str) -> Pod {
    (
        namespace,
        vec![("cnpg.io/cluster", name), ("cnpg.io/podRole", "instance")],
    )
}

fn in_namespace<'a>(all: &'a [Value], kind: &str, namespace: &str) -> Vec<&'a Value> {
    let objects = objects(all, kind).into_iter();
    objects
        .filter(|object| object["metadata"]["namespace"] == namespace)
        .collect()
}

fn names(objects: &[&Value]) -> BTreeSet<String> {
    let names = objects
        .iter()
        .map(|object| object["metadata"]["name"].as_str().unwrap().to_owned());
    names.collect()
}

#[test]
fn every_domain_has_a_closed_namespace_with_its_own_quota() {
    let all = rendered(MALL);
    for namespace in ["mall", "mall-pay", "mall-ship"] {
        let found = objects(&all, "Namespace");
        let found = found
            .iter()
            .find(|object| object["metadata"]["name"] == namespace)
            .unwrap();
        assert_eq!(
            found["metadata"]["labels"]["pod-security.kubernetes.io/enforce"],
            "restricted"
        );
        assert_eq!(in_namespace(&all, "ResourceQuota", namespace).len(), 1);
        assert_eq!(in_namespace(&all, "LimitRange", namespace).len(), 1);
        assert!(names(&in_namespace(&all, "NetworkPolicy", namespace)).contains("default-deny"));
    }
    let quota = |all: &[Value], namespace: &str| {
        let quota = in_namespace(all, "ResourceQuota", namespace)[0]["spec"]["hard"]["limits.cpu"].clone();
        quota.as_str().unwrap().parse::<u32>().unwrap()
    };
    // A larger domain changes its own quota and no other.
    let more = rendered(&MALL.replace("image = \"pay:1\"", "image = \"pay:1\"\nscale = { min = 2, max = 20 }"));
    assert!(quota(&more, "mall-pay") > quota(&all, "mall-pay"));
    assert_eq!(quota(&more, "mall-ship"), quota(&all, "mall-ship"));
    assert_eq!(quota(&more, "mall"), quota(&all, "mall"));
}

#[test]
fn names_and_connections_cross_namespaces_where_a_link_does() {
    let all = rendered(MALL);
    let told = |service: &str, name: &str| setting(&all, service, name).unwrap();
    assert_eq!(told("gate", "PAY_API_URL"), "http://pay-api.mall-pay:8001");
    assert_eq!(told("pay-api", "COMMON_HOST"), "common-rw.mall");
    assert_eq!(told("pay-api", "MAIN_HOST"), "pay-main-rw");
    assert_eq!(told("pay-api", "SESSION_HOST"), "session.mall");
    assert_eq!(told("pay-api", "MEDIA_ENDPOINT"), "https://object-store.mall");
    let (gate, api, worker) = (
        pod("mall", "gate"),
        pod("mall-pay", "pay-api"),
        pod("mall-ship", "ship-worker"),
    );
    assert!(may(&all, &gate, &api, 8001));
    assert!(!may(&all, &worker, &api, 8001));
    assert!(!may(&all, &api, &gate, 8000));
    assert!(may(&all, &api, &server("mall", "common"), 5432));
    assert!(may(&all, &api, &server("mall-pay", "pay-main"), 5432));
    assert!(!may(&all, &worker, &server("mall-pay", "pay-main"), 5432));
    assert!(!may(&all, &gate, &server("mall-pay", "pay-main"), 5432));
    assert!(may(&all, &api, &pod("mall", "session"), 6379));
    assert!(may(&all, &api, &pod("mall", "object-store"), 8333));
    assert!(may(
        &all,
        &server("mall-pay", "pay-main"),
        &pod("mall", "object-store"),
        8333
    ));
    assert!(!may(&all, &worker, &pod("mall", "object-store"), 8333));
    // The same name in another namespace is somebody else.
    assert!(!may(&all, &gate, &pod("mall", "pay-api"), 8001));
    assert!(!may(&all, &pod("mall-ship", "pay-api"), &pod("mall", "session"), 6379));
}

#[test]
fn every_namespace_may_read_the_secrets_of_its_own_links() {
    let all = rendered(MALL);
    let role = |namespace: &str| -> BTreeSet<String> {
        let roles = objects(&all, "Role");
        let name = format!("{namespace}-secrets-reader");
        let role = roles
            .iter()
            .find(|role| role["metadata"]["name"] == name.as_str())
            .unwrap();
        let rules = role["rules"].as_sequence().unwrap();
        assert_eq!(rules.len(), 1);
        assert_eq!(rules[0]["verbs"].as_sequence().unwrap(), &["get"]);
        let named = rules[0]["resourceNames"].as_sequence().unwrap().iter();
        named.map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let pay = [
        "common-app",
        "message-broker-trust",
        "object-store-pay-api",
        "object-store-pay-main",
        "object-store-trust",
        "session-login-pay-api",
        "session-trust",
    ];
    assert_eq!(role("mall-pay"), pay.map(str::to_owned).into());
    assert_eq!(role("mall-ship"), ["message-broker-trust".to_owned()].into());
    // Only ca.crt of an authority, and only what is used of a login.
    let copies = in_namespace(&all, "ExternalSecret", "mall-pay");
    for copy in copies
        .iter()
        .filter(|copy| copy["spec"]["secretStoreRef"]["kind"] == "SecretStore")
    {
        let data = copy["spec"]["data"].as_sequence().unwrap();
        let keys: Vec<&str> = data.iter().map(|entry| entry["secretKey"].as_str().unwrap()).collect();
        match copy["metadata"]["name"].as_str().unwrap() {
            "message-broker-trust" | "object-store-trust" | "session-trust" => assert_eq!(keys, ["ca.crt"]),
            "common-app" | "session-login-pay-api" => assert_eq!(keys, ["password"]),
            _ => assert!(keys.contains(&"secret-access-key")),
        }
    }
    // Entries of the vault are fetched where they are used.
    for namespace in ["mall", "mall-pay", "mall-ship"] {
        assert!(
            names(&in_namespace(&all, "ExternalSecret", namespace)).contains("key"),
            "{namespace}"
        );
    }
}

#[test]
fn the_entry_point_and_the_broker_know_the_namespaces_that_use_them() {
    let all = rendered(MALL);
    let gateway = objects(&all, "Gateway")[0];
    let allowed = &gateway["spec"]["listeners"][0]["allowedRoutes"]["namespaces"]["selector"]["matchExpressions"][0];
    let values: Vec<&str> = allowed["values"]
        .as_sequence()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(values, ["mall", "mall-pay"]);
    assert_eq!(
        names(&in_namespace(&all, "HTTPRoute", "mall-pay")),
        ["pay-api".to_owned()].into()
    );
    let broker = objects(&all, "RabbitmqCluster")[0];
    let namespaces = &broker["metadata"]["annotations"]["rabbitmq.com/topology-allowed-namespaces"];
    assert_eq!(namespaces, "mall-pay,mall-ship");
    let kinds = ["Queue", "Exchange", "Binding", "Policy", "User", "Permission"];
    for object in kinds.iter().flat_map(|kind| objects(&all, kind)) {
        assert_ne!(object["metadata"]["namespace"], "mall");
        assert_eq!(object["spec"]["rabbitmqClusterReference"]["namespace"], "mall");
    }
    assert!(names(&in_namespace(&all, "Queue", "mall-ship")).contains("ship-worker-from-pay-paid"));
    assert_eq!(
        names(&in_namespace(&all, "Exchange", "mall-pay")),
        ["pay-paid".to_owned()].into()
    );
}

#[test]
fn the_vault_is_read_through_the_store_that_the_blueprint_names() {
    let kinds = |text: &str| {
        let all = rendered(text);
        let read = objects(&all, "ExternalSecret")
            .into_iter()
            .filter(|object| object["metadata"]["name"] == "key");
        let store = read.map(|object| {
            let store = &object["spec"]["secretStoreRef"];
            assert_eq!(store["name"], "vault");
            store["kind"].as_str().unwrap().to_owned()
        });
        store.collect::<BTreeSet<String>>()
    };
    assert_eq!(kinds(MALL), BTreeSet::from(["ClusterSecretStore".to_owned()]));
    let own = MALL.replace(
        "[services.gate]",
        "[kubernetes]\nsecret_store_kind = \"SecretStore\"\n\n[services.gate]",
    );
    assert_eq!(kinds(&own), BTreeSet::from(["SecretStore".to_owned()]));
}
