//! Load balancers: listeners, rules and target groups.

mod target_groups;
pub(super) mod tcp;

use std::collections::BTreeMap;

use hcl::Expression;

use super::firewall::Groups;
use super::logs::{self, AccessLogs};
use super::network::Network;
use super::{Stack, startup};
use crate::ir::{Balancer, Exposure, Id, Listener, Peer, Route, Service, Tier, Tls};
use crate::target::Target;
use crate::targets::shared::cluster;
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Runtime;
use crate::{list, template};

/// TLS 1.2 and 1.3.
const TLS_POLICY: &str = "ELBSecurityPolicy-TLS13-1-2-2021-06";

/// What leads requests to each service.
type Leading = BTreeMap<Id<Service>, Vec<Address>>;

/// The load balancers and what stands behind them.
#[derive(Default)]
pub(super) struct Balancers {
    /// The one that the internet reaches.
    pub(super) public: Option<Address>,
    /// The one between the tiers.
    pub(super) internal: Option<Address>,
    /// Those in front of one service each that does not speak HTTP.
    pub(super) tcp: Vec<(Id<Service>, Address)>,
    /// What the internal one listens on, by port.
    pub(super) ports: BTreeMap<u16, Address>,
    /// The groups of the cluster's gateway.
    pub(super) gateway: Vec<(Exposure, Address)>,
    target_groups: BTreeMap<Id<Service>, Vec<Address>>,
    listeners: Leading,
    rules: Leading,
}

impl Balancers {
    /// The target groups of a service: one per load balancer, for a group has but one.
    pub(super) fn target_groups(&self, service: Id<Service>) -> &[Address] {
        self.target_groups.get(&service).map_or(&[], Vec::as_slice)
    }

    /// What leads requests to a service's target groups.
    pub(super) fn listeners(&self, service: Id<Service>) -> &[Address] {
        self.listeners.get(&service).map_or(&[], Vec::as_slice)
    }

    /// The listeners' rules that do the same.
    pub(super) fn rules(&self, service: Id<Service>) -> &[Address] {
        self.rules.get(&service).map_or(&[], Vec::as_slice)
    }

    fn lead(&mut self, listener: &Listener, added: &Address) {
        for route in &listener.routes {
            self.listeners.entry(route.service).or_default().push(added.clone());
        }
    }
}

/// The word for a load balancer.
pub(super) fn name(exposure: Exposure) -> &'static str {
    match exposure {
        Exposure::Public => "public",
        Exposure::Internal => "internal",
    }
}

pub(super) fn lower(
    stack: &mut Stack<'_>,
    network: &Network,
    groups: &Groups,
    access_logs: Option<&AccessLogs>,
    certificate: Option<Expression>,
) -> Balancers {
    let system = stack.system;
    stack.module.file("load_balancer", "");
    let mut balancers = Balancers::default();
    if let Some(balancer) = &system.public {
        let address = add(stack, balancer, network, groups, access_logs);
        let targets = target_groups::lower(stack, balancer, network, &mut balancers);
        for listener in &balancer.listeners {
            let local = if certificate.is_some() {
                "public_https"
            } else {
                "public_http"
            };
            let port = balancer.port(listener, Target::Aws);
            let added = listen(
                stack,
                &address,
                local,
                port,
                certificate.clone(),
                (balancer, listener),
                (&targets, &mut balancers.rules),
            );
            balancers.lead(listener, &added);
        }
        if certificate.is_some() {
            redirect(stack, &address);
        }
        balancers.public = Some(address);
    }
    if let Some(balancer) = &system.internal {
        let address = add(stack, balancer, network, groups, access_logs);
        let targets = target_groups::lower(stack, balancer, network, &mut balancers);
        let certificate = match balancer.tls(Target::Aws) {
            Tls::Named(arn) => Some(Expression::from(arn)),
            _ => None,
        };
        for listener in &balancer.listeners {
            let local = format!("internal_{}", listener.port);
            if certificate.is_none() {
                stack.module.comment(
                    "HTTP: no certificate is named for the private names, and the traffic stays inside the network.",
                );
            }
            let port = listener.port;
            let added = listen(
                stack,
                &address,
                &local,
                port,
                certificate.clone(),
                (balancer, listener),
                (&targets, &mut balancers.rules),
            );
            balancers.lead(listener, &added);
            balancers.ports.insert(port, added);
        }
        balancers.internal = Some(address);
    }
    tcp::lower(stack, network, groups, &mut balancers);
    balancers
}

fn add(
    stack: &mut Stack<'_>,
    balancer: &Balancer,
    network: &Network,
    groups: &Groups,
    access_logs: Option<&AccessLogs>,
) -> Address {
    let system = stack.system;
    let local = name(balancer.exposure);
    let (peer, tier) = match balancer.exposure {
        Exposure::Public => (Peer::PublicBalancer, Tier::Public),
        Exposure::Internal => (Peer::InternalBalancer, Tier::Balancer),
    };
    // Creating a public load balancer fails while its subnets have no way to the internet.
    let way = match balancer.exposure {
        Exposure::Public => network.internet.as_ref().map(Address::whole),
        Exposure::Internal => None,
    };
    let needs: Vec<Expression> = access_logs.map(logs::ready).into_iter().chain(way).collect();
    let body = Block::new()
        .set("name", stack.name(local))
        .when(balancer.exposure == Exposure::Internal, |block| {
            block.set("internal", true)
        })
        .set("load_balancer_type", "application")
        .set("security_groups", groups.ids(peer))
        .set("subnets", network.subnets(tier))
        .set("drop_invalid_header_fields", true)
        .set("enable_deletion_protection", system.protect)
        .block_some(
            "access_logs",
            access_logs.map(|access_logs| logs::destination(access_logs, local)),
        )
        .set_some("depends_on", (!needs.is_empty()).then_some(needs));
    stack.module.resource("aws_lb", local, body)
}

fn listen(
    stack: &mut Stack<'_>,
    address: &Address,
    local: &str,
    port: u16,
    certificate: Option<Expression>,
    (balancer, listener): (&Balancer, &Listener),
    (targets, leading): (&BTreeMap<Id<Service>, Address>, &mut Leading),
) -> Address {
    let forward = |service: Id<Service>| targets.get(&service).map(forward);
    let routes: Vec<Route> = listener
        .routes
        .iter()
        .map(|route| named(stack, (balancer, listener), route))
        .collect();
    let default = routes.iter().find(|route| route.is_default());
    let action = default
        .and_then(|route| forward(route.service))
        .unwrap_or_else(not_found);
    let body = Block::new()
        .set("load_balancer_arn", address.attr("arn"))
        .set("port", port)
        .set("protocol", if certificate.is_some() { "HTTPS" } else { "HTTP" })
        .when(certificate.is_some(), |block| block.set("ssl_policy", TLS_POLICY))
        .set_some("certificate_arn", certificate)
        .block("default_action", action);
    let listener_address = stack.module.resource("aws_lb_listener", local, body);
    let mut taken = vec![];
    for route in routes.iter().filter(|route| !route.is_default()) {
        if let Some(action) = forward(route.service) {
            let leading = leading.entry(route.service).or_default();
            if balancer.exposure == Exposure::Internal {
                leading.extend(by_name(stack, &listener_address, route, action.clone(), &mut taken));
            }
            leading.push(rules(stack, balancer, &listener_address, route, action, &mut taken));
        }
    }
    listener_address
}

/// A route as this load balancer has it. Behind the gateway of the cluster are the services of all ports: a port passes the names that
/// belong to it, or whoever may use one would reach them all.
fn named(stack: &Stack<'_>, (balancer, listener): (&Balancer, &Listener), route: &Route) -> Route {
    let system = stack.system;
    let is_pod = system.services[route.service].runtime == Runtime::Kubernetes;
    match balancer.exposure {
        Exposure::Internal if is_pod => cluster::by_name(&system, listener, route),
        _ => route.clone(),
    }
}

/// Whatever else leads to an internal service, its private name does: that is what its callers are told.
fn by_name(
    stack: &mut Stack<'_>,
    listener: &Address,
    route: &Route,
    action: Block,
    taken: &mut Vec<u32>,
) -> Option<Address> {
    let host = startup::host(stack, route.service);
    if route.paths.is_empty() && route.hosts.contains(&host) {
        return None;
    }
    let values = Block::new().set("values", list![host.as_str()]);
    let body = Block::new()
        .set("listener_arn", listener.attr("arn"))
        .set("priority", priority(&host, "", taken))
        .block("action", action)
        .block("condition", Block::new().block("host_header", values));
    let local = format!("name_{}", stack.system.services[route.service].name);
    Some(stack.module.resource("aws_lb_listener_rule", &local, body))
}

fn forward(group: &Address) -> Block {
    Block::new()
        .set("type", "forward")
        .set("target_group_arn", group.attr("arn"))
}

fn not_found() -> Block {
    let response = Block::new()
        .set("content_type", "text/plain")
        .set("message_body", "Not found")
        .set("status_code", "404");
    Block::new()
        .set("type", "fixed-response")
        .block("fixed_response", response)
}

/// One rule per host and path of a route, keyed by both.
fn rules(
    stack: &mut Stack<'_>,
    balancer: &Balancer,
    listener: &Address,
    route: &Route,
    action: Block,
    taken: &mut Vec<u32>,
) -> Address {
    let any = [String::new()];
    let hosts: &[String] = if route.hosts.is_empty() { &any } else { &route.hosts };
    let paths: &[String] = if route.paths.is_empty() { &any } else { &route.paths };
    let mut entries = vec![];
    for host in hosts {
        for path in paths {
            let mut entry = vec![];
            if !host.is_empty() {
                entry.push(("host", Expression::from(host.as_str())));
            }
            if !path.is_empty() {
                entry.push(("path", path.as_str().into()));
            }
            entry.push(("priority", priority(host, path, taken).into()));
            entries.push((format!("{host}{path}"), expr::object(entry)));
        }
    }
    let host = Block::new().set("values", list![expr::each_value(&["host"])]);
    let path = expr::each_value(&["path"]);
    let path = Block::new().set("values", list![path.clone(), template![path, "/*"]]);
    let body = Block::new()
        .set("for_each", expr::object(entries))
        .set("listener_arn", listener.attr("arn"))
        .set("priority", expr::each_value(&["priority"]))
        .block("action", action)
        .when(!route.hosts.is_empty(), |block| {
            block.block("condition", Block::new().block("host_header", host))
        })
        .when(!route.paths.is_empty(), |block| {
            block.block("condition", Block::new().block("path_pattern", path))
        });
    let service = &stack.system.services[route.service].name;
    let local = format!("{}_{service}", name(balancer.exposure));
    stack.module.resource("aws_lb_listener_rule", &local, body)
}

/// Priority of a rule, 1 to 50,000; the lowest number that matches wins. Rules with a host come before those without, longer paths
/// before shorter ones. Among equals the number follows from the text, so that a new rule moves no other but where two texts meet.
fn priority(host: &str, path: &str, taken: &mut Vec<u32>) -> u32 {
    const EQUALS: u32 = 250;
    const LENGTHS: u32 = 100;
    let length = u32::try_from(path.len()).unwrap_or(LENGTHS).min(LENGTHS - 1);
    let band = u32::from(host.is_empty()) * LENGTHS + (LENGTHS - 1 - length);
    let text = host.bytes().chain(path.bytes());
    let hash = text.fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    let first = band * EQUALS + 1;
    let equals = (0..EQUALS).map(|step| first + (hash % EQUALS + step) % EQUALS);
    // More equals than have numbers of their own come before shorter paths still, as far as numbers last.
    let mut free = equals.chain(first + EQUALS..).filter(|number| !taken.contains(number));
    let priority = free.next().unwrap_or(first);
    taken.push(priority);
    priority
}

fn redirect(stack: &mut Stack<'_>, address: &Address) {
    let to = Block::new()
        .set("port", "443")
        .set("protocol", "HTTPS")
        .set("status_code", "HTTP_301");
    let action = Block::new().set("type", "redirect").block("redirect", to);
    let body = Block::new()
        .set("load_balancer_arn", address.attr("arn"))
        .set("port", 80)
        .set("protocol", "HTTP")
        .block("default_action", action);
    stack.module.resource("aws_lb_listener", "public_redirect", body);
}

#[cfg(test)]
mod tests {
    use super::priority;

    #[test]
    fn the_more_specific_rule_comes_first() {
        let mut taken = vec![];
        let host_and_path = priority("a.example.com", "/api", &mut taken);
        let host = priority("a.example.com", "", &mut taken);
        let long = priority("", "/api/v2", &mut taken);
        let short = priority("", "/api", &mut taken);
        assert!(host_and_path < host && host < long && long < short && short <= 50_000);
    }

    #[test]
    fn no_number_is_given_twice() {
        let mut taken = vec![];
        let numbers: Vec<u32> = (0..100).map(|_| priority("", "/same", &mut taken)).collect();
        let mut unique = numbers.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), numbers.len());
    }

    #[test]
    fn another_rule_moves_nothing() {
        let alone = priority("", "/orders", &mut vec![]);
        let mut taken = vec![];
        priority("", "/basket", &mut taken);
        assert_eq!(priority("", "/orders", &mut taken), alone);
    }
}
