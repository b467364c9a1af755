//! What the README of the output says about APIs.

use super::gateway_name;
use crate::ir::Api;
use crate::target::Target;
use crate::targets::kubernetes::load_balancer::is_istio;
use crate::targets::kubernetes::stack::Stack;
use crate::targets::shared::report::Report;

fn apis<'a>(stack: &'a Stack<'_>) -> impl Iterator<Item = &'a Api> {
    stack.system.apis.iter().map(|(_, api)| api)
}

pub(in crate::targets::kubernetes) fn components(stack: &Stack<'_>, report: &mut Report) {
    for api in apis(stack) {
        let what = if is_istio(stack) {
            "Gateway of its own, routes, and what Istio checks"
        } else {
            "Gateway of its own, and routes"
        };
        report.component(&api.path, what, format!("gateway/{}", gateway_name(api)));
    }
}

pub(in crate::targets::kubernetes) fn prerequisites(stack: &Stack<'_>, needs: &mut impl FnMut(String)) {
    let system = stack.system;
    if apis(stack).next().is_none() {
        return;
    }
    let class = &system.cluster.gateway_class;
    let origins = if apis(stack).any(|api| api.cors.is_some()) {
        " that answers browsers of other origins (Gateway API 1.5 or newer, `HTTPRouteCORS`)"
    } else {
        ""
    };
    needs(format!(
        "For APIs a GatewayClass `{class}`{origins}; paths with parameters are matched by regular expressions, which Istio has and not every \
            other one."
    ));
    if is_istio(stack) && apis(stack).any(|api| api.jwt.is_some()) {
        needs(
            "Istio 1.26 or newer, whose istiod reaches the keys of whoever issues tokens: it fetches them for the proxies.".to_owned(),
        );
    }
    let edge = stack.edge_namespace();
    for api in apis(stack) {
        let Some(domain) = &api.domain else { continue };
        match api.certificate(Target::Kubernetes) {
            Some(secret) => needs(format!(
                "The certificate of `{domain}`: `kubectl --namespace {edge} create secret tls {secret} --cert=FILE --key=FILE`, once the \
                    namespace is there."
            )),
            None => needs(format!(
                "cert-manager with a ClusterIssuer `{}` that can prove the ownership of `{domain}`.",
                system.cluster.cluster_issuer
            )),
        }
    }
}

pub(in crate::targets::kubernetes) fn security(stack: &Stack<'_>, says: &mut impl FnMut(&str)) {
    if apis(stack).next().is_none() {
        return;
    }
    if is_istio(stack) {
        says(
            "Each API has a Gateway of its own, whose proxies check tokens (signature, issuer, audience, time) and let nothing pass that no \
                route names: a wrong token is answered with 401, none or another path with 403. Services trust the proxies for that; \
                whoever gets into the network of the cluster is kept off by the network policies, not by tokens.",
        );
    }
    says(
        "The proxies of an API speak HTTP to the services inside the cluster, and send the caller's token along. A service that an API \
            routes to takes connections of every pod in the namespace of the proxies.",
    );
}

pub(in crate::targets::kubernetes) fn operations(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    let edge = stack.edge_namespace();
    for api in apis(stack) {
        let point = match &api.domain {
            Some(domain) => format!(" Point `{domain}` at it."),
            None => " It has no name, and speaks plain HTTP.".to_owned(),
        };
        says(format!(
            "The address of the API `{}`: `kubectl --namespace {edge} get gateway {}`.{point}",
            api.name,
            gateway_name(api)
        ));
    }
    if apis(stack).next().is_none() {
        return;
    }
    if is_istio(stack) {
        says(
            "Requests of an API are counted by every proxy by itself: each has half of what a route says, so that the two that always run \
                have the whole; where load has started more, up to five, more passes. A request counts for every route that names it. \
                Bodies are held until they are whole, up to `max_body_kb`, and refused with 413 beyond. Both are parts of Envoy's own \
                configuration in an EnvoyFilter: look at it before Istio gets a new version. Access logs are what the proxies print."
                .to_owned(),
        );
    } else {
        says(
            "Tokens, `throttle`, `max_body_kb` and access logs of APIs are not part of the output for this class of gateway: the controller \
                or the services have to see to them."
                .to_owned(),
        );
    }
}
