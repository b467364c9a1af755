//! What AWS alone is strict about.

use super::{Diagnostic, Span};

/// `too-many-shards`
pub fn too_many_shards(at: Option<Span>, database: &str, count: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "too-many-shards",
        at,
        format!("`{database}` has {count} shards, at most {most} on AWS"),
    )
    .reason("a dashboard of CloudWatch draws no more servers in one graph")
    .fix("take fewer and larger shards, or spread over several databases")
}

/// `too-much-for-a-machine`
pub fn user_data(at: Option<Span>, service: &str, bytes: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "too-much-for-a-machine",
        at,
        format!(
            "what the machines of `{service}` are told of the shards may take {bytes} bytes, even compressed, and AWS hands over at \
             most {most}"
        ),
    )
    .fix("take fewer shards, tables or keys in the directory, or give shards short ids: `shards = 64` counts them")
}

/// `cache-too-large`
pub fn cache_too_large(at: Option<Span>, cache: &str, memory_gb: u32, sizes: &[u32]) -> Diagnostic {
    let sizes: Vec<String> = sizes.iter().map(ToString::to_string).collect();
    Diagnostic::error(
        "cache-too-large",
        at,
        format!("no server of ElastiCache has room for the {memory_gb} GiB of `{cache}`"),
    )
    .reason(format!(
        "servers have room for {} GiB; a quarter of their memory is kept for their own use",
        sizes.join(", ")
    ))
    .fix("take less memory, or spread over several caches")
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
