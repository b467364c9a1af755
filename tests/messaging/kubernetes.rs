//! Queues, topics, caches and workers in a cluster.

use cloudgen::blueprint;
use cloudgen::target::Target;
use serde_yaml::Value;

use super::cluster::{Pod, may, objects, prometheus, rendered, service, setting};

const SHOP: &str = include_str!("shop.toml");

fn named<'a>(all: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found = objects(all, kind)
        .into_iter()
        .find(|object| object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}"))
}

fn names(all: &[Value], kind: &str) -> Vec<String> {
    let objects = objects(all, kind);
    let names = objects
        .iter()
        .map(|object| object["metadata"]["name"].as_str().unwrap().to_owned());
    names.collect()
}

/// A server of the broker, as its operator labels it.
fn broker() -> Pod {
    let labels = vec![
        ("app.kubernetes.io/component", "rabbitmq"),
        ("app.kubernetes.io/name", "message-broker"),
        ("app.kubernetes.io/part-of", "rabbitmq"),
    ];
    ("shop", labels)
}

fn rules(text: &str) -> Vec<&'static str> {
    let blueprint = blueprint::load(text, None).unwrap();
    let diagnostics = cloudgen::compile(&blueprint, Target::Kubernetes).diagnostics;
    diagnostics.iter().map(|diagnostic| diagnostic.rule).collect()
}

#[test]
fn a_queue_behaves_as_the_blueprint_says_and_keeps_its_dead_letters() {
    let all = rendered(SHOP);
    let definition = &named(&all, "Policy", "orders")["spec"]["definition"];
    assert_eq!(definition["consumer-timeout"], 120_000);
    assert_eq!(definition["message-ttl"], 2 * 86_400_000);
    // Three times in all.
    assert_eq!(definition["delivery-limit"], 2);
    assert_eq!(definition["dead-letter-exchange"], "");
    assert_eq!(definition["dead-letter-routing-key"], "orders-dead");
    assert_eq!(named(&all, "Policy", "orders")["spec"]["pattern"], "^orders$");
    let dead = &named(&all, "Policy", "orders-dead")["spec"]["definition"];
    assert_eq!(dead["message-ttl"], 14 * 86_400_000);
    assert_eq!(dead["delivery-limit"], -1);
    assert!(dead["dead-letter-exchange"].is_null());
    for queue in objects(&all, "Queue") {
        assert_eq!(queue["spec"]["type"], "quorum");
        let name = queue["metadata"]["name"].as_str().unwrap();
        let single = &queue["spec"]["arguments"]["x-single-active-consumer"];
        assert_eq!(single.is_null(), !name.ends_with("-from-paid"), "{name}");
    }
    let binding = &named(&all, "Binding", "orders")["spec"];
    assert_eq!(binding["source"], "orders");
    assert_eq!(binding["destination"], "orders");
    assert_eq!(named(&all, "Exchange", "orders")["spec"]["type"], "fanout");
}

#[test]
fn every_way_to_satisfy_a_filter_is_a_binding_whose_name_is_its_own() {
    let all = rendered(SHOP);
    assert_eq!(named(&all, "Exchange", "paid")["spec"]["type"], "headers");
    assert!(named(&all, "Binding", "audit-from-paid")["spec"]["arguments"].is_null());
    let of_worker = |all: &[Value]| -> Vec<(String, Value)> {
        let all = objects(all, "Binding").into_iter();
        let of_worker = all.filter(|object| object["spec"]["destination"] == "worker-from-paid");
        of_worker
            .map(|object| {
                let name = object["metadata"]["name"].as_str().unwrap().to_owned();
                (name, object["spec"]["arguments"].clone())
            })
            .collect()
    };
    let bindings = of_worker(&all);
    assert_eq!(bindings.len(), 4);
    for (_, arguments) in &bindings {
        assert_eq!(arguments["x-match"], "all");
        assert!(arguments["kind"].is_string() && arguments["shop"].is_string());
    }
    // Another value adds bindings and renames none.
    let more = of_worker(&rendered(&SHOP.replace("[\"a\", \"b\"]", "[\"a\", \"aa\", \"b\"]")));
    assert_eq!(more.len(), 6);
    assert!(bindings.iter().all(|binding| more.contains(binding)));
}

#[test]
fn a_service_may_use_what_its_links_name_and_declares_nothing() {
    let all = rendered(SHOP);
    let permissions = |name: &str| &named(&all, "Permission", name)["spec"]["permissions"];
    assert_eq!(permissions("web")["write"], "^(orders|paid)$");
    assert_eq!(permissions("web")["read"], "^$");
    assert_eq!(permissions("worker")["write"], "^$");
    assert_eq!(permissions("worker")["read"], "^(orders|worker-from-paid)$");
    assert_eq!(permissions("audit")["read"], "^audit-from-paid$");
    assert!(
        objects(&all, "Permission")
            .iter()
            .all(|object| object["spec"]["permissions"]["configure"] == "^$")
    );
    assert_eq!(names(&all, "User"), names(&all, "Permission"));
    assert!(!names(&all, "User").contains(&"look".to_owned()));
}

#[test]
fn connections_are_open_for_those_who_have_a_link() {
    let all = rendered(SHOP);
    for name in ["web", "worker", "audit"] {
        assert!(may(&all, &service(name), &broker(), 5671), "{name}");
    }
    assert!(!may(&all, &service("look"), &broker(), 5671));
    assert!(may(&all, &broker(), &broker(), 25672));
    assert!(!may(&all, &service("web"), &broker(), 25672));
    assert!(!may(&all, &service("web"), &broker(), 15671));
    assert!(may(&all, &("rabbitmq-system", vec![]), &broker(), 15671));
    assert!(may(&all, &("keda", vec![]), &broker(), 5671));
    assert!(may(&all, &prometheus(), &broker(), 15691));
    let out = &named(&all, "NetworkPolicy", "message-broker")["spec"]["egress"];
    let out = out.as_sequence().unwrap();
    assert!(
        out.iter().all(|rule| !rule["to"].is_null()),
        "the broker goes nowhere but to itself"
    );
    assert!(may(&all, &service("look"), &service("session"), 6379));
    assert!(!may(&all, &service("worker"), &service("session"), 6379));
    assert!(!may(&all, &service("web"), &service("session"), 6380));
    assert!(may(&all, &service("session"), &service("session"), 6380));
    assert!(may(&all, &service("session"), &service("session"), 26379));
}

#[test]
fn services_are_told_where_things_are() {
    let all = rendered(SHOP);
    let told = |service: &str, name: &str| setting(&all, service, name);
    let endpoint = Some("amqps://message-broker.shop.svc:5671".to_owned());
    assert_eq!(told("web", "ORDERS_ENDPOINT"), endpoint);
    assert_eq!(told("web", "ORDERS_PROTOCOL").as_deref(), Some("amqp"));
    assert_eq!(told("web", "ORDERS_QUEUE").as_deref(), Some("orders"));
    assert_eq!(told("web", "PAID_TOPIC").as_deref(), Some("paid"));
    assert_eq!(told("worker", "PAID_SOURCE").as_deref(), Some("worker-from-paid"));
    assert_eq!(
        told("worker", "ORDERS_SOURCE_CA").as_deref(),
        Some("/etc/message-broker/ca.crt")
    );
    assert_eq!(told("look", "SESSION_USER").as_deref(), Some("look"));
    assert_eq!(told("look", "SESSION_SECRET").as_deref(), Some("session-login-look"));
    assert_eq!(
        told("look", "SESSION_CA").as_deref(),
        Some("/etc/caches/session/ca.crt")
    );
    let start = named(&all, "ConfigMap", "session")["data"]["start.sh"]
        .as_str()
        .unwrap();
    assert!(
        start.contains(
            "user look on >$(cat /etc/logins/look) %R~* -@all +@read +@connection -@admin -@dangerous +info\""
        )
    );
    assert!(start.contains("user web on >$(cat /etc/logins/web) ~* &* +@all -@admin -@dangerous +info\""));
    assert!(!start.contains("worker"));
}

#[test]
fn a_worker_has_no_port_and_is_scaled_by_what_waits() {
    let all = rendered(SHOP);
    for name in ["worker", "audit"] {
        assert!(!names(&all, "Service").contains(&name.to_owned()));
        let deployment = &named(&all, "Deployment", name)["spec"];
        assert_eq!(deployment["minReadySeconds"], 30);
        let container = &deployment["template"]["spec"]["containers"][0];
        for field in ["ports", "startupProbe", "readinessProbe", "livenessProbe", "lifecycle"] {
            assert!(container[field].is_null(), "{field}");
        }
    }
    assert_eq!(
        named(&all, "Deployment", "worker")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"],
        120
    );
    let scaled = &named(&all, "ScaledObject", "worker")["spec"];
    assert_eq!(scaled["maxReplicaCount"], 9);
    let triggers = scaled["triggers"].as_sequence().unwrap();
    let queues: Vec<&Value> = triggers
        .iter()
        .map(|trigger| &trigger["metadata"]["queueName"])
        .collect();
    assert_eq!(queues[0], "orders");
    assert_eq!(queues[1], "worker-from-paid");
    assert_eq!(triggers[0]["metadata"]["value"], "20");
    assert_eq!(triggers[2]["type"], "cpu");
    assert_eq!(names(&all, "TriggerAuthentication"), ["audit", "worker"]);
    // KEDA makes the autoscalers of these; the others have theirs.
    let autoscalers = names(&all, "HorizontalPodAutoscaler");
    assert!(autoscalers.contains(&"web".to_owned()) && !autoscalers.contains(&"worker".to_owned()));
}

#[test]
fn inboxes_are_watched_where_there_is_prometheus() {
    let all = rendered(SHOP);
    let rule = &named(&all, "PrometheusRule", "orders-dead")["spec"]["groups"][0]["rules"][0];
    let expr = rule["expr"].as_str().unwrap();
    assert!(
        expr.contains("queue=\"orders-dead\"") && expr.ends_with("> 0"),
        "{expr}"
    );
    assert_eq!(names(&all, "PrometheusRule").len(), 6);
    let endpoint = &named(&all, "PodMonitor", "message-broker")["spec"]["podMetricsEndpoints"][0];
    assert_eq!(endpoint["scheme"], "https");
    let without = SHOP.replace("prometheus = true", "prometheus = false");
    assert!(objects(&rendered(&without), "PrometheusRule").is_empty());
    assert!(rules(&without).contains(&"alarms-not-offered"));
}

#[test]
fn a_primary_that_goes_takes_no_writes_that_nobody_has() {
    let all = rendered(SHOP);
    let files = &named(&all, "ConfigMap", "session")["data"];
    let handover = files["handover.sh"].as_str().unwrap();
    let at = |step: &str| {
        handover
            .find(step)
            .unwrap_or_else(|| panic!("no {step} in\n{handover}"))
    };
    assert!(at("client pause 10000 write") < at("failover >"));
    assert!(at("failover >") < at("tool localhost 6380 replicaof \"$other\" 6380"));
    assert!(files["start.sh"].as_str().unwrap().contains("+client|pause "));
    let proxy = files["haproxy.cfg"].as_str().unwrap();
    assert!(proxy.contains("expect min-recv 64 string role:master"));
}

#[test]
fn one_pod_is_enough_for_a_cache_without_copies() {
    let all = rendered(&SHOP.replace("multi_zone = true", "multi_zone = false"));
    let set = &named(&all, "StatefulSet", "session")["spec"];
    assert_eq!(set["replicas"], 1);
    // The same with copies: the API server lets nobody change it.
    let copied = rendered(SHOP);
    let copied = &named(&copied, "StatefulSet", "session")["spec"];
    assert_eq!(set["podManagementPolicy"], copied["podManagementPolicy"]);
    assert_eq!(set["template"]["spec"]["containers"].as_sequence().unwrap().len(), 1);
    assert!(!names(&all, "Service").contains(&"session-0".to_owned()));
    assert!(may(&all, &service("web"), &service("session"), 6379));
    let config = named(&all, "ConfigMap", "session")["data"]["valkey.conf"]
        .as_str()
        .unwrap();
    assert!(config.contains("tls-port 6379\n") && config.contains("maxmemory-policy allkeys-lru\n"));
    assert!(!config.contains("replication"));
}

#[test]
fn what_a_broker_cannot_do_is_said() {
    assert!(rules(SHOP).contains(&"duplicates-not-dropped"));
    let values: Vec<String> = (0..11).map(|number| format!("\"v{number}\"")).collect();
    let list = values.join(", ");
    let many = SHOP
        .replace("[\"a\", \"b\"]", &format!("[{list}]"))
        .replace("[\"paid\", \"refunded\"]", &format!("[{list}]"));
    assert!(rules(&many).contains(&"too-many-combinations"));
    let taken = SHOP.replace(
        "[services.look]\n",
        "[services.look]\nenvironment = { SESSION_CA = \"x\" }\n",
    );
    assert!(rules(&taken).contains(&"setting-collision"));
    let named = SHOP.replace("services.look", "services.message-broker");
    assert!(rules(&named).contains(&"reserved-name"));
}
