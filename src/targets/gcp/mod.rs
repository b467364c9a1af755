//! Google Cloud: a system as Terraform for `hashicorp/google`.
//!
//! Firewall rules follow service accounts, and the tags of containers, not subnets: what a machine or a container may open or accept
//! follows from who it is. Subnets are regional, databases are reached over Private Service Connect, Google's own services over `private.googleapis.com`.

mod alarms;
mod apis;
mod balancer_routes;
mod budget;
mod caches;
mod cluster;
mod compute;
mod containers;
mod dashboards;
mod database;
mod edge;
mod encryption;
mod firewall;
mod functions;
mod identity;
mod load_balancer;
mod logs;
mod network;
mod project;
mod queues;
mod readme;
mod registry;
mod replicas;
mod secrets;
mod settings;
mod shards;
mod storage;
mod streams;
mod tables;
mod tcp_balancer;
mod topics;
mod warehouses;
mod workflows;

use std::collections::BTreeMap;

use hcl::Expression;

use super::shared::{self, Lowered, report::Report};
use crate::check::Checked;
use crate::ir::{
    Bucket, Cache, Database, Id, Queue, Secret, Service, Stream, Subscription, Table, Topic, Warehouse, Workflow,
};
use crate::template;
use crate::terraform::{Address, Module};
use crate::vocabulary::Runtime;

/// Files of the output, in the order of the single document.
const FILES: [&str; 31] = [
    "versions",
    "variables",
    "apis",
    "network",
    "firewall",
    "edge",
    "load_balancer",
    "api_gateways",
    "compute",
    "containers",
    "functions",
    "workflows",
    "registry",
    "cluster",
    "kubernetes",
    "database",
    "storage",
    "tables",
    "warehouses",
    "caches",
    "queues",
    "topics",
    "streams",
    "secrets",
    "identity",
    "encryption",
    "logs",
    "alarms",
    "dashboards",
    "budget",
    "outputs",
];

/// True for services on machines of their own.
fn is_machine(service: &Service) -> bool {
    service.runtime == Runtime::Vm
}

/// What is there before any component: the project, its network, its key.
#[derive(Debug)]
struct Stack<'a> {
    system: &'a Checked<'a>,
    module: Module,
    report: Report,
    project: project::Project,
    encryption: encryption::Encryption,
    network: network::Network,
    /// The system's own registry.
    registry: Option<Address>,
    /// What lets Cloud Run read it.
    registry_agent: Option<Address>,
    /// Who the cluster's nodes are, by the name of their pool.
    nodes: BTreeMap<String, cluster::Nodes>,
    /// Service accounts.
    accounts: BTreeMap<Id<Service>, Address>,
    databases: BTreeMap<Id<Database>, database::Placed>,
    shards: BTreeMap<Id<Database>, shards::Placed>,
    /// Logins to the proxies in front of shards.
    logins: BTreeMap<Id<Database>, shards::Kept>,
    /// Maps of shards, where applications route.
    maps: BTreeMap<Id<Database>, shards::Kept>,
    buckets: BTreeMap<Id<Bucket>, Address>,
    secrets: BTreeMap<Id<Secret>, Address>,
    caches: BTreeMap<Id<Cache>, caches::Placed>,
    queues: BTreeMap<Id<Queue>, queues::Placed>,
    topics: BTreeMap<Id<Topic>, Address>,
    subscriptions: BTreeMap<Id<Subscription>, queues::Inbox>,
    streams: BTreeMap<Id<Stream>, Address>,
    /// The subscriptions of those who read streams themselves.
    readers: BTreeMap<(Id<Stream>, Id<Service>), Address>,
    tables: BTreeMap<Id<Table>, Address>,
    functions: BTreeMap<Id<Service>, Address>,
    /// The subscriptions that bring events to functions which have no queue.
    events: BTreeMap<Id<Service>, queues::Inbox>,
    warehouses: BTreeMap<Id<Warehouse>, warehouses::Placed>,
    /// The role of who inserts rows.
    inserter: Option<Address>,
    /// The subscriptions that fill tables of warehouses.
    sinks: BTreeMap<(Id<Warehouse>, String), queues::Inbox>,
    /// Whom workflows run as.
    runners: BTreeMap<Id<Workflow>, Address>,
    /// What lets workflows call their functions.
    steps: BTreeMap<Id<Workflow>, Vec<Address>>,
    /// Whom Pub/Sub brings messages to functions as.
    triggers: Option<Address>,
    /// The agent that sends what schedules say, and starts workflows.
    scheduler: Option<Address>,
    /// Grants of each service, which its machines wait for.
    grants: BTreeMap<Id<Service>, Vec<Address>>,
}

impl Stack<'_> {
    /// `PREFIX-PART`
    fn name(&self, part: &str) -> String {
        format!("{}-{part}", self.system.prefix)
    }

    /// `PREFIX-PART-SUFFIX`, for names that are shared with the world or not given back after a destroy.
    fn unique_name(&self, part: &str) -> Expression {
        template![self.name(part), "-", self.project.suffix.attr("hex")]
    }

    fn region(&self) -> &str {
        self.system.region()
    }
}

/// Spells a system.
pub(super) fn lower(system: &Checked<'_>) -> Lowered {
    let mut module = Module::new();
    for file in FILES {
        module.file(file, "");
    }
    let project = project::lower(system, &mut module);
    let encryption = encryption::lower(system, &mut module, &project);
    let network = network::lower(system, &mut module, &project);
    let mut stack = Stack {
        system,
        module,
        report: Report::default(),
        project,
        encryption,
        network,
        registry: None,
        registry_agent: None,
        nodes: BTreeMap::new(),
        accounts: BTreeMap::new(),
        databases: BTreeMap::new(),
        shards: BTreeMap::new(),
        logins: BTreeMap::new(),
        maps: BTreeMap::new(),
        buckets: BTreeMap::new(),
        secrets: BTreeMap::new(),
        caches: BTreeMap::new(),
        queues: BTreeMap::new(),
        topics: BTreeMap::new(),
        subscriptions: BTreeMap::new(),
        streams: BTreeMap::new(),
        readers: BTreeMap::new(),
        tables: BTreeMap::new(),
        functions: BTreeMap::new(),
        events: BTreeMap::new(),
        warehouses: BTreeMap::new(),
        inserter: None,
        sinks: BTreeMap::new(),
        runners: BTreeMap::new(),
        steps: BTreeMap::new(),
        triggers: None,
        scheduler: None,
        grants: BTreeMap::new(),
    };
    identity::accounts(&mut stack);
    workflows::accounts(&mut stack);
    functions::accounts(&mut stack);
    database::lower(&mut stack);
    shards::lower(&mut stack);
    storage::lower(&mut stack);
    tables::lower(&mut stack);
    caches::lower(&mut stack);
    queues::lower(&mut stack);
    topics::lower(&mut stack);
    streams::lower(&mut stack);
    warehouses::lower(&mut stack);
    secrets::lower(&mut stack);
    registry::lower(&mut stack);
    identity::grants(&mut stack);
    cluster::accounts(&mut stack);
    let entries = edge::addresses(&mut stack);
    let records = edge::records(&mut stack, &entries);
    let rules = firewall::lower(&mut stack, &entries);
    stack.module.file("variables", "");
    shared::startup::declare_rollout(&mut stack.module);
    let machines = compute::lower(&mut stack, &entries, &records, &rules);
    let containers = containers::lower(&mut stack, &records, &rules, &machines);
    functions::lower(&mut stack, &records, &rules, &machines, &containers);
    workflows::lower(&mut stack);
    let gateway = cluster::lower(&mut stack, &records, &rules);
    load_balancer::lower(&mut stack, &entries, &machines, (&containers.groups, gateway.as_ref()));
    apis::lower(&mut stack, &entries, &containers.images);
    logs::lower(&mut stack);
    alarms::lower(&mut stack);
    dashboards::lower(&mut stack);
    budget::lower(&mut stack);
    readme::lower(&mut stack);
    let manifests = cluster::manifests(&mut stack);
    Lowered {
        module: stack.module,
        report: stack.report,
        sources: functions::added(system),
        cluster: manifests,
    }
}
