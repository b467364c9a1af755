//! APIs: Envoy on Cloud Run, in front of the internal load balancer and of functions.
//!
//! Google's API Gateway reaches nothing inside a network, its load balancers check no tokens of others, and Apigee is an organisation of
//! its own whose programs are uploaded. Envoy does all of it from one text, which is part of the output, and Cloud Run runs it: under
//! Google's own name, or behind a load balancer with the API's certificate.

mod envoy;
mod functions;
pub(super) mod readme;

use std::collections::BTreeSet;

use hcl::Expression;

use super::Stack;
use super::containers::Images;
use super::edge::Entries;
use super::firewall;
use super::functions::permit;
use super::load_balancer::{Front, listen, web_firewall};
use crate::ir::{Api, Exposure, Id, Peer};
use crate::target::Target;
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Egress;
use crate::{list, object, template};

/// The proxy, of Docker Hub.
pub(super) const ENVOY: &str = "envoyproxy/envoy:v1.38.3";
/// Proxies of an API, always: each counts its share of the requests by itself.
const PROXIES: u32 = 2;
/// Requests that one of them handles at a time: at most, and so many that it takes more memory for them, as far as there is more.
const REQUESTS: (u32, u32) = (1000, 250);
/// GiB of memory that a proxy of two processors may have, and how many MiB of them are not for bodies.
const MEMORY: [u32; 4] = [1, 2, 4, 8];
const KEPT: u32 = 512;
/// Where Envoy listens.
const PORT: u16 = 8080;

/// What the parts around an API are called.
pub(super) fn part(api: &Api) -> String {
    format!("api-{}", api.name)
}

/// The ports of the services that it routes to.
pub(super) fn ports(stack: &Stack<'_>, id: Id<Api>) -> Vec<u16> {
    let flows = stack.system.flows_from(Peer::Api(id));
    let ports: BTreeSet<u16> = flows.map(|flow| flow.port).collect();
    ports.into_iter().collect()
}

pub(super) fn lower(stack: &mut Stack<'_>, entries: &Entries, images: &Images) {
    let system = stack.system;
    for (id, api) in system.apis.iter() {
        let name = part(api);
        let ports = ports(stack, id);
        let internal = entries.internal.as_ref().filter(|_| !ports.is_empty());
        let way = internal.map(|internal| firewall::of_api(stack, &name, internal, ports.clone()));
        stack.module.file("api_gateways", "");
        let account = account(stack, api, &name);
        let text = envoy::config(stack, api, internal, &ports);
        let text = stack
            .module
            .comment("All that Envoy is told. It tries routes in their order.")
            .local(&format!("{}-envoy", api.name), text);
        let mut ready = vec![stack.encryption.users.whole()];
        ready.extend(way.as_ref().map(Address::whole));
        ready.extend(images.grant(ENVOY));
        for function in functions::routed(stack, api) {
            let address = stack.functions[&function].clone();
            let permission = permit(stack, function, &address, &name, account.attr("member"));
            ready.push(permission.whole());
        }
        stack.module.file("api_gateways", "");
        let run = run(stack, api, &account, (text, images.at(stack, ENVOY), ready));
        let url = match &api.domain {
            Some(domain) => behind(stack, api, domain, &run),
            None => run.attr("uri"),
        };
        stack.module.file("outputs", "");
        let description = format!("Where the API {} is called.", api.name);
        stack.module.output(&format!("{}_url", api.name), url, &description);
        let what = match (internal.is_some(), functions::routed(stack, api).is_empty()) {
            (true, true) => "Envoy on Cloud Run, in front of the internal load balancer",
            (true, false) => "Envoy on Cloud Run, in front of the internal load balancer and of functions",
            (false, _) => "Envoy on Cloud Run, in front of functions",
        };
        stack.report.component(&api.path, what, run.text());
    }
}

/// What one proxy of an API is given: whatever callers send, the bodies that it holds at a time fit.
struct Share {
    /// GiB of memory.
    memory: u32,
    /// Requests at a time.
    requests: u32,
}

impl Share {
    fn of(api: &Api) -> Self {
        let (most, wanted) = REQUESTS;
        let fit = |memory: u32| (memory * 1024 - KEPT).saturating_mul(1024) / api.max_body_kb.max(1);
        let [.., largest] = MEMORY;
        let memory = MEMORY
            .into_iter()
            .find(|memory| fit(*memory) >= wanted)
            .unwrap_or(largest);
        Self {
            memory,
            requests: fit(memory).clamp(1, most),
        }
    }

    /// Bytes that Envoy takes before it refuses requests.
    fn heap(&self) -> u64 {
        u64::from(self.memory * 1024 - KEPT / 4) * 1024 * 1024
    }
}

fn account(stack: &mut Stack<'_>, api: &Api, name: &str) -> Address {
    let body = Block::new()
        .set("account_id", stack.name(name))
        .set("display_name", format!("{} API {}", stack.system.prefix, api.name))
        .set("depends_on", stack.project.ready());
    stack
        .module
        .comment(match functions::routed(stack, api).is_empty() {
            true => "It may nothing: Envoy asks no service of Google's.",
            false => "It may call the functions that the API routes to, and nothing else.",
        })
        .resource("google_service_account", name, body)
}

fn run(
    stack: &mut Stack<'_>,
    api: &Api,
    account: &Address,
    (text, image, ready): (Expression, Expression, Vec<Expression>),
) -> Address {
    let name = part(api);
    let share = Share::of(api);
    let limits = object! { "cpu" => "2", "memory" => format!("{}Gi", share.memory) };
    let resources = Block::new()
        .set("limits", limits)
        .comment("Processors are there between requests too: that is when keys of tokens are fetched.")
        .set("cpu_idle", false);
    let probe = Block::new()
        .set("period_seconds", 5)
        .set("failure_threshold", 12)
        .block("tcp_socket", Block::new().set("port", PORT));
    let container = Block::new()
        .set("image", image)
        .set("command", list!["envoy"])
        .set("args", list!["--config-yaml", expr::jsonencode(text)])
        .block("resources", resources)
        .block("ports", Block::new().set("container_port", PORT))
        .block("startup_probe", probe);
    let subnet = stack.network.of_containers();
    let network = Block::new()
        .set("subnetwork", subnet)
        .set("tags", list![stack.system.prefix.as_str(), stack.name(&name)]);
    let nat = stack.system.network.egress == Egress::Nat;
    let (why, egress) = match functions::routed(stack, api).is_empty() || !nat {
        true => (
            "To the internal load balancer through the network; to the issuer of tokens directly.",
            "PRIVATE_RANGES_ONLY",
        ),
        false => ("Functions answer to who calls through the network.", "ALL_TRAFFIC"),
    };
    let access = Block::new()
        .comment(why)
        .set("egress", egress)
        .block("network_interfaces", network);
    let template = Block::new()
        .set("service_account", account.attr("email"))
        .set("encryption_key", stack.encryption.key.id())
        .set("execution_environment", "EXECUTION_ENVIRONMENT_GEN2")
        .comment("So many bodies of the largest size fit into the memory.")
        .set("max_instance_request_concurrency", share.requests)
        .set("timeout", "60s")
        .block("scaling", Block::new().set("max_instance_count", PROXIES))
        .block("vpc_access", access)
        .block("containers", container);
    let own = api.domain.is_some();
    let body = Block::new()
        .set("name", stack.name(&name))
        .set("location", stack.region())
        .comment("Who may call is said by tokens, which Envoy checks.")
        .set(
            "ingress",
            if own {
                "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
            } else {
                "INGRESS_TRAFFIC_ALL"
            },
        )
        .when(own, |block| block.set("default_uri_disabled", true))
        .set("invoker_iam_disabled", true)
        .comment("It holds nothing that would be lost with it.")
        .set("deletion_protection", false)
        .block("scaling", Block::new().set("min_instance_count", PROXIES))
        .block("template", template)
        .set("depends_on", Expression::Array(ready));
    stack.module.resource("google_cloud_run_v2_service", &name, body)
}

/// The load balancer under the API's own name. Gives the URL.
fn behind(stack: &mut Stack<'_>, api: &Api, domain: &str, run: &Address) -> Expression {
    let name = part(api);
    let address = Block::new()
        .set("name", stack.name(&name))
        .set("region", stack.region())
        .set("address_type", "EXTERNAL")
        .set("network_tier", "PREMIUM")
        .set("depends_on", stack.project.ready());
    let address = stack.module.resource("google_compute_address", &name, address);
    let group = Block::new()
        .set("name", stack.name(&name))
        .set("region", stack.region())
        .set("network_endpoint_type", "SERVERLESS")
        .block("cloud_run", Block::new().set("service", run.attr("name")));
    let group = stack
        .module
        .resource("google_compute_region_network_endpoint_group", &name, group);
    let proxies = Block::new()
        .set("group", group.id())
        .set("balancing_mode", "UTILIZATION")
        .set("capacity_scaler", 1.0);
    let firewall = web_firewall(
        stack,
        &name,
        &format!("Web application firewall of the API {}", api.name),
    );
    let backend = Block::new()
        .set("name", stack.name(&name))
        .set("region", stack.region())
        .set("load_balancing_scheme", "EXTERNAL_MANAGED")
        .set("protocol", "HTTPS")
        .set("security_policy", firewall.id())
        .block("backend", proxies)
        .block("log_config", Block::new().set("enable", true).set("sample_rate", 1.0));
    let backend = stack
        .module
        .resource("google_compute_region_backend_service", &name, backend);
    let map = Block::new()
        .set("name", stack.name(&name))
        .set("region", stack.region())
        .set("default_service", backend.id());
    let map = stack.module.resource("google_compute_region_url_map", &name, map);
    let policy = Block::new()
        .set("name", stack.name(&name))
        .set("region", stack.region())
        .set("profile", "MODERN")
        .set("min_tls_version", "TLS_1_2")
        .set("depends_on", stack.project.ready());
    let policy = stack.module.resource("google_compute_region_ssl_policy", &name, policy);
    let front = Front {
        exposure: Exposure::Public,
        address: &address,
        certificate: api.certificate(Target::Gcp).map(Expression::from),
        tls_policy: Some(policy),
    };
    listen(stack, &front, &name, 443, &map);
    match api.zone.get(Target::Gcp) {
        Some(zone) => {
            let body = Block::new()
                .set("managed_zone", zone)
                .set("name", format!("{domain}."))
                .set("type", "A")
                .set("ttl", 300)
                .set("rrdatas", list![address.attr("address")]);
            stack.module.resource("google_dns_record_set", &name, body);
        }
        None => {
            stack.module.file("outputs", "");
            let description = format!("Point {domain} here with an A record.");
            let output = format!("{}_address", api.name);
            stack.module.output(&output, address.attr("address"), &description);
        }
    }
    template![format!("https://{domain}")]
}
