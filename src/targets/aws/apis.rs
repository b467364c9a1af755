//! APIs: HTTP APIs of API Gateway, which call functions, and reach services through the internal load balancer over a VPC link.

use std::collections::BTreeSet;

use hcl::Expression;

use super::compute::Parts;
use super::encryption::Keys;
use super::{Stack, edge, logs, place, startup};
use crate::check::api_methods;
use crate::ir::{Api, ApiRoute, Cors, Id, Peer, Segment, Service, Throttle, Tier, Tls};
use crate::target::Target;
use crate::terraform::{Address, Block, expr, identifier};
use crate::vocabulary::Method;
use crate::{list, object, template};

/// Seconds that a service has for an answer: API Gateway waits no longer.
const TIMEOUT_SECONDS: u32 = 30;

/// The fields of a line of the access log, with what API Gateway puts there.
const LOGGED: [(&str, &str); 9] = [
    ("error", "$context.error.message"),
    ("integrationError", "$context.integrationErrorMessage"),
    ("ip", "$context.identity.sourceIp"),
    ("latency", "$context.responseLatency"),
    ("requestId", "$context.requestId"),
    ("requestTime", "$context.requestTime"),
    ("responseLength", "$context.responseLength"),
    ("routeKey", "$context.routeKey"),
    ("status", "$context.status"),
];

/// Adds the APIs. Gives each by its name.
pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts<'_>) -> Vec<(String, Address)> {
    let system = stack.system;
    let mut added = vec![];
    for (id, api) in system.apis.iter() {
        stack.module.file("apis", "");
        let link = place::reaches_inside(&system, id).then(|| {
            let link = Block::new()
                .set("name", stack.name(&api.name))
                .set("subnet_ids", parts.network.subnets(Tier::Application))
                .set("security_group_ids", parts.groups.ids(Peer::Api(id)));
            stack.module.resource("aws_apigatewayv2_vpc_link", &api.name, link)
        });
        let gateway = gateway(stack, api);
        let routes = routes(stack, api, (&gateway, link.as_ref()), parts);
        let stage = stage(stack, api, parts.keys, (&gateway, &routes));
        let url = match &api.domain {
            Some(domain) => named(stack, api, domain, (&gateway, &stage)),
            None => gateway.attr("api_endpoint"),
        };
        stack.module.file("outputs", "");
        let description = format!("Where the API {} is called.", api.name);
        stack.module.output(&format!("{}_url", api.name), url, &description);
        stack
            .report
            .component(&api.path, "HTTP API of API Gateway", gateway.text());
        added.push((api.name.clone(), gateway));
    }
    added
}

fn gateway(stack: &mut Stack<'_>, api: &Api) -> Address {
    let body = Block::new()
        .set("name", stack.name(&api.name))
        .set("description", format!("API {}", api.name))
        .set("protocol_type", "HTTP")
        .when(api.domain.is_some(), |block| {
            block.set("disable_execute_api_endpoint", true)
        })
        .block_some("cors_configuration", api.cors.as_ref().map(cors));
    stack.module.resource("aws_apigatewayv2_api", &api.name, body)
}

fn cors(cors: &Cors) -> Block {
    let texts = |texts: &[String]| Expression::Array(texts.iter().map(|text| text.as_str().into()).collect());
    let methods = cors.methods.iter().map(|method| method.name().into()).collect();
    Block::new()
        .set("allow_origins", texts(&cors.origins))
        .set("allow_methods", Expression::Array(methods))
        .set("allow_headers", texts(&cors.headers))
        .set("allow_credentials", cors.credentials)
        .set("max_age", cors.max_age_seconds)
        .when(!cors.exposed.is_empty(), |block| {
            block.set("expose_headers", texts(&cors.exposed))
        })
}

/// Routes with their integrations, one for each service.
fn routes(
    stack: &mut Stack<'_>,
    api: &Api,
    (gateway, link): (&Address, Option<&Address>),
    parts: &Parts<'_>,
) -> Address {
    let authorizer = api.jwt.as_ref().map(|jwt| {
        let audiences = jwt.audiences.iter().map(|audience| audience.as_str().into()).collect();
        let tokens = Block::new()
            .set("issuer", jwt.issuer.as_str())
            .set("audience", Expression::Array(audiences));
        let body = Block::new()
            .set("api_id", gateway.id())
            .set("name", "tokens")
            .set("authorizer_type", "JWT")
            .set("identity_sources", list!["$request.header.Authorization"])
            .block("jwt_configuration", tokens);
        stack.module.resource("aws_apigatewayv2_authorizer", &api.name, body)
    });
    let services: BTreeSet<Id<Service>> = api.routes.iter().map(|route| route.service).collect();
    let integrations: Vec<(Id<Service>, Address)> = services
        .into_iter()
        .filter_map(|service| {
            if stack.system.services[service].function.is_some() {
                return Some((service, call(stack, api, service, gateway, parts)));
            }
            let listener = parts.balancers.ports.get(&stack.system.services[service].port)?;
            Some((service, integration(stack, api, service, (gateway, link?, listener))))
        })
        .collect();
    let mut keys: Vec<(String, Expression)> = vec![];
    for route in &api.routes {
        let integration = integrations.iter().find(|(service, _)| *service == route.service);
        let Some((_, integration)) = integration else { continue };
        let authorizer = authorizer.as_ref().filter(|_| !route.open).map(Address::id);
        let value = object! {
            "target" => template!["integrations/", integration.id()],
            "authorization" => if authorizer.is_some() { "JWT" } else { "NONE" },
            "authorizer" => authorizer.unwrap_or(Expression::Null),
        };
        keys.extend(route_keys(api, route).into_iter().map(|key| (key, value.clone())));
    }
    let body = Block::new()
        .set("for_each", expr::object(keys))
        .set("api_id", gateway.id())
        .set("route_key", expr::each_key())
        .set("target", expr::each_value(&["target"]))
        .set("authorization_type", expr::each_value(&["authorization"]))
        .set("authorizer_id", expr::each_value(&["authorizer"]));
    if api.cors.is_some() && api.routes.iter().any(|route| route.method.is_none()) {
        stack.module.comment(
            "No route for ANY: the gateway answers OPTIONS, which browsers ask beforehand without a token, where no route takes it.",
        );
    }
    stack.module.resource("aws_apigatewayv2_route", &api.name, body)
}

/// The keys of a route: `GET /orders/{id}`, `ANY /files/{proxy+}`.
fn route_keys(api: &Api, route: &ApiRoute) -> Vec<String> {
    let methods = api_methods(api, route).into_iter();
    let names = methods.map(|method| method.map_or("ANY", Method::name));
    names.map(|name| route_key(name, &route.segments)).collect()
}

fn route_key(method: &str, segments: &[Segment]) -> String {
    let segments: Vec<String> = segments
        .iter()
        .map(|segment| match segment {
            Segment::Literal(text) => text.clone(),
            Segment::Parameter(name) => format!("{{{name}}}"),
            Segment::Rest => "{proxy+}".to_owned(),
        })
        .collect();
    format!("{method} /{}", segments.join("/"))
}

/// The way to one service. It is called by its private name, as its other callers do, which tells it from those on the same port.
fn integration(
    stack: &mut Stack<'_>,
    api: &Api,
    service: Id<Service>,
    (gateway, link, listener): (&Address, &Address, &Address),
) -> Address {
    let host = startup::host(stack, service);
    let balancer = stack.system.internal.as_ref();
    let is_tls = balancer.is_some_and(|balancer| balancer.tls(Target::Aws) != Tls::Off);
    let body = Block::new()
        .set("api_id", gateway.id())
        .set("integration_type", "HTTP_PROXY")
        .set("integration_method", "ANY")
        .set("integration_uri", listener.attr("arn"))
        .set("connection_type", "VPC_LINK")
        .set("connection_id", link.id())
        .set("payload_format_version", "1.0")
        .set("timeout_milliseconds", TIMEOUT_SECONDS * 1000)
        .set(
            "request_parameters",
            object! { "overwrite:header.Host" => host.as_str() },
        )
        .when(is_tls, |block| {
            block.block("tls_config", Block::new().set("server_name_to_verify", host.as_str()))
        });
    let name = format!("{}_to_{}", api.name, stack.system.services[service].name);
    stack.module.resource("aws_apigatewayv2_integration", &name, body)
}

/// The way to a function, which the API may call on any of its routes.
fn call(stack: &mut Stack<'_>, api: &Api, function: Id<Service>, gateway: &Address, parts: &Parts<'_>) -> Address {
    let lambda = parts.functions.get(function);
    let called = &stack.system.services[function].name;
    let source = template![gateway.attr("execution_arn"), "/*/*"];
    let permission = lambda.permission(&format!("api-{}", api.name), "apigateway.amazonaws.com", source);
    let local = format!("api_{}_to_function_{called}", api.name);
    stack.module.resource("aws_lambda_permission", &local, permission);
    let body = Block::new()
        .set("api_id", gateway.id())
        .set("integration_type", "AWS_PROXY")
        .set("integration_method", "POST")
        .set("integration_uri", lambda.invoke_arn())
        .set("payload_format_version", "2.0")
        .set("timeout_milliseconds", TIMEOUT_SECONDS * 1000);
    let name = format!("{}_to_{called}", api.name);
    stack.module.resource("aws_apigatewayv2_integration", &name, body)
}

/// The one stage, which takes every change of the routes at once.
fn stage(stack: &mut Stack<'_>, api: &Api, keys: &Keys, (gateway, routes): (&Address, &Address)) -> Address {
    let name = format!("/aws/vendedlogs/{}/api/{}", stack.system.prefix, api.name);
    let group = logs::group(stack, keys, name);
    let group = stack
        .module
        .comment("Under this prefix the account's one policy of log deliveries does not grow with every log group.")
        .resource("aws_cloudwatch_log_group", &api.name, group);
    let logged = expr::jsonencode(expr::object(LOGGED));
    let access = Block::new()
        .set("destination_arn", group.attr("arn"))
        .set("format", logged);
    let throttled = |block: Block, throttle: Throttle| {
        block
            .set("throttling_rate_limit", throttle.per_second)
            .set("throttling_burst_limit", throttle.burst)
            .set("detailed_metrics_enabled", true)
    };
    let own = api.routes.iter().filter(|route| route.throttle != api.throttle);
    let own: Vec<Block> = own
        .flat_map(|route| {
            let keys = route_keys(api, route).into_iter();
            keys.map(|key| throttled(Block::new().set("route_key", key), route.throttle))
        })
        .collect();
    let body = Block::new()
        .set("api_id", gateway.id())
        .set("name", "$default")
        .set("auto_deploy", true)
        .block("access_log_settings", access)
        .block("default_route_settings", throttled(Block::new(), api.throttle))
        .blocks("route_settings", own)
        .set("depends_on", Expression::Array(vec![routes.whole()]));
    stack.module.resource("aws_apigatewayv2_stage", &api.name, body)
}

/// Its own host name. Gives the URL.
fn named(stack: &mut Stack<'_>, api: &Api, domain: &str, (gateway, stage): (&Address, &Address)) -> Expression {
    let zone = api.zone.get(Target::Aws);
    let certificate = match api.certificate(Target::Aws) {
        Some(arn) => Expression::from(arn),
        None => edge::requested(stack, &identifier(&api.name), (domain, None), zone),
    };
    stack.module.file("apis", "");
    let endpoint = Block::new()
        .set("certificate_arn", certificate)
        .set("endpoint_type", "REGIONAL")
        .set("security_policy", "TLS_1_2");
    let body = Block::new()
        .set("domain_name", domain)
        .block("domain_name_configuration", endpoint);
    let name = stack.module.resource("aws_apigatewayv2_domain_name", &api.name, body);
    let mapping = Block::new()
        .set("api_id", gateway.id())
        .set("domain_name", name.id())
        .set("stage", stage.id());
    stack
        .module
        .resource("aws_apigatewayv2_api_mapping", &api.name, mapping);
    let target = |what: &str| expr::attribute(name.attr("domain_name_configuration"), &["0", what]);
    match zone {
        Some(zone) => {
            let alias = Block::new()
                .set("name", target("target_domain_name"))
                .set("zone_id", target("hosted_zone_id"))
                .set("evaluate_target_health", false);
            let record = Block::new()
                .set("zone_id", zone)
                .set("name", domain)
                .set("type", "A")
                .block("alias", alias);
            stack.module.resource("aws_route53_record", &api.name, record);
        }
        None => {
            stack.module.file("outputs", "");
            let description = format!("Point {domain} here with a CNAME record.");
            let address = target("target_domain_name");
            stack
                .module
                .output(&format!("{}_address", api.name), address, &description);
        }
    }
    format!("https://{domain}").into()
}
