//! What follows from links to queues, topics, caches and APIs.

use crate::{build, flows, service};

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
