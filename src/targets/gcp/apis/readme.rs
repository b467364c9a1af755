//! What the README of the output says about APIs.

use std::collections::BTreeSet;

use crate::ir::Tls;
use crate::target::Target;
use crate::targets::gcp::Stack;

pub(in crate::targets::gcp) fn prerequisites(stack: &Stack<'_>) -> Vec<String> {
    let certificates = stack
        .system
        .apis
        .iter()
        .filter_map(|(_, api)| api.certificate(Target::Gcp));
    let mut items: Vec<String> = certificates
        .map(|certificate| format!("The certificate `{certificate}`."))
        .collect();
    let zones = stack
        .system
        .apis
        .iter()
        .filter_map(|(_, api)| api.zone.get(Target::Gcp));
    let zones: BTreeSet<&str> = zones.collect();
    items.extend(
        zones
            .into_iter()
            .map(|zone| format!("The public Cloud DNS zone `{zone}` in the same project.")),
    );
    if !stack.system.apis.is_empty() {
        items.push("Where the organisation enforces `run.managed.requireInvokerIam`, an exception on the project: callers of an API show a token of the blueprint's issuer, not one of Google's.".to_owned());
    }
    items
}

pub(in crate::targets::gcp) fn security(stack: &Stack<'_>) -> Vec<&'static str> {
    let system = stack.system;
    if system.apis.is_empty() {
        return vec![];
    }
    let routed = |services: bool| {
        let mut routes = system.apis.iter().flat_map(|(_, api)| &api.routes);
        routes.any(|route| system.services[route.service].function.is_none() == services)
    };
    let mut items = vec![match (routed(true), routed(false)) {
        (_, false) => {
            "APIs are proxies (Envoy) on Cloud Run, which check tokens (signature, issuer, audience, time) before they count a request, and answer what no route names with 404. A firewall rule lets them reach the internal load balancer at the ports of the services that they route to, and nothing else in the network. Their service accounts have no role."
        }
        (true, true) => {
            "APIs are proxies (Envoy) on Cloud Run, which check tokens (signature, issuer, audience, time) before they count a request, and answer what no route names with 404. A firewall rule lets them reach the internal load balancer at the ports of the services that they route to, and nothing else in the network. Their service accounts may call the functions that they route to, each by itself; what callers send as `X-Serverless-Authorization` is taken away."
        }
        (false, true) => {
            "APIs are proxies (Envoy) on Cloud Run, which check tokens (signature, issuer, audience, time) before they count a request, and answer what no route names with 404. Their service accounts may call the functions that they route to, each by itself; what callers send as `X-Serverless-Authorization` is taken away."
        }
    }];
    if system.apis.iter().any(|(_, api)| api.domain.is_some()) {
        items.push("Cloud Armor stands before APIs with a host name of their own, with Google's preconfigured rules at sensitivity 1.");
    }
    if system.apis.iter().any(|(_, api)| api.domain.is_none()) {
        items.push(
            "An API without a host name of its own is called under Google's, before which no Cloud Armor can stand.",
        );
    }
    let encrypted = |tls: Tls<'_>| tls != Tls::Off;
    if system
        .internal
        .as_ref()
        .is_some_and(|internal| encrypted(internal.tls(Target::Gcp)))
    {
        items.push("The proxies of APIs trust public authorities only: the certificate of the internal load balancer has to be signed by one.");
    }
    items
}

pub(in crate::targets::gcp) fn operations(stack: &Stack<'_>) -> Vec<String> {
    if stack.system.apis.is_empty() {
        return vec![];
    }
    vec![format!(
        "All that an API does is the text in `terraform/api_gateways.tf`, which a change turns into a new revision. Two proxies run always, each of which counts half of what a route says; while a revision takes the place of another there are more. Bodies are held until they are whole, up to `max_body_kb` (16 KiB where the method is GET, HEAD or DELETE), and refused with 413 beyond; whoever takes more than 30 seconds to send one is refused with 408. A proxy has memory for as many of the largest as it handles requests at a time; what is beyond that waits or gets 429. With `cors`, OPTIONS is a browser's question, which the proxies answer themselves. What was asked is in the log of the Cloud Run service, one line for each request. The image is `{}`: a newer one is `[override.gcp.google_cloud_run_v2_service.api_NAME]` or a newer cloudgen.",
        super::ENVOY
    )]
}
