//! APIs: who may call which service from outside, and how often.
#![allow(clippy::unwrap_used)]

use cloudgen::blueprint;
use cloudgen::target::Target;

const SHOP: &str = r#"
name = "shop"
pattern = "monolith"
region = "seoul"

[services.orders]
image = "nginx:1.29"
port = 8080

[apis.front]
jwt = { issuer = "https://login.example.com/", audiences = ["shop"] }
cors = { origins = ["https://shop.example.com"] }

[apis.front.routes]
"GET /health" = { service = "orders", open = true }
"ANY /orders/*" = { service = "orders" }
"POST /orders" = { service = "orders", throttle = { per_second = 5, burst = 9 } }
"#;

fn rendered(text: &str, target: Target) -> cloudgen::output::Rendered {
    let blueprint = blueprint::load(text, None).unwrap();
    let compiled = cloudgen::compile(&blueprint, target);
    compiled.value.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
}

/// A file without the blanks that only align it.
fn flat(rendered: &cloudgen::output::Rendered, path: &str) -> String {
    let text = rendered.files.get(path).unwrap();
    let lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn on_azure_policies_ask_for_tokens_and_count_by_route() {
    let rendered = rendered(SHOP, Target::Azure);
    let apis = flat(&rendered, "terraform/apis.tf");
    let holds = |text: &str| assert!(apis.contains(text), "{text} is not in\n{apis}");
    // What comes at once is rounded up to whole seconds of what goes on.
    holds("<rate-limit-by-key calls=\"10\" renewal-period=\"2\" counter-key=\"post-orders\" />");
    holds("<openid-config url=\"https://login.example.com/.well-known/openid-configuration\" />");
    holds("<set-backend-service base-url=\"http://orders.shop.internal:8080\" />");
    holds("<origin>https://shop.example.com</origin>");
    // An open route asks for nothing.
    let policies = apis.split("front_policies = {").nth(1).unwrap();
    let policy = |key: &str| {
        let from = policies.split(&format!("\"{key}\" = <<-EOT")).nth(1).unwrap();
        from.split("EOT").next().unwrap().to_owned()
    };
    assert!(!policy("GET /health").contains("validate-jwt"));
    assert!(policy("ANY /orders/*").contains("validate-jwt"));
    // Questions of browsers are the API's to answer, where it knows other origins.
    assert!(apis.contains("\"DELETE /orders/*\"") && !apis.contains("\"OPTIONS /orders/*\""));
    let alone = SHOP.replace("cors = { origins = [\"https://shop.example.com\"] }", "");
    let alone = self::rendered(&alone, Target::Azure);
    assert!(flat(&alone, "terraform/apis.tf").contains("\"OPTIONS /orders/*\""));
    // Its subnet reaches the internal gateway.
    let firewall = flat(&rendered, "terraform/firewall.tf");
    assert_eq!(firewall.matches("name = \"front-to-internal-gateway\"").count(), 2);
    assert!(firewall.contains("source_address_prefix = azurerm_subnet.api_front.address_prefixes[0]"));
}

#[test]
fn on_azure_a_more_exact_route_has_its_own_method() {
    let exact = format!("{SHOP}\"GET /orders/*\" = {{ service = \"orders\", open = true }}\n");
    let apis = flat(&rendered(&exact, Target::Azure), "terraform/apis.tf");
    let operation = apis.split("\"GET /orders/*\" = {").nth(1).unwrap();
    let operation = operation.split('}').next().unwrap();
    assert!(operation.contains("route = \"GET /orders/*\""), "{operation}");
    assert_eq!(apis.matches("id = \"get-orders-_\"").count(), 1);
}

#[test]
fn on_aws_a_gateway_reaches_the_internal_load_balancer_and_knows_who_asks() {
    let blueprint = blueprint::load(SHOP, None).unwrap();
    let rendered = cloudgen::compile(&blueprint, Target::Aws).value.unwrap();
    let apis = rendered.files.get("terraform/apis.tf").unwrap();
    let flat: Vec<String> = apis
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let holds = |lines: &[&str]| {
        let found = flat.windows(lines.len()).any(|window| window == lines);
        assert!(found, "{lines:?} is not in\n{apis}");
    };
    let target = "target = \"integrations/${aws_apigatewayv2_integration.front_to_orders.id}\"";
    // Browsers ask beforehand with OPTIONS and without a token: no route may take that, so that the gateway answers.
    assert!(!apis.contains("ANY /"), "{apis}");
    for method in ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"] {
        holds(&[
            &format!("\"{method} /orders/{{proxy+}}\" = {{"),
            target,
            "authorization = \"JWT\"",
            "authorizer = aws_apigatewayv2_authorizer.front.id",
        ]);
    }
    holds(&[
        "\"GET /health\" = {",
        target,
        "authorization = \"NONE\"",
        "authorizer = null",
    ]);
    holds(&["integration_uri = aws_lb_listener.internal_8080.arn"]);
    holds(&["\"overwrite:header.Host\" = \"orders.shop.internal\""]);
    holds(&[
        "route_key = \"POST /orders\"",
        "throttling_rate_limit = 5",
        "throttling_burst_limit = 9",
    ]);
    let readme = rendered.files.get("README.md").unwrap();
    for said in [
        "`https://login.example.com/.well-known/openid-configuration` answers",
        "the output `front_url`",
        "`/aws/vendedlogs/shop/api/front`",
    ] {
        assert!(readme.contains(said), "{said}");
    }
    let firewall = rendered.files.get("terraform/firewall.tf").unwrap();
    for rule in [
        "aws_vpc_security_group_egress_rule\" \"front_to_internal_load_balancer_8080",
        "aws_vpc_security_group_ingress_rule\" \"front_to_internal_load_balancer_8080",
    ] {
        assert!(firewall.contains(rule), "{rule}");
    }
}

/// The objects of a kind, as the cluster gets them.
fn objects(rendered: &cloudgen::output::Rendered, kind: &str) -> Vec<serde_yaml::Value> {
    let documents = serde_yaml::Deserializer::from_str(&rendered.kubernetes);
    let objects = documents.map(|document| <serde_yaml::Value as serde::Deserialize>::deserialize(document).unwrap());
    objects.filter(|object| object["kind"] == kind).collect()
}

#[test]
fn on_aws_any_method_is_one_route_where_no_browser_asks_beforehand() {
    let plain = SHOP.replace("cors = { origins = [\"https://shop.example.com\"] }", "");
    let more = "\"ANY /items/{id}\" = { service = \"orders\" }\n\"GET /items/{item}\" = { service = \"orders\", open = true }\n";
    let apis = |text: &str| {
        let blueprint = blueprint::load(text, None).unwrap();
        let rendered = cloudgen::compile(&blueprint, Target::Aws).value.unwrap();
        rendered.files.get("terraform/apis.tf").unwrap().to_owned()
    };
    let rendered = apis(&plain);
    assert!(rendered.contains("\"ANY /orders/{proxy+}\" = {"), "{rendered}");
    // The route that names its method keeps it.
    let rendered = apis(&format!("{SHOP}{more}"));
    assert!(rendered.contains("\"GET /items/{item}\" = {"), "{rendered}");
    assert!(!rendered.contains("\"GET /items/{id}\""), "{rendered}");
    assert!(rendered.contains("\"PUT /items/{id}\" = {"), "{rendered}");
}

#[test]
fn on_aws_a_smaller_body_and_too_many_routes_are_told() {
    let front = "[apis.front]\n";
    let mut text = SHOP.replace(front, "[apis.front]\nmax_body_kb = 64\n");
    for number in 0..50 {
        text += &format!("\"ANY /more/{number}\" = {{ service = \"orders\" }}\n");
    }
    let blueprint = blueprint::load(&text, None).unwrap();
    let compiled = cloudgen::compile(&blueprint, Target::Aws);
    let rules: Vec<&str> = compiled.diagnostics.iter().map(|one| one.rule).collect();
    assert!(compiled.value.is_some(), "{rules:?}");
    assert!(
        rules.contains(&"api-body") && rules.contains(&"api-routes"),
        "{rules:?}"
    );
}

#[test]
fn in_a_cluster_a_gateway_of_its_own_asks_for_tokens() {
    let rendered = rendered(
        &SHOP.replace("[apis.front]", "[apis.front]\ndomain = \"api.example.com\""),
        Target::Kubernetes,
    );
    let of = |kind: &str| objects(&rendered, kind).remove(0);
    let listener = &of("Gateway")["spec"]["listeners"][0];
    assert_eq!(
        (&listener["protocol"], &listener["hostname"]),
        (&"HTTPS".into(), &"api.example.com".into())
    );
    let route = of("HTTPRoute");
    assert_eq!(route["metadata"]["name"], "front.orders");
    assert_eq!(route["spec"]["rules"][0]["matches"][0]["path"]["type"], "PathPrefix");
    // Questions of browsers end here.
    assert!(route["spec"]["rules"][1]["backendRefs"].is_null());
    let rules = of("AuthorizationPolicy")["spec"]["rules"].clone();
    let rule = |path: &str| {
        let rules = rules.as_sequence().unwrap().iter();
        let mut named = rules.filter(|rule| rule["to"][0]["operation"]["paths"][0] == path);
        named.next().unwrap().clone()
    };
    assert!(rule("/health")["from"].is_null());
    assert_eq!(rule("/orders/{**}")["from"][0]["source"]["requestPrincipals"][0], "*");
    let policies = objects(&rendered, "NetworkPolicy");
    let mut own = policies.iter().filter(|policy| policy["metadata"]["name"] == "orders");
    let from = &own.next().unwrap()["spec"]["ingress"][0]["from"][0]["namespaceSelector"]["matchLabels"];
    assert_eq!(from["kubernetes.io/metadata.name"], "shop-edge");
}

#[test]
fn in_a_cluster_an_open_route_opens_nothing_that_is_closed() {
    let text = format!("{SHOP}\"ANY /*\" = {{ service = \"orders\", open = true }}\n");
    let rendered = rendered(&text, Target::Kubernetes);
    let rules = objects(&rendered, "AuthorizationPolicy").remove(0)["spec"]["rules"].clone();
    let open = rules
        .as_sequence()
        .unwrap()
        .iter()
        .filter(|rule| rule["from"].is_null());
    for rule in open.filter(|rule| rule["to"][0]["operation"]["paths"][0] == "/{**}") {
        for to in rule["to"].as_sequence().unwrap() {
            let operation = &to["operation"];
            let not: Vec<&str> = operation["notPaths"]
                .as_sequence()
                .unwrap()
                .iter()
                .filter_map(|path| path.as_str())
                .collect();
            assert!(not.contains(&"/orders/{**}"), "{operation:?}");
            let posts = operation["methods"]
                .as_sequence()
                .unwrap()
                .iter()
                .any(|method| method == "POST");
            assert_eq!(posts, not.contains(&"/orders"), "{operation:?}");
        }
    }
}

#[test]
fn on_google_cloud_envoy_tries_the_exact_route_first() {
    let apis = flat(&rendered(SHOP, Target::Gcp), "terraform/api_gateways.tf");
    let at = |text: &str| apis.find(text).unwrap_or_else(|| panic!("{text} is not in\n{apis}"));
    assert!(at("exact = \"OPTIONS\"") < at("name = \"GET /health\""));
    assert!(at("name = \"POST /orders\"") < at("name = \"ANY /orders/*\""));
    at("address = google_compute_address.internal.address");
    at("host_rewrite_literal = \"orders.shop.internal\"");
    // Two proxies share what passes.
    at("max_tokens = 5\ntokens_per_fill = 3");
    at("max_request_bytes = 10485760");
    // As many bodies as it may hold at a time fit into its memory, and where none is expected it holds a small one.
    let concurrency: u64 = apis
        .split_once("max_instance_request_concurrency = ")
        .and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok())
        .unwrap();
    at("memory = \"4Gi\"");
    assert!(concurrency * 10_485_760 <= 4 << 30);
    at(
        "\"envoy.filters.http.buffer\" = {\n\"@type\" = \"type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute\"\nbuffer = {\nmax_request_bytes = 16384",
    );
    at("request_timeout = \"30s\"");
    at("envoy.overload_actions.stop_accepting_requests");
    at("path = \"%PATH(NQ:ORIG_OR_PATH)%\"");
    // Without a name of its own it has Google's.
    at("ingress = \"INGRESS_TRAFFIC_ALL\"");
    let firewall = flat(&rendered(SHOP, Target::Gcp), "terraform/firewall.tf");
    assert!(firewall.contains("resource \"google_compute_firewall\" \"api_front_to_balancer\""));
}

/// The API and the entry point with names in zones of two subscriptions.
fn named(account: &str) -> (String, String, String) {
    let zone = |id: &str, name: &str| {
        format!("{{ azure = \"/subscriptions/{id}/resourceGroups/dns/providers/Microsoft.Network/dnsZones/{name}\" }}")
    };
    let certificate = "certificate = { azure = \"https://certs.vault.azure.net/secrets/shop\" }";
    let (own, hub) = (
        "11111111-0000-0000-0000-000000000001",
        "22222222-0000-0000-0000-000000000002",
    );
    let apis = format!(
        "[apis.front]\ndomain = \"api.example.com\"\nzone = {}\n{certificate}\n",
        zone(hub, "example.com")
    );
    let edge = format!(
        "\n[edge]\ndomain = \"shop.example.org\"\nzone = {}\n{certificate}\n",
        zone(own, "example.org")
    );
    let text = SHOP.replace("[apis.front]\n", &apis) + &edge + account;
    let text = text.replace("port = 8080\n", "port = 8080\npublic = true\n");
    let rendered = rendered(&text, Target::Azure);
    let readme = rendered.files.get("README.md").unwrap().to_owned();
    (
        flat(&rendered, "terraform/versions.tf"),
        flat(&rendered, "terraform/dns.tf"),
        readme,
    )
}

#[test]
fn on_azure_records_go_to_the_subscription_of_their_zone() {
    let account = "\n[accounts]\nazure = { subscription_id = \"11111111-0000-0000-0000-000000000001\" }\n";
    let (versions, dns, readme) = named(account);
    assert!(versions.contains("alias = \"dns_22222222\""), "{versions}");
    assert_eq!(versions.matches("alias = ").count(), 1, "{versions}");
    let record = |kind: &str, dns: &str| dns.split(kind).nth(1).unwrap().split("\n}").next().unwrap().to_owned();
    assert!(
        record("azurerm_dns_cname_record", &dns).contains("provider = azurerm.dns_22222222"),
        "{dns}"
    );
    assert!(!record("azurerm_dns_a_record", &dns).contains("provider"), "{dns}");
    assert!(readme.contains("*DNS Zone Contributor*"), "{readme}");
    // Where the blueprint does not say which subscription is the system's own, both are named.
    let (versions, dns, _) = named("");
    assert_eq!(versions.matches("alias = ").count(), 2, "{versions}");
    assert!(
        record("azurerm_dns_a_record", &dns).contains("provider = azurerm.dns_11111111"),
        "{dns}"
    );
}
