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
    holds(&[
        "\"ANY /orders/{proxy+}\" = {",
        target,
        "authorization = \"JWT\"",
        "authorizer = aws_apigatewayv2_authorizer.front.id",
    ]);
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
    let firewall = rendered.files.get("terraform/firewall.tf").unwrap();
    for rule in [
        "aws_vpc_security_group_egress_rule\" \"front_to_internal_load_balancer_8080",
        "aws_vpc_security_group_ingress_rule\" \"front_to_internal_load_balancer_8080",
    ] {
        assert!(firewall.contains(rule), "{rule}");
    }
}

#[test]
fn where_there_are_none_an_error_says_so() {
    let blueprint = blueprint::load(SHOP, None).unwrap();
    for target in [Target::Gcp, Target::Kubernetes] {
        let compiled = cloudgen::compile(&blueprint, target);
        let rules: Vec<&str> = compiled.diagnostics.iter().map(|one| one.rule).collect();
        assert!(
            compiled.value.is_none() && rules.contains(&"component-not-built"),
            "{target}: {rules:?}"
        );
    }
}
