//! Application security groups, which rules name rather than addresses.

use std::collections::BTreeMap;

use super::super::{Stack, functions, queues, registry, streams, workflows};
use crate::check::{function_places, function_plan};
use crate::ir::{Bucket, Cache, Database, Domain, Id, Service, Table, Warehouse};
use crate::terraform::{Address, Block};
use crate::vocabulary::Runtime;

/// Application security groups: one for each service and each store.
pub(in crate::targets::azure) struct Groups {
    /// Machines of a service.
    pub services: BTreeMap<Id<Service>, Address>,
    /// Private endpoint of a database.
    pub databases: BTreeMap<Id<Database>, Address>,
    /// Private endpoints of a database's read replicas.
    pub readers: BTreeMap<Id<Database>, Address>,
    /// Private endpoints of a database's shards.
    pub shards: BTreeMap<Id<Database>, Address>,
    /// Private endpoint of a bucket.
    pub buckets: BTreeMap<Id<Bucket>, Address>,
    /// Private endpoint of a cache.
    pub caches: BTreeMap<Id<Cache>, Address>,
    /// Private endpoint of a table.
    pub tables: BTreeMap<Id<Table>, Address>,
    /// Private endpoint of a function that somebody asks.
    pub functions: BTreeMap<Id<Service>, Address>,
    /// Private endpoint of what the hosts of functions remember, by domain.
    pub function_hosts: BTreeMap<Option<Id<Domain>>, Address>,
    /// Private endpoints of the code of functions, where there are some.
    pub function_code: Option<Address>,
    /// Private endpoint of the messages of workflows, where there are some.
    pub workflows: Option<Address>,
    /// Private endpoint of a warehouse.
    pub warehouses: BTreeMap<Id<Warehouse>, Address>,
    /// Private endpoint of the streams, where there are some.
    pub streams: Option<Address>,
    /// Private endpoint of the queues and topics, where there are some.
    pub messaging: Option<Address>,
    /// Private endpoint of the registry, where there is one.
    pub registry: Option<Address>,
    /// Private endpoint of the vault.
    pub vault: Address,
}

pub(super) fn lower(stack: &mut Stack<'_>) -> Groups {
    let system = stack.system;
    stack
        .module
        .comment("The rules name these groups rather than addresses: one for each service, one for each store. Azure deletes none that a rule names:\ncreate_before_destroy has Terraform change the rules first.");
    let services = system
        .services
        .iter()
        .filter(|(_, item)| item.runtime == Runtime::Vm)
        .map(|(id, item)| (id, group(stack, &item.name)))
        .collect();
    let databases = system
        .databases
        .iter()
        .map(|(id, item)| (id, group(stack, &item.name)))
        .collect();
    let readers = system
        .databases
        .iter()
        .filter(|(_, item)| item.readers.is_some())
        .map(|(id, item)| (id, group(stack, &item.reader_name())))
        .collect();
    let shards = system
        .sharded()
        .map(|(id, item, _)| (id, group(stack, &item.shard_name())))
        .collect();
    let buckets = system
        .buckets
        .iter()
        .map(|(id, item)| (id, group(stack, &item.name)))
        .collect();
    let caches = system
        .caches
        .iter()
        .map(|(id, item)| (id, group(stack, &item.name)))
        .collect();
    let tables = system.tables.iter();
    let tables = tables.map(|(id, item)| (id, group(stack, &item.name))).collect();
    let asked: Vec<(Id<Service>, &Service)> = system
        .functions()
        .filter(|(id, _, function)| functions::is_asked(stack, *id, function))
        .map(|(id, service, _)| (id, service))
        .collect();
    let asked = asked
        .into_iter()
        .map(|(id, item)| (id, group(stack, &item.name)))
        .collect();
    let hosts = function_places(system).into_iter();
    let hosts: Vec<_> = hosts
        .map(|domain| (domain, format!("{}-host", function_plan(system, domain))))
        .collect();
    let function_code = (!hosts.is_empty()).then(|| group(stack, functions::CODE));
    let function_hosts = hosts
        .into_iter()
        .map(|(domain, name)| (domain, group(stack, &name)))
        .collect();
    let warehouses = system.warehouses.iter();
    let warehouses = warehouses.map(|(id, item)| (id, group(stack, &item.name))).collect();
    let messaging = !(system.queues.is_empty() && system.topics.is_empty());
    Groups {
        workflows: workflows::have_queues(system).then(|| group(stack, workflows::CALLS)),
        warehouses,
        tables,
        functions: asked,
        function_hosts,
        function_code,
        streams: (!system.streams.is_empty()).then(|| group(stack, streams::NAME)),
        services,
        databases,
        readers,
        shards,
        buckets,
        caches,
        messaging: messaging.then(|| group(stack, queues::NAME)),
        registry: system.registry.map(|_| group(stack, registry::NAME)),
        vault: group(stack, "vault"),
    }
}

fn group(stack: &mut Stack<'_>, name: &str) -> Address {
    let body = stack
        .named(stack.prefixed(name))
        .set("tags", stack.tags())
        .block("lifecycle", Block::new().set("create_before_destroy", true));
    stack.module.resource("azurerm_application_security_group", name, body)
}
