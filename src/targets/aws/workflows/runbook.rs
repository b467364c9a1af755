//! What the owner of workflows should know and do.

use crate::targets::aws::Stack;

/// Adds what is done for security.
pub(in crate::targets::aws) fn security(stack: &Stack<'_>, items: &mut Vec<String>) {
    if !stack.system.workflows.is_empty() {
        items.push("Each workflow has a role of its own, which calls its functions and nothing else of the system; that its runs are logged takes the right to change the log deliveries of the account and the policies on its log groups (`logs:PutResourcePolicy`), which AWS grants for all or not at all, and Step Functions alone may take the role on. A function that workflows alone call has no address. What goes from step to step is kept in the history of a run for 90 days, encrypted with the key `data`: who reads it needs `states:GetExecutionHistory` and that key. The log says what happened when, without the documents.".to_owned());
    }
}

/// Adds what there is to know of workflows that run.
pub(in crate::targets::aws) fn operations(stack: &Stack<'_>, items: &mut Vec<String>) {
    let system = stack.system;
    let Some((_, first)) = system.workflows.iter().next() else {
        return;
    };
    let (name, region) = (stack.name(&first.name), stack.region());
    items.push(format!(
        "To start a workflow by hand: `aws stepfunctions start-execution --region {region} --state-machine-arn arn:aws:states:{region}:ACCOUNT:stateMachine:{name} --input '{{}}'`. Services that start one call `StartExecution` with `X_WORKFLOW` (an ARN) at `X_ENDPOINT`, and hear that it has begun, not how it ends. To see runs: `aws stepfunctions list-executions`, then `get-execution-history --execution-arn ...` for each step with what it got and gave, or the state machine in the console. A failed run goes on where it stopped with `aws stepfunctions redrive-execution --execution-arn ...`, for 14 days, once the reason is gone."
    ));
    items.push("A function gets the document of a workflow as its event, and what it answers is the next document: JSON of 256 KiB at most, in place of larger things the key of an object. An exception is a failure; `{\"error\": ..., \"input\": ...}` is what `catch` gets then, where `error` holds the name of the error and what Lambda says of it. A document that is too large, or a condition that cannot be computed, ends a run without `catch`. Calls that Lambda turned away itself, all instances being busy, are tried again three times at least, with or without `retry`, and as often as `retry` says: functions bear to be called twice with the same document.".to_owned());
    if system.workflows.iter().any(|(_, item)| item.schedule.is_some()) {
        items.push("Times start a workflow with `{}`, at least once: on rare occasions twice. A run that takes longer than the time to the next does not hold the next up.".to_owned());
    }
    items.push(
        "Step Functions is paid for each step that is done, 25 USD for a million; a history holds 25,000 events."
            .to_owned(),
    );
}
