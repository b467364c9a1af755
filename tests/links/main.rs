//! What follows from the links of a blueprint: flows, grants, settings and routes, and nothing else.
#![allow(clippy::expect_used)]

mod messages;

use cloudgen::blueprint;
use cloudgen::ir::{Access, Id, Peer, Resource, Service, System, Value};
use cloudgen::patterns;

const SHOP: &str = r#"
name = "shop"
pattern = "monolith"
region = "seoul"

[services.web]
image = "nginx:1.29"
port = 8080
public = true
calls = ["app", "search"]

[services.app]
image = "app:1"
port = 8000
reads = ["main", "key"]
writes = ["main", "media"]

[services.search]
image = "search:1"
port = 9000
reads = ["main", "media"]

[databases.main]
engine = "postgres"

[buckets.media]

[secrets.key]
"#;

fn build(text: &str) -> System {
    let blueprint = blueprint::load(text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    let (system, _) = patterns::build(&blueprint).unwrap_or_else(|problems| panic!("{problems:?}"));
    system
}

fn rules(text: &str) -> Vec<&'static str> {
    let blueprint = blueprint::load(text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    let problems = match patterns::build(&blueprint) {
        Ok((_, warnings)) => warnings,
        Err(problems) => problems,
    };
    problems.iter().map(|problem| problem.rule).collect()
}

fn service(system: &System, name: &str) -> Id<Service> {
    let found = system.services.iter().find(|(_, service)| service.name == name);
    found.map(|(id, _)| id).unwrap_or_else(|| panic!("no service {name}"))
}

fn peer(system: &System, peer: Peer) -> String {
    match peer {
        Peer::Internet => "internet".to_owned(),
        Peer::PublicBalancer => "public balancer".to_owned(),
        Peer::InternalBalancer => "internal balancer".to_owned(),
        Peer::Service(id) => system.services[id].name.clone(),
        Peer::Database(id) => system.databases[id].name.clone(),
        Peer::Readers(id) => system.databases[id].reader_name(),
        Peer::Shards(id) => system.databases[id].shard_name(),
        Peer::TcpBalancer(id) => format!("balancer of {}", system.services[id].name),
        Peer::Cache(id) => system.caches[id].name.clone(),
        Peer::Api(id) => system.apis[id].name.clone(),
        Peer::Endpoints => "endpoints".to_owned(),
    }
}

fn flows(system: &System) -> Vec<String> {
    let mut flows: Vec<String> = system
        .flows
        .iter()
        .map(|flow| format!("{} -> {}:{}", peer(system, flow.from), peer(system, flow.to), flow.port))
        .collect();
    flows.sort();
    flows
}

#[test]
fn flows_follow_from_links_alone() {
    let system = build(SHOP);
    let expected = [
        "app -> endpoints:443",
        "app -> internet:443",
        "app -> internet:80",
        "app -> main:5432",
        "internal balancer -> app:8000",
        "internal balancer -> search:9000",
        "internet -> public balancer:443",
        "public balancer -> web:8080",
        "search -> endpoints:443",
        "search -> internet:443",
        "search -> internet:80",
        "search -> main:5432",
        "web -> internal balancer:8000",
        "web -> internal balancer:9000",
        "web -> internet:443",
        "web -> internet:80",
    ];
    assert_eq!(flows(&system), expected);
}

#[test]
fn without_egress_nothing_leaves() {
    let system = build(&SHOP.replace("[services.web]", "[network]\negress = \"none\"\n[services.web]"));
    assert!(!flows(&system).iter().any(|flow| flow.contains("-> internet")));
}

#[test]
fn grants_follow_from_links_alone() {
    let system = build(SHOP);
    let grants = |name: &str| -> Vec<(String, Access)> {
        let describe = |resource: Resource| match resource {
            Resource::Database(id) => system.databases[id].name.clone(),
            Resource::Proxy(id) => system.databases[id].proxy_name(),
            Resource::Shards(id) => system.databases[id].shard_name(),
            Resource::Bucket(id) => system.buckets[id].name.clone(),
            Resource::Secret(id) => system.secrets[id].name.clone(),
            Resource::Cache(id) => system.caches[id].name.clone(),
            Resource::Queue(id) => system.queues[id].name.clone(),
            Resource::Topic(id) => system.topics[id].name.clone(),
            Resource::Subscription(id) => system.subscriptions[id].name.clone(),
            Resource::Stream(id) => system.streams[id].name.clone(),
            Resource::Table(id) => system.tables[id].name.clone(),
            Resource::Function(id) => system.services[id].name.clone(),
            Resource::Workflow(id) => system.workflows[id].name.clone(),
            Resource::Warehouse(id) => system.warehouses[id].name.clone(),
        };
        let id = service(&system, name);
        system
            .grants_of(id)
            .map(|grant| (describe(grant.resource), grant.access))
            .collect()
    };
    assert_eq!(grants("web"), []);
    let app = [
        ("main", Access::ReadWrite),
        ("media", Access::Write),
        ("key", Access::Read),
    ];
    assert_eq!(grants("app"), app.map(|(name, access)| (name.to_owned(), access)));
    let search = [("main", Access::Read), ("media", Access::Read)];
    assert_eq!(grants("search"), search.map(|(name, access)| (name.to_owned(), access)));
}

#[test]
fn settings_have_the_same_names_everywhere() {
    let system = build(SHOP);
    let names = |name: &str| -> Vec<&str> {
        let settings = &system.services[service(&system, name)].settings;
        settings.iter().map(|setting| setting.name.as_str()).collect()
    };
    let web = [
        "APP_HOST",
        "APP_PORT",
        "APP_URL",
        "PORT",
        "SEARCH_HOST",
        "SEARCH_PORT",
        "SEARCH_URL",
    ];
    assert_eq!(names("web"), web);
    let app = [
        "KEY",
        "KEY_SECRET",
        "MAIN_HOST",
        "MAIN_NAME",
        "MAIN_PASSWORD",
        "MAIN_PORT",
        "MAIN_SECRET",
        "MAIN_TLS",
        "MAIN_USER",
        "MEDIA_BUCKET",
        "MEDIA_ENDPOINT",
        "MEDIA_REGION",
        "PORT",
    ];
    assert_eq!(names("app"), app);
}

#[test]
fn internal_services_are_told_apart_by_port_or_by_route() {
    let system = build(SHOP);
    let ports: Vec<u16> = system
        .internal
        .iter()
        .flat_map(|balancer| &balancer.listeners)
        .map(|listener| listener.port)
        .collect();
    assert_eq!(ports, [8000, 9000]);

    let same_port = SHOP.replace("port = 9000", "port = 8000");
    assert_eq!(rules(&same_port), ["ambiguous-route"]);

    let routed = same_port.replace("image = \"search:1\"", "image = \"search:1\"\nroutes = [\"/search\"]");
    let system = build(&routed);
    let listeners = &system
        .internal
        .as_ref()
        .unwrap_or_else(|| panic!("no internal balancer"))
        .listeners;
    let paths: Vec<&[String]> = listeners[0].routes.iter().map(|route| route.paths.as_slice()).collect();
    assert_eq!(
        paths,
        [&["/search".to_owned()][..], &[][..]],
        "the longer path comes first"
    );
}

#[test]
fn the_network_is_cut_without_overlaps() {
    use cloudgen::ir::Tier;
    for cidr in ["10.20.0.0/16", "10.20.16.0/20", "192.168.0.0/17"] {
        let system = build(&SHOP.replace(
            "[services.web]",
            &format!("[network]\ncidr = \"{cidr}\"\n[services.web]"),
        ));
        let network = &system.network;
        let subnets: Vec<_> = Tier::ALL
            .into_iter()
            .flat_map(|tier| network.zonal(tier))
            .map(|(_, net)| net)
            .collect();
        for (index, subnet) in subnets.iter().enumerate() {
            assert!(network.cidr.contains(subnet));
            let others = &subnets[index + 1..];
            assert!(
                !others
                    .iter()
                    .any(|other| other.contains(subnet) || subnet.contains(other)),
                "{subnet} in {cidr}"
            );
        }
    }
}

/// One database behind a proxy, one whose shards the application knows.
const SHARDED: &str = r#"
name = "shop"
pattern = "sharding"
region = "seoul"
[network]
egress = "none"
[services.shop]
image = "shop:1"
port = 8080
public = true
reads = ["orders"]
writes = ["orders"]
[services.books]
image = "books:1"
port = 8081
public = true
routes = ["/books"]
writes = ["ledger"]
[databases.orders]
engine = "postgres"
sharding = { key = "customer", shards = 2, strategy = "hash", tables = ["orders"] }
[databases.ledger]
engine = "postgres"
sharding = { key = "tenant", shards = 4, active = 2, strategy = "hash", tables = ["entries"], router = "application" }
"#;

#[test]
fn behind_a_proxy_nobody_else_reaches_the_servers() {
    let system = build(SHARDED);
    let expected = [
        "balancer of orders-proxy -> orders-proxy:3307",
        "books -> endpoints:443",
        "books -> ledger-shard:5432",
        "books -> ledger:5432",
        "internet -> public balancer:443",
        "orders-proxy -> endpoints:443",
        "orders-proxy -> orders-shard:5432",
        "orders-proxy -> orders:5432",
        "public balancer -> books:8081",
        "public balancer -> shop:8080",
        "shop -> balancer of orders-proxy:3307",
        "shop -> endpoints:443",
    ];
    assert_eq!(flows(&system), expected);
    let used = |name: &str| -> Vec<Resource> {
        let grants = system.grants_of(service(&system, name));
        grants.map(|grant| grant.resource).collect()
    };
    let database = |name: &str| {
        let found = system.databases.iter().find(|(_, item)| item.name == name);
        found.map(|(id, _)| id).unwrap_or_else(|| panic!("no database {name}"))
    };
    let (orders, ledger) = (database("orders"), database("ledger"));
    assert_eq!(used("shop"), [Resource::Proxy(orders)]);
    assert_eq!(used("books"), [Resource::Database(ledger), Resource::Shards(ledger)]);
    assert_eq!(
        used("orders-proxy"),
        [
            Resource::Database(orders),
            Resource::Proxy(orders),
            Resource::Shards(orders)
        ]
    );
}

#[test]
fn who_routes_is_told_the_active_shards() {
    let system = build(SHARDED);
    let text = |service_name: &str, name: &str| {
        let settings = &system.services[service(&system, service_name)].settings;
        let setting = settings.iter().find(|setting| setting.name == name);
        setting.unwrap_or_else(|| panic!("no {name}")).value.clone()
    };
    assert_eq!(text("books", "LEDGER_SHARDS"), Value::Text("s0 s1".to_owned()));
    assert_eq!(text("orders-proxy", "ORDERS_SHARDS"), Value::Text("s0 s1".to_owned()));
    assert_eq!(text("shop", "ORDERS_PORT"), Value::Text("3307".to_owned()));
    assert!(matches!(text("shop", "ORDERS_HOST"), Value::ServiceHost(_)));
    assert!(matches!(text("books", "LEDGER_HOST"), Value::DatabaseHost(_)));
}
