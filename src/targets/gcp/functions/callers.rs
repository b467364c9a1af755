//! Who may call a function, and nobody else: the permission is on that one function.

use hcl::Expression;

use super::{has_events, takes_events};
use crate::check::GCP_TRIGGERS as TRIGGERS;
use crate::ir::{Function, Id, Service, Trigger};
use crate::targets::gcp::Stack;
use crate::terraform::{Address, Block};
use crate::{list, template};

/// What lets somebody call a function.
const CALLER: &str = "roles/run.invoker";
/// What lets Pub/Sub make the tokens that it shows.
const TOKENS: &str = "roles/iam.serviceAccountOpenIdTokenCreator";

/// Adds the service account as which Pub/Sub brings messages.
pub(in crate::targets::gcp) fn accounts(stack: &mut Stack<'_>) {
    if !has_events(stack.system) {
        return;
    }
    stack.module.file("identity", "");
    let body = Block::new()
        .set("account_id", stack.name(TRIGGERS))
        .set("display_name", format!("{} triggers of functions", stack.system.prefix))
        .set("depends_on", stack.project.ready());
    let account = stack
        .module
        .comment("Whom Pub/Sub brings messages to functions as.")
        .resource("google_service_account", TRIGGERS, body);
    if let Some(agent) = stack.encryption.pubsub.clone() {
        let whole = template![
            "projects/",
            stack.project.id(),
            "/serviceAccounts/",
            account.attr("email")
        ];
        let body = Block::new()
            .set("service_account_id", whole)
            .set("role", TOKENS)
            .set("member", agent);
        stack
            .module
            .resource("google_service_account_iam_member", TRIGGERS, body);
    }
    stack.triggers = Some(account);
}

/// Adds the permissions of everybody who calls a function, but for APIs. Gives that of Pub/Sub.
pub(super) fn lower(stack: &mut Stack<'_>, id: Id<Service>, function: &Function, address: &Address) -> Option<Address> {
    let system = stack.system;
    let triggers = stack.triggers.as_ref().map(|account| account.attr("member"));
    let triggers = triggers.filter(|_| takes_events(function));
    let triggers = triggers.map(|member| permit(stack, id, address, TRIGGERS, member));
    let mut callers: Vec<(String, Expression)> = vec![];
    for caller in system.callers_of(id) {
        let member = stack.accounts[&caller].attr("member");
        callers.push((system.services[caller].name.clone(), member));
    }
    if function.trigger == (Some(Trigger::Url { open: true })) {
        callers.push(("everybody".to_owned(), "allUsers".into()));
    }
    for (who, member) in callers {
        permit(stack, id, address, &who, member);
    }
    for workflow in system.workflows_of(id) {
        let member = stack.runners[&workflow].attr("member");
        let permission = permit(stack, id, address, &system.workflows[workflow].name, member);
        stack.steps.entry(workflow).or_default().push(permission);
    }
    stack.module.file("functions", "");
    triggers
}

/// Lets somebody call a function.
pub(in crate::targets::gcp) fn permit(
    stack: &mut Stack<'_>,
    id: Id<Service>,
    address: &Address,
    who: &str,
    member: Expression,
) -> Address {
    stack.module.file("identity", "");
    let body = Block::new()
        .set("location", stack.region())
        .set("name", address.attr("name"))
        .set("role", CALLER)
        .set("member", member)
        .comment("A function that is made anew has lost its callers.")
        .block(
            "lifecycle",
            Block::new().set("replace_triggered_by", list![address.id()]),
        );
    let name = format!("{}_called_by_{who}", stack.system.services[id].name);
    stack
        .module
        .resource("google_cloud_run_v2_service_iam_member", &name, body)
}
