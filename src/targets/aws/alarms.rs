//! What is watched, and who is told.

pub(super) mod function;
mod inbox;
pub(super) mod managed;
pub(super) mod shard;
pub(super) mod sink;
pub(super) mod workflow;

use hcl::Expression;

use super::database::replica::{self, Replicas};
use super::database::shard::Shards;
use super::encryption::Keys;
use super::policy::{Statement, document};
use super::queues::Queues;
use super::streams::kafka;
use super::{Base, Stack, database};
use crate::check::Checked;
use crate::ir::{Alarm, Database, Id, Signal};
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Engine;
use crate::{list, object, template};

/// The name of the topic that alarms go to. No topic of a blueprint has it: a check sees to that.
const TOPIC: &str = "alarms";
/// Seconds from one measurement to the next.
const PERIOD: u32 = 60;
/// Seconds in which failed calls and runs are counted.
const FIVE_MINUTES: u32 = 300;
/// Minutes after which a replica of a PostgreSQL server that nobody writes to has caught up for certain: the server begins a new
/// segment of its log every five minutes, and until then the replica looks as late as the last one is old.
const IDLE_MINUTES: u32 = 6;

/// The alarms on read replicas.
#[derive(Default)]
pub(super) struct Alarms {
    replicas: Vec<(Id<Database>, String, Address)>,
    topic: Option<Address>,
}

impl Alarms {
    /// The topic that alarms go to, if they tell somebody.
    pub(super) fn topic(&self) -> Option<&Address> {
        self.topic.as_ref()
    }

    /// The alarms on the replicas of a database, with their names. Each has one instance per replica; where one is on, readers should
    /// go elsewhere.
    pub(super) fn of_replicas(&self, id: Id<Database>) -> impl Iterator<Item = (&str, &Address)> {
        let ours = self.replicas.iter().filter(move |(other, ..)| *other == id);
        ours.map(|(_, name, alarm)| (name.as_str(), alarm))
    }
}

/// True if alarms tell somebody.
pub(super) fn has_topic(system: &Checked<'_>) -> bool {
    is_watched(system) && !system.alarm_emails.is_empty()
}

/// True if something is watched.
pub(super) fn is_watched(system: &Checked<'_>) -> bool {
    let of_data = !system.alarms.is_empty() || !system.inbox_alarms.is_empty() || !system.sink_alarms.is_empty();
    let of_platform = !system.apis.is_empty() || kafka::is_needed(system);
    of_data || of_platform || !system.function_alarms.is_empty() || !system.workflow_alarms.is_empty()
}

/// The ARN of the topic, for the policy of the key that encrypts it: the topic itself refers to the key.
pub(super) fn topic_arn(stack: &Stack<'_>, base: &Base) -> Expression {
    template![
        format!("arn:aws:sns:{}:", stack.region()),
        base.account.clone(),
        format!(":{}", stack.name(TOPIC))
    ]
}

pub(super) fn lower(
    stack: &mut Stack<'_>,
    base: &Base,
    keys: &Keys,
    (replicas, shards): (&Replicas, &Shards),
    queues: &Queues,
) -> Alarms {
    let system = stack.system;
    stack.module.file("alarms", "");
    let topic = has_topic(&system).then(|| topic(stack, base, keys));
    let mut alarms = Alarms::default();
    for alarm in &system.alarms {
        match alarm.signal {
            Signal::ShardLoad { .. } | Signal::ShardStorage { .. } | Signal::HotShard { .. } => {
                shard::lower(stack, alarm, shards, topic.as_ref());
            }
            Signal::ReplicaLag {
                database,
                seconds,
                minutes,
            } => {
                if let Some(servers) = replicas.get(database) {
                    let limits = (seconds, minutes);
                    let added = replica_lag(stack, alarm, database, limits, servers, topic.as_ref());
                    let added = added.into_iter().map(|(name, address)| (database, name, address));
                    alarms.replicas.extend(added);
                }
            }
        }
    }
    for alarm in &system.inbox_alarms {
        inbox::lower(stack, alarm, queues, topic.as_ref());
    }
    alarms.topic = topic;
    alarms
}

/// The topic that alarms go to and the mailboxes that it tells.
fn topic(stack: &mut Stack<'_>, base: &Base, keys: &Keys) -> Address {
    let system = stack.system;
    let body = Block::new()
        .set("name", stack.name(TOPIC))
        .set("kms_master_key_id", keys.logs.attr("arn"));
    let topic = stack.module.resource("aws_sns_topic", TOPIC, body);
    let source = template![
        format!("arn:aws:cloudwatch:{}:", stack.region()),
        base.account.clone(),
        format!(":alarm:{}", stack.name("*"))
    ];
    let publish = Statement::allow("Alarms", &["sns:Publish"], topic.attr("arn"))
        .service("cloudwatch.amazonaws.com")
        .condition(object! {
            "ArnLike" => object! { "aws:SourceArn" => source },
            "StringEquals" => object! { "aws:SourceAccount" => base.account.clone() },
        });
    let policy = Block::new()
        .set("arn", topic.attr("arn"))
        .set("policy", document([publish]));
    stack.module.resource("aws_sns_topic_policy", TOPIC, policy);
    let emails = system.alarm_emails.iter().map(|email| email.as_str().into()).collect();
    let subscription = Block::new()
        .set("for_each", expr::call("toset", [Expression::Array(emails)]))
        .set("topic_arn", topic.attr("arn"))
        .set("protocol", "email")
        .set("endpoint", expr::each_key());
    stack
        .module
        .comment("AWS asks every mailbox whether it agrees before it tells it anything.")
        .resource("aws_sns_topic_subscription", TOPIC, subscription);
    topic
}

/// Minutes that a replica of a database is late before that counts.
pub(super) fn minutes(item: &Database, asked: u32) -> u32 {
    match item.engine {
        Engine::Postgres => asked.max(IDLE_MINUTES),
        _ => asked,
    }
}

/// True for engines whose replicas say so when they do not replicate; those of the others look later and later.
pub(super) fn says_stopped(engine: Engine) -> bool {
    matches!(engine, Engine::Mysql | Engine::Sqlserver)
}

/// Alarms on replicas that are late, or do not replicate at all.
fn replica_lag(
    stack: &mut Stack<'_>,
    alarm: &Alarm,
    database: Id<Database>,
    (seconds, minutes): (u32, u32),
    servers: &Address,
    topic: Option<&Address>,
) -> Vec<(String, Address)> {
    let item = &stack.system.databases[database];
    let idle = item.engine == Engine::Postgres;
    let minutes = self::minutes(item, minutes);
    let late = watch(stack, &alarm.name, &alarm.about, servers)
        .when(idle, |block| {
            block.comment("Longer than the five minutes that a replica looks late while nobody writes.")
        })
        .set("evaluation_periods", minutes)
        .set("comparison_operator", "GreaterThanThreshold")
        .set("threshold", seconds);
    let late = tell(late, &["alarm_actions", "ok_actions"], topic);
    let late = match topic {
        Some(_) => late.comment("A replica that sends no measurements is gone."),
        None => late,
    };
    let late = tell(late, &["insufficient_data_actions"], topic);
    let late = stack.module.resource("aws_cloudwatch_metric_alarm", &alarm.name, late);
    let mut added = vec![(alarm.name.clone(), late)];
    if says_stopped(item.engine) {
        let about = format!(
            "A read replica of {} has stopped replicating: readers see old data. Its error stands in the RDS console; make the \
             replica anew where it cannot go on.",
            item.name
        );
        let name = format!("{}-stopped", replica::name(item));
        let stopped = watch(stack, &name, &about, servers)
            .set("evaluation_periods", minutes)
            .comment(&format!(
                "{} says that a replica is -1 seconds late when it does not replicate.",
                database::title(item)
            ))
            .set("comparison_operator", "LessThanThreshold")
            .set("threshold", 0);
        let stopped = tell(stopped, &["alarm_actions", "ok_actions"], topic);
        let stopped = stack.module.resource("aws_cloudwatch_metric_alarm", &name, stopped);
        added.push((name, stopped));
    }
    added
}

/// How late each server is. Route 53 follows neither alarms on expressions nor those for which some of the measurements are enough.
fn watch(stack: &Stack<'_>, name: &str, about: &str, servers: &Address) -> Block {
    let server = expr::each_value(&["identifier"]);
    Block::new()
        .set("for_each", servers.whole())
        .set("alarm_name", template![stack.name(name), "-", expr::each_key()])
        .set("alarm_description", about)
        .set("namespace", "AWS/RDS")
        .set("metric_name", "ReplicaLag")
        .set("dimensions", object! { "DBInstanceIdentifier" => server })
        .set("statistic", "Maximum")
        .set("period", PERIOD)
}

/// Whom the alarm tells.
fn tell(alarm: Block, actions: &[&str], topic: Option<&Address>) -> Block {
    let Some(topic) = topic else {
        return alarm;
    };
    actions
        .iter()
        .fold(alarm, |alarm, action| alarm.set(action, list![topic.attr("arn")]))
}
