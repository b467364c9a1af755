//! Task definitions: the container and what it is told.

use hcl::Expression;

use super::identity::Roles;
use crate::catalog;
use crate::ir::{Database, Id, Launch, SHARD_VARIABLES, Service, Value};
use crate::targets::aws::Stack;
use crate::targets::aws::compute::Parts;
use crate::targets::aws::database::shard;
use crate::targets::shared::startup::{Fetched, Plain, generation};
use crate::terraform::{Address, Block, expr};
use crate::{list, object, template};

/// Seconds that a container has to end by itself, as on a machine.
const STOP_SECONDS: u32 = 50;

pub(super) fn lower(
    stack: &mut Stack<'_>,
    id: Id<Service>,
    told: (&[Plain], &[Fetched]),
    (roles, log_group): (&Roles, &Address),
    parts: &Parts<'_>,
) -> Address {
    let service = &stack.system.services[id];
    let (cpu, memory_gb) = catalog::aws_task(&service.size).unwrap_or_else(|| unreachable!("the size was checked"));
    let platform = Block::new()
        .set("operating_system_family", "LINUX")
        .set("cpu_architecture", "X86_64");
    let container = container(stack, id, told, log_group, parts);
    let body = Block::new()
        .set("family", stack.name(&service.name))
        .set("requires_compatibilities", list!["FARGATE"])
        .set("network_mode", "awsvpc")
        .set("cpu", cpu * 1024)
        .set("memory", memory_gb * 1024)
        .set("task_role_arn", roles.task.attr("arn"))
        .set("execution_role_arn", roles.execution.attr("arn"))
        .comment("Earlier revisions stay: a deployment that fails goes back to one.")
        .set("skip_destroy", true)
        .set("container_definitions", expr::jsonencode(list![container]))
        .block("runtime_platform", platform)
        .block("ephemeral_storage", Block::new().set("size_in_gib", service.disk_gb));
    stack.module.resource("aws_ecs_task_definition", &service.name, body)
}

fn container(
    stack: &Stack<'_>,
    id: Id<Service>,
    (plain, fetched): (&[Plain], &[Fetched]),
    log_group: &Address,
    parts: &Parts<'_>,
) -> Expression {
    let service = &stack.system.services[id];
    let (image, arguments) = match &service.launch {
        Launch::Container { image, arguments } => (image.as_str(), arguments.as_slice()),
        Launch::ShardingProxy { .. } | Launch::Script(_) => unreachable!("these run on machines"),
    };
    let mut pairs: Vec<(&str, Expression)> = vec![
        ("name", service.name.as_str().into()),
        ("image", image.into()),
        ("essential", true.into()),
    ];
    if !arguments.is_empty() {
        let words = arguments.iter().map(|word| Expression::String(word.clone()));
        pairs.push(("command", Expression::Array(words.collect())));
    }
    if service.listens() {
        let port = object! { "containerPort" => service.port, "hostPort" => service.port, "protocol" => "tcp" };
        pairs.push(("portMappings", list![port]));
    }
    let environment = plain
        .iter()
        .map(|setting| variable(setting.name.as_str(), "value", &setting.value));
    let environment = with_shards(stack, service, environment.collect(), |prefix, database| {
        shard_settings(prefix, database, parts)
    });
    let secrets = fetched
        .iter()
        .map(|secret| variable(secret.name.as_str(), "valueFrom", &secret.identifier));
    let secrets = with_shards(stack, service, secrets.collect(), |prefix, database| {
        shard_passwords(prefix, database, parts)
    });
    pairs.extend(environment.map(|environment| ("environment", environment)));
    pairs.extend(secrets.map(|secrets| ("secrets", secrets)));
    let options = object! {
        "awslogs-group" => log_group.attr("name"),
        "awslogs-region" => stack.region(),
        "awslogs-stream-prefix" => "task",
        "mode" => "non-blocking",
        "max-buffer-size" => "25m",
    };
    let logs = object! { "logDriver" => "awslogs", "options" => options };
    pairs.push(("logConfiguration", logs));
    pairs.push(("stopTimeout", STOP_SECONDS.into()));
    if stack.system.network.bastion {
        // Ends what a shell leaves behind.
        let init = object! { "initProcessEnabled" => true };
        pairs.push(("linuxParameters", init));
    }
    let generation = generation(&stack.system, id, fetched).into_iter();
    // A change of these replaces the tasks, which read their secrets anew.
    let labels = generation.map(|(what, number)| (what.replace(' ', "-"), text(number)));
    pairs.push(("dockerLabels", expr::object(labels)));
    expr::object(pairs)
}

/// A number as text.
fn text(value: Expression) -> Expression {
    match value {
        Expression::String(text) => text.into(),
        value => expr::call("tostring", [value]),
    }
}

fn variable(name: impl Into<Expression>, key: &str, value: &Expression) -> Expression {
    object! { "name" => name.into(), key => value.clone() }
}

/// A list of variables, with those of each shard after it; none where it would be empty.
fn with_shards(
    stack: &Stack<'_>,
    service: &Service,
    own: Vec<Expression>,
    of_shards: impl Fn(&str, (Id<Database>, &Database)) -> Expression,
) -> Option<Expression> {
    let shards = service.settings.iter().filter_map(|setting| match setting.value {
        Value::Shards(database) => {
            let item = &stack.system.databases[database];
            Some(of_shards(setting.name.as_str(), (database, item)))
        }
        _ => None,
    });
    let mut lists: Vec<Expression> = shards.collect();
    if lists.is_empty() {
        return (!own.is_empty()).then_some(Expression::Array(own));
    }
    lists.insert(0, Expression::Array(own));
    Some(expr::call("concat", lists))
}

/// `MAIN_SHARD_S0_HOST`, for an expression of the shard's id.
fn shard_variable(prefix: &str, id: &Expression, what: &str) -> Expression {
    let id = expr::call("upper", [id.clone()]);
    template![format!("{prefix}_"), id, format!("_{what}")]
}

/// What a task is told of each shard that rows are routed to.
fn shard_settings(prefix: &str, (database, item): (Id<Database>, &Database), parts: &Parts<'_>) -> Expression {
    let servers = parts.shards.get(database);
    let entries = parts.secrets.of_shards(database);
    let each = shard::each(&servers.active, |id| {
        let value = |what: &str| match what {
            "HOST" => shard::of(&servers.instances, id, "address"),
            "PORT" => item.port.to_string().into(),
            "NAME" => item.database.as_str().into(),
            "USER" => item.user.as_str().into(),
            "TLS" => "require".into(),
            _ => shard::of(entries, id, "arn"),
        };
        let known = SHARD_VARIABLES.into_iter().filter(|what| *what != "PASSWORD");
        let known = known.map(|what| variable(shard_variable(prefix, id, what), "value", &value(what)));
        Expression::Array(known.collect())
    });
    expr::call("flatten", [each])
}

/// The password of each of these shards.
fn shard_passwords(prefix: &str, (database, _): (Id<Database>, &Database), parts: &Parts<'_>) -> Expression {
    let entries = parts.secrets.of_shards(database);
    shard::each(&parts.shards.get(database).active, |id| {
        let arn = shard::of(entries, id, "arn");
        variable(shard_variable(prefix, id, "PASSWORD"), "valueFrom", &arn)
    })
}
