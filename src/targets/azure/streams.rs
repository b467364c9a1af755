//! Event Hubs: one namespace, in it a hub for each stream, and a consumer group for each service that reads one.

use std::collections::BTreeMap;

use hcl::Expression;

use super::database::lifecycle;
use super::project::after;
use super::secrets::{Endpoint, private_endpoint};
use super::{Parts, Stack, names, warehouses};
use crate::ir::{Id, Service, Stream};
use crate::terraform::{Address, Block};
use crate::{list, object, template};

/// What the namespace's endpoint and its security group are called.
pub(super) const NAME: &str = "event-hubs";
/// HTTPS, AMQP over TLS, and Kafka's protocol.
pub(super) const PORTS: [&str; 4] = ["443", "5671", "5672", "9093"];

/// The namespace and what is in it.
pub(super) struct Streaming {
    /// The namespace.
    pub namespace: Address,
    /// Its host name.
    pub host: Expression,
    /// It can be reached from here on.
    pub endpoint: Address,
    /// The streams.
    pub hubs: BTreeMap<Id<Stream>, Address>,
    /// What readers call themselves, by stream and service.
    pub groups: BTreeMap<(Id<Stream>, Id<Service>), Address>,
    /// The same of those who fill tables of warehouses, by their names.
    pub sinks: BTreeMap<String, Address>,
}

/// Nothing for a system without streams.
pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts) -> Option<Streaming> {
    let group = parts.firewall.groups.streams.as_ref()?;
    let system = stack.system;
    stack.module.file("streams", "");
    let (namespace, encrypted) = namespace(stack, parts);
    let host = template![namespace.attr("name"), ".servicebus.windows.net"];
    let host = stack.module.local(NAME, host);
    let endpoint = Endpoint {
        name: NAME,
        resource: &namespace,
        subresource: "namespace",
        zone: super::queues::ZONE,
        group,
        each: false,
        after: vec![],
    };
    let endpoint = private_endpoint(stack, &parts.network.endpoint, &parts.zones, &endpoint).endpoint;
    let (mut hubs, mut groups, mut sinks) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (id, item) in system.streams.iter() {
        stack.module.file("streams", "");
        let keep = Block::new()
            .set("cleanup_policy", "Delete")
            .set("retention_time_in_hours", item.retention_hours);
        let body = Block::new()
            .set("name", item.name.as_str())
            .set("namespace_id", namespace.id())
            .set("partition_count", item.partitions)
            .block("retention_description", keep)
            .block_some("lifecycle", lifecycle(system.protect, &[]))
            .comment("A namespace with a hub in it takes no key any more.")
            .set("depends_on", after([encrypted.clone()]));
        let hub = stack.module.resource("azurerm_eventhub", &item.name, body);
        stack.built(&item.path, "event hub", &hub);
        let group = |stack: &mut Stack<'_>, reading: &str| {
            let body = Block::new()
                .set("name", names::consumer_group(reading))
                .set("namespace_name", namespace.attr("name"))
                .set("eventhub_name", hub.attr("name"))
                .set("resource_group_name", stack.project.group.attr("name"));
            let name = format!("{reading}-from-{}", item.name);
            stack.module.resource("azurerm_eventhub_consumer_group", &name, body)
        };
        for reader in system.consumers_of(id) {
            groups.insert((id, reader), group(stack, &system.services[reader].name));
        }
        for sink in warehouses::consumer_groups(system, id) {
            let own = group(stack, &sink);
            sinks.insert(sink, own);
        }
        hubs.insert(id, hub);
    }
    Some(Streaming {
        namespace,
        host,
        endpoint,
        hubs,
        groups,
        sinks,
    })
}

/// Without a rule for an address, the door is closed by `public_network_access_enabled` alone: `Deny` would stand open.
fn trusted(reads: bool) -> Expression {
    let none = || Expression::Array(vec![]);
    object! {
        "default_action" => "Deny",
        "public_network_access_enabled" => false,
        "trusted_service_access_enabled" => reads,
        "ip_rule" => none(),
        "virtual_network_rule" => none(),
    }
}

fn namespace(stack: &mut Stack<'_>, parts: &Parts) -> (Address, Address) {
    let name = names::namespace(&format!("{}-streams", stack.system.prefix));
    let reads = warehouses::are_filled(stack.system);
    let body = stack
        .named(template![name, "-", stack.project.suffix.attr("hex")])
        .comment("Premium alone takes a key of our own. Its price is by the processing unit.")
        .set("sku", "Premium")
        .set("capacity", 1)
        .set("local_authentication_enabled", false)
        .set("public_network_access_enabled", false)
        .when(reads, |body| {
            body.comment("Closed but for Azure's trusted services: a warehouse's cluster, with a role on the streams that it reads.")
        })
        .set("network_rulesets", list![trusted(reads)])
        .set("tags", stack.tags())
        .block("identity", parts.encryption.identity())
        .block_some("lifecycle", lifecycle(stack.system.protect, &[]))
        .set("depends_on", after([parts.encryption.ready.clone()]));
    let namespace = stack.module.resource("azurerm_eventhub_namespace", "main", body);
    let keys = Expression::Array(vec![parts.encryption.key.attr("versionless_id")]);
    let body = Block::new()
        .set("eventhub_namespace_id", namespace.id())
        .comment("Named without a version, a rotated key is taken by itself.")
        .set("key_vault_key_ids", keys)
        .set("user_assigned_identity_id", parts.encryption.identity.id())
        .set("infrastructure_encryption_enabled", true);
    let kind = "azurerm_eventhub_namespace_customer_managed_key";
    let encrypted = stack.module.resource(kind, "main", body);
    stack.module.output(
        "event_hubs",
        namespace.attr("name"),
        "Name of the Event Hubs namespace.",
    );
    (namespace, encrypted)
}
