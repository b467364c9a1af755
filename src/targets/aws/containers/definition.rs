//! Task definitions: the container and what it is told.

use hcl::expr::ForExpr;
use hcl::{Expression, Identifier};

use super::identity::Roles;
use crate::catalog;
use crate::ir::{Database, Id, Launch, SHARD_VARIABLES, Service, Value};
use crate::targets::aws::Stack;
use crate::targets::aws::compute::Parts;
use crate::targets::aws::database::shard;
use crate::targets::aws::secrets::shard::folder;
use crate::targets::shared::startup::{Fetched, Plain, generation};
use crate::terraform::{Address, Block, expr};
use crate::{list, object, template};

/// The last word of the variables that are fetched.
const PASSWORD: &str = "PASSWORD";
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
    let environment = plain.iter().map(|setting| (&setting.name, &setting.value));
    let environment = with_shards(service, listed(environment, "value"), |prefix, database| {
        shard_settings(stack, prefix, database, parts)
    });
    let secrets = fetched.iter().map(|secret| (&secret.name, &secret.identifier));
    let secrets = with_shards(service, listed(secrets, "valueFrom"), |prefix, database| {
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

/// `[for name, value in {...} : { name = name, KEY = value }]`, which is how ECS wants them; none where there are none.
fn listed<'a>(settings: impl Iterator<Item = (&'a String, &'a Expression)>, key: &str) -> Option<Expression> {
    let mut settings = settings.map(|(name, value)| (name.as_str(), value.clone())).peekable();
    settings.peek()?;
    Some(each(expr::object(settings), expr::keyword("name"), key))
}

fn each(settings: Expression, name: Expression, key: &str) -> Expression {
    let variable = object! { "name" => name, key => expr::keyword("value") };
    let each = ForExpr::new(Identifier::unchecked("value"), settings, variable);
    Expression::from(each.with_key_var(Identifier::unchecked("name")))
}

/// A list of variables, with those of shards after it; none where it would be empty.
fn with_shards(
    service: &Service,
    own: Option<Expression>,
    of_shards: impl Fn(&str, Id<Database>) -> Expression,
) -> Option<Expression> {
    let shards = service.settings.iter().filter_map(|setting| match setting.value {
        Value::Shards(database) => Some(of_shards(setting.name.as_str(), database)),
        _ => None,
    });
    let mut lists: Vec<Expression> = own.into_iter().chain(shards).collect();
    match lists.len() {
        0 | 1 => lists.pop(),
        _ => Some(expr::call("concat", lists)),
    }
}

/// `MAIN_SHARD_S0_HOST`, for expressions of the shard's id and of the last word.
fn shard_variable(prefix: &str, id: &Expression, what: impl Into<Expression>) -> Expression {
    let id = expr::call("upper", [id.clone()]);
    template![format!("{prefix}_"), id, "_", what.into()]
}

/// What a task is told of each shard that rows are routed to, but for its password.
fn shard_settings(stack: &Stack<'_>, prefix: &str, database: Id<Database>, parts: &Parts<'_>) -> Expression {
    let item = &stack.system.databases[database];
    let servers = parts.shards.get(database);
    let all = shard::each(&servers.active, |id| {
        let value = |what: &str| match what {
            "HOST" => shard::of(&servers.instances, id, "address"),
            "PORT" => item.port.to_string().into(),
            "NAME" => item.database.as_str().into(),
            "USER" => item.user.as_str().into(),
            "TLS" => "require".into(),
            _ => template![folder(stack, item), id.clone()],
        };
        let known = SHARD_VARIABLES.into_iter().filter(|what| *what != PASSWORD);
        let settings = expr::object(known.map(|what| (what, value(what))));
        each(settings, shard_variable(prefix, id, expr::keyword("name")), "value")
    });
    expr::call("flatten", [all])
}

/// The password of each of these shards.
fn shard_passwords(prefix: &str, database: Id<Database>, parts: &Parts<'_>) -> Expression {
    let entries = parts.secrets.of_shards(database);
    shard::each(&parts.shards.get(database).active, |id| {
        let name = shard_variable(prefix, id, PASSWORD);
        object! { "name" => name, "valueFrom" => shard::of(entries, id, "arn") }
    })
}
