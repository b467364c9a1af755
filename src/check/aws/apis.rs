//! What the HTTP APIs of API Gateway take.

use crate::diagnostic::{Diagnostic, aws};
use crate::ir::{Api, ApiRoute, System};
use crate::vocabulary::Method;

/// KiB of a request's body: so much at most, and nobody can choose less.
const BODY: u32 = 10_240;
/// Routes of an API, until more are asked for.
const ROUTES: usize = 300;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, api) in system.apis.iter() {
        if api.max_body_kb < BODY {
            let at = system.places.span(&format!("{}.max_body_kb", api.path));
            problems.push(aws::body_of_api(at, &api.name, api.max_body_kb));
        }
        let routes: usize = api.routes.iter().map(|route| api_methods(api, route).len()).sum();
        if routes > ROUTES {
            let at = system.places.key(&format!("{}.routes", api.path));
            problems.push(aws::routes_of_api(at, &api.name, routes, ROUTES));
        }
    }
}

/// The methods that a route takes there: none for any.
///
/// With CORS, any method is one route for each that the language knows and no other route of the same path names. The gateway itself answers
/// what browsers ask beforehand (`OPTIONS`) where no route takes that; `ANY` does, and would want a token, which browsers do not send then.
pub fn api_methods(api: &Api, route: &ApiRoute) -> Vec<Option<Method>> {
    if route.method.is_some() || api.cors.is_none() {
        return vec![route.method];
    }
    let named = |method| {
        let mut others = api.routes.iter().filter(|other| other.method == Some(method));
        others.any(|other| route.same_path(other))
    };
    let methods = Method::ALL.into_iter().filter(|&method| !named(method));
    methods.map(Some).collect()
}
