//! Workflows: each runs as an account of its own, which may call its functions and nothing else.

mod definition;
pub(super) mod readme;

use hcl::Expression;

use super::{Stack, functions};
use crate::check::{GCP_SCHEDULES as SCHEDULES, gcp_has_schedules};
use crate::ir::{Cron, Id, Resource, System, Workflow};
use crate::terraform::{Address, Block, expr};
use crate::{object, template};

/// What lets somebody start workflows. There is no policy on a single one.
pub(super) const STARTER: &str = "roles/workflows.invoker";
/// Where runs are started.
pub(super) const ENDPOINT: &str = "workflowexecutions.googleapis.com";
/// Times that a start is tried again.
const RETRIES: u32 = 3;

/// True if times start a workflow.
pub(super) fn has_schedules(system: &System) -> bool {
    gcp_has_schedules(system)
}

/// The workflows that times start.
pub(super) fn scheduled(system: &System) -> impl Iterator<Item = &str> {
    let timed = system.workflows.iter().filter(|(_, item)| item.schedule.is_some());
    timed.map(|(_, item)| item.name.as_str())
}

/// Adds the accounts, before the functions that are called.
pub(super) fn accounts(stack: &mut Stack<'_>) {
    stack.module.file("identity", "");
    for (id, workflow) in stack.system.workflows.iter() {
        let body = Block::new()
            .set("account_id", stack.name(&workflow.name))
            .set(
                "display_name",
                format!("{} workflow {}", stack.system.prefix, workflow.name),
            )
            .set("depends_on", stack.project.ready());
        let account = stack.module.resource("google_service_account", &workflow.name, body);
        stack.runners.insert(id, account);
    }
}

/// Adds the workflows, once their functions are there.
pub(super) fn lower(stack: &mut Stack<'_>) {
    let system = stack.system;
    stack.module.file("workflows", "");
    let starter = has_schedules(system).then(|| starter(stack));
    for (id, workflow) in system.workflows.iter() {
        stack.module.file("workflows", "");
        let address = one(stack, id, workflow);
        if let (Some((cron, timezone)), Some(starter)) = (&workflow.schedule, &starter) {
            job(stack, workflow, &address, (cron, timezone), starter);
        }
        let steps = match workflow.calls().len() {
            1 => "1 function".to_owned(),
            count => format!("{count} functions"),
        };
        let what = format!("workflow that calls {steps}, {} seconds", workflow.timeout_seconds);
        stack.report.component(&workflow.path, what, address.text());
    }
}

fn one(stack: &mut Stack<'_>, id: Id<Workflow>, workflow: &Workflow) -> Address {
    let called = workflow.calls().into_iter().map(|function| {
        let seconds = stack.system.services[function].function.as_ref();
        let seconds = seconds.map_or(0, |function| function.timeout_seconds);
        (function, (functions::url(stack, function), seconds))
    });
    let source = definition::lower(workflow, &called.collect());
    let mut ready = vec![stack.encryption.users.whole()];
    ready.extend(stack.steps.get(&id).into_iter().flatten().map(Address::whole));
    let body = Block::new()
        .set("name", stack.name(&workflow.name))
        .set("region", stack.region())
        .set("service_account", stack.runners[&id].id())
        .set("crypto_key_name", stack.encryption.key.id())
        .comment("The history tells the steps of each run; the log what failed, and no documents of runs that did not.")
        .set("execution_history_level", "EXECUTION_HISTORY_BASIC")
        .set("call_log_level", "LOG_ERRORS_ONLY")
        .comment("It keeps nothing but its history.")
        .set("deletion_protection", false)
        .set("source_contents", expr::jsonencode(source))
        .comment("Who came sooner might call nobody.")
        .set("depends_on", Expression::Array(ready));
    stack.module.resource("google_workflows_workflow", &workflow.name, body)
}

/// Who starts workflows at their times, and what is waited for.
fn starter(stack: &mut Stack<'_>) -> (Address, Vec<Address>) {
    stack.module.file("identity", "");
    let body = Block::new()
        .set("account_id", stack.name(SCHEDULES))
        .set(
            "display_name",
            format!("{} schedules of workflows", stack.system.prefix),
        )
        .set("depends_on", stack.project.ready());
    let account = stack
        .module
        .comment("Whom Cloud Scheduler starts workflows as.")
        .resource("google_service_account", SCHEDULES, body);
    let body = Block::new()
        .set("project", stack.project.id())
        .set("role", STARTER)
        .set("member", account.attr("member"));
    let starts = stack.module.comment("Can be granted on the project only.").resource(
        "google_project_iam_member",
        SCHEDULES,
        body,
    );
    let mut ready = vec![starts];
    if let Some(agent) = stack.scheduler.clone() {
        ready.push(speaks(stack, SCHEDULES, &account, agent.attr("member")));
    }
    (account, ready)
}

/// Lets a service of Google's speak as an account.
pub(super) fn speaks(stack: &mut Stack<'_>, name: &str, account: &Address, agent: Expression) -> Address {
    let whole = template![
        "projects/",
        stack.project.id(),
        "/serviceAccounts/",
        account.attr("email")
    ];
    let body = Block::new()
        .set("service_account_id", whole)
        .set("role", "roles/iam.serviceAccountTokenCreator")
        .set("member", agent);
    stack.module.resource("google_service_account_iam_member", name, body)
}

fn job(
    stack: &mut Stack<'_>,
    workflow: &Workflow,
    address: &Address,
    (cron, timezone): (&Cron, &str),
    (account, ready): &(Address, Vec<Address>),
) {
    let name = workflow.name.as_str();
    let body = expr::jsonencode(object! { "argument" => "{}" });
    let token = Block::new().set("service_account_email", account.attr("email"));
    let target = Block::new()
        .set("http_method", "POST")
        .set(
            "uri",
            template![format!("https://{ENDPOINT}/v1/"), address.id(), "/executions"],
        )
        .set("headers", object! { "Content-Type" => "application/json" })
        .set("body", expr::call("base64encode", [body]))
        .block("oauth_token", token);
    let ready = ready.iter().map(Address::whole).collect();
    let body = Block::new()
        .set("name", stack.name(name))
        .set("region", stack.region())
        .set("description", format!("Starts {name}"))
        .set("schedule", cron.to_string())
        .set("time_zone", timezone)
        .block("retry_config", Block::new().set("retry_count", RETRIES))
        .block("http_target", target)
        .set("depends_on", Expression::Array(ready));
    stack.module.resource("google_cloud_scheduler_job", name, body);
}

/// What clients call a workflow.
pub(super) fn full_name(stack: &Stack<'_>, id: Id<Workflow>) -> Expression {
    template![
        "projects/",
        stack.project.id(),
        format!(
            "/locations/{}/workflows/{}",
            stack.region(),
            stack.name(&stack.system.workflows[id].name)
        ),
    ]
}

/// True if anybody but times starts a workflow.
pub(super) fn has_starters(system: &System) -> bool {
    let mut ids = system.workflows.iter().map(|(id, _)| id);
    ids.any(|id| system.users_of(Resource::Workflow(id)).next().is_some())
}
