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
    for target in [Target::Azure, Target::Gcp, Target::Kubernetes] {
        let compiled = cloudgen::compile(&blueprint, target);
        let rules: Vec<&str> = compiled.diagnostics.iter().map(|one| one.rule).collect();
        assert!(
            compiled.value.is_none() && rules.contains(&"component-not-built"),
            "{target}: {rules:?}"
        );
    }
}
