//! What AWS alone is strict about.

use super::{Diagnostic, Span};

/// `too-much-for-a-machine`
pub fn user_data(at: Option<Span>, service: &str, bytes: usize, most: usize, proxied: bool) -> Diagnostic {
    let fix = match proxied {
        true => {
            "use `router = \"application\"`, whose map stands in the vault, or take fewer shards, tables, ranges or keys of the \
                 directory; ids that are counted (`shards = 64`) take the least"
        }
        false => "take fewer shards, or give them shorter ids: those that are counted (`shards = 64`) take the least",
    };
    Diagnostic::error(
        "too-much-for-a-machine",
        at,
        format!(
            "what the machines of `{service}` are told of the shards may take {bytes} bytes, even compressed, and AWS hands over at \
             most {most}"
        ),
    )
    .fix(fix)
}

/// `no-room-for-shards`
pub fn no_room(at: Option<Span>, servers: usize, addresses: usize, room: u64) -> Diagnostic {
    Diagnostic::error(
        "no-room-for-shards",
        at,
        format!("{servers} database servers and their standbys need {addresses} addresses, and the subnets for data have {room}"),
    )
    .reason("every server and every standby has an address of its own in the eighth of the network that is kept for data")
    .fix("give `network.cidr` a larger block, or make fewer shards")
}

/// `quota-to-raise`
pub fn quota(at: Option<Span>, what: &str, quota: &str, most: u64) -> Diagnostic {
    Diagnostic::warning(
        "quota-to-raise",
        at,
        format!("{what}, and an account has {most} in a region unless asked for more"),
    )
    .fix(format!(
        "have the quota `{quota}` of Amazon RDS raised in Service Quotas before the first apply"
    ))
}

/// `filter-too-long`
pub fn filter_too_long(at: Option<Span>, topic: &str, subscription: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        "filter-too-long",
        at,
        format!("the filter of `{topic}` for `{subscription}` is more than a subscription of SNS takes"),
    )
    .reason(why)
    .fix("let it name fewer attributes and values, and let the service drop the rest, or publish to several topics")
}

/// `topic-of-alarms`
pub fn topic_of_alarms(at: Option<Span>, topic: &str) -> Diagnostic {
    Diagnostic::error(
        "topic-of-alarms",
        at,
        format!("`{topic}` is the name of the topic that alarms go to on AWS"),
    )
    .fix("give the topic another name")
}

/// `api-body`
pub fn body_of_api(at: Option<Span>, api: &str, kb: u32) -> Diagnostic {
    Diagnostic::warning(
        "api-body",
        at,
        format!("AWS does not hold bodies over {kb} KiB back from `{api}`"),
    )
    .reason("HTTP APIs of API Gateway pass bodies of up to 10 MB, and nobody can choose less")
    .fix("leave `max_body_kb` out, and have the services refuse what is too large")
}

/// `api-routes`
pub fn routes_of_api(at: Option<Span>, api: &str, routes: usize, most: usize) -> Diagnostic {
    Diagnostic::warning(
        "api-routes",
        at,
        format!("`{api}` has {routes} routes on AWS, and an API has {most} unless asked for more"),
    )
    .reason("with `cors`, `ANY` is a route for each method")
    .fix("have the quota `Routes per API` of Amazon API Gateway raised in Service Quotas before the first apply, or join routes")
}
