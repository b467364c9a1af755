//! Amazon Web Services.
//!
//! Order of lowering: what others refer to comes first. Files of the output are begun in the order in which a reader wants them,
//! so that the single document reads the same way.
//!
//! **Names.** Terraform names of component resources are the components' names, which have at most 20 characters and no
//! underscores of their own. What the system adds beside components of the same type has a longer name, so the two never meet; the
//! same holds for the names that AWS sees.

mod alarms;
mod apis;
mod budget;
mod caches;
mod cluster;
mod compute;
mod containers;
mod dashboard;
mod database;
mod edge;
mod encryption;
mod endpoint;
mod firewall;
mod functions;
mod identity;
mod load_balancer;
mod logs;
mod network;
mod place;
mod policy;
mod project;
mod queues;
mod reader;
mod registry;
mod report;
mod rules;
mod runbook;
mod scaling;
mod secrets;
mod skips;
mod startup;
mod storage;
mod streams;
mod tables;
mod topics;
mod waf;
mod warehouses;
mod workflows;

use functions::Functions;
use hcl::Expression;

use super::shared::{self, Lowered, report::Report, sources::Sources};
use crate::check::Checked;
use crate::terraform::Module;
use crate::vocabulary::Runtime;

/// The output under construction.
struct Stack<'a> {
    system: Checked<'a>,
    module: Module,
    report: Report,
}

impl<'a> Stack<'a> {
    /// `PREFIX-part`, the name of a resource in AWS.
    fn name(&self, part: &str) -> String {
        format!("{}-{part}", self.system.prefix)
    }

    /// True if a service runs on machines.
    fn has_machines(&self) -> bool {
        let mut services = self.system.services.iter();
        services.any(|(_, service)| service.runtime == Runtime::Vm)
    }

    /// True if a service runs as pods in the system's cluster.
    fn has_pods(&self) -> bool {
        !self.system.pools.is_empty()
    }

    /// True if a service runs as tasks on Fargate.
    fn has_containers(&self) -> bool {
        let mut services = self.system.services.iter();
        services.any(|(_, service)| service.runtime == Runtime::Container)
    }

    /// The region, such as `ap-northeast-2`.
    fn region(&self) -> String {
        self.system.region().to_owned()
    }

    /// Days that CloudWatch keeps logs: the next longer period that it offers.
    fn log_days(&self) -> u32 {
        const OFFERED: [u32; 11] = [30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096];
        let asked = self.system.log_days;
        OFFERED.into_iter().find(|&days| days >= asked).unwrap_or(1096)
    }
}

/// What every file refers to.
struct Base {
    /// The account's id.
    account: Expression,
    /// Tags of every resource, for those that do not inherit the provider's.
    tags: Expression,
    /// Six hexadecimal digits for names that are global.
    suffix: Option<Expression>,
}

/// Files of the output, in reading order.
const FILES: [(&str, &str); 32] = [
    ("versions", ""),
    ("variables", ""),
    ("network", ""),
    ("endpoints", ""),
    (
        "firewall",
        "Who may open a connection to whom, on both ends of each; what is not listed is closed.",
    ),
    ("edge", ""),
    ("load_balancer", ""),
    (
        "apis",
        "API gateways: who may call which service from outside, and how often.",
    ),
    ("compute", ""),
    ("functions", "Code that runs when something happens, and keeps nothing."),
    ("triggers", "What starts the functions."),
    ("workflows", "Functions that are called one after the other."),
    ("registry", "Images of the system's own."),
    (
        "cluster",
        "The Kubernetes cluster: its control plane, and the machines that pods run on.",
    ),
    (
        "kubernetes",
        "What the objects in kubernetes/ are told of this side: see the README for when it is written there.",
    ),
    ("database", ""),
    ("replicas", "Read replicas, and the one name that leads to all of them."),
    (
        "shards",
        "Servers beside the main one of a database, each with a part of the tables that are spread.",
    ),
    ("caches", ""),
    ("queues", ""),
    ("topics", ""),
    ("streams", ""),
    ("tables", ""),
    ("warehouses", "Rows that are kept for questions over all of them."),
    ("storage", ""),
    ("secrets", ""),
    (
        "identity",
        "One identity per service, which may do what its links say and nothing else.",
    ),
    ("encryption", ""),
    ("alarms", "What is watched, and who is told."),
    ("dashboards", ""),
    ("budget", ""),
    ("outputs", ""),
];

/// Spells a system.
pub(super) fn lower(system: &Checked<'_>) -> Lowered {
    let mut module = Module::new();
    for (file, header) in FILES {
        module.file(file, header);
    }
    let mut stack = Stack {
        system: *system,
        module,
        report: Report::default(),
    };
    let base = project::lower(&mut stack);
    let keys = encryption::lower(&mut stack, &base);
    let network = network::lower(&mut stack, &base, &keys);
    let groups = firewall::groups(&mut stack, &network);
    let databases = database::lower(&mut stack, &base, &keys, &network, &groups);
    let replicas = database::replica::lower(&mut stack, &keys, &network, &groups, &databases);
    let shards = database::shard::lower(&mut stack, &keys, &groups, &databases);
    let caches = caches::lower(&mut stack, &keys, &network, &groups);
    let mut queues = queues::lower(&mut stack, &keys);
    let topics = topics::lower(&mut stack, &keys, &mut queues);
    let streams = streams::lower(&mut stack, &keys, &network, &groups);
    let tables = tables::lower(&mut stack, &keys);
    let secrets = secrets::lower(&mut stack, &base, &keys, &databases, &shards, &caches);
    let endpoints = endpoint::lower(&mut stack, &base, &network, &groups, &secrets);
    let rules = rules::lower(&mut stack, &groups, &endpoints);
    let warehouses = warehouses::lower(&mut stack, (&base, &keys), (&network, &groups, &endpoints), &streams);
    let buckets = storage::lower(&mut stack, &base, &keys);
    let pulls = registry::lower(&mut stack, &base, &keys);
    let access_logs = logs::bucket(&mut stack, &base, &buckets);
    if let Some(access_logs) = &access_logs {
        storage::logging(&mut stack, &buckets, access_logs);
    }
    let certificate = edge::certificate(&mut stack);
    let balancers = load_balancer::lower(&mut stack, &network, &groups, access_logs.as_ref(), certificate);
    let names = edge::names(&mut stack, &network, &balancers);
    let alarms = alarms::lower(&mut stack, &base, &keys, (&replicas, &shards), &queues);
    dashboard::lower(&mut stack, &shards);
    let readers = reader::lower(&mut stack, names.zone.as_ref(), &replicas, &alarms);
    waf::lower(&mut stack, &keys, &balancers);
    let parts = compute::Parts {
        base: &base,
        keys: &keys,
        network: &network,
        groups: &groups,
        endpoints: &endpoints,
        rules: &rules,
        databases: &databases,
        shards: &shards,
        secrets: &secrets,
        caches: &caches,
        queues: &queues,
        topics: &topics,
        streams: &streams,
        tables: &tables,
        warehouses: &warehouses,
        buckets: &buckets,
        balancers: &balancers,
        names: &names,
        readers: &readers,
        functions: &Functions::default(),
        pulls: pulls.as_ref(),
    };
    let functions = functions::lower(&mut stack, &parts);
    let parts = compute::Parts {
        functions: &functions,
        ..parts
    };
    let apis = apis::lower(&mut stack, &parts);
    let workflows = workflows::lower(&mut stack, &parts);
    let sources = alarms::function::Sources {
        functions: &functions,
        streams: &streams,
        tables: &tables,
    };
    alarms::function::lower(&mut stack, &sources, alarms.topic());
    alarms::workflow::lower(&mut stack, &workflows, alarms.topic());
    alarms::managed::apis(&mut stack, &apis, alarms.topic());
    if let Some(cluster) = &streams.kafka {
        alarms::managed::brokers(&mut stack, cluster, alarms.topic());
    }
    warehouses::fill(&mut stack, &parts, alarms.topic());
    declare_rollout(&mut stack);
    compute::lower(&mut stack, &parts);
    let cluster = cluster::lower(&mut stack, &parts);
    budget::lower(&mut stack);
    report::fill(&mut stack, &parts);
    Lowered {
        module: stack.module,
        report: stack.report,
        sources: Sources::new(),
        cluster,
    }
}

/// Declares the variable that replaces what runs all the time.
fn declare_rollout(stack: &mut Stack<'_>) {
    stack.module.file("variables", "");
    if stack.has_containers() {
        containers::declare_rollout(&mut stack.module);
    } else if stack.has_pods() {
        cluster::declare_rollout(&mut stack.module);
    } else if stack.has_machines() {
        shared::startup::declare_rollout(&mut stack.module);
    }
}
