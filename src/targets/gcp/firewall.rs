//! Firewall rules: closed in both directions, opened by the links.
//!
//! Rules of the same name and priority do not disturb each other, so that a new component changes nobody else's rule.

mod callers;
mod nodes;
mod tags;

use std::collections::BTreeMap;

use hcl::Expression;

pub(super) use self::tags::tags;

use super::cluster::is_pod;
use super::containers::{self, is_container, is_tagged};
use super::edge::Entries;
use super::network::GOOGLE_APIS;
use super::{Stack, identity, streams};
use crate::ir::{Flow, Id, Peer, Service, Tier};
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Egress;
use crate::{list, template};

/// Google's health checkers, and its front ends.
pub(super) const CHECKERS: [&str; 2] = ["35.191.0.0/16", "130.211.0.0/22"];
/// IAP's TCP forwarding.
const IAP: &str = "35.235.240.0/20";
/// `restricted.googleapis.com`, which an existing network may use instead.
const RESTRICTED_APIS: &str = "199.36.153.4/30";

/// Above everything that is opened.
const CLOSED: u32 = 65000;
/// Above the links (1000), under what is opened to the internet.
const CLOSED_NETWORK: u32 = 2000;
const INTERNET: u32 = 3000;

/// Which way a rule looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

/// The other end of a rule.
#[derive(Debug, Clone)]
enum Far {
    /// Ranges of addresses.
    Ranges(Expression),
    /// Whoever runs as this service account.
    Account(Expression),
}

/// Whom a rule is for.
#[derive(Debug, Clone)]
enum Who {
    /// The machines that run as this service account.
    Account(Expression),
    /// The containers with this tag. Rules do not see whom containers run as.
    Tag(String),
}

/// One rule.
struct Rule {
    way: Way,
    priority: u32,
    far: Far,
    /// Ports that are opened; none closes everything.
    ports: Vec<u16>,
    logged: bool,
}

/// The rules, and which of them the machines of a service wait for.
#[derive(Debug)]
pub(super) struct Rules {
    services: BTreeMap<Id<Service>, Vec<Address>>,
    /// Those that the nodes of a pool wait for, by its name.
    nodes: BTreeMap<String, Vec<Address>>,
}

impl Rules {
    /// The rules that stand before a service's machines or containers start.
    pub fn of(&self, service: Id<Service>) -> impl Iterator<Item = &Address> {
        self.services.get(&service).into_iter().flatten()
    }

    /// The rules that stand before the nodes of a pool start.
    pub fn of_nodes(&self, pool: &str) -> impl Iterator<Item = &Address> {
        self.nodes.get(pool).into_iter().flatten()
    }
}

pub(super) fn lower(stack: &mut Stack<'_>, entries: &Entries) -> Rules {
    stack.module.file("firewall", "");
    let emails = identity::emails(stack);
    let mut shared = vec![];
    if !emails.is_empty() {
        let accounts = stack
            .module
            .comment(
                "Rules look at service accounts. One rule takes ten of them, so what is the same for everybody is a rule per service.\n\
                 Lower numbers win: 1000 opens what is linked, 2000 closes the rest of the network, 3000 opens the internet, 65000 closes all.",
            )
            .local("service_accounts", expr::object(emails));
        shared = for_machines(stack, &accounts);
    }
    let containers = containers::any_tagged(stack.system);
    let of_containers = if containers {
        tags::for_containers(stack)
    } else {
        vec![]
    };
    let containers = tags::containers_range(stack);
    let mut all = BTreeMap::new();
    let services = stack.system.services.iter();
    let outside = |service: &Service| service.function.is_some() && !is_tagged(service);
    for (id, service) in services.filter(|(_, service)| !is_pod(service) && !outside(service)) {
        let mut rules = if is_tagged(service) {
            of_containers.clone()
        } else {
            shared.clone()
        };
        rules.extend(own(stack, id, entries, containers.as_ref()));
        all.insert(id, rules);
    }
    Rules {
        services: all,
        nodes: nodes::lower(stack, entries),
    }
}

/// What is the same for all machines.
fn for_machines(stack: &mut Stack<'_>, accounts: &Expression) -> Vec<Address> {
    let rules = shared(stack);
    rules
        .into_iter()
        .map(|(name, rule, comment)| {
            let part = name.replace('_', "-");
            let full = template![stack.name(""), expr::each_key(), format!("-{part}")];
            let start = Block::new().set("for_each", accounts.clone());
            let body = body(start, stack, full, &rule, Who::Account(expr::each_value(&[])));
            stack
                .module
                .comment(comment)
                .resource("google_compute_firewall", name, body)
        })
        .collect()
}

/// What is the same for every service: name, rule and why.
fn shared(stack: &Stack<'_>) -> Vec<(&'static str, Rule, &'static str)> {
    let google = match stack.network.existing {
        true => list![GOOGLE_APIS, RESTRICTED_APIS],
        false => list![GOOGLE_APIS],
    };
    let mut rules = vec![
        ("deny_ingress", closed(Way::In, CLOSED, list!["0.0.0.0/0"]), ""),
        ("deny_egress", closed(Way::Out, CLOSED, list!["0.0.0.0/0"]), ""),
        (
            "to_google_apis",
            opened(Way::Out, google, vec![443]),
            match super::project::has_messages(stack.system) {
                true => "Logs, secrets, objects and messages, at Google's private addresses.",
                false => "Logs, secrets and objects, at Google's private addresses.",
            },
        ),
    ];
    if stack.system.network.bastion {
        let rule = Rule {
            logged: true,
            ..opened(Way::In, list![IAP], vec![22])
        };
        rules.push((
            "ssh_from_iap",
            rule,
            "gcloud compute ssh --tunnel-through-iap, with OS Login.",
        ));
    }
    if stack.system.network.egress == Egress::Nat {
        let private = list!["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"];
        rules.push((
            "deny_network",
            closed(Way::Out, CLOSED_NETWORK, private),
            "Or the next rule would open these ports inside the network too.",
        ));
        let rule = Rule {
            priority: INTERNET,
            ..opened(Way::Out, list!["0.0.0.0/0"], vec![80, 443])
        };
        rules.push((
            "to_internet",
            rule,
            "Package mirrors answer on port 80; packages are signed.",
        ));
    }
    rules
}

/// Lets the proxies of an API out to the internal load balancer. `part` is what they are called.
pub(super) fn of_api(stack: &mut Stack<'_>, part: &str, internal: &Address, ports: Vec<u16>) -> Address {
    let rule = opened(Way::Out, list![template![internal.attr("address"), "/32"]], ports);
    let name = format!("{part}-to-balancer");
    let tag = Who::Tag(stack.name(part));
    let body = body(Block::new(), stack, stack.name(&name).into(), &rule, tag);
    stack.module.file("firewall", "");
    stack.module.resource("google_compute_firewall", &name, body)
}

/// What the links of one service open. `containers` is where containers call from.
fn own(stack: &mut Stack<'_>, id: Id<Service>, entries: &Entries, containers: Option<&Expression>) -> Vec<Address> {
    let service = &stack.system.services[id];
    // Rules for containers have names of their own: those for machines are still there while a service moves from one to the other.
    let (who, name) = match is_tagged(service) {
        true => (Who::Tag(stack.name(&service.name)), format!("{}-run", service.name)),
        false => (Who::Account(stack.accounts[&id].attr("email")), service.name.clone()),
    };
    let mut rules = vec![];
    let mut sources: Vec<Expression> = CHECKERS.into_iter().map(Expression::from).collect();
    if service.is_tcp() {
        rules.extend(callers::of(stack, id, containers));
    } else if stack.system.flows_to(Peer::Service(id)).next().is_some() {
        sources.insert(0, stack.network.proxies.clone());
    }
    if service.listens() && !is_container(service) {
        rules.push((
            format!("{name}-from-balancer"),
            opened(Way::In, Expression::Array(sources), vec![service.port]),
        ));
    }
    rules.extend(outward(
        stack,
        &name,
        stack.system.flows_from(Peer::Service(id)),
        entries,
    ));
    rules.extend(to_kafka(stack, id, &name));
    rules
        .into_iter()
        .map(|(part, rule)| {
            let body = body(Block::new(), stack, stack.name(&part).into(), &rule, who.clone());
            stack.module.resource("google_compute_firewall", &part, body)
        })
        .collect()
}

/// What flows open on their way out, as (name, rule).
fn outward<'a>(
    stack: &Stack<'_>,
    name: &str,
    flows: impl Iterator<Item = &'a Flow>,
    entries: &Entries,
) -> Vec<(String, Rule)> {
    let mut rules = vec![];
    let mut called: Vec<u16> = vec![];
    for flow in flows {
        match flow.to {
            Peer::InternalBalancer => called.push(flow.port),
            Peer::Database(database) => {
                let address = stack.databases[&database].server.endpoint.attr("address");
                rules.push((
                    format!("{name}-to-{}", stack.system.databases[database].name),
                    opened(Way::Out, list![template![address, "/32"]], vec![flow.port]),
                ));
            }
            Peer::Readers(database) => {
                let replicas = stack.databases[&database].replicas.as_ref();
                let part = stack.system.databases[database].reader_name();
                rules.extend(replicas.map(|replicas| {
                    (
                        format!("{name}-to-{part}"),
                        opened(Way::Out, hosts(replicas.addresses.clone()), vec![flow.port]),
                    )
                }));
            }
            Peer::Shards(database) => {
                let addresses = stack.shards[&database].servers.endpoint.all("address");
                let part = stack.system.databases[database].shard_name();
                rules.push((
                    format!("{name}-to-{part}"),
                    opened(Way::Out, hosts(addresses), vec![flow.port]),
                ));
            }
            Peer::TcpBalancer(called) => {
                let address = entries.tcp[&called].attr("address");
                rules.push((
                    format!("{name}-to-{}", stack.system.services[called].name),
                    opened(Way::Out, list![template![address, "/32"]], vec![flow.port]),
                ));
            }
            Peer::Cache(cache) => {
                let address = stack.caches[&cache].address.clone();
                rules.push((
                    format!("{name}-to-{}", stack.system.caches[cache].name),
                    opened(Way::Out, list![template![address, "/32"]], vec![flow.port]),
                ));
            }
            // The same for every service: see `shared`.
            Peer::Internet | Peer::Endpoints | Peer::PublicBalancer | Peer::Service(_) | Peer::Api(_) => {}
        }
    }
    if let (Some(address), false) = (&entries.internal, called.is_empty()) {
        called.sort_unstable();
        called.dedup();
        rules.push((
            format!("{name}-to-balancer"),
            opened(Way::Out, list![template![address.attr("address"), "/32"]], called),
        ));
    }
    rules
}

/// The way to the brokers of Kafka, which have addresses of their own in the data subnet. Those of a network that was there already are
/// not known.
fn to_kafka(stack: &Stack<'_>, id: Id<Service>, name: &str) -> Option<(String, Rule)> {
    let mut grants = stack.system.grants_of(id);
    grants.find(|grant| streams::is_kafka(stack.system, grant.resource))?;
    let ranges = match stack.network.existing {
        true => list!["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
        false => list![stack.system.network.slice(Tier::Data).cidr.to_string()],
    };
    Some((
        format!("{name}-to-kafka"),
        opened(Way::Out, ranges, vec![streams::KAFKA]),
    ))
}

/// The ranges of single addresses.
fn hosts(addresses: Expression) -> Expression {
    expr::call("formatlist", ["%s/32".into(), addresses])
}

fn closed(way: Way, priority: u32, ranges: Expression) -> Rule {
    Rule {
        way,
        priority,
        far: Far::Ranges(ranges),
        ports: vec![],
        logged: true,
    }
}

fn opened(way: Way, ranges: Expression, ports: Vec<u16>) -> Rule {
    opened_for(way, Far::Ranges(ranges), ports)
}

fn opened_for(way: Way, far: Far, ports: Vec<u16>) -> Rule {
    Rule {
        way,
        priority: 1000,
        far,
        ports,
        logged: false,
    }
}

fn body(start: Block, stack: &Stack<'_>, name: Expression, rule: &Rule, who: Who) -> Block {
    let direction = match rule.way {
        Way::In => "INGRESS",
        Way::Out => "EGRESS",
    };
    let (key, far) = match (rule.way, &rule.far) {
        (Way::In, Far::Ranges(ranges)) => ("source_ranges", ranges.clone()),
        (Way::Out, Far::Ranges(ranges)) => ("destination_ranges", ranges.clone()),
        (_, Far::Account(account)) => ("source_service_accounts", list![account.clone()]),
    };
    let ports: Vec<Expression> = rule.ports.iter().map(|port| port.to_string().into()).collect();
    let block = start
        .set_some("project", stack.network.host.as_deref())
        .set("name", name)
        .set("network", stack.network.id.clone())
        .set("direction", direction)
        .set("priority", rule.priority)
        .set(key, far);
    let block = match who {
        Who::Account(account) => block.set("target_service_accounts", list![account]),
        Who::Tag(tag) => block.set("target_tags", list![tag]),
    };
    let block = match ports.is_empty() {
        true => block.block("deny", Block::new().set("protocol", "all")),
        false => block.block(
            "allow",
            Block::new()
                .set("protocol", "tcp")
                .set("ports", Expression::Array(ports)),
        ),
    };
    block.when(rule.logged, |block| {
        block.block("log_config", Block::new().set("metadata", "EXCLUDE_ALL_METADATA"))
    })
}
