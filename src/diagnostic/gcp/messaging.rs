//! Rules about queues, topics and caches on Google Cloud. One constructor per rule.

use crate::diagnostic::{Diagnostic, Span};

/// `ack-deadline`
pub fn ack_deadline(at: Option<Span>, name: &str, seconds: u32, most: u32) -> Diagnostic {
    Diagnostic::error(
        "ack-deadline",
        at,
        format!("messages of `{name}` cannot be hidden for {seconds} seconds: Pub/Sub takes {most} at most"),
    )
    .fix(format!(
        "use `visibility_seconds = {most}` or less; a worker that needs longer asks for more time while it works, which the client libraries \
         do by themselves"
    ))
}

/// `delivery-attempts`
pub fn delivery_attempts(at: Option<Span>, name: &str, times: u32, least: u32) -> Diagnostic {
    Diagnostic::error(
        "delivery-attempts",
        at,
        format!("a message of `{name}` cannot become a dead letter after {times} attempts"),
    )
    .reason(format!("Pub/Sub hands a message out {least} times at least"))
    .fix(format!("use `max_receives = {least}` or more"))
}

/// `fifo-duplicates`
pub fn fifo_duplicates(at: Option<Span>, name: &str, is_taken: bool) -> Diagnostic {
    Diagnostic::warning(
        "fifo-duplicates",
        at,
        format!("Pub/Sub keeps the order of `{name}`, but does not drop a message that a publisher sends twice"),
    )
    .reason(match is_taken {
        true => {
            "each publish is a message of its own there; what is acknowledged is not handed out again, and that is all"
        }
        false => "each publish is a message of its own there",
    })
    .fix("let the consumer remember the ids of what it has done, which the publisher puts into the messages")
}

/// `filter-length`
pub fn filter_length(at: Option<Span>, subscription: &str, bytes: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "filter-length",
        at,
        format!("the filter of `{subscription}` has {bytes} bytes, Pub/Sub takes {most}"),
    )
    .fix("filter by fewer or shorter values, or let the publisher set one attribute that stands for several of them")
}

/// `scaling-metrics`
pub fn scaling_metrics(at: Option<Span>, service: &str, count: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "scaling-metrics",
        at,
        format!("`{service}` consumes {count} queues and topics, but a group of machines can be scaled by {most}"),
    )
    .fix("split the service, or remove `queue_messages`")
}

/// `reserved-name`
pub fn reserved_name(at: Option<Span>, name: &str) -> Diagnostic {
    Diagnostic::error(
        "reserved-name",
        at,
        format!("Pub/Sub takes no name that begins with `goog`, such as `{name}`"),
    )
    .fix("give the system another name")
}

/// `queue-starts-several`
pub fn starts_several(at: Option<Span>, queue: &str, first: &str, other: &str) -> Diagnostic {
    Diagnostic::error(
        "queue-starts-several",
        at,
        format!("`{queue}` cannot start both `{first}` and `{other}` on Google Cloud"),
    )
    .reason("Pub/Sub brings the messages of a queue to one address: the other function would never get one")
    .fix(
        "use a topic, of which each function gets every message, which filters may divide; or let one function take the messages and call \
         the other",
    )
}

/// `queue-brought-and-taken`
pub fn brought_and_taken(at: Option<Span>, queue: &str, function: &str, service: &str) -> Diagnostic {
    Diagnostic::error(
        "queue-brought-and-taken",
        at,
        format!("`{service}` cannot take messages of `{queue}` on Google Cloud, which starts `{function}`"),
    )
    .reason("Pub/Sub brings the messages to the function, and then lets nobody take them")
    .fix("use a topic, of which both get every message, or a queue for each of them")
}
