//! Rules about functions, tables and streams on Azure. One constructor per rule.

use super::{Diagnostic, Span};

/// `no-subnet-for-functions`
pub fn existing_network(at: Option<Span>, function: &str) -> Diagnostic {
    Diagnostic::error(
        "no-subnet-for-functions",
        at,
        format!("`{function}` is a function, and the existing network on Azure has no subnet for functions"),
    )
    .reason("functions have a subnet of their own, whose firewall rules follow from the links")
    .fix("leave `network.existing.azure` out, or run the code as a service on machines")
}

/// `function-compiled`
pub fn compiled(at: Option<Span>, function: &str, language: &str) -> Diagnostic {
    Diagnostic::error(
        "function-compiled",
        at,
        format!("`{function}` is written in `{language}`, which has to be compiled: Azure would get its source"),
    )
    .fix("build an image that holds it and name that with `image`, or use `python3.13` or `nodejs24`")
}

/// `function-image-digest`
pub fn digest(at: Option<Span>, image: &str) -> Diagnostic {
    Diagnostic::error(
        "function-image-digest",
        at,
        format!("a function on Azure names its image by a tag, and `{image}` names a digest"),
    )
    .fix("name a tag that is never moved, such as `:1.0`")
}

/// `function-memory`
pub fn memory(at: Option<Span>, wanted: u32, most: u32) -> Diagnostic {
    Diagnostic::error(
        "function-memory",
        at,
        format!("no instance of functions on Azure has {wanted} MiB for one of them"),
    )
    .fix(format!("ask for {most} at most, or run it as a service"))
}

/// `function-answer`
pub fn answer(at: Option<Span>, function: &str, seconds: u32, most: u32) -> Diagnostic {
    Diagnostic::error(
        "function-answer",
        at,
        format!("`{function}` may take {seconds} seconds, and Azure waits {most} for the answer to a request"),
    )
    .fix(format!(
        "say `timeout_seconds = {most}` or less, and have what takes longer started by a message"
    ))
}

/// `function-url-inside`
pub fn private_url(at: Option<Span>, function: &str) -> Diagnostic {
    Diagnostic::warning(
        "function-url-inside",
        at,
        format!("on Azure, the address of `{function}` answers inside the network only"),
    )
    .reason("callers prove an identity to an app registration of Entra ID, which is not Azure's to make: here the network says who may call")
    .fix("name it in `calls` of its callers, put an API with tokens in front of it, or say `open = true`")
}

/// `function-batch-lock`
pub fn batch_lock(at: Option<Span>, function: &str, seconds: u32, most: u32) -> Diagnostic {
    Diagnostic::error(
        "function-batch-lock",
        at,
        format!(
            "`{function}` may take {seconds} seconds for several messages at once, and Azure locks them for {most}"
        ),
    )
    .reason(
        "only the lock of a single message is renewed: the others would be handed out again in the middle of the call",
    )
    .fix(format!("say `batch = 1`, or `timeout_seconds = {most}` or less"))
}

/// `function-below-partitions`
pub fn fewer_than_partitions(at: Option<Span>, function: &str, concurrency: u32, partitions: u32) -> Diagnostic {
    Diagnostic::warning(
        "function-below-partitions",
        at,
        format!("`{function}` may run {concurrency} times at once, and Azure calls it once for each of {partitions} partitions"),
    )
    .fix(format!("say `concurrency = {partitions}` or more, or give the stream fewer partitions"))
}

/// `function-own-route`
pub fn own_route(at: Option<Span>, function: &str) -> Diagnostic {
    Diagnostic::error(
        "function-own-route",
        at,
        format!("a route of `{function}` begins with `/admin` or `/runtime`, where Azure's own host answers"),
    )
    .fix("choose another path")
}

/// `name-of-part`
pub fn name_of_part(at: Option<Span>, name: &str, of: &str) -> Diagnostic {
    Diagnostic::error(
        "name-of-part",
        at,
        format!("`{name}` is the name of a part of {of} on Azure"),
    )
    .fix("choose another name for one of the two")
}

/// `many-functions`
pub fn many_apps(at: Option<Span>, apps: usize, most: usize) -> Diagnostic {
    Diagnostic::warning(
        "many-functions",
        at,
        format!("{apps} functions share one plan on Azure, and Microsoft advises {most} at most"),
    )
    .reason("all functions of a domain, and all that stand in none, run on the same instances")
    .fix("part them by domains")
}

/// `same-addresses-of-functions`
pub fn same_block(at: Option<Span>, [first, second]: [&str; 2]) -> Diagnostic {
    Diagnostic::error(
        "same-addresses-of-functions",
        at,
        format!("the functions of `{first}` and `{second}` would have the same addresses on Azure"),
    )
    .reason("a domain's block of addresses follows from its name alone, so that no domain moves another's")
    .fix("give one of the two another name, or `network.cidr` a larger block")
}

/// `variable-taken`
pub fn variable(at: Option<Span>, name: &str) -> Diagnostic {
    Diagnostic::error(
        "variable-taken",
        at,
        format!("Azure's functions have `{name}` themselves, or may have it"),
    )
    .fix("choose another name")
}

/// `function-knows-shards`
pub fn shards(at: Option<Span>, function: &str) -> Diagnostic {
    Diagnostic::error(
        "function-knows-shards",
        at,
        format!("`{function}` would have seven settings for every shard, which functions on Azure are not told here"),
    )
    .fix("take the proxy as the router, or have it call a service that knows the shards")
}

/// `table-ttl-in-code`
pub fn ttl(at: Option<Span>, table: &str, attribute: &str) -> Diagnostic {
    Diagnostic::warning(
        "table-ttl-in-code",
        at,
        format!("Cosmos DB does not look at `{attribute}` of `{table}`: an item goes as many seconds after its last write as its own `ttl` says"),
    )
    .fix(format!("have the code write `ttl` with an item: `{attribute}` less the time now, in seconds"))
}

/// `table-old-items`
pub fn old_items(at: Option<Span>, table: &str) -> Diagnostic {
    Diagnostic::error(
        "table-old-items",
        at,
        format!("Cosmos DB does not tell what an item of `{table}` was before a change"),
    )
    .fix("say `changes = \"new\"`, and keep in the item what its former value is needed for")
}

/// `table-new-items-only`
pub fn new_items(at: Option<Span>, table: &str) -> Diagnostic {
    Diagnostic::warning(
        "table-new-items-only",
        at,
        format!("on Azure, whoever watches `{table}` sees items as they are after a change, and no deletions"),
    )
    .fix("say `changes = \"new\"`, and mark an item instead of deleting it")
}

/// `stream-partitions`
pub fn partitions(at: Option<Span>, wanted: u32, most: u32) -> Diagnostic {
    Diagnostic::error(
        "stream-partitions",
        at,
        format!("an event hub has {most} partitions at most, not {wanted}"),
    )
    .fix(format!("say {most} or less: one takes a megabyte in a second and more"))
}

/// `stream-retention`
pub fn retention(at: Option<Span>, wanted: u32, most: u32) -> Diagnostic {
    Diagnostic::error(
        "stream-retention",
        at,
        format!("an event hub keeps records for {most} hours at most, not {wanted}"),
    )
    .fix("keep them in a bucket or a table for longer")
}
