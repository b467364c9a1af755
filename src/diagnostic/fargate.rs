//! What tasks on AWS Fargate alone are strict about.

use super::{Diagnostic, Span};

/// `size-not-offered`
pub fn size(at: Option<Span>, (cpu, memory_gb): (u32, u32), largest: (u32, u32)) -> Diagnostic {
    Diagnostic::error(
        "size-not-offered",
        at,
        format!("no task on AWS Fargate has {cpu} processors and {memory_gb} GiB or more"),
    )
    .reason(format!(
        "the largest has {} processors and {} GiB",
        largest.0, largest.1
    ))
    .fix("ask for that or less, or use `runtime = \"vm\"`")
}

/// `machine-for-a-container`
pub fn machine(at: Option<Span>, service: &str, key: &str) -> Diagnostic {
    Diagnostic::error(
        "machine-for-a-container",
        at,
        format!(
            "`{key}` names a machine, and on AWS `{service}` runs as tasks on Fargate, which have none of their own"
        ),
    )
    .fix(format!("remove `{key}`, or use `runtime = \"vm\"`"))
}

/// `disk-too-large`
pub fn disk(at: Option<Span>, service: &str, gb: u32, most: u32) -> Diagnostic {
    Diagnostic::error(
        "disk-too-large",
        at,
        format!("a task of `{service}` on AWS Fargate has a disk of {most} GiB at most, not {gb}"),
    )
    .fix(format!("use `disk_gb = {most}` or less, or `runtime = \"vm\"`"))
}

/// `too-much-for-a-task`
pub fn definition(at: Option<Span>, service: &str, bytes: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "too-much-for-a-task",
        at,
        format!("what the tasks of `{service}` are told takes about {bytes} bytes, and ECS takes {most} in one task definition"),
    )
    .reason("each setting stands in it with its name and its value, and each shard has seven")
    .fix("take fewer shards, let a proxy find them (`router = \"proxy\"`), shorten the `environment`, or use `runtime = \"vm\"`")
}
