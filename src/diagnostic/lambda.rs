//! What functions on AWS Lambda, and what starts them there, alone are strict about.

use super::{Diagnostic, Span};

/// `function-needs-build`
pub fn needs_build(at: Option<Span>, function: &str, language: &str) -> Diagnostic {
    Diagnostic::error(
        "function-needs-build",
        at,
        format!("Lambda takes `{language}` compiled, and function `{function}` has its source"),
    )
    .reason("AWS builds nothing: what a function's folder holds is what runs")
    .fix(
        "build an `image` and push it to the system's own `[registry]`, or write the function in Python or for Node.js",
    )
}

/// `function-image-elsewhere`
pub fn image(at: Option<Span>, image: &str, region: &str) -> Diagnostic {
    Diagnostic::error(
        "function-image-elsewhere",
        at,
        format!("Lambda does not pull `{image}`"),
    )
    .reason(format!(
        "images of functions come from ECR in the function's own region, {region}"
    ))
    .fix("add a `[registry]` and push the image there, or name one in ECR")
}

/// `function-retry`
pub fn retry(at: Option<Span>, function: &str, what: &str, most: u32) -> Diagnostic {
    Diagnostic::error(
        "function-retry",
        at,
        format!("Lambda tries an event of function `{function}` again {what} at most"),
    )
    .reason("that holds for events of buckets and schedules, which it keeps itself")
    .fix(format!(
        "lower it to {most}, or let a queue start the function, whose `max_receives` counts"
    ))
}

/// `function-alone`
pub fn alone(at: Option<Span>, function: &str) -> Diagnostic {
    Diagnostic::error(
        "function-alone",
        at,
        format!("Lambda calls function `{function}` for messages at least twice at once"),
    )
    .reason("with `concurrency = 1` it would turn half of its own calls away, and each counts as a failed attempt")
    .fix("use `concurrency = 2`; messages that must come one after the other go to a queue with `fifo`, in one group")
}

/// `function-narrow`
pub fn narrow(at: Option<Span>, function: &str, concurrency: u32, partitions: u32) -> Diagnostic {
    Diagnostic::warning(
        "function-narrow",
        at,
        format!("function `{function}` reads {partitions} partitions at once, and {concurrency} calls may run"),
    )
    .reason("Lambda reads every partition by itself, and turns calls away that are too many")
    .fix(format!("use `concurrency = {partitions}` or more"))
}

/// `function-message-hidden`
pub fn hidden(at: Option<Span>, inbox: &str, function: &str, wanted: u32) -> Diagnostic {
    Diagnostic::warning(
        "function-message-hidden",
        at,
        format!("messages of `{inbox}` come again while Lambda still tries them with function `{function}`"),
    )
    .reason("a call that is turned away is tried again for a while: AWS asks for six times the function's `timeout_seconds`")
    .fix(format!("use `visibility_seconds = {wanted}`, or leave it out"))
}

/// `function-warm`
pub fn warm(at: Option<Span>, function: &str, warm: u32, concurrency: u32) -> Diagnostic {
    Diagnostic::error(
        "function-warm",
        at,
        format!("function `{function}` cannot keep {warm} instances warm where {concurrency} may run"),
    )
    .fix("raise `concurrency`, or lower `warm`")
}

/// `function-setting-name`
pub fn setting_name(at: Option<Span>, function: &str, name: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        "function-setting-name",
        at,
        format!("Lambda does not take the setting `{name}` of function `{function}`"),
    )
    .reason(why)
    .fix("give it another name")
}

/// `function-settings-too-long`
pub fn settings(at: Option<Span>, function: &str, bytes: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "function-settings-too-long",
        at,
        format!("what function `{function}` is told takes about {bytes} bytes, and Lambda takes {most}"),
    )
    .reason("settings that follow from links count too, with names and values")
    .fix("shorten the `environment`, or link fewer components")
}

/// `bucket-triggers-overlap`
pub fn overlap(at: Option<Span>, bucket: &str, one: &str, other: &str) -> Diagnostic {
    Diagnostic::error(
        "bucket-triggers-overlap",
        at,
        format!("an object of `{bucket}` could start both `{one}` and `{other}`"),
    )
    .reason("S3 tells one function of an event: prefixes or suffixes have to part the keys")
    .fix("part them by `prefix` or `suffix`, or let one function send to a topic that starts both")
}

/// `functions-call-in-a-circle`
pub fn circle(at: Option<Span>, names: &[&str]) -> Diagnostic {
    Diagnostic::error(
        "functions-call-in-a-circle",
        at,
        format!("these functions call each other in a circle: {}", names.join(" -> ")),
    )
    .reason("each is told the URL of the next, which AWS makes up when the function is there: none could be the first")
    .fix("let one of them send to a queue that starts the next")
}

/// `function-out-of-reach`
pub fn out_of_reach(at: Option<Span>, caller: &str, function: &str) -> Diagnostic {
    Diagnostic::error(
        "function-out-of-reach",
        at,
        format!("`{caller}` cannot call `{function}` from a network without a way out"),
    )
    .reason("URLs of functions have no private endpoint on AWS")
    .fix("use `network.egress = \"nat\"`, or send to a queue that starts the function")
}

/// `quota-to-raise`
pub fn concurrency(at: Option<Span>, sum: u32, most: u32) -> Diagnostic {
    Diagnostic::warning(
        "quota-to-raise",
        at,
        format!("the functions may run {sum} times at once together, and an account has {most} to give away"),
    )
    .reason("Lambda keeps the `concurrency` of each function free for it, and 100 for all others")
    .fix("have the quota `Concurrent executions` of AWS Lambda raised in Service Quotas before the first apply, or lower `concurrency`")
}

/// `table-indexes-scaled`
pub fn indexes(at: Option<Span>, table: &str) -> Diagnostic {
    Diagnostic::warning(
        "table-indexes-scaled",
        at,
        format!("Terraform makes no change of an index of `{table}` by itself once it is there"),
    )
    .reason("its capacity follows its use, and of an index one argument cannot be left alone")
    .fix("leave `capacity` out, so that requests are paid for; or see the README before you change an index")
}

/// `function-too-long`
pub fn too_long(at: Option<Span>, function: &str, most: u32) -> Diagnostic {
    Diagnostic::error(
        "function-too-long",
        at,
        format!("records of Kafka start functions that take {most} seconds at most, and function `{function}` may take longer"),
    )
    .reason("Lambda refuses to read brokers for any other")
    .fix(format!("use `timeout_seconds = {most}` or less, with a smaller `batch`"))
}

/// `function-nobody-waits`
pub fn nobody_waits(at: Option<Span>, function: &str, most: u32) -> Diagnostic {
    Diagnostic::warning(
        "function-nobody-waits",
        at,
        format!("an API waits {most} seconds for an answer, and function `{function}` may work on after that"),
    )
    .reason("the client hears 503 and may ask again, while the first call goes on, is paid for and counts towards `concurrency`")
    .fix(format!("use `timeout_seconds = {most}` or less, and let the function send what takes longer to a queue"))
}

/// `table-watchers`
pub fn watchers(at: Option<Span>, table: &str, most: usize) -> Diagnostic {
    Diagnostic::error(
        "table-watchers",
        at,
        format!("changes of `{table}` start more than {most} functions"),
    )
    .reason(
        "DynamoDB gives what has changed to two readers at once; with more, all of them are turned away now and then",
    )
    .fix("let one function publish the changes to a topic that starts the others")
}

/// `stream-readers`
pub fn readers(at: Option<Span>, stream: &str, readers: usize, most: usize) -> Diagnostic {
    Diagnostic::warning(
        "stream-readers",
        at,
        format!(
            "{readers} read `{stream}`, and a partition of Kinesis answers {most} requests a second, with 2 MB at most"
        ),
    )
    .reason("all readers share that: each of them is slower, and all fall behind when much is sent")
    .fix("let one function publish what others want to a topic, or use `kafka = true`")
}
