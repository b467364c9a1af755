//! What follows from the links of a blueprint: flows, grants, settings and routes, and nothing else.
#![allow(clippy::expect_used)]

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

const MESSAGES: &str = r#"
name = "mall"
pattern = "per-domain"
region = "seoul"

[domains.pay.services.api]
image = "nginx:1.29"
port = 8080
public = true
publishes = ["paid", "ship.orders"]

[domains.pay.topics.paid]
fifo = true
max_receives = 7
filters = { "ship.worker" = { kind = ["paid", "refunded"] } }

[domains.ship.services.worker]
image = "nginx:1.29"
consumes = ["orders", "pay.paid"]
reads = ["hot"]
writes = ["hot"]

[domains.ship.queues.orders]
visibility_seconds = 120

[domains.ship.caches.hot]

[domains.ship.services.audit]
image = "nginx:1.29"
consumes = ["pay.paid"]
"#;

#[test]
fn a_topic_is_consumed_over_a_subscription_for_each_service() {
    let system = build(MESSAGES);
    let worker = service(&system, "ship-worker");
    let names: Vec<&str> = system.inboxes_of(worker).map(|inbox| system.inbox(inbox).0).collect();
    assert_eq!(names, ["ship-orders", "ship-worker-from-pay-paid"]);
    let kinds: Vec<usize> = system.subscriptions.iter().map(|(_, item)| item.filter.len()).collect();
    let subscriptions: Vec<&str> = system
        .subscriptions
        .iter()
        .map(|(_, item)| item.name.as_str())
        .collect();
    assert_eq!(subscriptions, ["ship-audit-from-pay-paid", "ship-worker-from-pay-paid"]);
    assert_eq!(kinds, [0, 1], "the filter is the worker's alone");
    assert!(
        system
            .subscriptions
            .iter()
            .all(|(_, item)| item.delivery.fifo && item.delivery.max_receives == 7)
    );
    let alarms: Vec<&str> = system.inbox_alarms.iter().map(|alarm| alarm.name.as_str()).collect();
    let expected = [
        "ship-orders-dead",
        "ship-orders-waiting",
        "ship-audit-from-pay-paid-dead",
        "ship-audit-from-pay-paid-waiting",
        "ship-worker-from-pay-paid-dead",
        "ship-worker-from-pay-paid-waiting",
    ];
    assert_eq!(alarms, expected);
}

#[test]
fn who_sends_and_who_takes_is_told_so_under_the_names_of_its_links() {
    let system = build(MESSAGES);
    let names = |service_name: &str| -> Vec<String> {
        let service = &system.services[service(&system, service_name)];
        service.settings.iter().map(|setting| setting.name.clone()).collect()
    };
    assert_eq!(
        names("pay-api"),
        [
            "PAID_ENDPOINT",
            "PAID_PASSWORD",
            "PAID_PROTOCOL",
            "PAID_TOPIC",
            "PAID_USER",
            "PORT",
            "SHIP_ORDERS_ENDPOINT",
            "SHIP_ORDERS_PASSWORD",
            "SHIP_ORDERS_PROTOCOL",
            "SHIP_ORDERS_QUEUE",
            "SHIP_ORDERS_USER",
        ]
    );
    let worker = names("ship-worker");
    for name in [
        "ORDERS_SOURCE",
        "ORDERS_BATCH",
        "ORDERS_VISIBILITY_SECONDS",
        "PAY_PAID_SOURCE",
        "PAY_PAID_SOURCE_PROTOCOL",
        "HOT_HOST",
    ] {
        assert!(worker.iter().any(|known| known == name), "{name} in {worker:?}");
    }
    assert!(!worker.contains(&"PORT".to_owned()), "a worker listens on none");
    let reached: Vec<String> = flows(&system)
        .into_iter()
        .filter(|flow| flow.ends_with(":6379"))
        .collect();
    assert_eq!(reached, ["ship-worker -> ship-hot:6379"]);
}

#[test]
fn an_api_reaches_what_it_routes_to_over_the_internal_balancer() {
    let system = build(&format!(
        "{MESSAGES}\n[apis.front]\njwt = {{ issuer = \"https://login.example.com\", audiences = [\"mall\"] }}\ncors = {{ origins = \
         [\"https://mall.example.com\"] }}\n[apis.front.routes]\n\"GET /pay/{{id}}\" = {{ service = \"pay.api\" }}\n\"ANY /pay/*\" = {{ service = \
         \"pay.api\", open = true, throttle = {{ per_second = 5, burst = 9 }} }}\n"
    ));
    let (_, api) = system.apis.iter().next().expect("one API");
    let ways: Vec<String> = flows(&system)
        .into_iter()
        .filter(|flow| flow.contains("front") || flow.contains("internal balancer"))
        .collect();
    assert_eq!(
        ways,
        ["front -> internal balancer:8080", "internal balancer -> pay-api:8080"]
    );
    let routes: Vec<(&str, bool, u32, usize)> = api
        .routes
        .iter()
        .map(|route| {
            (
                route.key.as_str(),
                route.open,
                route.throttle.burst,
                route.segments.len(),
            )
        })
        .collect();
    assert_eq!(routes, [("ANY /pay/*", true, 9, 2), ("GET /pay/{id}", false, 200, 2)]);
    let jwt = api.jwt.as_ref().expect("an issuer");
    assert_eq!(jwt.keys, "https://login.example.com/.well-known/jwks.json");
    let methods = api.cors.as_ref().map(|cors| cors.methods.len());
    assert_eq!(methods, Some(6), "a route takes any method");
}
