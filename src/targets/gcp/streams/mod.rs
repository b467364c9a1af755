//! Streams: a topic of Pub/Sub that keeps what was sent, with a subscription for each who reads it; or Kafka.

mod kafka;

use hcl::Expression;

use super::identity::{self, Object, SEND, TAKE};
use super::{Stack, queues};
use crate::ir::{Grant, Id, Resource, Service, Stream, System};
use crate::template;

pub(super) use kafka::{PORT as KAFKA, any as has_kafka, bootstrap};

/// Seconds that a reader has for a record.
const WAIT: u32 = 60;

/// Adds the streams.
pub(super) fn lower(stack: &mut Stack<'_>) {
    let system = stack.system;
    let cluster = kafka::cluster(stack);
    for (id, stream) in system.streams.iter() {
        stack.module.file("streams", "");
        if let (true, Some(cluster)) = (stream.kafka, &cluster) {
            let address = kafka::topic(stack, stream, cluster);
            kafka::lists(stack, id, cluster);
            stack.streams.insert(id, address);
            continue;
        }
        let topic = queues::lasting_topic(stack, &stream.name, Some(stream.retention_hours));
        stack
            .report
            .component(&stream.path, "topic of Pub/Sub that keeps its messages", topic.text());
        for reader in readers(system, id) {
            let part = part(system, id, reader);
            let body = queues::subscription(stack, &part, &topic, WAIT, stream.retention_hours.div_ceil(24))
                .comment("In order for each ordering key.")
                .set("enable_message_ordering", true);
            let subscription = stack.module.resource("google_pubsub_subscription", &part, body);
            stack.readers.insert((id, reader), subscription);
        }
        stack.streams.insert(id, topic);
    }
}

/// The services that take records themselves. To functions they are brought.
fn readers(system: &System, id: Id<Stream>) -> impl Iterator<Item = Id<Service>> {
    let readers = system.consumers_of(id);
    readers.filter(|reader| system.services[*reader].function.is_none())
}

/// What names the subscription of a reader.
fn part(system: &System, id: Id<Stream>, reader: Id<Service>) -> String {
    let reader = &system.services[reader];
    match reader.function {
        Some(_) => reader.name.clone(),
        None => format!("{}-from-{}", reader.name, system.streams[id].name),
    }
}

/// What a reader calls its subscription, or its group of Kafka.
pub(super) fn group(stack: &Stack<'_>, id: Id<Stream>, reader: Id<Service>) -> Expression {
    let name = stack.name(&part(stack.system, id, reader));
    match stack.system.streams[id].kafka {
        true => name.into(),
        false => template!["projects/", stack.project.id(), format!("/subscriptions/{name}")],
    }
}

/// What a grant on a stream becomes.
pub(super) fn objects(stack: &Stack<'_>, grant: Grant, id: Id<Stream>) -> Vec<Object> {
    let stream = &stack.system.streams[id];
    if stream.kafka {
        // The right to connect; what a client may do then is in the lists of topics and groups.
        let mut grants = stack.system.grants_of(grant.service);
        let first = grants.find(|grant| is_kafka(stack.system, grant.resource));
        let once = first.filter(|first| first.resource == grant.resource);
        let connect = once.map(|_| identity::on_project(stack, kafka::CLIENT, kafka::CLUSTER, None));
        return connect.into_iter().collect();
    }
    let send = || Object::new(SEND, &stream.name, stack.streams[&id].attr("name"));
    let reader = stack.readers.get(&(id, grant.service));
    let take = reader.map(|reader| Object::new(TAKE, &stream.name, reader.id()));
    let send = grant.access.writes().then(send);
    send.into_iter().chain(take).collect()
}

/// True if clients of a resource speak Kafka's protocol.
pub(super) fn is_kafka(system: &System, resource: Resource) -> bool {
    matches!(resource, Resource::Stream(id) if system.streams[id].kafka)
}
