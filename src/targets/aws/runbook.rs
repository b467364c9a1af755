//! What the owner of read replicas, of shards, of messages and of APIs should know and do.

pub(super) mod apis;
pub(super) mod messages;
pub(super) mod shard;

use tera::Context;

use super::database::replica;
use super::{Stack, alarms, database, reader};
use crate::ir::{Database, Id, Resource, Signal};
use crate::targets::shared::template;
use crate::terraform::identifier;
use crate::vocabulary::{Engine, Runtime};

/// The commands that make a primary of a replica.
const PROMOTION: &str = include_str!("../../../templates/runbook/aws-promotion.md.tera");

/// Adds what there is to say of the replicas of every database.
pub(super) fn replicas(stack: &Stack<'_>, items: &mut Vec<String>) {
    let system = stack.system;
    for (id, item) in system.databases.iter() {
        if item.replica_keys().is_empty() {
            continue;
        }
        items.push(endpoint(stack, id, item));
        items.push(failure(stack, id, item));
        items.push(lag(item));
        items.extend(sql_server(item));
        items.push(number(stack, item));
        items.push(promotion(stack, id, item));
    }
}

/// Says who is told when an alarm goes off.
pub(super) fn told(stack: &Stack<'_>, items: &mut Vec<String>) {
    let system = stack.system;
    if !alarms::is_watched(&system) {
        return;
    }
    items.push(match system.alarm_emails.is_empty() {
        true => "Alarms tell nobody until `emails` in `[observability]` names somebody.".to_owned(),
        false => format!(
            "Alarms go to {}: every mailbox confirms the mail that AWS sends it after the first apply, and gets nothing before.",
            system.alarm_emails.join(", ")
        ),
    });
}

/// How clients verify a server at a name that is not the server's own.
pub(super) fn verification(stack: &Stack<'_>) -> Vec<String> {
    let system = stack.system;
    let replicated = system
        .databases
        .iter()
        // A proxy does it by itself.
        .filter(|(_, item)| !item.replica_keys().is_empty() && item.proxy().is_none());
    let said = replicated.filter_map(|(id, item)| {
        let how = match item.engine {
            Engine::Postgres => "verify the issuer there, not the host name (`sslmode=verify-ca`)",
            Engine::Mysql => "verify the issuer there, not the host name (`VERIFY_CA`)",
            Engine::Sqlserver => {
                "tell the driver which name to expect (`hostNameInCertificate`), or trust the network there"
            }
            Engine::Oracle => return None,
        };
        let host = system.reader_host(id);
        Some(format!(
            "The certificate of each read replica of `{}` has the replica's own name, not `{host}`: {how}.",
            item.name
        ))
    });
    said.collect()
}

/// What becomes of those who read a password that changes, as the end of a sentence that tells to apply; and what they cannot do yet.
pub(super) fn replaced(stack: &Stack<'_>, it: &str, is_read: impl Fn(Resource) -> bool) -> (String, String) {
    let system = stack.system;
    let reads = |runtime: Runtime| {
        let mut grants = system.grants.iter();
        grants.any(|grant| is_read(grant.resource) && system.services[grant.service].runtime == runtime)
    };
    let known = [
        (Runtime::Vm, "machines", "a machine's new connections"),
        (Runtime::Container, "tasks", "a task's new connections"),
        (Runtime::Kubernetes, "pods", "a pod's new connections"),
    ];
    let readers: Vec<(&str, &str)> = known
        .into_iter()
        .filter(|(runtime, ..)| reads(*runtime))
        .map(|(_, many, one)| (many, one))
        .collect();
    let deploy = match reads(Runtime::Kubernetes) {
        true => ", and deploy what is in `kubernetes/` right after",
        false => "",
    };
    let many: Vec<&str> = readers.iter().map(|(many, _)| *many).collect();
    match readers.as_slice() {
        [] => (String::new(), "new connections".to_owned()),
        [(_, one)] => (
            format!(
                "{deploy}: the {} that read {it} are replaced one after the other",
                many.concat()
            ),
            (*one).to_owned(),
        ),
        _ => (
            format!(
                "{deploy}: the {} that read {it} are replaced one after the other",
                many.join(" and ")
            ),
            "new connections of each".to_owned(),
        ),
    }
}

fn endpoint(stack: &Stack<'_>, id: Id<Database>, item: &Database) -> String {
    let host = stack.system.reader_host(id);
    let seconds = reader::SECONDS;
    let variable = match item.proxy() {
        None => format!("`{}_READ_HOST`", identifier(&item.home.name).to_uppercase()),
        Some(_) => format!("`{}_HOST` of the proxy", identifier(&item.reader_name()).to_uppercase()),
    };
    let pools = match item.proxy() {
        None => "let connection pools renew theirs every few minutes, or a new replica stays idle",
        Some(_) => "a proxy renews its own every five minutes, and then reaches a new replica too",
    };
    let many = item.replica_keys().len() > 1;
    let answers = if many {
        "each answer is one replica, all equally often"
    } else {
        "the answer is the one replica"
    };
    format!(
        "`{host}` ({variable}) leads to the read replicas of `{}`: weighted records in the private zone of Route 53, where {answers}, kept for {seconds} seconds. Load spreads as connections are opened: {pools}.",
        item.name
    )
}

fn failure(stack: &Stack<'_>, id: Id<Database>, item: &Database) -> String {
    let system = stack.system;
    let limits = system.alarms.iter().find_map(|alarm| match alarm.signal {
        Signal::ReplicaLag {
            database,
            seconds,
            minutes,
        } if database == id => Some((seconds, alarms::minutes(item, minutes))),
        _ => None,
    });
    let watched = limits.map(|(seconds, minutes)| {
        let stopped = match alarms::says_stopped(item.engine) {
            true => ", does not replicate,",
            false => "",
        };
        format!(
            "A replica that is more than {seconds} seconds late{stopped} or sends no measurements for {minutes} minutes is left out of the answers, until it has caught up. Where that holds for all of them, Route 53 answers with all: old data rather than none. "
        )
    });
    let primary = if item.multi_zone {
        "When the primary fails, its standby takes over within a minute or two, in which writes fail; the replicas follow it by themselves"
    } else {
        "When the primary fails, RDS starts it again, and writes fail until then; the replicas wait for it"
    };
    format!(
        "{}RDS restarts a replica that fails, and replaces its hardware. {primary}. Replicas never take writes, and the primary never takes their readers.",
        watched.unwrap_or_default()
    )
}

fn lag(item: &Database) -> String {
    let variable = identifier(&item.home.name).to_uppercase();
    let (replicas, current) = match item.proxy() {
        None => (format!("at `{variable}_READ_HOST`"), format!("at `{variable}_HOST`")),
        Some(_) => ("from a replica".to_owned(), "inside a transaction".to_owned()),
    };
    let cancelled = match item.engine {
        Engine::Postgres => {
            " PostgreSQL may cancel a long query on a replica that stands in the way of changes: such a query is repeated."
        }
        _ => "",
    };
    format!(
        "What is read {replicas} is as old as the replica is late: mostly less than a second, more while much is written. What must be seen right after it was written is read {current}.{cancelled}"
    )
}

fn sql_server(item: &Database) -> Option<String> {
    (item.engine == Engine::Sqlserver).then(|| {
        format!(
            "Connect to read replicas of SQL Server with `ApplicationIntent=ReadOnly`. Logins and their passwords do not reach replicas that are there already: after a rotation of the password of `{}`, log in to each of its replicas with the old one, which the secret keeps as `AWSPREVIOUS`, and run `ALTER LOGIN [{}] WITH PASSWORD = '...'`.",
            item.name, item.user
        )
    })
}

fn number(stack: &Stack<'_>, item: &Database) -> String {
    let (name, local) = (&item.name, identifier(&replica::name(item)));
    let server = stack.name(&replica::name(item));
    let guard = match stack.system.protect {
        true => format!(
            " Lift the guard of each of these first: `aws rds modify-db-instance --region {} --db-instance-identifier {server}-NUMBER --no-deletion-protection --apply-immediately`.",
            stack.region()
        ),
        false => String::new(),
    };
    let days = match item.replica_keys().len() {
        1 => "The replica is",
        _ => "The replicas are",
    };
    format!(
        "`replicas` of `{name}` may grow at any time: `aws_db_instance.{local}` gets instances, and the others stay as they are. When it shrinks, those with the highest numbers go.{guard} {days} maintained at the hour of the primary on other days. Storage grows by itself up to {} GiB, on each server alone.{} Before a new major version, go down to `replicas = 0` and come back after it, in a quiet hour: readers fail until their machines are replaced by ones that ask the primary, which `aws autoscaling describe-instance-refreshes` shows.",
        database::storage_limit(item),
        size(item)
    )
}

/// In which order servers of PostgreSQL get another size.
fn size(item: &Database) -> String {
    if item.engine != Engine::Postgres {
        return String::new();
    }
    let (primary, replicas) = (identifier(&item.name), identifier(&replica::name(item)));
    format!(
        " A bigger `size` reaches the replicas first, and a smaller one the primary: PostgreSQL stops replicating to a server that takes fewer connections than its primary. Write `apply_immediately = true` into `[override.aws.aws_db_instance.{replicas}]` before you render a bigger one, and into `[override.aws.aws_db_instance.{primary}]` before a smaller one; the others follow in their windows."
    )
}

fn promotion(stack: &Stack<'_>, id: Id<Database>, item: &Database) -> String {
    let system = stack.system;
    let mut context = Context::new();
    context.insert("name", &item.name);
    context.insert("server", &stack.name(&item.name));
    context.insert("local", &identifier(&item.name));
    context.insert("region", system.region());
    context.insert("days", &item.backup.retention_days);
    context.insert("window", &database::backup(item));
    context.insert("count", &item.replica_keys().len());
    context.insert("host", &system.reader_host(id));
    context.insert("zone", &system.network.private_domain);
    context.insert("mysql", &(item.engine == Engine::Mysql));
    context.insert("multi_zone", &item.multi_zone);
    context.insert("protect", &system.protect);
    template::fill(PROMOTION, &context).trim_end().to_owned()
}
