//! What the README of the output says about workflows.

use crate::ir::{Resource, Workflow};
use crate::targets::azure::Stack;

pub(in crate::targets::azure) fn lower(stack: &mut Stack<'_>) {
    let system = stack.system;
    let Some((_, first)) = system.workflows.iter().next() else {
        return;
    };
    let items = &mut stack.report.security;
    items.push("A workflow is an app with an identity of its own, which may put messages into the queues of exactly the functions that it calls, and documents into their containers. A function reads its own queue and container, and sends nothing but the news that it is done to the workflows that call it; one that only workflows call has no address. Who starts a workflow may put messages into its queue `NAME-starts`, and see nothing of it. Documents and runs are encrypted with the system's key.".to_owned());
    let items = &mut stack.report.operations;
    items.push("A workflow goes through its steps in an app of Python that is rendered with the rest (`terraform/functions/NAME`: `workflow.json` says the steps, `runner.py` what they mean). Logic Apps would reach no private function, or want a key of a storage account, and wait two minutes for an answer; Durable Functions would want packages that nobody installs. It runs on the plan of its domain, and costs memory there (some 300 MiB of an instance), no more. A step calls a function by a message; the function gets a request (`POST`, the document is its body) and its answer, JSON with a status below 300, is the next document. A call may take as long as its function may, and waits five minutes at most for a free instance. Calls and steps happen at least once: after a crash one may be done again.".to_owned());
    items.push(history(first));
    if system
        .workflows
        .iter()
        .any(|(id, _)| system.users_of(Resource::Workflow(id)).next().is_some())
    {
        items.push("To start a workflow, put its document, JSON of 48 KiB at most, as a message into the queue that `X_WORKFLOW` names of the account `X_ENDPOINT` (`X_PROTOCOL` is `storagequeue`: Azure's library for storage queues, with the identity of `AZURE_CLIENT_ID`). The message's id is the name of the run.".to_owned());
    }
}

fn history(item: &Workflow) -> String {
    let name = &item.name;
    format!(
        "A run is a blob in the container `{name}-runs` of `azurerm_storage_account.functions_code`, JSON with its input, every step with what it got and ended with, and its end: `az storage blob list --auth-mode login --account-name ACCOUNT --container-name {name}-runs --output table`, then `az storage blob download`. It goes with the logs. To start one by hand, from `admin_cidrs` and as one of the `operators`: `az storage message put --auth-mode login --account-name ACCOUNT --queue-name {name}-starts --content '{{}}'`."
    )
}
