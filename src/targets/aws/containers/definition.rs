//! Task definitions: the container and what it is told.

use hcl::expr::{ForExpr, FuncCall, ObjectKey};
use hcl::{Expression, Identifier};

use super::identity::Roles;
use crate::catalog;
use crate::ir::{Database, Id, Launch, SHARD_VARIABLES, Service, Value};
use crate::targets::aws::compute::Parts;
use crate::targets::aws::database::shard;
use crate::targets::aws::secrets::shard::folder;
use crate::targets::aws::{Stack, registry};
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
    let system = stack.system;
    let service = &system.services[id];
    let (cpu, memory_gb) = catalog::aws_task(&service.size).unwrap_or_else(|| unreachable!("the size was checked"));
    let platform = Block::new()
        .set("operating_system_family", "LINUX")
        .set("cpu_architecture", "X86_64");
    let generation = generation(&stack.system, id, told.1);
    let told = self::told(stack, service, told, parts);
    let container = container(stack, service, (told, generation), (log_group, parts));
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
    service: &Service,
    (told, generation): (Vec<Told>, Vec<(String, Expression)>),
    (log_group, parts): (&Address, &Parts<'_>),
) -> Expression {
    let (image, arguments) = match &service.launch {
        Launch::Container { image, arguments } => (registry::image(stack, image, parts.base), arguments.as_slice()),
        Launch::ShardingProxy { .. } | Launch::Script(_) | Launch::Source => unreachable!("these run elsewhere"),
    };
    let mut pairs: Vec<(&str, Expression)> = vec![
        ("name", service.name.as_str().into()),
        ("image", image),
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
    for (key, name, told) in told {
        let variable = object! { "name" => expr::keyword("name"), name => expr::keyword("value") };
        let each = ForExpr::new(Identifier::unchecked("value"), told, variable);
        let each = each.with_key_var(Identifier::unchecked("name"));
        pairs.push((key, Expression::from(each)));
    }
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
    // A change of these replaces the tasks, which read their secrets anew.
    let labels = generation
        .into_iter()
        .map(|(what, number)| (what.replace(' ', "-"), text(number)));
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

/// What a container is told: the task definition's words for it and for a value, and the values by variable.
type Told = (&'static str, &'static str, Expression);

/// What the container of a service is told.
fn told(
    stack: &mut Stack<'_>,
    service: &Service,
    (plain, fetched): (&[Plain], &[Fetched]),
    parts: &Parts<'_>,
) -> Vec<Told> {
    let (mut environment, mut secrets) = (vec![], vec![]);
    let name = |what: &str| format!("{}_{what}", service.name);
    if !plain.is_empty() {
        let pairs = plain
            .iter()
            .map(|setting| (setting.name.as_str(), setting.value.clone()));
        environment.push(stack.module.local(&name("settings"), expr::object(pairs)));
    }
    if !fetched.is_empty() {
        let pairs = fetched
            .iter()
            .map(|secret| (secret.name.as_str(), secret.identifier.clone()));
        let why = "ECS puts the values of these entries into the environment when a task starts.";
        let local = stack.module.comment(why).local(&name("secrets"), expr::object(pairs));
        secrets.push(local);
    }
    for setting in &service.settings {
        if let Value::Shards(database) = setting.value {
            let prefix = setting.name.as_str();
            let settings = shard_settings(stack, prefix, database, parts);
            let passwords = shard_passwords(prefix, database, parts);
            let name = name(&prefix.to_lowercase());
            environment.push(stack.module.local(&format!("{name}_settings"), settings));
            secrets.push(stack.module.local(&format!("{name}_secrets"), passwords));
        }
    }
    let all = [("environment", "value", environment), ("secrets", "valueFrom", secrets)];
    let merged = all.into_iter().filter_map(|(key, name, mut parts)| {
        let merged = match parts.len() {
            0 | 1 => parts.pop()?,
            _ => expr::call("merge", parts),
        };
        Some((key, name, merged))
    });
    merged.collect()
}

/// `MAIN_SHARD_S0_HOST`, for an expression of the shard's id.
fn shard_variable(prefix: &str, id: &Expression, what: &str) -> Expression {
    let id = expr::call("upper", [id.clone()]);
    template![format!("{prefix}_"), id, format!("_{what}")]
}

/// What a task is told of each shard that rows are routed to, but for its password.
pub(in crate::targets::aws) fn shard_settings(
    stack: &Stack<'_>,
    prefix: &str,
    database: Id<Database>,
    parts: &Parts<'_>,
) -> Expression {
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
        let known = known.map(|what| (ObjectKey::Expression(shard_variable(prefix, id, what)), value(what)));
        Expression::Object(known.collect())
    });
    let merge = FuncCall::builder(Identifier::unchecked("merge")).arg(all);
    Expression::from(merge.expand_final(true).build())
}

/// The password of each of these shards.
pub(in crate::targets::aws) fn shard_passwords(prefix: &str, database: Id<Database>, parts: &Parts<'_>) -> Expression {
    let id = expr::keyword("id");
    let arn = shard::of(parts.secrets.of_shards(database), &id, "arn");
    let each = ForExpr::new(
        Identifier::unchecked("id"),
        parts.shards.get(database).active.clone(),
        arn,
    );
    Expression::from(each.with_key_expr(shard_variable(prefix, &id, PASSWORD)))
}
