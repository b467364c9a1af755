//! Rules about what Cloud Run can do. One constructor per rule; each names the alternatives.

use super::{Diagnostic, Span};

/// `container-size`
pub fn size(at: Option<Span>, service: &str, (cpu, memory_gb): (u32, u32), (most, most_gb): (u32, u32)) -> Diagnostic {
    Diagnostic::error(
        "container-size",
        at,
        format!("Cloud Run has no container with {cpu} processors and {memory_gb} GiB for `{service}`"),
    )
    .reason(format!("its largest has {most} processors and {most_gb} GiB"))
    .fix(format!(
        "use `size = {{ cpu = {}, memory_gb = {} }}`, or `runtime = \"vm\"`",
        cpu.min(most),
        memory_gb.min(most_gb)
    ))
}

/// `container-machine-type`
pub fn machine_type(at: Option<Span>, service: &str, machine: &str) -> Diagnostic {
    Diagnostic::error(
        "container-machine-type",
        at,
        format!("`{service}` runs on Cloud Run, which has no machine type `{machine}`"),
    )
    .fix("leave `gcp` out of `size` and say `cpu` and `memory_gb`, or use `runtime = \"vm\"`")
}

/// `container-disk`
pub fn disk(at: Option<Span>, service: &str) -> Diagnostic {
    Diagnostic::warning(
        "container-disk",
        at,
        format!("`{service}` gets no disk on Google Cloud"),
    )
    .reason("a container on Cloud Run keeps the files that it writes in its memory")
    .fix("leave `disk_gb` out and ask for as much more memory, or use `runtime = \"vm\"`")
}

/// `container-start`
pub fn start(at: Option<Span>, service: &str, seconds: u32, most: u32) -> Diagnostic {
    Diagnostic::warning(
        "container-start",
        at,
        format!("`{service}` has {most} seconds to start on Google Cloud, not {seconds}"),
    )
    .reason(format!(
        "Cloud Run ends a container whose health check has not succeeded {most} seconds after its start"
    ))
    .fix(format!("use `grace_seconds = {most}`, or `runtime = \"vm\"`"))
}

/// `container-load`
pub fn load(at: Option<Span>, service: &str, percent: u32, fixed: u32) -> Diagnostic {
    Diagnostic::warning(
        "container-load",
        at,
        format!("`{service}` is kept at a processor load of {fixed} % on Google Cloud, not {percent} %"),
    )
    .reason("Cloud Run chooses the load at which it adds containers")
    .fix(format!("use `cpu_percent = {fixed}`, or `runtime = \"vm\"`"))
}

/// `container-backlog`
pub fn backlog(at: Option<Span>, service: &str) -> Diagnostic {
    Diagnostic::warning(
        "container-backlog",
        at,
        format!("there are not more of `{service}` on Google Cloud when messages wait"),
    )
    .reason("Cloud Run adds containers by their processor load, and does not look at queues")
    .fix("leave `queue_messages` out and choose `scale.min` for the usual backlog, or use `runtime = \"vm\"`")
}

/// `container-fixed`
pub fn fixed(at: Option<Span>, service: &str, count: u32) -> Diagnostic {
    Diagnostic::warning(
        "container-fixed",
        at,
        format!("there is always the same number of `{service}` on Google Cloud: {count}"),
    )
    .reason("what has no port is a worker pool of Cloud Run, which scales neither by processor load nor by messages")
    .fix("choose `scale.min` for the usual backlog and `scale.max` the same, or use `runtime = \"vm\"`")
}

/// `container-variable`
pub fn variable(at: Option<Span>, name: &str) -> Diagnostic {
    Diagnostic::error(
        "container-variable",
        at,
        format!("Cloud Run keeps the variable `{name}` for itself"),
    )
    .fix("choose another name")
}

/// `container-variables`
pub fn variables(at: Option<Span>, service: &str, count: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "container-variables",
        at,
        format!("`{service}` would get {count} environment variables, Cloud Run takes {most}"),
    )
    .reason("each shard has seven")
    .fix("use `router = \"proxy\"`, or `runtime = \"vm\"`")
}

/// `container-shard-map`
pub fn shard_map(at: Option<Span>, service: &str, bytes: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "container-shard-map",
        at,
        format!("the map of shards has {bytes} bytes, a variable of `{service}` on Cloud Run takes {most}"),
    )
    .fix("use `strategy = \"hash\"` or fewer keys, `router = \"proxy\"`, or `runtime = \"vm\"`")
}

/// `container-addresses`
pub fn addresses(at: Option<Span>, wanted: u32, subnet: &str, there: u32) -> Diagnostic {
    Diagnostic::error(
        "container-addresses",
        at,
        format!("containers on Cloud Run may need {wanted} addresses, their subnet {subnet} has {there}"),
    )
    .reason("each has two, and while a new revision comes the old one's are still taken")
    .fix("use a larger `network.cidr`, or a smaller `scale.max`")
}
