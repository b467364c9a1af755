//! Rules of security groups, and how they are written.

use hcl::Expression;

use super::{Stack, names};
use crate::terraform::{Address, Block};

/// One end of a rule.
#[derive(Clone)]
pub(super) enum Side {
    /// A block of addresses, or Azure's word for some.
    Prefix(Expression),
    /// Several of them.
    Prefixes(Vec<Expression>),
    /// Application security groups.
    Groups(Vec<Address>),
}

struct Rule {
    name: String,
    inbound: bool,
    protocol: &'static str,
    from: Side,
    to: Side,
    ports: Vec<String>,
    /// Rules that Azure asks for have numbers of their own, behind the flows.
    priority: Option<u32>,
}

/// The rules of one subnet.
#[derive(Default)]
pub(super) struct Rules(Vec<Rule>);

impl Rules {
    /// Adds an allowed connection; further ports of the same two ends join the rule.
    pub fn allow(&mut self, inbound: bool, name: &str, from: Side, to: Side, port: &str) {
        match self
            .0
            .iter_mut()
            .find(|rule| rule.name == name && rule.inbound == inbound)
        {
            Some(rule) if !rule.ports.iter().any(|known| known == port) => rule.ports.push(port.to_owned()),
            Some(_) => {}
            None => self.0.push(Rule {
                name: name.to_owned(),
                inbound,
                protocol: "Tcp",
                from,
                to,
                ports: vec![port.to_owned()],
                priority: None,
            }),
        }
    }

    /// Adds a rule that Azure asks for.
    pub fn fixed(
        &mut self,
        priority: u32,
        inbound: bool,
        name: &str,
        protocol: &'static str,
        ends: (&str, &str),
        ports: &[&str],
    ) {
        self.0.push(Rule {
            name: name.to_owned(),
            inbound,
            protocol,
            from: Side::Prefix(ends.0.into()),
            to: Side::Prefix(ends.1.into()),
            ports: ports.iter().map(ToString::to_string).collect(),
            priority: Some(priority),
        });
    }

    /// What the subnet of a Container Apps environment needs: Azure's probes, its nodes among each other, and the parts of Azure that
    /// `platform` names, on port 443.
    pub fn environment(&mut self, subnet: &Expression, platform: &[String]) {
        let own = || Side::Prefix(subnet.clone());
        let probes = Side::Prefix("AzureLoadBalancer".into());
        self.numbered(4000, true, "load-balancer", ("Tcp", "30000-32767"), (probes, own()));
        self.numbered(4001, true, "among-nodes", ("*", "*"), (own(), own()));
        self.numbered(4000, false, "among-nodes", ("*", "*"), (own(), own()));
        for (number, service) in (4001..).zip(platform) {
            let name = service.replace('.', "-");
            let to = Side::Prefix(service.as_str().into());
            self.numbered(number, false, &name, ("Tcp", "443"), (own(), to));
        }
    }

    /// What the subnet of a cluster's nodes needs: Azure's probes where load balancers reach it, nodes and pods of the cluster (`inside`)
    /// among each other, and what nodes load and sign in at.
    pub fn nodes(&mut self, subnet: &Expression, inside: &[Expression], probed: bool) {
        let own = || Side::Prefix(subnet.clone());
        let inside = || Side::Prefixes(inside.to_vec());
        if probed {
            let probes = Side::Prefix("AzureLoadBalancer".into());
            self.numbered(4000, true, "load-balancer", ("Tcp", "30000-32767"), (probes, own()));
        }
        self.numbered(4001, true, "within-cluster", ("*", "*"), (inside(), inside()));
        self.numbered(4000, false, "within-cluster", ("*", "*"), (inside(), inside()));
        let is_open = |rule: &Rule| {
            let there = matches!(&rule.to, Side::Prefix(to) if *to == "Internet".into());
            !rule.inbound && there && rule.ports.iter().any(|port| port == "443")
        };
        // Services that reach the internet have said it already.
        if !self.0.iter().any(is_open) {
            let internet = Side::Prefix("Internet".into());
            self.numbered(4001, false, "platform", ("Tcp", "443"), (own(), internet));
        }
    }

    /// Adds a rule that Azure asks for: protocol and port, from and to.
    pub fn numbered(
        &mut self,
        priority: u32,
        inbound: bool,
        name: &str,
        (protocol, port): (&'static str, &str),
        (from, to): (Side, Side),
    ) {
        self.0.push(Rule {
            name: name.to_owned(),
            inbound,
            protocol,
            from,
            to,
            ports: vec![port.to_owned()],
            priority: Some(priority),
        });
    }

    /// What an application gateway's subnet must let in: Azure's management and health probes.
    pub fn gateway(&mut self) {
        let (manager, any) = (("GatewayManager", "*"), ("AzureLoadBalancer", "*"));
        self.fixed(4000, true, "gateway-manager", "Tcp", manager, &["65200-65535"]);
        self.fixed(4001, true, "load-balancer", "*", any, &["*"]);
    }
}

/// `closed`: the directions (true for inbound) in which everything else is denied.
pub(super) fn security_group(stack: &mut Stack<'_>, name: &str, rules: Rules, closed: &[bool]) -> Address {
    let mut body = stack.named(stack.prefixed(name)).set("tags", stack.tags());
    for inbound in [true, false] {
        let mut rules: Vec<&Rule> = rules.0.iter().filter(|rule| rule.inbound == inbound).collect();
        rules.sort_by(|a, b| (a.priority, &a.name).cmp(&(b.priority, &b.name)));
        let free: Vec<&str> = rules
            .iter()
            .filter(|rule| rule.priority.is_none())
            .map(|rule| rule.name.as_str())
            .collect();
        let mut numbers = names::numbers(free, 100, 3800).into_iter();
        for rule in rules {
            let priority = rule.priority.or_else(|| numbers.next()).unwrap_or(100);
            body = body.block("security_rule", rule_block(rule, priority));
        }
        if closed.contains(&inbound) {
            body = body.block("security_rule", deny(inbound));
        }
    }
    stack.module.resource("azurerm_network_security_group", name, body)
}

fn direction(inbound: bool) -> &'static str {
    if inbound { "Inbound" } else { "Outbound" }
}

fn rule_block(rule: &Rule, priority: u32) -> Block {
    let block = Block::new()
        .set("name", rule.name.as_str())
        .set("priority", priority)
        .set("direction", direction(rule.inbound))
        .set("access", "Allow")
        .set("protocol", rule.protocol);
    let block = side(block, "source", &rule.from).set("source_port_range", "*");
    let block = side(block, "destination", &rule.to);
    match rule.ports.as_slice() {
        [port] => block.set("destination_port_range", port.as_str()),
        ports => block.set("destination_port_ranges", ports.to_vec()),
    }
}

fn side(block: Block, end: &str, side: &Side) -> Block {
    match side {
        Side::Prefix(prefix) => block.set(&format!("{end}_address_prefix"), prefix.clone()),
        Side::Prefixes(prefixes) => block.set(&format!("{end}_address_prefixes"), Expression::Array(prefixes.clone())),
        Side::Groups(groups) => {
            let ids: Vec<Expression> = groups.iter().map(Address::id).collect();
            block.set(&format!("{end}_application_security_group_ids"), Expression::Array(ids))
        }
    }
}

fn deny(inbound: bool) -> Block {
    let name = if inbound {
        "deny-all-inbound"
    } else {
        "deny-all-outbound"
    };
    Block::new()
        .set("name", name)
        .set("priority", 4096)
        .set("direction", direction(inbound))
        .set("access", "Deny")
        .set("protocol", "*")
        .set("source_address_prefix", "*")
        .set("source_port_range", "*")
        .set("destination_address_prefix", "*")
        .set("destination_port_range", "*")
}
