//! What a warehouse reads streams through: the rules of its security group, and a role.

use hcl::Expression;

use crate::ir::{Id, Peer, Stream, Warehouse};
use crate::object;
use crate::targets::aws::encryption::Keys;
use crate::targets::aws::firewall::{self, Groups};
use crate::targets::aws::policy::{Statement, inline, trusts};
use crate::targets::aws::rules::{self, Direction};
use crate::targets::aws::streams::{self, Streams, kafka};
use crate::targets::aws::{Base, Stack};
use crate::terraform::{Address, Block};

/// The streams that fill a warehouse, each once.
pub(super) fn streams_of(item: &Warehouse) -> Vec<Id<Stream>> {
    let mut found: Vec<Id<Stream>> = item.tables.iter().filter_map(|table| table.stream).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The ways out of a warehouse: to the streams that fill it. There is none in.
pub(super) fn lower(
    stack: &mut Stack<'_>,
    item: &Warehouse,
    group: &Address,
    groups: &Groups,
    streams: &Streams,
) -> Vec<Expression> {
    let system = stack.system;
    let mut added = vec![];
    let has = |kafka: bool| streams_of(item).into_iter().any(|id| system.streams[id].kafka == kafka);
    let mut add = |stack: &mut Stack<'_>, from: (Direction, &Address), word: &str, port, other| {
        let local = format!("{}_to_{word}_{port}", item.name);
        let why = local
            .trim_end_matches(|c: char| c.is_ascii_digit() || c == '_')
            .replace('_', " ");
        let rule = rules::add(stack, from.1, from.0, &local, ("tcp", port, &why), other);
        added.push(rule.whole());
    };
    let of = |group: &Address| ("referenced_security_group_id", group.id());
    if has(false) {
        // The endpoints of somebody else's network have no group here: they are reached like the internet.
        let endpoints = groups.find(Peer::Endpoints);
        let other = endpoints.map_or(("cidr_ipv4", "0.0.0.0/0".into()), of);
        let word = firewall::word(stack, Peer::Endpoints);
        add(stack, (Direction::Egress, group), &word, 443, other);
        if let Some(endpoints) = endpoints {
            add(stack, (Direction::Ingress, endpoints), &word, 443, of(group));
        }
    }
    if let Some(cluster) = streams.kafka.as_ref().filter(|_| has(true)) {
        let word = kafka::BROKERS;
        add(
            stack,
            (Direction::Egress, group),
            word,
            kafka::PORT,
            of(&cluster.brokers),
        );
        add(
            stack,
            (Direction::Ingress, &cluster.brokers),
            word,
            kafka::PORT,
            of(group),
        );
    }
    added
}

/// The role that a warehouse reads its streams with, and what that may do.
pub(super) fn reader(
    stack: &mut Stack<'_>,
    item: &Warehouse,
    (base, keys): (&Base, &Keys),
    streams: &Streams,
) -> Option<(Address, Address)> {
    let read = streams_of(item);
    if read.is_empty() {
        return None;
    }
    let mut statements = streams::read_by_warehouse(stack, base, &read, streams);
    if read.iter().any(|id| !stack.system.streams[*id].kafka) {
        let via = format!("kinesis.{}.amazonaws.com", stack.region());
        let key = Statement::allow("DataKey", &["kms:Decrypt"], keys.data.attr("arn"));
        statements.push(key.condition(object! { "StringEquals" => object! { "kms:ViaService" => via } }));
    }
    stack.module.file("identity", "");
    let local = super::local(item, "streams");
    let services = ["redshift-serverless.amazonaws.com", "redshift.amazonaws.com"];
    let role = Block::new()
        .set("name", stack.name(&format!("{}-warehouse-streams", item.name)))
        .set("description", format!("Reads streams for the warehouse {}", item.name))
        .set("assume_role_policy", trusts(&services));
    let role = stack
        .module
        .comment("No condition names the account: AWS documents none for Redshift. A role is given to warehouses of its own account alone, by who may pass it.")
        .resource("aws_iam_role", &local, role);
    let body = inline(&role, statements);
    let grants = stack.module.resource("aws_iam_role_policy", &local, body);
    Some((role, grants))
}
