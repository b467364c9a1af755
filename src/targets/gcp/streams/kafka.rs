//! Kafka: one cluster for all streams of the system that speak it, with a topic each.

use hcl::Expression;

use super::Stack;
use crate::ir::{Id, Resource, Service, Stream, System};
use crate::object;
use crate::template;
use crate::terraform::{Address, Block};

/// What lets a client connect.
pub(super) const CLIENT: &str = "roles/managedkafka.client";
/// What names the cluster.
pub(super) const CLUSTER: &str = "kafka";
/// Processors of the cluster, over its three zones, and bytes of memory: the least there is.
const PROCESSORS: &str = "3";
const MEMORY: u64 = 3 * 1024 * 1024 * 1024;
/// Copies of each record, one in each zone.
const COPIES: u32 = 3;
/// Where the cluster and its brokers answer.
pub(in crate::targets::gcp) const PORT: u16 = 9092;

/// True if any stream speaks Kafka.
pub(in crate::targets::gcp) fn any(system: &System) -> bool {
    system.streams.iter().any(|(_, stream)| stream.kafka)
}

/// Adds the cluster, where any stream speaks Kafka.
pub(super) fn cluster(stack: &mut Stack<'_>) -> Option<Address> {
    if !any(stack.system) {
        return None;
    }
    stack.module.file("streams", "");
    let capacity = Block::new()
        .set("vcpu_count", PROCESSORS)
        .set("memory_bytes", MEMORY.to_string());
    let network = Block::new().set("subnet", stack.network.data.clone());
    let place = Block::new()
        .set("kms_key", stack.encryption.key.id())
        .block("access_config", Block::new().block("network_configs", network));
    let body = Block::new()
        .set("cluster_id", stack.name(CLUSTER))
        .set("location", stack.region())
        .block("capacity_config", capacity)
        .block("gcp_config", place)
        .comment("Partitions move when brokers come.")
        .block(
            "rebalance_config",
            Block::new().set("mode", "AUTO_REBALANCE_ON_SCALE_UP"),
        )
        .when(stack.system.protect, |block| {
            block.block("lifecycle", Block::new().set("prevent_destroy", true))
        })
        .set("depends_on", stack.encryption.ready());
    let cluster = stack.module.resource("google_managed_kafka_cluster", CLUSTER, body);
    stack
        .report
        .component("streams", "cluster of Managed Service for Apache Kafka", cluster.text());
    Some(cluster)
}

/// Adds the topic of one stream.
pub(super) fn topic(stack: &mut Stack<'_>, stream: &Stream, cluster: &Address) -> Address {
    let milliseconds = u64::from(stream.retention_hours) * 3_600_000;
    let configs = object! {
        "min.insync.replicas" => "2",
        "retention.ms" => milliseconds.to_string(),
    };
    let body = Block::new()
        .set("location", stack.region())
        .set("cluster", cluster.attr("cluster_id"))
        .set("topic_id", stream.name.as_str())
        .set("partition_count", stream.partitions)
        .set("replication_factor", COPIES)
        .set("configs", configs);
    let topic = stack.module.resource("google_managed_kafka_topic", &stream.name, body);
    stack
        .report
        .component(&stream.path, "topic of Managed Service for Apache Kafka", topic.text());
    topic
}

/// Who may do what with a topic, and which of them may call themselves which group. Without a list everybody who connects may do all.
pub(super) fn lists(stack: &mut Stack<'_>, id: Id<Stream>, cluster: &Address) {
    let system = stack.system;
    let stream = &system.streams[id];
    let mut entries = vec![];
    for (user, access) in system.users_of(Resource::Stream(id)) {
        let operations = [("DESCRIBE", true), ("READ", access.reads()), ("WRITE", access.writes())];
        let operations = operations.into_iter().filter(|(_, wanted)| *wanted);
        entries.extend(operations.map(|(operation, _)| entry(stack, user, operation)));
    }
    if !entries.is_empty() {
        let of_topic = list(stack, cluster, format!("topic/{}", stream.name), entries);
        stack
            .module
            .resource("google_managed_kafka_acl", &stream.name, of_topic);
    }
    for (reader, _) in system
        .users_of(Resource::Stream(id))
        .filter(|(_, access)| access.reads())
    {
        let part = super::part(system, id, reader);
        let group = format!("consumerGroup/{}", stack.name(&part));
        let body = list(stack, cluster, group, vec![entry(stack, reader, "READ")]);
        stack.module.resource("google_managed_kafka_acl", &part, body);
    }
}

fn list(stack: &Stack<'_>, cluster: &Address, name: String, entries: Vec<Block>) -> Block {
    Block::new()
        .set("location", stack.region())
        .set("cluster", cluster.attr("cluster_id"))
        .set("acl_id", name)
        .blocks("acl_entries", entries)
}

fn entry(stack: &Stack<'_>, user: Id<Service>, operation: &str) -> Block {
    Block::new()
        .set("principal", template!["User:", stack.accounts[&user].attr("email")])
        .set("operation", operation)
}

/// Where clients find the cluster.
pub(in crate::targets::gcp) fn bootstrap(stack: &Stack<'_>) -> Expression {
    template![
        format!("bootstrap.{}.{}.managedkafka.", stack.name(CLUSTER), stack.region()),
        stack.project.id(),
        format!(".cloud.goog:{PORT}"),
    ]
}
