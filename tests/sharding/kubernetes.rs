//! Shards in a cluster: what further ones change, who reaches which server, what the proxy is started with, what is watched.

#[path = "../support/cluster.rs"]
mod cluster;

use std::collections::BTreeMap;

use serde_yaml::Value;

use cluster::{Pod, may, objects, prometheus, rendered, server, service, setting};

const SHOP: &str = r#"
name = "shop"
pattern = "sharding"
region = "seoul"

[kubernetes]
prometheus = true

[services.market]
image = "market:1"
port = 8080
public = true
reads = ["main"]
writes = ["main"]

[databases.main]
engine = "ENGINE"

[databases.main.sharding]
key = "customer_id"
strategy = "hash"
tables = ["orders"]
"#;

/// The blueprint with further lines at the end, which are of `databases.main.sharding`.
fn shop(engine: &str, lines: &str) -> Vec<Value> {
    rendered(&(SHOP.replace("ENGINE", engine) + lines))
}

/// Kind and name to the object.
fn by_name(all: &[Value]) -> BTreeMap<(String, String), &Value> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.iter()
        .map(|object| ((text(&object["kind"]), text(&object["metadata"]["name"])), object))
        .collect()
}

fn named<'a>(all: &'a [Value], kind: &str, name: &str) -> &'a Value {
    by_name(all)[&(kind.to_owned(), name.to_owned())]
}

/// Kind and name of the objects of `before` that are another, or gone, in `after`.
fn changed(before: &[Value], after: &[Value]) -> Vec<String> {
    let after = by_name(after);
    by_name(before)
        .into_iter()
        .filter(|(key, object)| after.get(key) != Some(object))
        .map(|((kind, name), _)| format!("{kind} {name}"))
        .collect()
}

fn postgres(cluster: &'static str) -> Pod {
    let role = ("cnpg.io/instanceRole", "primary");
    server(&[("cnpg.io/cluster", cluster), ("cnpg.io/podRole", "instance"), role])
}

#[test]
fn more_shards_change_none_of_the_others() {
    for engine in ["postgres", "mysql"] {
        let lines = "proxy = { image = \"proxy:1\" }\n";
        let four = shop(engine, &format!("shards = 4\n{lines}"));
        let filling = shop(engine, &format!("shards = 8\nactive = 4\n{lines}"));
        let eight = shop(engine, &format!("shards = 8\n{lines}"));
        // What names every server, and the size of what they share.
        let shared = |name: &String| {
            let shared = [
                "NetworkPolicy main-proxy",
                "NetworkPolicy object-store",
                "PrometheusRule main-archive",
                "ResourceQuota shop",
            ];
            let store = ["ConfigMap object-store", "StatefulSet object-store"];
            shared.contains(&name.as_str()) || store.contains(&name.as_str())
        };
        let others: Vec<String> = changed(&four, &filling)
            .into_iter()
            .filter(|name| !shared(name))
            .collect();
        assert_eq!(others, ["PrometheusRule main-shard-hot"], "{engine}");
        let others: Vec<String> = changed(&filling, &eight)
            .into_iter()
            .filter(|name| !shared(name))
            .collect();
        let rerouted = [
            "ConfigMap main-proxy",
            "ConfigMap main-shards",
            "PrometheusRule main-shard-hot",
            "StatefulSet main-proxy",
        ];
        assert_eq!(others, rerouted, "{engine}");
        let kind = if engine == "mysql" { "InnoDBCluster" } else { "Cluster" };
        assert_eq!(objects(&filling, kind).len(), 9);
    }
}

#[test]
fn services_reach_the_proxy_and_the_proxy_its_servers() {
    let all = shop("postgres", "shards = 2\n");
    let (market, proxy) = (service("market"), service("main-proxy"));
    let servers = ["main", "main-shard-s0", "main-shard-s1"].map(postgres);
    assert!(may(&all, &market, &proxy, 3307));
    for server in &servers {
        assert!(may(&all, &proxy, server, 5432) && !may(&all, &market, server, 5432));
        assert!(may(&all, server, &service("object-store"), 8333));
    }
    assert!(!may(&all, &servers[1], &servers[2], 5432) && !may(&all, &proxy, &market, 8080));
    assert!(may(&all, &prometheus(), &servers[1], 9187));
    let policy = serde_yaml::to_string(named(&all, "NetworkPolicy", "main-proxy")).unwrap();
    assert!(!policy.contains("0.0.0.0/0"), "{policy}");

    let all = shop("mysql", "shards = 2\nproxy = { image = \"proxy:1\" }\n");
    for cluster in ["main", "main-shard-s1"] {
        let pod = |component| server(&[("component", component), ("mysql.oracle.com/cluster", cluster)]);
        assert!(may(&all, &proxy, &pod("mysqlrouter"), 6446) && !may(&all, &market, &pod("mysqlrouter"), 6446));
        assert!(!may(&all, &proxy, &pod("mysqld"), 3306));
    }
    assert!(may(
        &all,
        &service("main-shard-s1-setup"),
        &server(&[("mysql.oracle.com/cluster", "main-shard-s1")]),
        6446
    ));
}

#[test]
fn a_proxy_has_a_number_passwords_and_authorities() {
    let all = shop("postgres", "shards = 2\ngenerated_ids = { orders = \"id\" }\n");
    let pod = &named(&all, "StatefulSet", "main-proxy")["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let variables: BTreeMap<&str, &Value> = container["env"]
        .as_sequence()
        .unwrap()
        .iter()
        .map(|variable| (variable["name"].as_str().unwrap(), &variable["valueFrom"]))
        .collect();
    let index = "metadata.labels['apps.kubernetes.io/pod-index']";
    assert_eq!(variables["WORKER_ID"]["fieldRef"]["fieldPath"], index);
    for (variable, secret) in [
        ("MAIN_PASSWORD", "main-app"),
        ("MAIN_PROXY_PASSWORD", "main-proxy-app"),
        ("MAIN_SHARD_S1_PASSWORD", "main-shard-s1-app"),
    ] {
        assert_eq!(variables[variable]["secretKeyRef"]["name"], secret);
    }
    assert_eq!(
        setting(&all, "main-proxy", "MAIN_SHARD_S1_HOST").unwrap(),
        "main-shard-s1-rw"
    );
    let sources = pod["volumes"][0]["projected"]["sources"].as_sequence().unwrap();
    let secrets: Vec<&str> = sources
        .iter()
        .filter_map(|source| source["secret"]["name"].as_str())
        .collect();
    assert_eq!(secrets, ["main-ca", "main-shard-s0-ca", "main-shard-s1-ca"]);
    // The authority's key stands beside its certificate.
    assert!(
        sources[1..]
            .iter()
            .all(|source| source["secret"]["items"][0]["key"] == "ca.crt")
    );
    assert_eq!(setting(&all, "market", "MAIN_HOST").unwrap(), "main-proxy");
    assert_eq!(setting(&all, "market", "MAIN_PORT").unwrap(), "3307");
    let market = serde_yaml::to_string(named(&all, "Deployment", "market")).unwrap();
    assert!(market.contains("main-proxy-app") && !market.contains("main-app") && !market.contains("main-shard"));
}

#[test]
fn replicas_of_the_main_server_are_the_proxys() {
    let replicated = |engine: &str, lines: &str| {
        let text = SHOP.replace("[databases.main]", "[databases.main]\nreplicas = 2");
        rendered(&(text.replace("ENGINE", engine) + lines))
    };
    let (market, proxy) = (service("market"), service("main-proxy"));
    let all = replicated("postgres", "shards = 2\n");
    let instance = ("cnpg.io/podRole", "instance");
    let pod = |role| server(&[("cnpg.io/cluster", "main"), ("cnpg.io/instanceRole", role), instance]);
    for role in ["primary", "replica"] {
        assert!(
            may(&all, &proxy, &pod(role), 5432) && !may(&all, &market, &pod(role), 5432),
            "{role}"
        );
    }
    assert_eq!(setting(&all, "main-proxy", "MAIN_READ_HOST").unwrap(), "main-ro");
    assert_eq!(setting(&all, "market", "MAIN_READ_HOST"), None);
    let files = &named(&all, "ConfigMap", "main-proxy")["data"];
    let replica = files["replica.yaml"].as_str().unwrap();
    // The operator's certificates name the Service of the replicas too.
    assert!(
        replica.contains(":5432/") && replica.contains("sslmode=verify-full"),
        "{replica}"
    );

    let all = replicated("mysql", "shards = 2\nproxy = { image = \"proxy:1\" }\n");
    let router = server(&[("component", "mysqlrouter"), ("mysql.oracle.com/cluster", "main")]);
    assert!(may(&all, &proxy, &router, 6447) && !may(&all, &market, &router, 6447));
    let files = &named(&all, "ConfigMap", "main-proxy")["data"];
    assert!(files["replica.yaml"].as_str().unwrap().contains("<HOST>:6447/"));
    assert!(files["source.yaml"].as_str().unwrap().contains("<HOST>:3306/"));
}

#[test]
fn another_configuration_replaces_the_pods() {
    let annotation = |all: &[Value], kind: &str, name: &str| {
        let template = &named(all, kind, name)["spec"]["template"]["metadata"];
        template["annotations"]["cloudgen/config"].as_str().map(str::to_owned)
    };
    let proxied = |lines: &str| {
        annotation(
            &shop("postgres", &format!("shards = 2\n{lines}")),
            "StatefulSet",
            "main-proxy",
        )
    };
    assert_eq!(proxied(""), proxied("proxy = { scale = { min = 3, max = 3 } }\n"));
    assert_ne!(proxied(""), proxied("reference_tables = [\"countries\"]\n"));
    let routed = |lines: &str| {
        let all = shop("postgres", &format!("shards = 2\nrouter = \"application\"\n{lines}"));
        annotation(&all, "Deployment", "market")
    };
    assert!(routed("").is_some());
    assert_ne!(routed(""), routed("reference_tables = [\"countries\"]\n"));
}

#[test]
fn applications_that_route_are_told_of_every_active_shard() {
    let lines = "shards = 4\nactive = 2\nrouter = \"application\"\n";
    for (engine, host) in [
        ("postgres", "main-shard-s1-rw"),
        ("mysql", "main-shard-s1"),
        ("sqlserver\"\nmulti_zone = false\nlicense = \"byol", "main-shard-s1"),
    ] {
        let all = shop(engine, lines);
        let told = |name: &str| setting(&all, "market", name);
        assert_eq!(told("MAIN_SHARDS").unwrap(), "s0 s1");
        assert_eq!(told("MAIN_SHARD_S1_HOST").unwrap(), host);
        assert_eq!(told("MAIN_SHARD_S1_SECRET").unwrap(), "main-shard-s1-app");
        assert_eq!(told("MAIN_SHARDS_MAP_SECRET").unwrap(), "main-shards");
        let map: serde_json::Value = serde_json::from_str(&told("MAIN_SHARDS_MAP").unwrap()).unwrap();
        assert_eq!(map["shards"], serde_json::json!(["s0", "s1"]));
        assert!(by_name(&all).keys().all(|(_, name)| !name.starts_with("main-proxy")));
    }
    let all = shop("postgres", lines);
    // One that is being filled can be reached already.
    for name in ["main", "main-shard-s1", "main-shard-s3"] {
        assert!(may(&all, &service("market"), &postgres(name), 5432));
    }
}

#[test]
fn variables_have_the_names_of_the_domain() {
    let domain = SHOP
        .replace("\"sharding\"", "\"per-domain\"")
        .replace("[services.", "[domains.trade.services.")
        .replace("[databases.", "[domains.trade.databases.")
        .replace("ENGINE", "postgres");
    let all = rendered(&(domain + "shards = 2\nrouter = \"application\"\n"));
    let known = named(&all, "ConfigMap", "trade-main-shards")["data"]
        .as_mapping()
        .unwrap();
    assert!(known.contains_key("MAIN_SHARDS_MAP") && known.contains_key("MAIN_SHARD_S1_HOST"));
    let template = &named(&all, "Deployment", "trade-market")["spec"]["template"];
    let variables = template["spec"]["containers"][0]["env"].as_sequence().unwrap();
    let told = |name: &str| variables.iter().any(|variable| variable["name"] == name);
    assert!(told("MAIN_SHARDS") && told("MAIN_SHARD_S1_PASSWORD"));
}

#[test]
fn servers_accept_what_the_proxies_open() {
    let connections = |most: u32| {
        let all = shop(
            "postgres",
            &format!("shards = 2\nproxy = {{ scale = {{ min = 1, max = {most} }} }}\n"),
        );
        let parameters = &named(&all, "Cluster", "main-shard-s1")["spec"]["postgresql"]["parameters"];
        parameters["max_connections"].as_str().map(str::to_owned)
    };
    assert_eq!(connections(4), None);
    assert_eq!(connections(8).unwrap(), "180");
}

#[test]
fn a_proxy_of_many_servers_has_the_time_to_read_their_tables() {
    let probes = |shards: u32| {
        let all = shop("postgres", &format!("shards = {shards}\n"));
        let template = &named(&all, "StatefulSet", "main-proxy")["spec"]["template"];
        let probe = &template["spec"]["containers"][0]["startupProbe"];
        probe["failureThreshold"].as_u64().unwrap() * probe["periodSeconds"].as_u64().unwrap()
    };
    assert_eq!([probes(2), probes(99)], [300, 1180]);
}

#[test]
fn each_shard_is_watched() {
    let all = shop("postgres", "shards = 2\n");
    let monitors = objects(&all, "PodMonitor")
        .into_iter()
        .map(|object| object["metadata"]["name"].as_str().unwrap());
    // The main server has an archive as well.
    assert_eq!(monitors.collect::<Vec<_>>(), ["main", "main-shard-s0", "main-shard-s1"]);
    let archive = &named(&all, "PrometheusRule", "main-archive")["spec"]["groups"][0]["rules"][0]["expr"];
    let of = "job=~\"shop/main|shop/main-shard-s0|shop/main-shard-s1\"";
    assert!(archive.as_str().unwrap().contains(of), "{archive:?}");
    for alarm in ["main-shard-load", "main-shard-storage", "main-shard-hot"] {
        let rule = &named(&all, "PrometheusRule", alarm)["spec"]["groups"][0]["rules"][0];
        assert!(rule["expr"].as_str().unwrap().contains("by (shard)"));
    }
    let dashboard = &named(&all, "ConfigMap", "main-shard-dashboard")["data"]["shop-main-shard-dashboard.json"];
    let dashboard: serde_json::Value = serde_json::from_str(dashboard.as_str().unwrap()).unwrap();
    assert_eq!(dashboard["panels"].as_array().unwrap().len(), 5);

    let text = SHOP.replace("ENGINE", "postgres").replace("prometheus = true", "") + "shards = 2\n";
    let all = rendered(&text);
    assert!(objects(&all, "PodMonitor").is_empty() && objects(&all, "PrometheusRule").is_empty());
    assert!(by_name(&all).keys().all(|(_, name)| !name.ends_with("dashboard")));
}
