//! Actions and triggers of Logic Apps, one by one.

use hcl::Expression;

use super::expressions::says;
use crate::terraform::expr;
use crate::{list, object};

/// The version of the queues' API.
const VERSION: &str = "2024-11-04";
/// Whom the identity's tokens are for.
const AUDIENCE: &str = "https://storage.azure.com";
/// The trigger that looks for messages of those who start the workflow.
pub(super) const STARTS: &str = "starts";

pub(super) const SUCCEEDED: &str = "Succeeded";
pub(super) const FAILED: &str = "Failed";
pub(super) const SKIPPED: &str = "Skipped";
pub(super) const LATE: &str = "TimedOut";
/// It was begun, and is over. Azure lets nothing run after what was cancelled.
pub(super) const OVER: [&str; 3] = [SUCCEEDED, FAILED, LATE];
/// What looks at a value has done so, or was skipped.
pub(super) const DECIDED: [&str; 3] = [SUCCEEDED, FAILED, SKIPPED];

/// Actions, and what may have become of each before another one is begun.
pub(super) type After = Vec<(String, Vec<&'static str>)>;

/// Takes the message that started the run out of its queue. A run that cannot do so ends, and the message starts another one.
pub(super) fn taken(queue: Expression) -> Expression {
    let message = |field: &str| format!("xpath(xml(triggerBody()),'string(//{field})')");
    let receipt = says(&message("PopReceipt"));
    let id = format!("/messages/@{{{}}}", message("MessageId"));
    let inputs = object! {
        "method" => "DELETE",
        "uri" => expr::template([queue.into(), id.into()]),
        "queries" => object! { "popreceipt" => receipt },
        "headers" => headers(),
        "authentication" => authentication(),
    };
    let delete = object! { "type" => "Http", "inputs" => inputs, "runAfter" => nothing() };
    object! {
        "type" => "If",
        "expression" => object! { "and" => list![object! { "equals" => list!["@trigger()?['name']", STARTS] }] },
        "actions" => object! { "run_delete" => delete },
        "runAfter" => nothing(),
    }
}

/// How the trigger looks for a message: it starts a run, and none starts none. The answer begins with a byte order mark, which is no
/// XML. One message is all that an expression is sure to have room for (131072 characters).
pub(super) fn poll(queue: Expression, seconds: u32) -> Expression {
    let queries = object! { "numofmessages" => "1", "visibilitytimeout" => "300" };
    let answer = "concat('<',join(skip(split(base64ToString(triggerBody()?['$content']),'<'),1),'<'))";
    let inputs = object! {
        "method" => "GET",
        "uri" => expr::template([queue.into(), "/messages".into()]),
        "queries" => queries,
        "headers" => headers(),
        "authentication" => authentication(),
    };
    object! {
        "type" => "Http",
        "inputs" => inputs,
        "recurrence" => object! { "frequency" => "Second", "interval" => seconds },
        "splitOn" => says(&format!("xpath(xml({answer}),'/QueueMessagesList/QueueMessage')")),
    }
}

/// Puts a message into the queue of a function, and waits until it calls back.
pub(super) fn ask(queue: Expression, seconds: u32, document: &str, after: &After) -> Expression {
    let call = format!("setProperty(setProperty(json('{{}}'),'back',listCallbackUrl()),'document',{document})");
    let body = format!("concat('<QueueMessage><MessageText>',base64(string({call})),'</MessageText></QueueMessage>')");
    let subscribe = object! {
        "method" => "POST",
        "uri" => expr::template([queue.into(), format!("/messages?messagettl={seconds}").into()]),
        "headers" => headers(),
        "body" => says(&body),
        "authentication" => authentication(),
    };
    object! {
        "type" => "HttpWebhook",
        "inputs" => object! { "subscribe" => subscribe, "unsubscribe" => nothing() },
        "limit" => object! { "timeout" => format!("PT{seconds}S") },
        "runAfter" => run_after(after),
    }
}

fn headers() -> Expression {
    object! {
        "Content-Type" => "application/xml",
        "x-ms-date" => "@utcNow('R')",
        "x-ms-version" => VERSION,
    }
}

fn authentication() -> Expression {
    object! { "type" => "ManagedServiceIdentity", "audience" => AUDIENCE }
}

/// Fails unless the content is an object with an output.
pub(super) fn checked(content: Expression, after: &After) -> Expression {
    let schema = object! { "type" => "object", "required" => list!["output"] };
    object! {
        "type" => "ParseJson",
        "inputs" => object! { "content" => content, "schema" => schema },
        "runAfter" => run_after(after),
    }
}

pub(super) fn compose(inputs: Expression, after: &After) -> Expression {
    object! { "type" => "Compose", "inputs" => inputs, "runAfter" => run_after(after) }
}

pub(super) fn wait(seconds: u32, after: &After) -> Expression {
    let interval = object! { "count" => seconds, "unit" => "Second" };
    object! {
        "type" => "Wait",
        "inputs" => object! { "interval" => interval },
        "runAfter" => run_after(after),
    }
}

/// Ends the run.
pub(super) fn terminate(status: &str, error: Option<(&str, String)>, after: &After) -> Expression {
    let mut inputs: Vec<(&str, Expression)> = vec![("runStatus", status.into())];
    if let Some((code, message)) = error {
        inputs.push(("runError", object! { "code" => code, "message" => message }));
    }
    object! { "type" => "Terminate", "inputs" => expr::object(inputs), "runAfter" => run_after(after) }
}

/// It has succeeded.
pub(super) fn just(action: &str) -> After {
    vec![(action.to_owned(), vec![SUCCEEDED])]
}

pub(super) fn run_after(after: &After) -> Expression {
    expr::object(
        after
            .iter()
            .map(|(name, allowed)| (name.clone(), Expression::from(allowed.clone()))),
    )
}

pub(super) fn nothing() -> Expression {
    expr::object(Vec::<(String, Expression)>::new())
}
