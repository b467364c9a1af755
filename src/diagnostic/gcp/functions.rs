//! Rules about functions, tables and streams on Google Cloud. One constructor per rule.

use crate::diagnostic::{Diagnostic, Span};

/// `function-event-time`
pub fn event_time(at: Option<Span>, function: &str, seconds: u32, most: u32) -> Diagnostic {
    Diagnostic::error(
        "function-event-time",
        at,
        format!("`{function}` cannot take {seconds} seconds for an event on Google Cloud"),
    )
    .reason(format!(
        "Pub/Sub brings it the event and waits {most} seconds at most for the answer, then it brings it again"
    ))
    .fix(format!(
        "use `timeout_seconds = {most}` or less and split the work, or let a service consume the messages, which may ask for more time"
    ))
}

/// `function-busy`
pub fn busy(at: Option<Span>, function: &str, most: u32) -> Diagnostic {
    Diagnostic::warning(
        "function-busy",
        at,
        format!("messages that find `{function}` busy may become dead letters on Google Cloud"),
    )
    .reason(format!(
        "{most} at once are few for calls that may take minutes: Cloud Run turns away what it has no instance for, and Pub/Sub counts that as \
         an attempt"
    ))
    .fix("raise `concurrency`, or lower `timeout_seconds` to what a call takes; or let a service consume the messages, which takes as many as it can")
}

/// `function-instances`
pub fn instances(at: Option<Span>, function: &str, most: u32, usual: u32) -> Diagnostic {
    Diagnostic::warning(
        "function-instances",
        at,
        format!("`{function}` asks for {most} instances on Google Cloud"),
    )
    .reason(format!(
        "a project begins with a quota of {usual} or fewer in a region, and Cloud Run refuses to make what asks for more"
    ))
    .fix("have the quota raised before the first apply, or lower `concurrency`")
}

/// `function-entry-file`
pub fn entry_file(at: Option<Span>, function: &str, file: &str) -> Diagnostic {
    Diagnostic::error(
        "function-entry-file",
        at,
        format!("Google Cloud does not find `{file}.js` of `{function}`"),
    )
    .reason("it loads what `package.json` names as `main`, or else `index.js`")
    .fix(format!(
        "write `\"main\": \"{file}.js\"` into the `package.json` of the source"
    ))
}

/// `function-kafka`
pub fn kafka(at: Option<Span>, function: &str, stream: &str) -> Diagnostic {
    Diagnostic::error(
        "function-kafka",
        at,
        format!("`{stream}` cannot start `{function}` on Google Cloud"),
    )
    .reason("nothing there calls a function for a record of Kafka")
    .fix("use a stream without `kafka = true`, or let a service consume this one")
}

/// `stream-of-pods`
pub fn kafka_of_pods(at: Option<Span>, service: &str, stream: &str) -> Diagnostic {
    Diagnostic::error(
        "stream-of-pods",
        at,
        format!("`{service}` cannot reach `{stream}` from the cluster on Google Cloud"),
    )
    .reason("the brokers of Kafka have addresses that are known to firewall rules only, not to the policies of pods")
    .fix("use `runtime = \"container\"` or `\"vm\"` for the service, or a stream without `kafka = true`")
}

/// `function-oldest`
pub fn oldest(at: Option<Span>, function: &str, stream: &str) -> Diagnostic {
    Diagnostic::warning(
        "function-oldest",
        at,
        format!("`{function}` begins with what is sent to `{stream}` from now on"),
    )
    .reason("a subscription of Pub/Sub gets what comes after it was made")
    .fix(
        "leave `from` out, and go back once when the function is there: `gcloud pubsub subscriptions seek SUBSCRIPTION --time=TIME`",
    )
}

/// `function-order`
pub fn order(at: Option<Span>, function: &str, name: &str) -> Diagnostic {
    Diagnostic::warning(
        "function-order",
        at,
        format!("`{function}` may get a message of `{name}` twice on Google Cloud"),
    )
    .reason("Pub/Sub keeps the order of what it brings, but delivers exactly once only to those who take messages themselves")
    .fix("let the function remember the ids of what it has done")
}

/// `function-part-name`
pub fn part_name(at: Option<Span>, name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        "function-part-name",
        at,
        format!("`{name}` is what {what} is called on Google Cloud"),
    )
    .fix("choose another name for the component")
}

/// `table-capacity`
pub fn capacity(at: Option<Span>, table: &str) -> Diagnostic {
    Diagnostic::warning(
        "table-capacity",
        at,
        format!("`{table}` has no capacity to choose on Google Cloud"),
    )
    .reason("Firestore takes whatever comes, and is paid by the read and the write")
    .fix("leave `capacity` out")
}

/// `table-expiry`
pub fn expiry(at: Option<Span>, table: &str, attribute: &str) -> Diagnostic {
    Diagnostic::warning(
        "table-expiry",
        at,
        format!("`{attribute}` of `{table}` has to be a timestamp on Google Cloud, not a number of seconds"),
    )
    .reason("Firestore deletes by attributes of that type only")
    .fix("write a date and time there, as the client library of Firestore has it")
}
