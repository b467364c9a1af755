//! Read replicas on Azure: what a further one adds, and who may reach which server.

use std::collections::BTreeSet;

use cloudgen::blueprint;
use cloudgen::target::Target;

const SHOP: &str = r#"
name = "shop"
pattern = "read-replica"
region = "seoul"

[observability]
emails = ["platform@example.com"]

[edge]
certificate = { azure = "https://shop-certs.vault.azure.net/secrets/shop" }

[services.query]
image = "query:1"
port = 8080
public = true
routes = ["/query"]
reads = ["main"]

[services.command]
image = "command:1"
port = 8081
public = true
writes = ["main"]

[databases.main]
engine = "ENGINE"
replicas = COUNT
"#;

fn render(engine: &str, count: u32) -> hcl::Body {
    let text = SHOP.replace("ENGINE", engine).replace("COUNT", &count.to_string());
    let blueprint = blueprint::load(&text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    let compiled = cloudgen::compile(&blueprint, Target::Azure);
    let rendered = compiled.value.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    hcl::parse(&rendered.terraform()).unwrap()
}

/// The text of one resource.
fn resource(body: &hcl::Body, kind: &str, name: &str) -> String {
    let found = body.blocks().find(|block| {
        let labels: Vec<&str> = block.labels().iter().map(hcl::BlockLabel::as_str).collect();
        labels == [kind, name]
    });
    let block = found.unwrap_or_else(|| panic!("no {kind}.{name}")).clone();
    hcl::to_string(&hcl::Body::from(vec![hcl::Structure::Block(block)])).unwrap()
}

fn addresses(body: &hcl::Body) -> BTreeSet<String> {
    let address = |block: &hcl::Block| {
        let labels: Vec<&str> = block.labels().iter().map(hcl::BlockLabel::as_str).collect();
        format!("{} {}", block.identifier(), labels.join("."))
    };
    body.blocks().map(address).collect()
}

#[test]
fn replicas_leave_the_primary_alone() {
    for (engine, server) in [
        ("postgres", "azurerm_postgresql_flexible_server"),
        ("mysql", "azurerm_mysql_flexible_server"),
    ] {
        let none = render(engine, 0);
        for count in [1, 2, 5] {
            let some = render(engine, count);
            assert_eq!(resource(&none, server, "main"), resource(&some, server, "main"));
            assert!(addresses(&none).is_subset(&addresses(&some)), "{engine}, {count}");
        }
    }
}

#[test]
fn one_more_replica_is_one_more_instance() {
    let (two, three) = (render("postgres", 2), render("postgres", 3));
    assert_eq!(addresses(&two), addresses(&three));
    let server = |body| resource(body, "azurerm_postgresql_flexible_server", "main_replica");
    let (two, three) = (server(&two), server(&three));
    let (of_two, of_three): (Vec<&str>, Vec<&str>) = (two.lines().collect(), three.lines().collect());
    let mut rest = of_three.iter();
    // What is there stays, in its order.
    assert!(of_two.iter().all(|line| rest.any(|other| other == line)), "{three}");
}

#[test]
fn readers_reach_replicas_and_writers_the_primary() {
    let body = render("postgres", 2);
    for group in ["application", "data"] {
        let rules = resource(&body, "azurerm_network_security_group", group);
        for (name, wanted) in [
            ("query-to-main-read", true),
            ("command-to-main", true),
            ("query-to-main", false),
            ("command-to-main-read", false),
        ] {
            assert_eq!(rules.contains(&format!("\"{name}\"")), wanted, "{group}: {name}");
        }
    }
}

#[test]
fn every_replica_answers_to_the_one_name() {
    let body = render("mysql", 3);
    let record = resource(&body, "azurerm_private_dns_a_record", "main_read");
    assert!(
        record.contains("values(azurerm_private_endpoint.main_replica)[*]"),
        "{record}"
    );
    let alert = resource(&body, "azurerm_monitor_metric_alert", "main_replica_lag");
    assert!(alert.contains("azurerm_mysql_flexible_server.main_replica"), "{alert}");
}
