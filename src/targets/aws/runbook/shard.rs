//! What the owner of shards should know and do on AWS, beside what holds everywhere.

use tera::Context;

use crate::ir::{Database, Id, Resource, Router, Sharding};
use crate::targets::aws::alarms::shard as alarms;
use crate::targets::aws::database::shard::prefix;
use crate::targets::aws::load_balancer::tcp::IDLE_SECONDS;
use crate::targets::aws::{Stack, dashboard, database};
use crate::targets::shared::{sharding, template};
use crate::terraform::identifier;
use crate::vocabulary::{Engine, Runtime};

/// The commands that put one shard back to an earlier time.
const RESTORE: &str = include_str!("../../../../templates/runbook/aws-shard-restore.md.tera");
/// The port of the owner's own machine at which a shard is reached.
const LOCAL_PORT: u16 = 15432;

/// Adds what there is to say of the shards of every database.
pub(in crate::targets::aws) fn shards(stack: &Stack<'_>, items: &mut Vec<String>) {
    for (id, item, sharding) in stack.system.sharded() {
        items.extend(sharding::runbook(&stack.system, item, sharding));
        items.extend(connections(item, sharding));
        items.push(watched(stack, item, sharding));
        items.extend(shell(stack, id, item, sharding));
        items.push(number(stack, item));
        items.push(passwords(item, sharding));
        items.push(restore(stack, item, sharding));
    }
}

/// What is done for the safety of shards.
pub(in crate::targets::aws) fn security(stack: &Stack<'_>) -> Vec<String> {
    let of_database = |item: &Database, sharding: &Sharding| {
        let name = &item.name;
        let replicas = match item.readers {
            Some(_) => " At a replica it looks at the certificate alone, since the name of all is in none.",
            None => "",
        };
        match sharding.router {
            Router::Proxy(_) => vec![
                format!(
                    "Whoever can log in to the proxy of `{name}` can make it tell the passwords of all its servers (`EXPORT DATABASE CONFIGURATION`): its port is open to the services that are linked with `{name}` and to nobody else, the servers' ports to the proxy alone, and each shard has a password of its own."
                ),
                format!(
                    "The proxy of `{name}` looks at the certificate and the host name of every server, with the authorities that AWS publishes at https://truststore.pki.rds.amazonaws.com, which its machines fetch whenever they start.{replicas} Its clients encrypt, but cannot verify it: it makes a certificate of its own at every start, and accepts connections without encryption too."
                ),
            ],
            Router::Application => vec![format!(
                "Each shard of `{name}` has a password of its own; the services that are linked with `{name}` read all of them, and the map of shards."
            )],
        }
    };
    let sharded = stack.system.sharded();
    sharded
        .flat_map(|(_, item, sharding)| of_database(item, sharding))
        .collect()
}

/// How long connections to the proxy live.
fn connections(item: &Database, sharding: &Sharding) -> Option<String> {
    sharding.proxy()?;
    Some(format!(
        "The load balancer in front of the proxy of `{}` forgets connections that are silent for {} minutes: let connection pools test or end theirs sooner. It spreads connections, not statements: a new proxy stays idle until pools renew some.",
        item.name,
        IDLE_SECONDS / 60
    ))
}

fn watched(stack: &Stack<'_>, item: &Database, sharding: &Sharding) -> String {
    let mean = match alarms::compares_all(item) {
        true => "all",
        false => "itself and the nine that follow it, because an alarm takes ten metrics",
    };
    let name = &item.name;
    let drawn = match dashboard::names(stack, item, sharding).as_slice() {
        [one] => format!("The dashboard `{one}` in CloudWatch draws all shards of `{name}` in the same graphs."),
        several => format!(
            "The dashboards `{}` in CloudWatch draw the shards of `{name}`, 500 in each, in the order of `local.{}`.",
            several.join("` and `"),
            identifier(&format!("{name}-shards"))
        ),
    };
    format!("{drawn} Each shard has alarms of its own; a hot one is compared with the mean of {mean}.")
}

/// How one comes to a shard, through a machine that may.
fn shell(stack: &Stack<'_>, id: Id<Database>, item: &Database, sharding: &Sharding) -> Option<String> {
    let system = stack.system;
    let mut users = system.users_of(Resource::Shards(id)).filter(|_| system.network.bastion);
    let (user, _) = users.next()?;
    let (region, prefix, name) = (stack.region(), &system.prefix, item.shard_name());
    let group = stack.name(&system.services[user].name);
    let shard = &sharding.shards.first()?.id;
    let secret = format!(
        "$(aws secretsmanager get-secret-value --region {region} --secret-id {prefix}/{name}/{shard} --query SecretString --output text)"
    );
    let (login, database) = (&item.user, &item.database);
    let client = match item.engine {
        Engine::Postgres => format!(
            ": `PGPASSWORD={secret} psql \"host=localhost port={LOCAL_PORT} dbname={database} user={login} sslmode=require\"`"
        ),
        Engine::Mysql => format!(
            ": `MYSQL_PWD={secret} mysql --host=127.0.0.1 --port={LOCAL_PORT} --user={login} --ssl-mode=REQUIRED {database}`"
        ),
        Engine::Sqlserver | Engine::Oracle => format!(", as `{login}` with the password that `{secret}` gives"),
    };
    let (through, target) = match system.services[user].runtime {
        Runtime::Container => (
            format!("a task of `{group}`, whose id and whose container's `runtimeId` `aws ecs describe-tasks` shows"),
            format!("ecs:{prefix}_TASK_ID_RUNTIME_ID"),
        ),
        _ => (format!("a machine of the group `{group}`"), "INSTANCE_ID".to_owned()),
    };
    Some(format!(
        "A look at one shard of `{}`, `{shard}` for example, leads through {through}: `aws ssm start-session --region {region} --target {target} --document-name AWS-StartPortForwardingSessionToRemoteHost --parameters host=HOST,portNumber={},localPortNumber={LOCAL_PORT}`, with the host from the output `{}_hosts`. While that runs, connect to `localhost:{LOCAL_PORT}`{client}. Where rows are copied from shard to shard, open one such way to each, at two local ports.",
        item.name,
        item.port,
        identifier(&name)
    ))
}

fn number(stack: &Stack<'_>, item: &Database) -> String {
    let local = identifier(&item.shard_name());
    let guard = match stack.system.protect {
        true => format!(
            " To remove one, move its rows away first, then lift its guard: `aws rds modify-db-instance --region {} --db-instance-identifier {}ID --no-deletion-protection --apply-immediately`. Then take its id out of the blueprint, render and apply.",
            stack.region(),
            prefix(stack, item)
        ),
        false => " To remove one, move its rows away first; then take its id out of the blueprint, render and apply."
            .to_owned(),
    };
    format!(
        "A new id of a shard of `{}` adds instances to `aws_db_instance.{local}` and what belongs to it; the others stay as they are.{guard} All are backed up and maintained at the hours of the main server ({} UTC); a new size waits for that window, or comes with the apply under `apply_immediately = true` in `[override.aws.aws_db_instance.{local}]`.",
        item.name,
        database::maintenance(item)
    )
}

/// Which passwords are rotated how.
fn passwords(item: &Database, sharding: &Sharding) -> String {
    let (name, shards) = (&item.name, identifier(&item.shard_name()));
    let restarted = match sharding.router {
        Router::Proxy(_) => "the proxies are",
        Router::Application => "every machine that reads them is",
    };
    let servers = format!(
        "The passwords of the shards of `{name}` are rotated together by `{shards}_password_version`: {restarted} replaced one after the other, and until its turn comes an old one opens no new connections to the shards."
    );
    match sharding.router {
        Router::Proxy(_) => format!(
            "{servers} The password with which services log in to the proxy is rotated by `{}_password_version`, which replaces the proxies and the machines of these services at the same time: logins fail now and then until both are through. Choose a quiet hour, and one of the two at a time.",
            identifier(&item.proxy_name())
        ),
        Router::Application => format!("{servers} Choose a quiet hour."),
    }
}

fn restore(stack: &Stack<'_>, item: &Database, sharding: &Sharding) -> String {
    let mut context = Context::new();
    context.insert("name", &item.name);
    context.insert("server", &prefix(stack, item));
    context.insert("local", &identifier(&item.shard_name()));
    context.insert("region", stack.system.region());
    context.insert("days", &item.backup.retention_days);
    context.insert("multi_zone", &item.multi_zone);
    context.insert("protect", &stack.system.protect);
    context.insert("shard", &sharding.shards.first().map(|shard| shard.id.as_str()));
    template::fill(RESTORE, &context).trim_end().to_owned()
}
