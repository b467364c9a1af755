//! What API Management does with a request: templates of its own language, which is XML.

use serde::Serialize;
use tera::Context;

use super::operations::{Routed, id};
use crate::check::api_window;
use crate::ir::{Api, ApiRoute, Cors};
use crate::targets::azure::project::TARGET;
use crate::targets::azure::{Stack, functions};
use crate::targets::shared::template::fill;
use crate::terraform::expr::{self, Part};
use crate::terraform::{Address, Block};
use crate::vocabulary::Method;

const API: &str = include_str!("../../../../templates/apis/azure-api.xml.tera");
const ROUTE: &str = include_str!("../../../../templates/apis/azure-route.xml.tera");

/// Stands for an address that Terraform alone knows. No blueprint has control characters in its text.
const MARK: &str = "\u{1}";

/// Seconds that a service has for an answer, as on other clouds.
const TIMEOUT_SECONDS: u32 = 30;

pub(super) fn lower(stack: &mut Stack<'_>, api: &Api, (gateway, routed): (&Address, &Routed)) {
    let own = &routed.api;
    let body = Block::new()
        .set("api_name", own.attr("name"))
        .set("api_management_name", gateway.attr("name"))
        .set("resource_group_name", own.attr("resource_group_name"))
        .set("xml_content", expr::heredoc([of_api(api).into()]));
    stack
        .module
        .resource("azurerm_api_management_api_policy", &api.name, body);
    let texts: Vec<_> = api
        .routes
        .iter()
        .map(|route| (route.key.clone(), expr::heredoc(of_route(stack, api, route))))
        .collect();
    let texts = stack
        .module
        .local(&format!("{}-policies", api.name), expr::object(texts));
    let operation = routed.operations.each();
    let body = Block::new()
        .set("for_each", routed.table.clone())
        .set("operation_id", operation.attr("operation_id"))
        .set("api_name", operation.attr("api_name"))
        .set("api_management_name", operation.attr("api_management_name"))
        .set("resource_group_name", operation.attr("resource_group_name"))
        .set("xml_content", expr::element(texts, expr::each_value(&["route"])));
    stack
        .module
        .resource("azurerm_api_management_api_operation_policy", &api.name, body);
}

#[derive(Serialize)]
struct Origins {
    credentials: bool,
    max_age_seconds: u32,
    origins: Vec<String>,
    methods: Vec<&'static str>,
    headers: Vec<String>,
    exposed: Vec<String>,
}

impl From<&Cors> for Origins {
    fn from(cors: &Cors) -> Self {
        Self {
            credentials: cors.credentials,
            max_age_seconds: cors.max_age_seconds,
            origins: escaped(&cors.origins),
            methods: cors.methods.iter().map(|method| method.name()).collect(),
            headers: escaped(&cors.headers),
            exposed: escaped(&cors.exposed),
        }
    }
}

#[derive(Serialize)]
struct Tokens {
    configuration: String,
    issuer: String,
    audiences: Vec<String>,
}

fn of_api(api: &Api) -> String {
    let mut context = Context::new();
    context.insert("cors", &api.cors.as_ref().map(Origins::from));
    context.insert("max_body", &(u64::from(api.max_body_kb) * 1024));
    context.insert("timeout", &TIMEOUT_SECONDS);
    fill(API, &context)
}

/// Tokens come before the count: whoever brings none takes nothing from those who do.
fn of_route(stack: &Stack<'_>, api: &Api, route: &ApiRoute) -> Vec<Part> {
    let system = stack.system;
    let tokens = api.jwt.as_ref().filter(|_| !route.open).map(|jwt| Tokens {
        configuration: xml(&format!(
            "{}/.well-known/openid-configuration",
            jwt.issuer.trim_end_matches('/')
        )),
        issuer: xml(&jwt.issuer),
        audiences: escaped(&jwt.audiences),
    });
    let service = &system.services[route.service];
    let scheme = system
        .internal
        .as_ref()
        .map_or("http", |internal| internal.scheme(TARGET));
    let backend = match service.function {
        Some(_) => MARK.to_owned(),
        None => xml(&format!(
            "{scheme}://{}.{}:{}",
            service.name, system.network.private_domain, service.port
        )),
    };
    let (calls, seconds) = api_window(route.throttle);
    let mut context = Context::new();
    context.insert("jwt", &tokens);
    context.insert("calls", &calls);
    context.insert("seconds", &seconds);
    context.insert(
        "counter",
        &id(route.method.map_or("any", Method::name), &route.segments),
    );
    context.insert("backend", &backend);
    let text = fill(ROUTE, &context);
    match text.split_once(MARK) {
        Some((before, after)) => vec![before.into(), functions::url(stack, route.service).into(), after.into()],
        None => vec![text.into()],
    }
}

fn escaped(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| xml(text)).collect()
}

/// Text as it stands in XML. The language lets none of it begin with `@` or hold `{{`, which would be code and variables there.
fn xml(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
