//! What callers may ask of an API: one operation for each method and path.

use hcl::Expression;

use crate::ir::{Api, ApiRoute, Segment};
use crate::targets::azure::{Stack, names};
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Method;
use crate::{list, object};

/// The API, and its operations.
pub(super) struct Routed {
    pub api: Address,
    pub operations: Address,
    /// What an operation is: its id, method, path and route, by method and path.
    pub table: Expression,
}

pub(super) fn lower(stack: &mut Stack<'_>, api: &Api, gateway: &Address) -> Routed {
    let body = Block::new()
        .set("name", api.name.as_str())
        .set("resource_group_name", stack.project.group.attr("name"))
        .set("api_management_name", gateway.attr("name"))
        .set("display_name", api.name.as_str())
        .set("revision", "1")
        .set("path", "")
        .set("protocols", list!["https"])
        .comment("Callers bring tokens, not keys of a subscription.")
        .set("subscription_required", false);
    let own = stack.module.resource("azurerm_api_management_api", &api.name, body);
    let parameter = Block::new()
        .set("name", expr::iterator("parameter", &["value"]))
        .set("required", true)
        .set("type", "string");
    let parameters = Block::new()
        .set("for_each", expr::each_value(&["parameters"]))
        .set("iterator", expr::keyword("parameter"))
        .block("content", parameter);
    let table = stack
        .module
        .local(&format!("{}-operations", api.name), expr::object(operations(api)));
    let body = Block::new()
        .set("for_each", table.clone())
        .set("operation_id", expr::each_value(&["id"]))
        .set("api_name", own.attr("name"))
        .set("api_management_name", own.attr("api_management_name"))
        .set("resource_group_name", own.attr("resource_group_name"))
        .set("display_name", expr::each_key())
        .set("method", expr::each_value(&["method"]))
        .set("url_template", expr::each_value(&["path"]))
        .labelled("dynamic", &["template_parameter"], parameters);
    let kind = "azurerm_api_management_api_operation";
    let operations = stack.module.resource(kind, &api.name, body);
    Routed {
        api: own,
        operations,
        table,
    }
}

/// By method and path. An operation has one method: a route of any becomes several, all but those that other routes have.
fn operations(api: &Api) -> Vec<(String, Expression)> {
    let mut operations = vec![];
    for route in &api.routes {
        let taken = |method: &str| {
            let other = |other: &&ApiRoute| other.method.map(Method::name) == Some(method);
            let mut others = api.routes.iter().filter(other);
            route.method.is_none() && others.any(|other| shape(&other.segments) == shape(&route.segments))
        };
        for method in methods(api, route).into_iter().filter(|method| !taken(method)) {
            let path = path(&route.segments);
            let parameters = route.segments.iter().filter_map(|segment| match segment {
                Segment::Parameter(name) => Some(Expression::from(name.as_str())),
                _ => None,
            });
            let operation = object! {
                "id" => id(method, &route.segments),
                "method" => method,
                "path" => path.as_str(),
                "parameters" => Expression::Array(parameters.collect()),
                "route" => route.key.as_str(),
            };
            operations.push((format!("{method} {path}"), operation));
        }
    }
    operations.sort_by(|(one, _), (other, _)| one.cmp(other));
    operations
}

/// Where the API itself answers browsers of other origins, nobody else gets their questions.
fn methods(api: &Api, route: &ApiRoute) -> Vec<&'static str> {
    match route.method {
        Some(method) => vec![method.name()],
        None => {
            let known = Method::ALL.into_iter().map(Method::name);
            known.chain(api.cors.is_none().then_some("OPTIONS")).collect()
        }
    }
}

/// What requests are told apart by: the name of a parameter is not part of it.
fn shape(segments: &[Segment]) -> Vec<&str> {
    let shape = segments.iter().map(|segment| match segment {
        Segment::Literal(text) => text.as_str(),
        Segment::Parameter(_) => "{}",
        Segment::Rest => "*",
    });
    shape.collect()
}

fn path(segments: &[Segment]) -> String {
    let segments: Vec<String> = segments
        .iter()
        .map(|segment| match segment {
            Segment::Literal(text) => text.clone(),
            Segment::Parameter(name) => format!("{{{name}}}"),
            Segment::Rest => "*".to_owned(),
        })
        .collect();
    format!("/{}", segments.join("/"))
}

/// `get-orders-id`. What says no more than another would gets a digest behind it.
pub(super) fn id(method: &str, segments: &[Segment]) -> String {
    let mut words = vec![method.to_lowercase()];
    let mut plain = true;
    for segment in segments {
        match segment {
            Segment::Literal(text) => {
                plain &= text.bytes().all(|byte| byte.is_ascii_alphanumeric());
                words.push(text.replace(['.', '_', '~'], "-"));
            }
            Segment::Parameter(name) => words.push(format!("_{name}")),
            Segment::Rest => words.push("_".to_owned()),
        }
    }
    names::operation(&words.join("-"), plain, &format!("{method} {}", path(segments)))
}
