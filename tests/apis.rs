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
