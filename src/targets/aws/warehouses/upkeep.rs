//! What is in a warehouse, and what is done there again and again: statements at apply, and others at their times.

use hcl::Expression;

use super::flow::{self, Source};
use super::statements::{self, User};
use super::{Found, connections};
use crate::ir::{Id, Resource, Warehouse, WarehouseTable};
use crate::targets::aws::alarms::sink::{self, Told, Watched};
use crate::targets::aws::compute::Parts;
use crate::targets::aws::policy::{Statement, inline, trust};
use crate::targets::aws::{Stack, logs};
use crate::terraform::{Address, Block, expr};
use crate::{list, object, template};

/// The schemas through which streams are read.
const KINESIS: &str = "streams_of_kinesis";
const KAFKA: &str = "streams_of_kafka";
/// How often records are taken into tables, and how often is asked whether some were, and when old rows go.
const TAKEN: &str = "rate(15 minutes)";
const FORGOTTEN: &str = "cron(0 3 * * ? *)";
/// The role that does it.
const UPKEEP: &str = "warehouse-upkeep";

/// Fills the warehouses of the system.
pub(in crate::targets::aws) fn lower(stack: &mut Stack<'_>, parts: &Parts<'_>, topic: Option<&Address>) {
    let system = stack.system;
    for (id, item) in system.warehouses.iter() {
        let found = parts.warehouses.get(id);
        let ready = prepare(stack, (id, item), found, parts);
        if statements::forgets(item) {
            times(stack, (id, item), (found, &ready), parts, topic);
        }
    }
}

/// A statement that is run when the warehouse is made, and when what it says changes.
fn statement(item: &Warehouse, found: &Found, sql: Expression) -> Block {
    Block::new()
        .set("workgroup_name", found.workgroup.attr("workgroup_name"))
        .set("database", item.database())
        .set("secret_arn", found.namespace.attr("admin_password_secret_arn"))
        .set("sql", sql)
}

/// Makes what is in a warehouse. Gives the statements after which all of it is there.
fn prepare(
    stack: &mut Stack<'_>,
    (id, item): (Id<Warehouse>, &Warehouse),
    found: &Found,
    parts: &Parts<'_>,
) -> Vec<Expression> {
    let system = stack.system;
    stack.module.file("warehouses", "");
    let kind = "aws_redshiftdata_statement";
    let (mut waits, mut schemas) = (vec![], vec![]);
    for (kafka, word) in [(false, KINESIS), (true, KAFKA)] {
        let mut streams = item.tables.iter().filter_map(|table| table.stream);
        let (Some(reader), true) = (&found.reader, streams.any(|id| system.streams[id].kafka == kafka)) else {
            continue;
        };
        let begin = format!("CREATE EXTERNAL SCHEMA IF NOT EXISTS {word} FROM ");
        let sql = match &parts.streams.kafka {
            Some(cluster) if kafka => template![
                format!("{begin}KAFKA IAM_ROLE '"),
                reader.attr("arn"),
                "' AUTHENTICATION iam URI '",
                cluster.brokers(),
                "'"
            ],
            _ => template![format!("{begin}KINESIS IAM_ROLE '"), reader.attr("arn"), "'"],
        };
        let body = statement(item, found, sql);
        let local = super::local(item, word);
        waits.push(stack.module.resource(kind, &local, body).whole());
        schemas.push(word);
    }
    let users: Vec<User> = system
        .users_of(Resource::Warehouse(id))
        .map(|(service, access)| User {
            name: super::user(stack, &system.services[service].name),
            access,
        })
        .collect();
    let upkeep = super::user(stack, &format!("{}-{UPKEEP}", item.name));
    let tables: Vec<(&WarehouseTable, Option<Source>)> =
        item.tables.iter().map(|table| (table, source(stack, table))).collect();
    let views: Vec<String> = tables
        .iter()
        .filter_map(|(_, source)| Some(source.as_ref()?.view.clone()))
        .collect();
    let mut procedures = vec![(
        "prepare".to_owned(),
        statements::preparing(item, (&system.prefix, &upkeep), &users, &views),
    )];
    if statements::forgets(item) {
        procedures.push(("forget".to_owned(), statements::forgetting(item)));
    }
    for (table, source) in &tables {
        let name = &table.name;
        let sql = statements::preparing_table(table, &upkeep, &users, source.as_ref());
        procedures.push((format!("prepare-{name}"), sql));
        if let Some(source) = source {
            procedures.push((format!("take-{name}"), flow::taking(table, source)));
            procedures.push((format!("watch-{name}"), flow::watching(table)));
        }
    }
    let procedures = procedures
        .into_iter()
        .map(|(name, sql)| (name, expr::heredoc([sql.into()])));
    let procedures = stack
        .module
        .local(&format!("{}_procedures", item.name), expr::object(procedures));
    let body = Block::new().set("for_each", procedures);
    let mut body = body;
    for (name, value) in statement(item, found, expr::each_value(&[])).attributes() {
        body = body.set(name, value.clone());
    }
    let procedures = stack
        .module
        .comment("What is done in the warehouse again and again. All of it may be done twice.")
        .resource(kind, &super::local(item, "procedures"), body);
    waits.push(procedures.whole());
    waits.extend(found.ready.iter().cloned());
    // A view is made of a stream that is there.
    let streams = connections::streams_of(item).into_iter();
    waits.extend(streams.map(|stream| parts.streams.get(stream).whole()));
    let body = statement(item, found, statements::prepare().into())
        .block(
            "lifecycle",
            Block::new().set("replace_triggered_by", list![procedures.whole()]),
        )
        .set("depends_on", Expression::Array(waits));
    let prepared = stack
        .module
        .comment("Makes the tables, adds columns that they do not have yet, and says who may use them.")
        .resource(kind, &item.name, body);
    let mut ready = vec![];
    for schema in schemas {
        let body = statement(item, found, statements::looking(schema, &upkeep).into())
            .comment("The user is there.")
            .set("depends_on", list![prepared.whole()]);
        let local = super::local(item, &format!("use_of_{schema}"));
        ready.push(stack.module.resource(kind, &local, body).whole());
    }
    if ready.is_empty() {
        ready.push(prepared.whole());
    }
    ready
}

/// The columns of a stream as its records arrive, and the stream.
pub(super) fn source(stack: &Stack<'_>, table: &WarehouseTable) -> Option<Source> {
    let stream = &stack.system.streams[table.stream?];
    let select = match stream.kafka {
        true => format!(
            "refresh_time, kafka_timestamp AS arrived_at, kafka_value AS record FROM {KAFKA}.\"{}\"",
            stream.name
        ),
        false => format!(
            "refresh_time, approximate_arrival_timestamp AS arrived_at, kinesis_data AS record FROM {KINESIS}.\"{}\"",
            stack.name(&stream.name)
        ),
    };
    Some(Source::new(table, &stream.name, stream.kafka, select))
}

/// What is done at its times, and who is told when it goes wrong.
fn times(
    stack: &mut Stack<'_>,
    (id, item): (Id<Warehouse>, &Warehouse),
    (found, ready): (&Found, &[Expression]),
    parts: &Parts<'_>,
    topic: Option<&Address>,
) {
    let system = stack.system;
    let (role, grants) = role(stack, item, found, parts);
    let there = std::iter::once(grants.whole()).chain(ready.iter().cloned());
    let there = Expression::Array(there.collect());
    stack.module.file("warehouses", "");
    let local = super::local(item, "upkeep");
    let full = stack.name(&format!("{}-{UPKEEP}", item.name));
    let group = Block::new().set("name", full.as_str());
    let group = stack
        .module
        .comment("A group of its own: Scheduler counts by group what it could not start.")
        .resource("aws_scheduler_schedule_group", &local, group);
    let forgotten = (
        format!("{}-upkeep-failed", item.name),
        format!("Rows of {} that are old enough did not go.", item.name),
    );
    let mut jobs = vec![(
        "forget".to_owned(),
        FORGOTTEN,
        statements::forget(),
        forgotten,
        Told::Always,
    )];
    for alarm in system.sink_alarms.iter().filter(|alarm| alarm.warehouse == id) {
        if let Some(table) = item.tables.iter().find(|table| table.name == alarm.table) {
            let name = table.name.replace('_', "-");
            jobs.push((
                format!("take-{name}"),
                TAKEN,
                statements::call(&statements::take(table)),
                (alarm.name.clone(), alarm.about.clone()),
                Told::Always,
            ));
            let (of, from) = (&item.name, &system.streams[alarm.stream].name);
            let (why, written) = match system.streams[alarm.stream].kafka {
                // Brokers count by topic at a price only.
                true => (format!("Either nobody writes to {from}, or records"), None),
                false => (
                    format!("Records are written to {from} that"),
                    Some(parts.streams.get(alarm.stream).attr("name")),
                ),
            };
            let late = format!(
                "For two hours nothing became a row of {} in {of}. {why} do not come through: they are lost when they are older than the stream keeps them. The README says where to look.",
                table.name
            );
            jobs.push((
                format!("watch-{name}"),
                TAKEN,
                statements::call(&statements::watch(table)),
                (format!("{of}-{name}-late"), late),
                Told::Late(written),
            ));
        }
    }
    let log_group = logs::group(stack, parts.keys, format!("/aws/events/{full}"));
    let log_group = stack.module.resource("aws_cloudwatch_log_group", &local, log_group);
    let mut watched = vec![];
    for (job, when, sql, (alarm, about), told) in jobs {
        let statement = stack.name(&format!("{}-{job}", item.name));
        let said = object! {
            "WorkgroupName" => found.workgroup.attr("workgroup_name"),
            "Database" => item.database(),
            "Sql" => sql,
            "StatementName" => statement.as_str(),
            "WithEvent" => true,
        };
        let target = Block::new()
            .set("arn", "arn:aws:scheduler:::aws-sdk:redshiftdata:executeStatement")
            .set("role_arn", role.attr("arn"))
            .set("input", expr::jsonencode(said))
            .block(
                "retry_policy",
                Block::new()
                    .set("maximum_event_age_in_seconds", 600)
                    .set("maximum_retry_attempts", 3),
            );
        let body = Block::new()
            .set("name", statement.as_str())
            .set("group_name", group.attr("name"))
            .set("schedule_expression", when)
            .set("kms_key_arn", parts.keys.data.attr("arn"))
            .block("flexible_time_window", Block::new().set("mode", "OFF"))
            .block("target", target)
            .comment("What is called, and who may call it, is there first.")
            .set("depends_on", there.clone());
        let local = format!("{}_warehouse_{}", item.name, job.replace('-', "_"));
        stack.module.resource("aws_scheduler_schedule", &local, body);
        watched.push(Watched {
            local,
            statement,
            name: alarm,
            about,
            told,
        });
    }
    sink::lower(stack, watched, (&group, &log_group), topic);
}

/// The role that starts statements at their times.
fn role(stack: &mut Stack<'_>, item: &Warehouse, found: &Found, parts: &Parts<'_>) -> (Address, Address) {
    let via = format!("scheduler.{}.amazonaws.com", stack.region());
    let workgroup = || found.arn(stack, parts.base);
    let statements = vec![
        Statement::allow("LogIn", &["redshift-serverless:GetCredentials"], workgroup()),
        Statement::allow("Start", &["redshift-data:ExecuteStatement"], workgroup()),
        Statement::allow("DataKey", &["kms:Decrypt"], parts.keys.data.attr("arn"))
            .condition(object! { "StringEquals" => object! { "kms:ViaService" => via } }),
    ];
    stack.module.file("identity", "");
    let local = super::local(item, "upkeep");
    let role = Block::new()
        .set("name", stack.name(&format!("{}-{UPKEEP}", item.name)))
        .set(
            "description",
            format!("Fills the tables of {} and removes old rows", item.name),
        )
        .set(
            "assume_role_policy",
            trust("scheduler.amazonaws.com", Some(&parts.base.account)),
        );
    let role = stack.module.resource("aws_iam_role", &local, role);
    let body = inline(&role, statements);
    let grants = stack.module.resource("aws_iam_role_policy", &local, body);
    (role, grants)
}
