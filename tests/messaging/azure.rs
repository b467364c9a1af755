//! Service Bus and Azure Managed Redis.

use std::collections::BTreeSet;

use cloudgen::blueprint;
use cloudgen::target::Target;

const SHOP: &str = r#"
name = "shop"
pattern = "monolith"
region = "seoul"

[observability]
emails = ["platform@example.com"]

[services.web]
image = "web:1"
port = 8080
public = true
publishes = ["orders", "paid"]
writes = ["session"]

[services.worker]
image = "worker:1"
scale = { min = 1, max = 8, queue_messages = 40 }
consumes = ["orders", "paid"]

[services.audit]
image = "audit:1"
consumes = ["paid"]

[queues.orders]
visibility_seconds = 90
max_receives = 3
retention_days = 2

[topics.paid]
fifo = true
filters = { worker = { kind = ["refunded", "paid"], shop = ["1"] }, audit = { kind = ["paid"] } }

[caches.session]
memory_gb = 3
eviction = "ttl"
"#;

fn compiled(text: &str) -> cloudgen::Outcome<cloudgen::output::Rendered> {
    let blueprint = blueprint::load(text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    cloudgen::compile(&blueprint, Target::Azure)
}

fn render(text: &str) -> hcl::Body {
    let compiled = compiled(text);
    let rendered = compiled.value.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    hcl::parse(&rendered.terraform()).unwrap()
}

/// The rules that a blueprint breaks.
fn rules(text: &str) -> BTreeSet<&'static str> {
    compiled(text).diagnostics.into_iter().map(|found| found.rule).collect()
}

fn labels(block: &hcl::Block) -> Vec<&str> {
    block.labels().iter().map(hcl::BlockLabel::as_str).collect()
}

/// The text of one resource, with single spaces.
fn resource(body: &hcl::Body, kind: &str, name: &str) -> String {
    let found = body.blocks().find(|block| labels(block) == [kind, name]);
    let block = found.unwrap_or_else(|| panic!("no {kind}.{name}")).clone();
    let text = hcl::to_string(&hcl::Body::from(vec![hcl::Structure::Block(block)])).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no `{part}` in {text}");
    }
}

#[test]
fn a_queue_gives_what_was_tried_too_often_to_its_dead_letters() {
    let body = render(SHOP);
    let queue = resource(&body, "azurerm_servicebus_queue", "orders");
    let wanted = [
        "lock_duration = \"PT1M30S\"",
        "max_delivery_count = 3",
        "default_message_ttl = \"P2D\"",
        "forward_dead_lettered_messages_to = azurerm_servicebus_queue.orders_dead.name",
    ];
    has(&queue, &wanted);
    assert!(!queue.contains("requires_session"), "{queue}");
    let dead = resource(&body, "azurerm_servicebus_queue", "orders_dead");
    has(&dead, &["default_message_ttl = \"P14D\""]);
    let namespace = resource(&body, "azurerm_servicebus_namespace", "main");
    let closed = [
        "sku = \"Premium\"",
        "local_auth_enabled = false",
        "public_network_access_enabled = false",
        "infrastructure_encryption_enabled = true",
    ];
    has(&namespace, &closed);
}

#[test]
fn a_subscription_wants_what_its_filter_says_and_passes_it_on_in_order() {
    let body = render(SHOP);
    let several = resource(&body, "azurerm_servicebus_subscription_rule", "worker_from_paid");
    has(
        &several,
        &["[kind] IN ('paid', 'refunded') AND [shop] IN ('1')", "SqlFilter"],
    );
    let one = resource(&body, "azurerm_servicebus_subscription_rule", "audit_from_paid");
    has(&one, &["CorrelationFilter", "kind = \"paid\""]);
    let subscription = resource(&body, "azurerm_servicebus_subscription", "worker_from_paid");
    has(
        &subscription,
        &[
            "forward_to = azurerm_servicebus_queue.worker_from_paid.name",
            "name = \"worker\"",
        ],
    );
    let queue = resource(&body, "azurerm_servicebus_queue", "worker_from_paid");
    has(&queue, &["requires_session = true"]);
    let topic = resource(&body, "azurerm_servicebus_topic", "paid");
    has(
        &topic,
        &["support_ordering = true", "requires_duplicate_detection = true"],
    );
    let unfiltered = render(&SHOP.replace(", audit = { kind = [\"paid\"] }", ""));
    let rule = resource(&unfiltered, "azurerm_servicebus_subscription_rule", "audit_from_paid");
    has(&rule, &["sql_filter = \"1=1\""]);
}

#[test]
fn roles_follow_the_links() {
    let body = render(SHOP);
    let publisher = resource(&body, "azurerm_role_assignment", "web");
    has(
        &publisher,
        &[
            "Data Sender",
            "azurerm_servicebus_queue.orders.id",
            "azurerm_servicebus_topic.paid.id",
        ],
    );
    assert!(!publisher.contains("Receiver"), "{publisher}");
    let consumer = resource(&body, "azurerm_role_assignment", "worker");
    let taken = [
        "azurerm_servicebus_queue.orders.id",
        "azurerm_servicebus_queue.worker_from_paid.id",
    ];
    has(&consumer, &taken);
    assert!(
        !consumer.contains("Sender") && !consumer.contains("audit") && !consumer.contains("_dead"),
        "{consumer}"
    );
    let login = resource(&body, "azurerm_managed_redis_access_policy_assignment", "web");
    has(&login, &["azurerm_managed_redis.session.id"]);
}

#[test]
fn a_cache_lets_one_service_in_after_the_other() {
    let more = "[services.api]\nimage = \"api:1\"\nport = 8081\nwrites = [\"session\", \"pages\"]\n[caches.pages]\nmemory_gb = 1\n";
    let more = more.to_owned() + "[services.zoo]\nimage = \"zoo:1\"\nport = 8082\nwrites = [\"pages\"]\n";
    let body = render(&format!("{SHOP}{more}"));
    let login = |name| resource(&body, "azurerm_managed_redis_access_policy_assignment", name);
    let waits = |login: &str| login.split_once("depends_on").unwrap().1.to_owned();
    let first = waits(&login("api"));
    has(
        &first,
        &["azurerm_private_endpoint.session", "azurerm_private_endpoint.pages"],
    );
    let kind = "azurerm_managed_redis_access_policy_assignment";
    let (second, third) = (waits(&login("web")), waits(&login("zoo")));
    has(&second, &[&format!("{kind}.api")]);
    has(&third, &[&format!("{kind}.api")]);
    assert!(!first.contains(kind) && !third.contains("web"), "{first}{third}");
}

#[test]
fn only_who_has_a_link_reaches_the_endpoints() {
    let body = render(SHOP);
    let machines = resource(&body, "azurerm_network_security_group", "application");
    has(
        &machines,
        &[
            "\"web-to-service-bus\"",
            "\"worker-to-service-bus\"",
            "\"web-to-session\"",
        ],
    );
    assert!(!machines.contains("\"worker-to-session\""), "{machines}");
    // None of them has anything in the vault.
    assert!(!machines.contains("-to-endpoints"), "{machines}");
    let data = resource(&body, "azurerm_network_security_group", "data");
    has(&data, &["destination_port_range = \"10000\""]);
    let endpoint = resource(&body, "azurerm_network_security_group", "endpoint");
    assert_eq!(endpoint.matches("\"5671\"").count(), 3, "{endpoint}");
}

#[test]
fn a_worker_is_scaled_by_what_waits_for_it_and_answers_for_itself() {
    let body = render(SHOP);
    let scale = resource(&body, "azurerm_monitor_autoscale_setting", "worker");
    assert_eq!(scale.matches("rule {").count(), 6, "{scale}");
    let counted = [
        "divide_by_instance_count = true",
        "threshold = 40",
        "threshold = 20",
        "\"worker-from-paid\"",
    ];
    has(&scale, &counted);
    let set = resource(&body, "azurerm_linux_virtual_machine_scale_set", "worker");
    has(&set, &["ApplicationHealthLinux", "8099"]);
    let text = compiled(SHOP).value.unwrap().terraform().into_owned();
    assert!(text.contains("ListenStream=127.0.0.1:8099"));
    assert!(!text.contains("--publish 0:0"));
    let web = resource(&body, "azurerm_monitor_autoscale_setting", "web");
    assert_eq!(web.matches("rule {").count(), 2, "{web}");
}

#[test]
fn dead_letters_and_what_waits_are_told_of() {
    let body = render(SHOP);
    let dead = resource(&body, "azurerm_monitor_metric_alert", "worker_from_paid_dead");
    has(
        &dead,
        &[
            "\"Messages\"",
            "\"worker-from-paid-dead\"",
            "threshold = 0",
            "azurerm_monitor_action_group.main.id",
        ],
    );
    let waiting = resource(&body, "azurerm_monitor_metric_alert", "orders_waiting");
    // Eight machines with ten messages each.
    has(
        &waiting,
        &["\"ActiveMessages\"", "\"Minimum\"", "threshold = 80", "PT15M"],
    );
}

#[test]
fn a_cache_is_closed_and_has_room_for_its_data() {
    let body = render(SHOP);
    let cache = resource(&body, "azurerm_managed_redis", "session");
    let closed = [
        "sku_name = \"Balanced_B5\"",
        "public_network_access = \"Disabled\"",
        "access_keys_authentication_enabled = false",
        "eviction_policy = \"VolatileLRU\"",
        "high_availability_enabled = true",
        "azurerm_key_vault_key.data.id",
    ];
    has(&cache, &closed);
    let text = compiled(SHOP).value.unwrap().terraform().into_owned();
    assert!(text.contains("SESSION_AUTH=token") && text.contains("SESSION_PORT=10000"));
    assert!(!text.contains("SESSION_PASSWORD") && !text.contains("ORDERS_PASSWORD"));
}

#[test]
fn what_azure_cannot_do_is_refused() {
    assert_eq!(rules(SHOP), BTreeSet::from(["plain-http"]));
    let too_long = SHOP.replace("visibility_seconds = 90", "visibility_seconds = 301");
    assert!(rules(&too_long).contains("lock-too-long"));
    assert!(rules(&SHOP.replace("memory_gb = 3", "memory_gb = 300")).contains("cache-too-large"));
    assert!(rules(&SHOP.replace("writes = [\"session\"]", "reads = [\"session\"]")).contains("reader-may-write"));
    let queues: String = (1..=4).map(|number| format!("[queues.q{number}]\n")).collect();
    let all = "consumes = [\"orders\", \"paid\", \"q1\", \"q2\", \"q3\", \"q4\"]";
    let many = SHOP.replace("consumes = [\"orders\", \"paid\"]", all) + &queues;
    assert!(rules(&many).contains("many-inboxes"));
}
