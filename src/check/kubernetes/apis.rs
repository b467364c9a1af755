//! What a cluster can do for APIs: routes are the Gateway API's, all that is checked of a request is Istio's.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, api as rules, kubernetes};
use crate::ir::{Api, ApiRoute, Id, Segment, Service, System};
use crate::target::Target;

/// The class of gateways that can be told who may ask, how often and how much.
const CHECKING: &str = "istio";
/// Matches that a rule of a route takes.
const ROUTES: usize = 64;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let class = system.cluster.gateway_class.as_str();
    for (_, api) in system.apis.iter() {
        let span = |key: &str| system.places.span(&format!("{}.{key}", api.path));
        let key = |key: &str| system.places.key(&format!("{}.{key}", api.path));
        let own = || system.places.key(&api.path);
        if class != CHECKING {
            if api.routes.iter().any(|route| !route.open) {
                problems.push(rules::tokens_unchecked(key("jwt").or_else(own), &api.name, class));
            }
            problems.push(rules::not_throttled(own(), &api.name, class));
            problems.push(rules::any_size(own(), &api.name, class));
        }
        if api.domain.is_none() {
            problems.push(rules::plain_http(own(), &api.name));
        }
        if api.zone.get(Target::Kubernetes).is_some() {
            let at = span("zone.kubernetes");
            let name = format!("{}.zone", api.path);
            problems.push(kubernetes::meaningless(at, &name, "a cluster has no DNS zones"));
        }
        for (first, second) in mistaken(api) {
            let at = key(&format!("routes.{}", second.key));
            problems.push(rules::mistaken(at, [&first.key, &second.key]));
        }
        let mut routed: BTreeMap<Id<Service>, usize> = BTreeMap::new();
        for route in &api.routes {
            *routed.entry(route.service).or_default() += 1;
        }
        for (service, count) in routed.into_iter().filter(|(_, count)| *count > ROUTES) {
            let name = &system.services[service].name;
            problems.push(rules::too_many_routes(key("routes").or_else(own), name, count, ROUTES));
        }
    }
}

/// Routes that a gateway would mistake for each other. It tries longer expressions first, whatever they say.
fn mistaken(api: &Api) -> Vec<(&ApiRoute, &ApiRoute)> {
    if !by_expression(api) {
        return vec![];
    }
    let length = |route: &ApiRoute| path_expression(route, "[^/]+", ".+").len();
    let mut found = vec![];
    let open_ended = |route: &&ApiRoute| {
        !route
            .segments
            .iter()
            .all(|segment| matches!(segment, Segment::Literal(_)))
    };
    let routes: Vec<&ApiRoute> = api.routes.iter().filter(open_ended).collect();
    for (index, &first) in routes.iter().enumerate() {
        for &second in routes.iter().skip(index + 1).filter(|second| first.meets(second)) {
            let same = first.service == second.service && first.open == second.open;
            let [winner, loser] = if first.beats(second) {
                [first, second]
            } else {
                [second, first]
            };
            let one_path = path_expression(winner, "{}", "*") == path_expression(loser, "{}", "*");
            if !(same || one_path || length(winner) > length(loser)) {
                found.push((first, second));
            }
        }
    }
    found
}

/// True if paths of an API that are not exact are matched by expressions: where there are parameters, which prefixes do not know. All of
/// them then, because gateways try prefixes first, however short they are.
pub fn by_expression(api: &Api) -> bool {
    let mut segments = api.routes.iter().flat_map(|route| &route.segments);
    segments.any(|segment| matches!(segment, Segment::Parameter(_)))
}

/// A route's path as a regular expression, with these for its parameters and for the rest.
pub fn path_expression(route: &ApiRoute, parameter: &str, rest: &str) -> String {
    let segments = route.segments.iter().map(|segment| match segment {
        // Of what a path may hold, the dot alone means something there.
        Segment::Literal(text) => text.replace('.', "[.]"),
        Segment::Parameter(_) => parameter.to_owned(),
        Segment::Rest => rest.to_owned(),
    });
    format!("/{}", segments.collect::<Vec<_>>().join("/"))
}
