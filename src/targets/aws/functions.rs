//! Functions: one of Lambda for each function of the system, and what starts it.
//!
//! A function is a service whose process comes and goes: its role, its security group and what it is told are those of every service.
//! Where instances are kept warm, that is done for an alias, and everybody calls the alias.

mod changes;
mod dead_letters;
mod definition;
mod identity;
mod messages;
mod objects;
pub(super) mod runbook;
pub(super) mod schedule;
mod url;

use std::collections::{BTreeMap, BTreeSet};

use hcl::Expression;

use super::compute::Parts;
use super::policy::Statement;
use super::{Stack, logs};
use crate::check::Checked;
use crate::ir::{Function, Id, Resource, Service, Trigger};
use crate::terraform::{Address, Block, expr};
use crate::{object, template};

pub(super) use identity::interfaces;

/// The functions of the system.
#[derive(Default)]
pub(super) struct Functions {
    found: BTreeMap<Id<Service>, Lambda>,
}

/// One of them.
pub(super) struct Lambda {
    /// The function.
    pub(super) function: Address,
    /// Its alias, where instances are kept warm.
    alias: Option<Address>,
    /// Its own address, where it has one.
    url: Option<Address>,
    /// Its dead letters, where it has its own.
    pub(super) dead: Option<Address>,
}

impl Functions {
    /// A function.
    pub(super) fn get(&self, id: Id<Service>) -> &Lambda {
        self.found
            .get(&id)
            .unwrap_or_else(|| unreachable!("every function has been added, those that others call first"))
    }
}

impl Lambda {
    /// The ARN of what everybody calls.
    pub(super) fn arn(&self) -> Expression {
        match &self.alias {
            Some(alias) => template![self.function.attr("arn"), ":", alias.attr("name")],
            None => self.function.attr("arn"),
        }
    }

    /// The same for API Gateway.
    pub(super) fn invoke_arn(&self) -> Expression {
        self.alias.as_ref().unwrap_or(&self.function).attr("invoke_arn")
    }

    /// The URL of its own, where it has one: without the slash at its end.
    pub(super) fn url(&self) -> Option<Expression> {
        let url = self.url.as_ref()?.attr("function_url");
        Some(expr::call("trimsuffix", [url, "/".into()]))
    }

    /// The beginning of what speaks of a function by its name and, where it has one, its alias.
    fn named(&self) -> Block {
        Block::new()
            .set("function_name", self.function.attr("function_name"))
            .set_some("qualifier", self.alias.as_ref().map(|alias| alias.attr("name")))
    }

    /// Lets a service of AWS call the function, on behalf of one resource.
    pub(super) fn permission(&self, statement: &str, principal: &str, source: Expression) -> Block {
        self.named()
            .set("statement_id", statement)
            .set("action", "lambda:InvokeFunction")
            .set("principal", principal)
            .set("source_arn", source)
    }
}

/// Adds the functions, those that others call first: they are told the URL.
pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts<'_>) -> Functions {
    let system = stack.system;
    let mut functions = Functions::default();
    schedule::group(stack);
    for id in called_first(&system) {
        if let Some(function) = &system.services[id].function {
            let known = Parts {
                functions: &functions,
                ..*parts
            };
            let lambda = add(stack, id, function, &known);
            functions.found.insert(id, lambda);
        }
    }
    objects::lower(stack, &functions, parts);
    functions
}

/// The functions, each after those that it calls.
fn called_first(system: &Checked<'_>) -> Vec<Id<Service>> {
    fn visit(system: &Checked<'_>, id: Id<Service>, seen: &mut BTreeSet<Id<Service>>, order: &mut Vec<Id<Service>>) {
        if !seen.insert(id) {
            return;
        }
        for grant in system.grants_of(id) {
            if let Resource::Function(called) = grant.resource {
                visit(system, called, seen, order);
            }
        }
        order.push(id);
    }
    let (mut seen, mut order) = (BTreeSet::new(), vec![]);
    for (id, ..) in system.functions() {
        visit(system, id, &mut seen, &mut order);
    }
    order
}

fn add(stack: &mut Stack<'_>, id: Id<Service>, item: &Function, parts: &Parts<'_>) -> Lambda {
    let system = stack.system;
    let service = &system.services[id];
    stack.module.file("functions", "");
    let dead = item
        .has_dead_letters()
        .then(|| dead_letters::queue(stack, service, parts.keys));
    let group = logs::group(stack, parts.keys, log_group(stack, service));
    let group = stack.module.resource("aws_cloudwatch_log_group", &service.name, group);
    let role = identity::lower(stack, id, item, (&group, dead.as_ref()), parts);
    stack.module.file("functions", "");
    let function = definition::lower(stack, id, item, (&role, &group), parts);
    let alias = (item.warm > 0).then(|| definition::warm(stack, service, item, &function));
    let mut lambda = Lambda {
        function,
        alias,
        url: None,
        dead,
    };
    lambda.url = url::lower(stack, id, item, &lambda);
    dead_letters::lower(stack, service, item, &lambda, &role);
    stack.module.file("triggers", "");
    match &item.trigger {
        Some(Trigger::Queue { .. } | Trigger::Topic { .. }) => {
            messages::lower(stack, id, item, (&lambda, &role), parts)
        }
        Some(Trigger::Stream { .. } | Trigger::Table { .. }) => {
            changes::lower(stack, id, item, (&lambda, &role), parts)
        }
        Some(Trigger::Schedule { cron, timezone }) => {
            schedule::lower(stack, service, item, (cron, timezone), &lambda, parts);
        }
        // Those of buckets come together, those of APIs with their routes.
        Some(Trigger::Bucket { .. } | Trigger::Api | Trigger::Url { .. }) | None => {}
    }
    stack
        .report
        .component(&service.path, what(&system, id, item), lambda.function.text());
    lambda
}

/// What a function became, for the README.
fn what(system: &Checked<'_>, id: Id<Service>, item: &Function) -> String {
    let by = match &item.trigger {
        Some(Trigger::Api) => {
            let mut apis = system.apis.iter().map(|(_, api)| api);
            let api = apis.find(|api| api.routes.iter().any(|route| route.service == id));
            api.map_or(String::new(), |api| format!("requests of the API `{}`", api.name))
        }
        Some(Trigger::Url { .. }) => "requests at an address of its own".to_owned(),
        Some(Trigger::Queue { queue, .. }) => format!("messages of `{}`", system.queues[*queue].name),
        Some(Trigger::Topic { subscription, .. }) => {
            let topic = system.subscriptions[*subscription].topic;
            format!("messages of `{}`", system.topics[topic].name)
        }
        Some(Trigger::Stream { stream, .. }) => format!("records of `{}`", system.streams[*stream].name),
        Some(Trigger::Bucket { bucket, .. }) => format!("events of `{}`", system.buckets[*bucket].name),
        Some(Trigger::Table { table, .. }) => format!("changes of `{}`", system.tables[*table].name),
        Some(Trigger::Schedule { cron, timezone }) => format!("times, `{cron}` in {timezone}"),
        None => {
            let workflows = system
                .workflows_of(id)
                .map(|id| format!("the workflow `{}`", system.workflows[id].name));
            let callers = system.callers_of(id).next().map(|_| "who calls it".to_owned());
            let all: Vec<String> = workflows.chain(callers).collect();
            match all.is_empty() {
                true => "who calls it".to_owned(),
                false => all.join(" and "),
            }
        }
    };
    format!("Lambda function, started by {by}")
}

/// Name of the log group of a function.
fn log_group(stack: &Stack<'_>, service: &Service) -> String {
    format!("/{}/function/{}", stack.system.prefix, service.name)
}

/// What a service may do with the functions that it calls.
pub(super) fn calls(stack: &Stack<'_>, id: Id<Service>, parts: &Parts<'_>) -> Vec<Statement> {
    let called = stack.system.grants_of(id).filter_map(|grant| match grant.resource {
        Resource::Function(called) => Some(called),
        _ => None,
    });
    // Nobody need prove anything to those that are open.
    let called = called.filter(|called| !url::is_open(&stack.system.services[*called]));
    let arns: Vec<Expression> = called.map(|called| parts.functions.get(called).arn()).collect();
    if arns.is_empty() {
        return vec![];
    }
    let url = object! { "StringEquals" => object! { "lambda:FunctionUrlAuthType" => "AWS_IAM" } };
    let via = object! { "Bool" => object! { "lambda:InvokedViaFunctionUrl" => "true" } };
    let arns = Expression::Array(arns);
    vec![
        Statement::allow("CallFunctions", &["lambda:InvokeFunctionUrl"], arns.clone()).condition(url),
        Statement::allow("CallFunctionsByUrl", &["lambda:InvokeFunction"], arns).condition(via),
    ]
}

/// How callers of a function prove who they are.
pub(super) fn auth(service: &Service) -> &'static str {
    match url::is_open(service) {
        true => "none",
        false => "aws-sigv4",
    }
}
