//! Load balancers: the public one with its web application firewall, the internal one with a listener per port.
//!
//! Both are regional: one region serves the system, TLS ends there, and one proxy-only subnet is enough for both.

use std::collections::BTreeMap;

use hcl::Expression;

use super::Stack;
use super::balancer_routes::url_map;
use super::cluster::{Gateway, is_pod, port_name};
use super::compute::Machines;
use super::edge::{Entries, internal_certificate};
use crate::ir::{Balancer, Exposure, Id, Service};
use crate::list;
use crate::target::Target;
use crate::terraform::{Address, Block};

/// Preconfigured rules of Cloud Armor: (priority, rule set, what it stops).
const WAF: [(u32, &str, &str); 7] = [
    (1000, "sqli-v33-stable", "SQL injection"),
    (1100, "xss-v33-stable", "Cross-site scripting"),
    (1200, "lfi-v33-stable", "Local file inclusion"),
    (1300, "rfi-v33-stable", "Remote file inclusion"),
    (1400, "rce-v33-stable", "Remote code execution"),
    (1500, "protocolattack-v33-stable", "Protocol attacks"),
    (1600, "cve-canary", "Log4Shell and other current vulnerabilities"),
];

/// Priority of the rule that every policy ends with.
const LAST: u32 = 2_147_483_647;

/// What the forwarding rules of one load balancer share.
pub(super) struct Front<'a> {
    pub exposure: Exposure,
    pub address: &'a Address,
    pub certificate: Option<Expression>,
    pub tls_policy: Option<Address>,
}

/// Adds both, in front of machines, of the endpoint groups of containers and of the cluster's gateway.
pub(super) fn lower(
    stack: &mut Stack<'_>,
    entries: &Entries,
    machines: &Machines,
    backings: (&BTreeMap<Id<Service>, Address>, Option<&Gateway>),
) {
    stack.module.file("load_balancer", "");
    let system = stack.system;
    let internal_certificate = internal_certificate(stack);
    let encrypted = entries.certificate.is_some() || internal_certificate.is_some();
    let tls_policy = encrypted.then(|| tls_policy(stack));
    if let (Some(balancer), Some(address)) = (&system.public, &entries.public) {
        let front = Front {
            exposure: Exposure::Public,
            address,
            certificate: entries.certificate.clone(),
            tls_policy: tls_policy.clone(),
        };
        let firewall = web_firewall(stack, "public", "Web application firewall of the public load balancer");
        let backends = backends(stack, balancer, machines, backings, Some(&firewall));
        for listener in &balancer.listeners {
            let map = url_map(stack, "public", (Exposure::Public, listener), &backends);
            let port = balancer.port(listener, Target::Gcp);
            let part = format!("public-{}", balancer.scheme(Target::Gcp));
            listen(stack, &front, &part, port, &map);
        }
        if front.certificate.is_some() {
            redirect(stack, &front);
        }
        stack.report.component(
            "edge",
            "regional external Application Load Balancer with Cloud Armor",
            "google_compute_region_url_map.public",
        );
    }
    if let (Some(balancer), Some(address)) = (&system.internal, &entries.internal) {
        let front = Front {
            exposure: Exposure::Internal,
            address,
            certificate: internal_certificate,
            tls_policy,
        };
        let backends = backends(stack, balancer, machines, backings, None);
        for listener in &balancer.listeners {
            let part = format!("internal-{}", listener.port);
            let map = url_map(stack, &part, (Exposure::Internal, listener), &backends);
            listen(stack, &front, &part, listener.port, &map);
        }
    }
}

fn tls_policy(stack: &mut Stack<'_>) -> Address {
    let body = Block::new()
        .set("name", stack.system.prefix.as_str())
        .set("region", stack.region())
        .set("profile", "MODERN")
        .set("min_tls_version", "TLS_1_2")
        .set("depends_on", stack.project.ready());
    stack.module.resource("google_compute_region_ssl_policy", "main", body)
}

/// Cloud Armor before one load balancer. `part` names it.
pub(super) fn web_firewall(stack: &mut Stack<'_>, part: &str, about: &str) -> Address {
    let rule = |priority: u32, action: &str, description: &str, matching: Block| {
        Block::new()
            .set("priority", priority)
            .set("action", action)
            .set("description", description)
            .block("match", matching)
    };
    let rules = WAF.into_iter().map(|(priority, set, stops)| {
        let expression = format!("evaluatePreconfiguredWaf('{set}', {{'sensitivity': 1}})");
        let matching = Block::new().block("expr", Block::new().set("expression", expression));
        rule(priority, "deny(403)", stops, matching)
    });
    let everything = Block::new()
        .set("versioned_expr", "SRC_IPS_V1")
        .block("config", Block::new().set("src_ip_ranges", list!["*"]));
    let body = Block::new()
        .set("name", stack.name(part))
        .set("region", stack.region())
        .set("description", about)
        .set("type", "CLOUD_ARMOR")
        .blocks("rules", rules)
        .block("rules", rule(LAST, "allow", "Everything else", everything))
        .set("depends_on", stack.project.ready());
    stack
        .module
        .resource("google_compute_region_security_policy", part, body)
}

/// One backend service for each service behind a load balancer, and one for all in the cluster. A service behind both has two: they differ in their scheme.
fn backends(
    stack: &mut Stack<'_>,
    balancer: &Balancer,
    machines: &Machines,
    (containers, gateway): (&BTreeMap<Id<Service>, Address>, Option<&Gateway>),
    firewall: Option<&Address>,
) -> BTreeMap<Id<Service>, Address> {
    let (scheme, part) = match balancer.exposure {
        Exposure::Public => ("EXTERNAL_MANAGED", "public"),
        Exposure::Internal => ("INTERNAL_MANAGED", "internal"),
    };
    let mut services: Vec<Id<Service>> = balancer
        .listeners
        .iter()
        .flat_map(|listener| listener.routes.iter().map(|route| route.service))
        .collect();
    services.sort();
    services.dedup();
    let mut backends = BTreeMap::new();
    let pods: Vec<Id<Service>> = services
        .extract_if(.., |id| is_pod(&stack.system.services[*id]))
        .collect();
    if let (Some(gateway), false) = (gateway, pods.is_empty()) {
        let address = cluster_backend(stack, balancer.exposure, scheme, gateway, firewall);
        backends.extend(pods.into_iter().map(|id| (id, address.clone())));
    }
    for id in services {
        if let Some(group) = containers.get(&id) {
            let address = container_backend(stack, id, (scheme, part), group, firewall);
            backends.insert(id, address);
            continue;
        }
        let machines = &machines.groups[&id];
        let name = format!("{}-{part}", stack.system.services[id].name);
        let group = Block::new()
            .set("group", machines.manager.attr("instance_group"))
            .set("balancing_mode", "UTILIZATION")
            .set("max_utilization", 0.8)
            .set("capacity_scaler", 1.0);
        let body = Block::new()
            .set("name", stack.name(&name))
            .set("region", stack.region())
            .set("load_balancing_scheme", scheme)
            .set("protocol", "HTTP")
            .set("port_name", "http")
            .set("timeout_sec", 60)
            .set("connection_draining_timeout_sec", 60)
            .set("health_checks", machines.checks())
            .set_some("security_policy", firewall.map(Address::id))
            .block("backend", group)
            .block("log_config", Block::new().set("enable", true).set("sample_rate", 1.0))
            .block("lifecycle", last());
        let address = stack
            .module
            .resource("google_compute_region_backend_service", &name, body);
        backends.insert(id, address);
    }
    backends
}

/// A backend goes after the URL map has let go of it: while that leads to it, Google refuses to delete it.
fn last() -> Block {
    Block::new().set("create_before_destroy", true)
}

/// The backend service of a service on containers. Its name is not that of machines, so that both are there while a service moves.
fn container_backend(
    stack: &mut Stack<'_>,
    id: Id<Service>,
    (scheme, part): (&str, &str),
    group: &Address,
    firewall: Option<&Address>,
) -> Address {
    let name = format!("{}-{part}-run", stack.system.services[id].name);
    let containers = Block::new()
        .set("group", group.id())
        .set("balancing_mode", "UTILIZATION")
        .set("capacity_scaler", 1.0);
    let body = Block::new()
        .set("name", stack.name(&name))
        .set("region", stack.region())
        .set("load_balancing_scheme", scheme)
        .set("protocol", "HTTPS")
        .set_some("security_policy", firewall.map(Address::id))
        .block("backend", containers)
        .block("log_config", Block::new().set("enable", true).set("sample_rate", 1.0))
        .block("lifecycle", last());
    stack
        .module
        .comment("Cloud Run knows which containers are well and how long a request may take: a check or a time here would be refused.")
        .resource("google_compute_region_backend_service", &name, body)
}

/// The backend service of all services in the cluster: its gateway knows which of them a request is for.
fn cluster_backend(
    stack: &mut Stack<'_>,
    exposure: Exposure,
    scheme: &str,
    gateway: &Gateway,
    firewall: Option<&Address>,
) -> Address {
    let name = gateway.backend(exposure);
    let body = Block::new()
        .set("name", stack.name(&name))
        .set("region", stack.region())
        .set("load_balancing_scheme", scheme)
        .set("protocol", "HTTP")
        .set("port_name", port_name(exposure))
        .set("timeout_sec", 60)
        .set("connection_draining_timeout_sec", 60)
        .set("health_checks", gateway.checks())
        .set_some("security_policy", firewall.map(Address::id))
        .labelled("dynamic", &["backend"], gateway.groups())
        .block("log_config", Block::new().set("enable", true).set("sample_rate", 1.0))
        .block("lifecycle", last());
    stack
        .module
        .comment("Every service in the cluster: its gateway knows which of them a request is for.")
        .resource("google_compute_region_backend_service", &name, body)
}

/// A proxy and the forwarding rule that leads to it.
pub(super) fn listen(stack: &mut Stack<'_>, front: &Front<'_>, part: &str, port: u16, map: &Address) {
    let proxy = Block::new()
        .set("name", stack.name(part))
        .set("region", stack.region())
        .set("url_map", map.id());
    let proxy = match &front.certificate {
        Some(certificate) => stack.module.resource(
            "google_compute_region_target_https_proxy",
            part,
            proxy
                .set("certificate_manager_certificates", list![certificate.clone()])
                .set_some("ssl_policy", front.tls_policy.as_ref().map(Address::id)),
        ),
        None => stack
            .module
            .resource("google_compute_region_target_http_proxy", part, proxy),
    };
    forward(stack, front, part, port, &proxy);
}

fn forward(stack: &mut Stack<'_>, front: &Front<'_>, part: &str, port: u16, proxy: &Address) {
    let body = Block::new()
        .set("name", stack.name(part))
        .set("region", stack.region())
        .set("network", stack.network.id.clone());
    let body = match front.exposure {
        Exposure::Public => body
            .set("load_balancing_scheme", "EXTERNAL_MANAGED")
            .set("network_tier", front.address.attr("network_tier")),
        Exposure::Internal => body
            .set("load_balancing_scheme", "INTERNAL_MANAGED")
            .set("subnetwork", stack.network.application.clone()),
    };
    let body = body
        .set("ip_address", front.address.id())
        .set("ip_protocol", "TCP")
        .set("port_range", port.to_string())
        .set("target", proxy.id())
        .set_some("depends_on", stack.network.proxies_ready());
    stack.module.resource("google_compute_forwarding_rule", part, body);
}

/// Port 80 says: come back over HTTPS.
fn redirect(stack: &mut Stack<'_>, front: &Front<'_>) {
    let action = Block::new()
        .set("https_redirect", true)
        .set("redirect_response_code", "MOVED_PERMANENTLY_DEFAULT")
        .set("strip_query", false);
    let map = Block::new()
        .set("name", stack.name("redirect"))
        .set("region", stack.region())
        .block("default_url_redirect", action)
        .set("depends_on", stack.project.ready());
    let map = stack.module.resource("google_compute_region_url_map", "redirect", map);
    let plain = Front {
        exposure: front.exposure,
        address: front.address,
        certificate: None,
        tls_policy: None,
    };
    listen(stack, &plain, "public-redirect", 80, &map);
}
