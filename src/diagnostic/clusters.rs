//! Rules about functions, tables and streams in a plain Kubernetes cluster. One constructor per rule.

use super::{Diagnostic, Span};

/// `too-much-code`
pub fn too_much_code(at: Option<Span>, function: &str, kib: usize, most: usize) -> Diagnostic {
    let message =
        format!("Kubernetes takes at most {most} KiB of code as `source`, and that of `{function}` has {kib} KiB");
    Diagnostic::error("too-much-code", at, message)
        .reason("the files stand in a ConfigMap, and `kubectl apply` keeps a copy of it in an annotation, which holds 256 KiB")
        .fix("build an image and name it in `image`, or leave out what no call needs")
}

/// `packages-at-start`
pub fn packages_at_start(at: Option<Span>, function: &str) -> Diagnostic {
    let message = format!("on Kubernetes the packages of `{function}` are installed at every start of a pod");
    Diagnostic::warning("packages-at-start", at, message)
        .reason("nothing in a cluster builds images: a start takes longer, and none succeeds while the registry of packages is away")
        .fix("build an image with the packages in it and name it in `image`, or put them into the folder")
}

/// `packages-unreachable`
pub fn packages_unreachable(at: Option<Span>, function: &str) -> Diagnostic {
    let message = format!("`{function}` names packages, and nothing of the system reaches the internet");
    Diagnostic::error("packages-unreachable", at, message)
        .reason("on Kubernetes they are installed at the start of a pod")
        .fix("build an image with the packages in it and name it in `image`, put them into the folder, or set `egress = \"nat\"`")
}

/// `one-event-a-call`
pub fn one_event(at: Option<Span>, function: &str) -> Diagnostic {
    let message = format!("on Kubernetes each call of `{function}` gets one event, whatever `batch` says");
    Diagnostic::warning("one-event-a-call", at, message)
        .reason("what brings events there tries and gives up each for itself; what is worked out over the events of one call is of one event")
        .fix("add to what earlier calls have kept instead, or say `batch = 1` to have the same on every target")
}

/// `own-address-not-offered`
pub fn no_address(at: Option<Span>, function: &str) -> Diagnostic {
    let message = format!("Kubernetes has no address of its own for `{function}` that anybody could call");
    Diagnostic::error("own-address-not-offered", at, message)
        .reason("a cluster hands out neither names nor certificates by itself")
        .fix("give it a route of an API, `trigger = { http = \"ANY /*\", api = .., open = true }`, or render for `aws`, `azure` or `gcp`")
}

/// `own-address-inside`
pub fn inside_only(at: Option<Span>, function: &str) -> Diagnostic {
    let message = format!("on Kubernetes `{function}` is called from within the cluster only");
    Diagnostic::warning("own-address-inside", at, message)
        .reason("there is no identity of a cloud that callers could prove: whose `calls` name it may call it, and the network keeps off the others")
        .fix("give it a route of an API for callers outside")
}

/// `never-warm`
pub fn never_warm(at: Option<Span>, function: &str) -> Diagnostic {
    let message = format!("on Kubernetes `warm` has no meaning for `{function}`, which a schedule starts");
    Diagnostic::warning("never-warm", at, message)
        .reason("each time is a job of its own, whose pods come and go")
        .fix("remove `warm`")
}

/// `started-and-called`
pub fn started_and_called(at: Option<Span>, function: &str) -> Diagnostic {
    let message = format!("on Kubernetes `{function}` is started by its trigger, and nobody else can call it");
    Diagnostic::error("started-and-called", at, message)
        .reason("its pods are there while events wait, and take them from nobody but what brings these events")
        .fix("let callers publish to a queue or topic that starts it, or make a second function of the same code without a trigger")
}

/// `capacity-not-offered`
pub fn capacity(at: Option<Span>, table: &str) -> Diagnostic {
    let message = format!("on Kubernetes `capacity` of the table `{table}` is left out");
    Diagnostic::warning("capacity-not-offered", at, message)
        .reason("all tables share one database, whose servers have a size")
        .fix("resize the database by `[override.kubernetes.Cluster.table-store.spec.resources]`, or render for `aws` or `azure`")
}

/// `column-taken`
pub fn column_taken(at: Option<Span>, table: &str, column: &str) -> Diagnostic {
    let message = format!("on Kubernetes no key of the table `{table}` can be called `{column}`");
    Diagnostic::error("column-taken", at, message)
        .reason("the column of that name holds what an item has besides its keys")
        .fix("rename the attribute")
}
