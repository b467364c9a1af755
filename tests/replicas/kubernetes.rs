//! Read replicas in a cluster: who may open a connection to which server, by the network policies that are rendered, and what is watched.

#[path = "../support/cluster.rs"]
mod cluster;

use cloudgen::blueprint;
use cloudgen::target::Target;

use cluster::{may, objects, prometheus, rendered, server, service, setting};

const SHOP: &str = r#"
name = "shop"
pattern = "read-replica"
region = "seoul"

[kubernetes]
prometheus = true

[observability]
emails = ["a@example.com"]

[services.query]
image = "query:1"
port = 8080
public = true
reads = ["main"]

[services.command]
image = "command:1"
port = 8081
public = true
routes = ["/command"]
writes = ["main"]

[services.both]
image = "both:1"
port = 8082
public = true
routes = ["/both"]
reads = ["main"]
writes = ["main"]

[databases.main]
engine = "ENGINE"
replicas = 2
"#;

#[test]
fn readers_reach_replicas_alone_and_writers_the_primary_alone() {
    let all = rendered(&SHOP.replace("ENGINE", "postgres"));
    let instance = |role| {
        server(&[
            ("cnpg.io/cluster", "main"),
            ("cnpg.io/podRole", "instance"),
            ("cnpg.io/instanceRole", role),
        ])
    };
    let (primary, replica) = (instance("primary"), instance("replica"));
    for (name, writes, reads) in [("query", false, true), ("command", true, false), ("both", true, true)] {
        assert_eq!(
            may(&all, &service(name), &primary, 5432),
            writes,
            "{name} to the primary"
        );
        assert_eq!(may(&all, &service(name), &replica, 5432), reads, "{name} to a replica");
        assert_eq!(setting(&all, name, "MAIN_HOST").is_some(), writes);
        assert_eq!(setting(&all, name, "MAIN_READ_HOST").is_some(), reads);
    }
    assert_eq!(setting(&all, "both", "MAIN_HOST").unwrap(), "main-rw");
    assert_eq!(setting(&all, "both", "MAIN_READ_HOST").unwrap(), "main-ro");
    // Neither a primary that is being replaced nor the job that adds a replica answers anybody but its own kind.
    for other in [
        instance("unhealthy"),
        server(&[("cnpg.io/cluster", "main"), ("cnpg.io/jobRole", "join")]),
    ] {
        assert!(!may(&all, &service("both"), &other, 5432));
        assert!(may(&all, &other, &primary, 5432) && may(&all, &primary, &other, 5432));
    }
    assert!(may(&all, &primary, &replica, 5432) && may(&all, &replica, &primary, 5432));
    assert!(may(&all, &prometheus(), &replica, 9187) && !may(&all, &prometheus(), &replica, 5432));
    assert!(!may(&all, &service("both"), &replica, 9187));
}

#[test]
fn the_router_keeps_readers_and_writers_apart() {
    let all = rendered(&SHOP.replace("ENGINE", "mysql"));
    let pod = |component| server(&[("component", component), ("mysql.oracle.com/cluster", "main")]);
    let (router, member) = (pod("mysqlrouter"), pod("mysqld"));
    for (name, writes, reads) in [("query", false, true), ("command", true, false), ("both", true, true)] {
        assert_eq!(
            may(&all, &service(name), &router, 6446),
            writes,
            "{name} to the write port"
        );
        assert_eq!(
            may(&all, &service(name), &router, 6447),
            reads,
            "{name} to the read port"
        );
        // 6450 is the router's port that tells reads and writes apart by itself.
        for (pod, port) in [(&member, 3306), (&member, 6446), (&member, 6447), (&router, 6450)] {
            assert!(!may(&all, &service(name), pod, port), "{name} to {port}");
        }
    }
    assert_eq!(setting(&all, "both", "MAIN_PORT").unwrap(), "3306");
    assert_eq!(setting(&all, "both", "MAIN_READ_PORT").unwrap(), "6447");
    assert!(may(&all, &service("main-setup"), &router, 6446) && may(&all, &service("main-backup"), &router, 6446));
    assert!(may(&all, &router, &member, 3306) && may(&all, &member, &member, 33061));
    assert!(may(&all, &prometheus(), &member, 9104));
}

#[test]
fn standbys_and_replicas_are_the_same_servers() {
    let servers = |engine: &str, zones: u32, multi_zone: bool, replicas: u32| {
        let text = SHOP
            .replace(
                "ENGINE\"\nreplicas = 2",
                &format!("{engine}\"\nreplicas = {replicas}\nmulti_zone = {multi_zone}"),
            )
            .replace("[kubernetes]", &format!("[network]\nzones = {zones}\n[kubernetes]"));
        let all = rendered(&text);
        let kind = if engine == "mysql" { "InnoDBCluster" } else { "Cluster" };
        objects(&all, kind)[0]["spec"]["instances"].as_u64().unwrap()
    };
    for (engine, zones, multi_zone, replicas, expected) in [
        ("postgres", 3, true, 1, 3),
        ("postgres", 3, true, 2, 3),
        ("postgres", 3, true, 4, 5),
        ("postgres", 2, true, 1, 2),
        ("postgres", 3, false, 1, 2),
        // A group of two would stop with either of them.
        ("mysql", 3, false, 1, 3),
        ("mysql", 3, true, 2, 3),
        ("mysql", 2, true, 4, 5),
    ] {
        let said = servers(engine, zones, multi_zone, replicas);
        assert_eq!(
            said, expected,
            "{engine}, {zones} zones, multi_zone = {multi_zone}, {replicas} replicas"
        );
    }
}

#[test]
fn sql_server_has_none() {
    let text = SHOP.replace("ENGINE\"", "sqlserver\"\nmulti_zone = false\nlicense = \"byol\"");
    let blueprint = blueprint::load(&text, None).unwrap();
    let compiled = cloudgen::compile(&blueprint, Target::Kubernetes);
    assert!(compiled.value.is_none());
    let mut rules = compiled.diagnostics.iter().map(|problem| problem.rule);
    assert!(rules.any(|rule| rule == "replicas-not-offered"));
}

#[test]
fn alarms_need_prometheus() {
    for engine in ["postgres", "mysql"] {
        let text = SHOP.replace("ENGINE", engine);
        let all = rendered(&text);
        let rules = objects(&all, "PrometheusRule");
        let rule = &rules[0]["spec"]["groups"][0]["rules"][0];
        assert_eq!(rule["alert"], "main-replica-lag");
        assert_eq!(rule["for"], "5m");
        assert_eq!(rule["annotations"]["email"], "a@example.com");
        assert!(rule["expr"].as_str().unwrap().contains("job=\"shop/main\""));
        assert_eq!(objects(&all, "PodMonitor").len(), 1);

        let without = text.replace("prometheus = true", "");
        let all = rendered(&without);
        assert!(objects(&all, "PrometheusRule").is_empty() && objects(&all, "PodMonitor").is_empty());
        assert!(objects(&all, "NetworkPolicy").iter().all(|policy| {
            let text = serde_yaml::to_string(policy).unwrap();
            !text.contains("9187") && !text.contains("9104")
        }));
        let blueprint = blueprint::load(&without, None).unwrap();
        let said = cloudgen::compile(&blueprint, Target::Kubernetes).diagnostics;
        assert!(said.iter().any(|problem| problem.rule == "alarms-not-offered"));
    }
}
