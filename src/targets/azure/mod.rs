//! Azure: virtual machine scale sets behind application gateways, flexible servers, storage accounts, Key Vault.

mod alarms;
mod apis;
mod budget;
mod caches;
mod cluster;
mod compute;
mod containers;
mod dashboard;
mod database;
mod dns_zones;
mod edge;
mod encryption;
mod firewall;
mod functions;
mod identity;
mod load_balancer;
mod messages;
mod metrics;
mod names;
mod network;
mod observability;
mod project;
mod queues;
mod readme;
mod registry;
mod replication;
mod routing;
mod scaling;
mod secrets;
mod security_rules;
mod sharding;
mod startup;
mod storage;
mod streams;
mod tables;
mod tcp_balancer;
mod topics;
mod warehouses;
mod workflows;

use std::collections::BTreeMap;

use super::shared::{Lowered, report::Report};
use crate::check::Checked;
use crate::ir::{Bucket, Cache, Database, Id, Secret, Table, Warehouse};
use crate::terraform::{Address, Module};
use project::Project;

/// The module under construction, and what every part of it refers to.
struct Stack<'a> {
    system: &'a Checked<'a>,
    module: Module,
    report: Report,
    project: Project,
    /// Private endpoints, and from when on rules let anybody reach them: each is in its application security group then.
    grouped: BTreeMap<Address, Address>,
}

/// Spells a system.
pub(super) fn lower(system: &Checked<'_>) -> Lowered {
    let mut module = Module::new();
    let project = project::lower(system, &mut module);
    let mut stack = Stack {
        system,
        module,
        report: Report::default(),
        project,
        grouped: BTreeMap::new(),
    };
    let stack = &mut stack;
    let network = network::lower(stack);
    let balancers = tcp_balancer::lower(stack, &network);
    let firewall = firewall::lower(stack, &network, &balancers);
    let bastion = network
        .bastion
        .as_ref()
        .map(|subnet| network::bastion(stack, subnet, firewall.guard("bastion")));
    let zones = edge::zones(stack, &network, &balancers);
    let vault = secrets::lower(stack, &network, &firewall, &zones);
    let encryption = encryption::lower(stack, &vault);
    let entries = secrets::entries(stack, &vault);
    let parts = Parts {
        network,
        balancers,
        firewall,
        zones,
        vault,
        encryption,
    };
    let streams = streams::lower(stack, &parts);
    let stores = Stores {
        entries,
        databases: database::lower(stack, &parts),
        buckets: storage::lower(stack, &parts),
        messaging: queues::lower(stack, &parts),
        caches: caches::lower(stack, &parts),
        tables: tables::lower(stack, &parts),
        registry: registry::lower(stack, &parts),
        warehouses: warehouses::lower(stack, &parts, streams.as_ref()),
        streams,
        functions: functions::shared(stack, &parts),
        workflows: workflows::lower(stack, &parts),
    };
    let environments = containers::environments::lower(stack, &parts);
    let certificates = edge::certificates(stack);
    let gateways = load_balancer::lower(stack, &parts, &environments, &certificates);
    edge::records(stack, &parts.zones, &parts.network);
    let mut identities = identity::lower(stack, &stores);
    tables::access(stack, &stores, &mut identities);
    warehouses::access(stack, &stores, &mut identities);
    let plan = compute::Plan {
        parts: &parts,
        gateways: &gateways,
        identities: &identities,
        stores: &stores,
    };
    let machines = compute::lower(stack, &plan);
    containers::lower(stack, &plan, &environments);
    let cluster = cluster::lower(stack, &plan);
    let workspace = match &cluster {
        Some(built) => built.workspace.clone(),
        None => observability::workspace(stack),
    };
    let functions = functions::lower(stack, &plan, &workspace);
    let watched = observability::Watched {
        apis: apis::lower(stack, &parts),
        bastion,
        gateways: gateways.iter().map(|(name, gateway)| (name, gateway.clone())).collect(),
        environments: environments
            .iter(stack)
            .map(|(name, environment)| (name, environment.clone()))
            .collect(),
        cluster: cluster.as_ref().map(|built| built.cluster.clone()),
        registry: stores.registry.as_ref().map(|built| built.registry.clone()),
        machines,
    };
    observability::lower(stack, &parts, &stores, &watched, &workspace);
    functions::watch::lower(stack, functions.as_ref(), &workspace);
    workflows::watch::lower(stack, &stores.workflows, &workspace);
    alarms::lower(stack, (&stores, &watched.apis), (functions.as_ref(), &workspace));
    dashboard::lower(stack, &workspace);
    budget::lower(stack);
    readme::lower(stack);
    replication::lower(stack);
    messages::lower(stack);
    containers::readme::lower(stack);
    apis::readme::lower(stack);
    dns_zones::readme(stack);
    cluster::readme::lower(stack);
    registry::readme::lower(stack);
    sharding::lower(stack);
    functions::readme::lower(stack);
    workflows::readme::lower(stack);
    warehouses::readme::lower(stack);
    Lowered {
        module: std::mem::take(&mut stack.module),
        report: std::mem::take(&mut stack.report),
        sources: functions::beside(system),
        cluster: cluster.map(|built| built.manifests),
    }
}

/// What the components are built on.
struct Parts {
    network: network::Network,
    balancers: tcp_balancer::TcpBalancers,
    firewall: firewall::Firewall,
    zones: edge::Zones,
    vault: secrets::Vault,
    encryption: encryption::Encryption,
}

/// What the services use.
struct Stores {
    /// Entries of the vault that the owner fills.
    entries: BTreeMap<Id<Secret>, Address>,
    databases: BTreeMap<Id<Database>, database::Built>,
    buckets: BTreeMap<Id<Bucket>, storage::Built>,
    /// Queues and topics, where there are some.
    messaging: Option<queues::Messaging>,
    caches: BTreeMap<Id<Cache>, caches::Built>,
    /// Streams, where there are some.
    streams: Option<streams::Streaming>,
    tables: BTreeMap<Id<Table>, tables::Built>,
    /// The registry of the system's own images, where there is one.
    registry: Option<registry::Registry>,
    warehouses: BTreeMap<Id<Warehouse>, warehouses::Built>,
    /// What functions share, where there are some.
    functions: Option<functions::Shared>,
    workflows: workflows::Built,
}
