//! What the owner of APIs should know and do.

use crate::check::aws_call_seconds;
use crate::ir::Tls;
use crate::target::Target;
use crate::targets::aws::{Stack, place};
use crate::terraform::identifier;

/// Adds what has to be there before the first apply.
pub(in crate::targets::aws) fn prerequisites(stack: &Stack<'_>, items: &mut Vec<String>) {
    for (_, api) in stack.system.apis.iter() {
        if let Some(jwt) = &api.jwt {
            items.push(format!(
                "`{}/.well-known/openid-configuration` answers: API Gateway looks there for who issues the tokens of `{}`, also when it is made.",
                jwt.issuer.trim_end_matches('/'),
                api.name
            ));
        }
        let requested = api.domain.as_ref().filter(|_| api.certificate(Target::Aws).is_none());
        if let (Some(domain), None) = (requested, api.zone.get(Target::Aws)) {
            items.push(format!(
                "A hand on the DNS of `{domain}`: the first apply requests a certificate and waits until the CNAME record that ACM shows for it is there."
            ));
        }
    }
}

/// Adds what is done for the safety of APIs.
pub(in crate::targets::aws) fn security(stack: &Stack<'_>, items: &mut Vec<String>) {
    let system = stack.system;
    if system.apis.is_empty() {
        return;
    }
    let inside = match system.internal.as_ref().map(|balancer| balancer.tls(Target::Aws)) {
        Some(Tls::Off) | None => "in plain HTTP",
        Some(_) => "with TLS",
    };
    let ways = system.apis.iter().map(|(id, _)| place::reaches_inside(&system, id));
    let way = match ways.into_iter().any(|inside| inside) {
        true => format!("They reach services {inside} through the internal load balancer, from inside the network"),
        false => "They call functions as Lambda's own clients".to_owned(),
    };
    items.push(format!("APIs ask for a token in the header `Authorization` on every route that is not `open`; services get it as well and decide what its owner may do. {way}. API Gateway takes no web application firewall for them."));
}

/// Adds what there is to know of APIs that run.
pub(in crate::targets::aws) fn operations(stack: &Stack<'_>, items: &mut Vec<String>) {
    let (system, prefix) = (stack.system, &stack.system.prefix);
    for (_, api) in system.apis.iter() {
        let (name, local) = (&api.name, identifier(&api.name));
        let address = match (&api.domain, api.zone.get(Target::Aws)) {
            (Some(domain), None) => format!(
                " After the first apply, point `{domain}` at the output `{local}_address` with a CNAME record; the API answers under no other name."
            ),
            (Some(domain), Some(_)) => format!(" It answers as `{domain}` and under no other name."),
            (None, _) => format!(" Its URL is the output `{local}_url`."),
        };
        let calls = api
            .routes
            .iter()
            .any(|route| system.services[route.service].function.is_some());
        let functions = match calls {
            true => ", to a function and back 6 MB with headers, where what is no text counts a third more",
            false => "",
        };
        let shortened = api.routes.iter().any(|route| {
            let service = &system.services[route.service];
            let item = service.function.as_ref();
            item.is_some_and(|item| aws_call_seconds(&system, service, item) < item.timeout_seconds)
        });
        let ends = match shortened {
            true => " (a function that says no `timeout_seconds` ends after 29)",
            false => "",
        };
        items.push(format!(
            "The API `{name}` gives a service 30 seconds for an answer{ends} and passes bodies of up to 10 MB{functions}; what is beyond a route's throttle gets 429, the requests of all callers together.{address} Each request has a line in the log group `/aws/vendedlogs/{prefix}/api/{name}`, whose `error` and `integrationError` say why one was refused.",
        ));
    }
    if !system.apis.is_empty() {
        let asleep = match system.apis.iter().any(|(id, _)| place::reaches_inside(&system, id)) {
            true => {
                " After 60 days without a request AWS lets the link from APIs into the network sleep, and requests fail for some minutes until it is back."
            }
            false => "",
        };
        items.push(format!("A path of an API that ends in `/*` leads what is below it, and not the path itself: name that beside it where a service answers there.{asleep}"));
    }
}
