//! Rules about queues, topics and those who use them. One constructor per rule.

use super::{Diagnostic, Span};

/// `port-missing`
pub fn port_missing(at: Option<Span>, service: &str) -> Diagnostic {
    Diagnostic::error("port-missing", at, format!("service `{service}` has no `port`"))
        .reason("only a worker, which consumes queues or topics, need not listen on one")
        .fix("add the port that its process listens on, such as `port = 8080`")
}

/// `public-worker`
pub fn public_worker(at: Option<Span>, service: &str) -> Diagnostic {
    Diagnostic::error(
        "public-worker",
        at,
        format!("service `{service}` is public and has no `port`"),
    )
    .fix("add the port that its process listens on, or remove `public`")
}

/// `worker-called`
pub fn worker_called(at: Option<Span>, service: &str) -> Diagnostic {
    Diagnostic::error(
        "worker-called",
        at,
        format!("`{service}` has no `port`, so nobody can call it"),
    )
    .fix("publish to what it consumes, or give it a port")
}

/// `nothing-to-count`
pub fn nothing_to_count(at: Option<Span>) -> Diagnostic {
    Diagnostic::error(
        "nothing-to-count",
        at,
        "`queue_messages` scales a service by the messages that wait for it, and this one consumes nothing",
    )
    .fix("name a queue or topic in `consumes`, or remove `queue_messages`")
}

/// `foreign-queue`
pub fn foreign_queue(at: Option<Span>, queue: &str, owner: &str) -> Diagnostic {
    Diagnostic::error(
        "foreign-queue",
        at,
        format!("`{queue}` is a queue of the domain `{owner}`, whose services alone take messages from it"),
    )
    .reason("a message that another domain takes is gone for its owner")
    .fix("publish to a topic, which both may consume, or move the queue out of the domain")
}

/// `foreign-stream`
pub fn foreign_stream(at: Option<Span>, stream: &str, owner: &str) -> Diagnostic {
    Diagnostic::error(
        "foreign-stream",
        at,
        format!("`{stream}` is a stream of the domain `{owner}`, whose services alone send to it"),
    )
    .reason("consumers trust that what they read there happened in that domain")
    .fix("send to a queue of that domain, or move the stream out of it")
}

/// `foreign-topic`
pub fn foreign_topic(at: Option<Span>, topic: &str, owner: &str) -> Diagnostic {
    Diagnostic::error(
        "foreign-topic",
        at,
        format!("`{topic}` is a topic of the domain `{owner}`, whose services alone publish to it"),
    )
    .reason("subscribers trust that what they read there happened in that domain")
    .fix(format!(
        "publish to a topic of the own domain, or to a queue of `{owner}`; what all may publish to stands outside domains"
    ))
}

/// `nobody-consumes`
pub fn nobody_consumes(at: Option<Span>, kind: &str, name: &str) -> Diagnostic {
    Diagnostic::warning(
        "nobody-consumes",
        at,
        format!("no service consumes the {kind} `{name}`"),
    )
    .reason("messages wait there until they are dropped")
    .fix(format!("add `{name}` to `consumes` of a service, or remove it"))
}

/// `nobody-publishes`
pub fn nobody_publishes(at: Option<Span>, kind: &str, name: &str) -> Diagnostic {
    Diagnostic::warning(
        "nobody-publishes",
        at,
        format!("no service publishes to the {kind} `{name}`"),
    )
    .fix(format!("add `{name}` to `publishes` of a service, or remove it"))
}

/// `filter-of-nobody`
pub fn filter_of_nobody<'a>(
    at: Option<Span>,
    name: &str,
    subscribers: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    Diagnostic::error(
        "filter-of-nobody",
        at,
        format!("`{name}` does not consume this topic, so there is nothing to filter"),
    )
    .suggest(name, subscribers)
}

/// `inbox-name-taken`
pub fn name_taken(at: Option<Span>, name: &str, inbox: &str) -> Diagnostic {
    Diagnostic::error(
        "inbox-name-taken",
        at,
        format!("`{name}` is the name of what follows from `{inbox}`: its dead letters, or a subscription"),
    )
    .fix("give the component another name")
}
