//! Streams: Kinesis, or topics of MSK for those whose clients speak Kafka's protocol.

pub(super) mod kafka;

use std::collections::BTreeSet;

use hcl::Expression;

use super::compute::Parts;
use super::encryption::Keys;
use super::firewall::Groups;
use super::network::Network;
use super::policy::Statement;
use super::{Base, Stack};
use crate::ir::{Id, Resource, Service, Stream};
use crate::terraform::{Address, Block};
use crate::{list, template};

/// What reads records.
const READ: [&str; 5] = [
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
];
/// What sends them: libraries ask which shards there are.
const SEND: [&str; 4] = [
    "kinesis:DescribeStreamSummary",
    "kinesis:ListShards",
    "kinesis:PutRecord",
    "kinesis:PutRecords",
];

/// What looks for streams, of all in the account.
pub(super) const FIND: &str = "kinesis:ListStreams";

/// The streams of the system.
#[derive(Default)]
pub(super) struct Streams {
    found: Vec<(Id<Stream>, Address)>,
    /// The cluster of those that speak Kafka's protocol.
    pub(super) kafka: Option<kafka::Cluster>,
}

impl Streams {
    /// What a service's connections to brokers need.
    pub(super) fn needs(&self, service: Id<Service>) -> Vec<Expression> {
        let kafka = self.kafka.as_ref();
        kafka.map(|kafka| kafka.needs(service)).unwrap_or_default()
    }

    /// A stream of Kinesis, or a topic of Kafka.
    pub(super) fn get(&self, id: Id<Stream>) -> &Address {
        self.found
            .iter()
            .find_map(|(other, stream)| (*other == id).then_some(stream))
            .unwrap_or_else(|| unreachable!("every stream of the system has been added"))
    }
}

pub(super) fn lower(stack: &mut Stack<'_>, keys: &Keys, network: &Network, groups: &Groups) -> Streams {
    let system = stack.system;
    stack.module.file("streams", "");
    let mut streams = Streams::default();
    for (id, item) in system.streams.iter().filter(|(_, item)| !item.kafka) {
        let mode = Block::new().set("stream_mode", "PROVISIONED");
        let body = Block::new()
            .set("name", stack.name(&item.name))
            .set("shard_count", item.partitions)
            .set("retention_period", item.retention_hours)
            .set("encryption_type", "KMS")
            .set("kms_key_id", keys.data.attr("arn"))
            .block("stream_mode_details", mode)
            .when(system.protect, |block| {
                block.block("lifecycle", Block::new().set("prevent_destroy", true))
            });
        let stream = stack.module.resource("aws_kinesis_stream", &item.name, body);
        stack.report.component(&item.path, "Kinesis data stream", stream.text());
        streams.found.push((id, stream));
    }
    if system.streams.iter().any(|(_, item)| item.kafka) {
        let cluster = kafka::cluster(stack, keys, network, groups);
        for (id, item) in system.streams.iter().filter(|(_, item)| item.kafka) {
            streams.found.push((id, kafka::topic(stack, item, &cluster)));
        }
        streams.kafka = Some(cluster);
    }
    streams
}

/// The ARN of streams with this name.
fn arn(stack: &Stack<'_>, base: &Base, name: Expression) -> Expression {
    template![
        format!("arn:aws:kinesis:{}:", stack.region()),
        base.account.clone(),
        ":stream/",
        name
    ]
}

/// What a service's links to streams allow.
pub(super) fn granted(stack: &Stack<'_>, id: Id<Service>, parts: &Parts<'_>) -> Vec<Statement> {
    let (mut read, mut send) = (vec![], vec![]);
    for grant in stack.system.grants_of(id) {
        if let Resource::Stream(stream) = grant.resource
            && !stack.system.streams[stream].kafka
        {
            let arn = arn(stack, parts.base, parts.streams.get(stream).attr("name"));
            if grant.access.reads() {
                read.push(arn.clone());
            }
            if grant.access.writes() {
                send.push(arn);
            }
        }
    }
    let statements = [("ReadRecords", &READ[..], read), ("SendRecords", &SEND[..], send)];
    let used = statements.into_iter().filter(|(.., resources)| !resources.is_empty());
    let own = used.map(|(sid, actions, resources)| Statement::allow(sid, actions, Expression::Array(resources)));
    own.chain(kafka::granted(stack, id, parts)).collect()
}

/// What Lambda needs besides to read a stream for a function.
pub(super) fn started_by(stack: &Stack<'_>, id: Id<Stream>, parts: &Parts<'_>) -> Vec<Statement> {
    match stack.system.streams[id].kafka {
        true => kafka::started_by(stack, parts),
        false => vec![Statement::allow("FindStreams", &[FIND], "*")],
    }
}

/// What a warehouse needs to read streams.
pub(super) fn read_by_warehouse(
    stack: &Stack<'_>,
    base: &Base,
    read: &[Id<Stream>],
    streams: &Streams,
) -> Vec<Statement> {
    let system = stack.system;
    let (kafka, kinesis): (Vec<Id<Stream>>, Vec<Id<Stream>>) =
        read.iter().copied().partition(|id| system.streams[*id].kafka);
    let mut statements = vec![];
    if !kinesis.is_empty() {
        let arns = kinesis
            .iter()
            .map(|id| arn(stack, base, streams.get(*id).attr("name")))
            .collect();
        statements.push(Statement::allow("ReadRecords", &READ, Expression::Array(arns)));
        statements.push(Statement::allow("FindStreams", &[FIND], "*"));
    }
    if let Some(cluster) = streams.kafka.as_ref().filter(|_| !kafka.is_empty()) {
        let topics: Vec<&str> = kafka.iter().map(|id| system.streams[*id].name.as_str()).collect();
        statements.extend(kafka::read_by_warehouse(stack, base, &topics, cluster));
    }
    statements
}

/// What passes the endpoint of the network: records of this system's streams.
pub(super) fn passing(stack: &Stack<'_>, base: &Base) -> (Vec<&'static str>, Expression) {
    let streams = arn(stack, base, stack.name("*").into());
    let actions: BTreeSet<&str> = READ.into_iter().chain(SEND).collect();
    (actions.into_iter().collect(), list![streams])
}
