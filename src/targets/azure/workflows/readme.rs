//! What the README of the output says about workflows.

use super::{CALLS, LOOKS, STEPS, have_queues};
use crate::ir::{Resource, Workflow};
use crate::targets::azure::Stack;

pub(in crate::targets::azure) fn lower(stack: &mut Stack<'_>) {
    let system = stack.system;
    let Some((_, first)) = system.workflows.iter().next() else {
        return;
    };
    let started = system.workflows.iter();
    let started = started.filter(|(id, _)| system.users_of(Resource::Workflow(*id)).next().is_some());
    let is_started = started.count() > 0;
    if have_queues(system) {
        let account = format!("azurerm_storage_account.{}", CALLS.replace('-', "_"));
        skips(stack, &account);
        let items = &mut stack.report.security;
        items.push(format!("A workflow is a Logic App of the plan Consumption, outside of the network, with an identity of its own that may put messages into the queues of exactly the functions that it calls. These are in an account of their own, `{account}`, whose public address answers these Logic Apps alone (resource rules; the identity is one of the system, because no other is let in through them); functions and services use its private endpoint. A function that only workflows call has no address: it takes its messages, and calls the workflow back at an address that is made for the one call (the service tag `LogicAppsManagement`, which its subnet may reach, whatever `egress` says: these are the addresses of everybody's Logic Apps in Azure, and no rule can tell them apart). Nobody can call the triggers of a workflow: they look by themselves, and the addresses that Terraform's state shows of them answer nobody. What went from step to step is shown to `admin_cidrs`, and encrypted with Microsoft's keys: Logic Apps of this plan take no others."));
    }
    let history = history(stack, first);
    let items = &mut stack.report.operations;
    items.push(format!("The steps of a workflow are the actions of its Logic App, all in one scope named `{STEPS}`, so that they change at once; a run that has begun goes on with those that it began with. A step has the name of the blueprint; `NAME_call_1` and the like are what it takes: a message to the function, which gets a request (`POST`, the document is its body), and whose answer, JSON with a status below 300, is the next document. A message takes documents of 45 KiB: a call whose answer is longer has failed, and so has one behind a `parallel` whose answers are longer together. A call may take as long as its function may, and waits five minutes at most for a free instance; it is not begun later. A step takes some seconds at the least, because the function looks for its calls every two: leave `timeout_seconds` of a workflow room for that, and for an instance that has to start. A call whose function is stopped in the middle has failed and is done again only as `retry` says; one may happen twice where Azure did not hear that its message was written. What a function could not tell its workflow is in the queue `NAME-calls-poison`, whose step has failed as too late: `operators` look at it from inside of the network, and delete it. When a branch fails, the others are waited for. What runs take is paid by the action, some thousandths of a cent each. Apply twice when a workflow loses its schedule or the last of those who start it: the provider takes the identity away with a trigger, and the second time makes a new one with its grants."));
    stack.report.operations.push(history);
    if is_started {
        stack.report.operations.push(format!("To start a workflow, put its document, JSON of 45 KiB at most, as a message into the queue that `X_WORKFLOW` names of the account `X_ENDPOINT` (`X_PROTOCOL` is `storagequeue`: Azure's library for storage queues, with the identity of `AZURE_CLIENT_ID`). The Logic App looks every {LOOKS} seconds, and takes one: what comes faster waits in the queue, for seven days at most. Looking is paid too, about six euros a month. Messages that are no JSON end their run as failed. `operators` start one the same way, from inside of the network."));
    }
}

fn history(stack: &Stack<'_>, item: &Workflow) -> String {
    let name = &item.name;
    format!(
        "To see runs, open the Logic App in the portal from `admin_cidrs`, or `az rest --method get --url \"https://management.azure.com/subscriptions/$ARM_SUBSCRIPTION_ID/resourceGroups/{}/providers/Microsoft.Logic/workflows/{}/runs?api-version=2019-05-01\"`; Azure keeps them for 90 days. The table `AzureDiagnostics` of the workspace has every run and action (`resource_runId_s`, `status_s`, `error_message_s`). A run that a schedule started can be done once more from the portal (*Resubmit*), or at another time (*Run*). One that a message started cannot, because its message is gone: `run_document` of its history has the document, to be put into the queue again. An alarm says that one of `{name}` failed; one that takes longer than `timeout_seconds` has failed with the code `TimedOut`.",
        stack.system.prefix,
        stack.prefixed(name)
    )
}

fn skips(stack: &mut Stack<'_>, account: &str) {
    let mut skip = |check: &str, reason: &str| stack.report.skip(check, account, reason);
    skip(
        "CKV_AZURE_59",
        "its address answers the Logic Apps of the workflows and nobody else, after they have signed in; it has no keys, and nothing in it is public",
    );
    skip(
        "CKV_AZURE_36",
        "Azure's other services have nothing to do in it: resource rules let in the Logic Apps alone",
    );
    skip(
        "CKV_AZURE_206",
        "copies in three zones; messages are of no use in another region",
    );
    skip(
        "CKV_AZURE_33",
        "it reads an argument that the provider no longer has; a diagnostic setting logs what is written to queues",
    );
    skip("CKV2_AZURE_38", "it holds queues; there are no objects to restore");
}
