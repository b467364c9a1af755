//! The function itself: its code, its size, what it is told, and where it runs.

use hcl::Expression;

use super::identity::Role;
use crate::check::aws_call_seconds;
use crate::ir::{Family, Function, Id, Language, Resource, Service, Value};
use crate::list;
use crate::targets::aws::compute::{self, Parts, Proxies};
use crate::targets::aws::{Stack, containers, registry, startup};
use crate::targets::shared::{settings, sources};
use crate::terraform::{Address, Block, expr};

/// The alias of functions with warm instances.
const ALIAS: &str = "live";
/// Processors: source is text and runs on the cheaper ones, images are built for the others.
const OF_SOURCE: &str = "arm64";
const OF_IMAGES: &str = "x86_64";

pub(super) fn lower(
    stack: &mut Stack<'_>,
    id: Id<Service>,
    item: &Function,
    (role, group): (&Role, &Address),
    parts: &Parts<'_>,
) -> Address {
    let system = stack.system;
    let service = &system.services[id];
    let code = code(stack, service, item, role, parts);
    let told = told(stack, id, parts);
    let logs = Block::new()
        .set("log_group", group.attr("name"))
        .set("log_format", "JSON")
        .comment("Both levels are said: without them every plan of a version that is published shows a change.")
        .set("application_log_level", "INFO")
        .set("system_log_level", "INFO");
    let network = Block::new()
        .set("subnet_ids", parts.network.of_service(service))
        .set("security_group_ids", parts.groups.of_service(id));
    let settings = told.map(|told| (parts.keys.data.attr("arn"), Block::new().set("variables", told)));
    let key = settings.as_ref().map(|(key, _)| key.clone());
    let body = code
        .set("memory_size", item.memory_mb)
        .set("timeout", aws_call_seconds(&stack.system, service, item))
        .comment("At most, and kept free for it.")
        .set("reserved_concurrent_executions", item.concurrency)
        .when(item.warm > 0, |block| block.set("publish", true))
        .set_some("kms_key_arn", key)
        .block_some("environment", settings.map(|(_, settings)| settings))
        .block("logging_config", logs)
        .block("tracing_config", Block::new().set("mode", "Active"))
        .when(item.private, |block| block.block("vpc_config", network))
        .set("depends_on", needs(stack, id, item, role, parts));
    stack.module.resource("aws_lambda_function", &service.name, body)
}

/// The beginning of a function's body: its name, its role and its code.
fn code(stack: &mut Stack<'_>, service: &Service, item: &Function, role: &Role, parts: &Parts<'_>) -> Block {
    let body = Block::new()
        .set("function_name", stack.name(&service.name))
        .set("description", format!("Function {}", service.name))
        .set("role", role.role.attr("arn"));
    match &item.source {
        Some(source) => {
            let archive = sources::archive(&mut stack.module, service);
            body.set("filename", archive.attr("output_path"))
                .set("source_code_hash", archive.attr("output_base64sha256"))
                .set("runtime", runtime(source.language))
                .set("handler", format!("{}.{}", source.file, source.entry))
                .set("architectures", list![OF_SOURCE])
        }
        None => {
            let image = service.launch.image();
            body.set("package_type", "Image")
                .set_some(
                    "image_uri",
                    image.map(|image| registry::image(stack, image, parts.base)),
                )
                .set("architectures", list![OF_IMAGES])
        }
    }
}

/// The word of Lambda for a language.
fn runtime(language: Language) -> String {
    match language.family {
        Family::Node => format!("{}.x", language.name()),
        _ => language.name(),
    }
}

/// What the function is told: everything but the values that have to be fetched, which its code does.
fn told(stack: &Stack<'_>, id: Id<Service>, parts: &Parts<'_>) -> Option<Expression> {
    let service = &stack.system.services[id];
    let (plain, _) = settings::split(service, |value| startup::spell(stack, id, value, parts));
    let pairs = plain.into_iter().map(|setting| (setting.name, setting.value));
    let mut told: Vec<Expression> = vec![];
    let pairs: Vec<(String, Expression)> = pairs.collect();
    if !pairs.is_empty() {
        told.push(expr::object(pairs));
    }
    for setting in &service.settings {
        if let Value::Shards(database) = setting.value {
            told.push(containers::shard_settings(stack, &setting.name, database, parts));
        }
    }
    match told.len() {
        0 | 1 => told.pop(),
        _ => Some(expr::call("merge", told)),
    }
}

/// What must be there before the first event.
fn needs(stack: &Stack<'_>, id: Id<Service>, item: &Function, role: &Role, parts: &Parts<'_>) -> Vec<Expression> {
    let mut needs = vec![role.grants()];
    needs.extend(parts.pulls.filter(|_| item.source.is_none()).map(Address::whole));
    if item.private {
        needs.extend(compute::needs(stack, id, &Proxies::new(), parts));
        return needs;
    }
    let topics = stack.system.grants_of(id).filter_map(|grant| match grant.resource {
        Resource::Topic(topic) => Some(topic),
        _ => None,
    });
    let subscriptions = topics.flat_map(|topic| parts.topics.subscriptions(topic));
    needs.extend(subscriptions.map(Address::whole));
    needs
}

/// Instances that are kept warm, behind an alias for the current version. Gives the alias.
pub(super) fn warm(stack: &mut Stack<'_>, service: &Service, item: &Function, function: &Address) -> Address {
    let body = Block::new()
        .set("name", ALIAS)
        .set("description", "The current version")
        .set("function_name", function.attr("function_name"))
        .set("function_version", function.attr("version"));
    let alias = stack
        .module
        .comment("Instances are kept warm for an alias: everybody calls it.")
        .resource("aws_lambda_alias", &service.name, body);
    let body = Block::new()
        .set("function_name", function.attr("function_name"))
        .set("qualifier", alias.attr("name"))
        .set("provisioned_concurrent_executions", item.warm);
    stack
        .module
        .resource("aws_lambda_provisioned_concurrency_config", &service.name, body);
    alias
}
