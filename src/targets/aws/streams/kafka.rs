//! Streams whose clients speak Kafka's protocol: topics of one MSK cluster, in which brokers know clients by their roles.

use std::collections::{BTreeMap, BTreeSet};

use hcl::Expression;

use crate::ir::{Access, Id, Peer, Resource, Service, Stream, Tier};
use crate::targets::aws::compute::Parts;
use crate::targets::aws::encryption::Keys;
use crate::targets::aws::firewall::{self, Groups};
use crate::targets::aws::network::Network;
use crate::targets::aws::policy::Statement;
use crate::targets::aws::rules::{self, Direction};
use crate::targets::aws::{Base, Stack, functions, logs};
use crate::terraform::{Address, Block, expr};
use crate::{list, object, template};

/// The version of Kafka, whose brokers keep their metadata themselves.
const VERSION: &str = "3.9.x.kraft";
/// The machine of a broker, and the GiB of its disk: at first, and at most.
const MACHINE: &str = "kafka.m7g.large";
const DISK: u32 = 100;
const LARGEST_DISK: u32 = 1000;
/// Brokers that have each record, and of these, those that must have it before its sender hears so.
const COPIES: usize = 3;
const IN_SYNC: u32 = 2;
/// TCP port for clients that prove a role.
pub(in crate::targets::aws) const PORT: u16 = 9098;
/// What Lambda does to stand in the network of the brokers for a function, and to find them.
pub(in crate::targets::aws) const STAND: [&str; 2] = ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"];
pub(in crate::targets::aws) const FIND: [&str; 5] = [
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "kafka:GetBootstrapBrokers",
];
/// Longer than any component's name.
pub(in crate::targets::aws) const BROKERS: &str = "kafka_brokers_of_streams";
const LOGS: &str = "kafka_brokers_of_streams";

/// Rules by the service that they let out.
type Opening = BTreeMap<Id<Service>, Vec<Expression>>;

/// The cluster of the system.
pub(in crate::targets::aws) struct Cluster {
    cluster: Address,
    /// The security group of the brokers.
    pub(in crate::targets::aws) brokers: Address,
    /// Rules by the service that they let out, for `depends_on`.
    rules: Opening,
    /// Those between the brokers, by which Lambda reads them.
    own: Vec<Expression>,
}

impl Cluster {
    /// What a service's connections to the brokers need.
    pub(in crate::targets::aws) fn needs(&self, service: Id<Service>) -> Vec<Expression> {
        self.rules.get(&service).cloned().unwrap_or_default()
    }

    /// What Lambda needs to read the brokers for a function.
    pub(in crate::targets::aws) fn read_by_lambda(&self) -> Vec<Expression> {
        self.own.clone()
    }

    /// Where clients find the brokers.
    pub(in crate::targets::aws) fn brokers(&self) -> Expression {
        self.cluster.attr("bootstrap_brokers_sasl_iam")
    }

    /// What metrics call the cluster.
    pub(in crate::targets::aws) fn name(&self) -> Expression {
        self.cluster.attr("cluster_name")
    }

    /// The ARN of the cluster, as policies name it.
    fn arn(&self, stack: &Stack<'_>, base: &Base, kind: &str) -> Expression {
        template![
            format!("arn:aws:kafka:{}:", stack.region()),
            base.account.clone(),
            format!(":{kind}/{}/", stack.system.prefix),
            self.cluster.attr("cluster_uuid")
        ]
    }

    /// The ARN of something in the cluster: a topic or a group.
    fn inside(&self, stack: &Stack<'_>, base: &Base, kind: &str, name: &str) -> Expression {
        template![self.arn(stack, base, kind), format!("/{name}")]
    }
}

/// True if the system has a cluster of Kafka.
pub(in crate::targets::aws) fn is_needed(system: &crate::ir::System) -> bool {
    system.streams.iter().any(|(_, item)| item.kafka)
}

/// How many brokers there are: the same number in each zone, and as many as there are copies.
pub(in crate::targets::aws) fn count(stack: &Stack<'_>) -> usize {
    let zones = match &stack.system.network.existing.aws {
        Some(existing) => existing.data.len(),
        None => stack.system.network.zones,
    };
    COPIES.next_multiple_of(zones.max(1))
}

/// Adds the cluster. It has the system's own name.
pub(super) fn cluster(stack: &mut Stack<'_>, keys: &Keys, network: &Network, groups: &Groups) -> Cluster {
    let prefix = stack.system.prefix.clone();
    stack.module.file("firewall", "");
    let brokers = firewall::group(stack, network, BROKERS, "Kafka brokers".to_owned());
    let (rules, own) = connections(stack, groups, &brokers);
    stack.module.file("streams", "");
    let group = logs::group(stack, keys, format!("/aws/vendedlogs/{prefix}/kafka"));
    let group = stack.module.resource("aws_cloudwatch_log_group", LOGS, group);
    let said = [
        "auto.create.topics.enable=false".to_owned(),
        format!("default.replication.factor={COPIES}"),
        format!("min.insync.replicas={IN_SYNC}"),
    ];
    let configuration = Block::new()
        .set("name", prefix.as_str())
        .set("kafka_versions", list![VERSION])
        .set("server_properties", said.join("\n") + "\n");
    let configuration = stack.module.resource("aws_msk_configuration", "main", configuration);
    let disk = Block::new().block("ebs_storage_info", Block::new().set("volume_size", DISK));
    let nodes = Block::new()
        .set("instance_type", MACHINE)
        .set("client_subnets", network.subnets(Tier::Data))
        .set("security_groups", list![brokers.id()])
        .block("storage_info", disk);
    let transit = Block::new().set("client_broker", "TLS").set("in_cluster", true);
    let encryption = Block::new()
        .set("encryption_at_rest_kms_key_arn", keys.data.attr("arn"))
        .block("encryption_in_transit", transit);
    let written = Block::new().set("enabled", true).set("log_group", group.attr("name"));
    let written = Block::new().block("broker_logs", Block::new().block("cloudwatch_logs", written));
    let size = ["0", "storage_info", "0", "ebs_storage_info", "0", "volume_size"];
    let size = expr::attribute(expr::keyword("broker_node_group_info"), &size);
    let lifecycle = Block::new()
        .when(stack.system.protect, |block| block.set("prevent_destroy", true))
        .set("ignore_changes", list![size]);
    let body = Block::new()
        .set("cluster_name", prefix.as_str())
        .set("kafka_version", VERSION)
        .set("number_of_broker_nodes", count(stack) as u64)
        .block("broker_node_group_info", nodes)
        .block(
            "configuration_info",
            Block::new()
                .set("arn", configuration.attr("arn"))
                .set("revision", configuration.attr("latest_revision")),
        )
        .comment("Clients prove a role, and in no other way.")
        .block(
            "client_authentication",
            Block::new().block("sasl", Block::new().set("iam", true)),
        )
        .block("encryption_info", encryption)
        .block("logging_info", written)
        .block("lifecycle", lifecycle);
    let cluster = stack.module.resource("aws_msk_cluster", "main", body);
    grow(stack, &cluster);
    Cluster {
        cluster,
        brokers,
        rules,
        own,
    }
}

/// Lets the disks of brokers grow: one that is full takes no more records. They do not shrink.
fn grow(stack: &mut Stack<'_>, cluster: &Address) {
    let body = Block::new()
        .set("service_namespace", "kafka")
        .set("scalable_dimension", "kafka:broker-storage:VolumeSize")
        .set("resource_id", cluster.attr("arn"))
        .set("min_capacity", 1)
        .comment("GiB of each broker's disk, at most.")
        .set("max_capacity", LARGEST_DISK);
    let target = stack.module.resource("aws_appautoscaling_target", BROKERS, body);
    let measured = Block::new().set("predefined_metric_type", "KafkaBrokerStorageUtilization");
    let tracking = Block::new()
        .comment("Percent of a disk that is used.")
        .set("target_value", 60)
        .set("disable_scale_in", true)
        .block("predefined_metric_specification", measured);
    let body = Block::new()
        .set("name", stack.name("kafka-disks"))
        .set("policy_type", "TargetTrackingScaling")
        .set("service_namespace", target.attr("service_namespace"))
        .set("scalable_dimension", target.attr("scalable_dimension"))
        .set("resource_id", target.attr("resource_id"))
        .block("target_tracking_scaling_policy_configuration", tracking);
    stack.module.resource("aws_appautoscaling_policy", BROKERS, body);
}

/// Who reaches the brokers, and the brokers each other: Lambda reads them from their own group. Gives the rules of each service, and those of the brokers.
fn connections(stack: &mut Stack<'_>, groups: &Groups, brokers: &Address) -> (Opening, Vec<Expression>) {
    let system = stack.system;
    let mut found = Opening::new();
    let connect = |stack: &mut Stack<'_>, from: &Address, name: &str| {
        let local = format!("{name}_to_{BROKERS}_{PORT}");
        let why = format!("{name} to kafka brokers of streams").replace('_', " ");
        let ends = [(Direction::Egress, from, brokers), (Direction::Ingress, brokers, from)];
        ends.map(|(direction, group, other)| {
            let other = ("referenced_security_group_id", other.id());
            rules::add(stack, group, direction, &local, ("tcp", PORT, &why), other).whole()
        })
    };
    let own = connect(stack, brokers, BROKERS).into();
    let mut pools = BTreeSet::new();
    for (id, service) in system.services.iter() {
        let uses = system
            .grants_of(id)
            .any(|grant| matches!(grant.resource, Resource::Stream(stream) if system.streams[stream].kafka));
        if let Some(group) = groups.find(Peer::Service(id)).filter(|_| uses) {
            found.insert(id, connect(stack, group, &service.name).into());
        }
        // Pods have the group of their nodes.
        if let (Some(pool), Some(nodes)) = (system.pool_of(id).filter(|_| uses), groups.nodes()) {
            let name = firewall::pool_word(pool);
            let number = system.pools.iter().position(|other| other == pool);
            let group = number.and_then(|number| nodes.pools.get(number));
            if let Some(group) = group.filter(|_| pools.insert(name.clone())) {
                connect(stack, group, &name);
            }
        }
    }
    (found, own)
}

/// Adds the topic of a stream.
pub(super) fn topic(stack: &mut Stack<'_>, item: &Stream, cluster: &Cluster) -> Address {
    let milliseconds = u64::from(item.retention_hours) * 3_600_000;
    let said = object! { "retention.ms" => milliseconds.to_string() };
    let body = Block::new()
        .set("name", item.name.as_str())
        .set("cluster_arn", cluster.cluster.attr("arn"))
        .set("partition_count", item.partitions)
        .set("replication_factor", COPIES as u64)
        .set("configs", expr::jsonencode(said));
    let topic = stack.module.resource("aws_msk_topic", &item.name, body);
    stack
        .report
        .component(&item.path, "topic of an MSK cluster", topic.text());
    topic
}

/// What clients of a stream call themselves there.
pub(in crate::targets::aws) fn group(stack: &Stack<'_>, service: &Service) -> String {
    stack.name(&service.name)
}

/// What a service's links to such streams allow.
pub(super) fn granted(stack: &Stack<'_>, id: Id<Service>, parts: &Parts<'_>) -> Vec<Statement> {
    let system = stack.system;
    let Some(cluster) = &parts.streams.kafka else {
        return vec![];
    };
    let used = system.grants_of(id).filter_map(|grant| match grant.resource {
        Resource::Stream(stream) if system.streams[stream].kafka => Some((stream, grant.access)),
        _ => None,
    });
    let used: Vec<(Id<Stream>, Access)> = used.collect();
    if used.is_empty() {
        return vec![];
    }
    let topics = |wanted: fn(Access) -> bool| -> Vec<Expression> {
        let wanted = used.iter().filter(|(_, access)| wanted(*access));
        let names = wanted.map(|(stream, _)| system.streams[*stream].name.as_str());
        names
            .map(|name| cluster.inside(stack, parts.base, "topic", name))
            .collect()
    };
    let (read, write) = (topics(Access::reads), topics(Access::writes));
    let mut open = vec!["kafka-cluster:Connect", "kafka-cluster:DescribeCluster"];
    if !write.is_empty() {
        open.push("kafka-cluster:WriteDataIdempotently");
    }
    let mut statements = vec![Statement::allow(
        "UseBrokers",
        &open,
        cluster.arn(stack, parts.base, "cluster"),
    )];
    if !write.is_empty() {
        let send = ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"];
        statements.push(Statement::allow("SendToTopics", &send, Expression::Array(write)));
    }
    if !read.is_empty() {
        let take = ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"];
        statements.push(Statement::allow("ReadTopics", &take, Expression::Array(read)));
        let share = ["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"];
        let name = group(stack, &system.services[id]);
        let group = cluster.inside(stack, parts.base, "group", &name);
        statements.push(Statement::allow("ShareTopics", &share, group));
    }
    statements
}

/// What Lambda needs besides to read a topic for a function: it stands in the network of the brokers for that.
pub(super) fn started_by(stack: &Stack<'_>, parts: &Parts<'_>) -> Vec<Statement> {
    let Some(cluster) = &parts.streams.kafka else {
        return vec![];
    };
    vec![
        Statement::allow(
            "ConfigurationOfBrokers",
            &["kafka-cluster:DescribeClusterDynamicConfiguration"],
            cluster.arn(stack, parts.base, "cluster"),
        ),
        Statement::allow(
            "DescribeBrokers",
            &["kafka:DescribeCluster", "kafka:DescribeClusterV2"],
            cluster.arn(stack, parts.base, "cluster"),
        ),
        Statement::allow("StandByBrokers", &STAND, functions::interfaces(stack, parts)),
        Statement::allow("FindBrokers", &FIND, "*"),
    ]
}

/// The beginning of what reads a topic for a function.
pub(in crate::targets::aws) fn mapping(
    stack: &Stack<'_>,
    (stream, service): (Id<Stream>, &Service),
    function: Expression,
    parts: &Parts<'_>,
) -> Block {
    let item = &stack.system.streams[stream];
    let cluster = parts.streams.kafka.as_ref().map(|kafka| kafka.cluster.attr("arn"));
    let shared = Block::new().set("consumer_group_id", group(stack, service));
    let pollers = Block::new()
        .set("minimum_pollers", 1)
        .set("maximum_pollers", item.partitions);
    Block::new()
        .set_some("event_source_arn", cluster)
        .set("function_name", function)
        .set("topics", list![parts.streams.get(stream).attr("name")])
        .block("amazon_managed_kafka_event_source_config", shared)
        .comment("Pollers of its own: only they give up a record that fails again and again.")
        .block("provisioned_poller_config", pollers)
}

/// What a warehouse needs to read topics: it keeps its place in them itself.
pub(super) fn read_by_warehouse(stack: &Stack<'_>, base: &Base, topics: &[&str], cluster: &Cluster) -> Vec<Statement> {
    let open = ["kafka-cluster:Connect", "kafka-cluster:DescribeCluster"];
    let take = ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"];
    let topics = topics
        .iter()
        .map(|name| cluster.inside(stack, base, "topic", name))
        .collect();
    vec![
        Statement::allow("UseBrokers", &open, cluster.arn(stack, base, "cluster")),
        Statement::allow("ReadTopics", &take, Expression::Array(topics)),
        Statement::allow("FindBrokers", &["kafka:GetBootstrapBrokers"], "*"),
    ]
}
