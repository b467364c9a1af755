//! Rules about what a plain Kubernetes cluster can do. One constructor per rule; each names the alternatives.

use super::{Diagnostic, Span};

/// `internal-tls-not-offered`
pub fn internal_tls(at: Option<Span>) -> Diagnostic {
    Diagnostic::error(
        "internal-tls-not-offered",
        at,
        "Kubernetes has no internal entry point that could speak TLS",
    )
    .reason("services call each other through Services, which pass connections on as they are")
    .fix("remove it, and let a service mesh of the cluster encrypt between pods")
}

/// `not-for-clusters`
pub fn meaningless(at: Option<Span>, key: &str, why: &str) -> Diagnostic {
    let message = format!("`{key}.kubernetes` has no meaning: {why}");
    Diagnostic::error("not-for-clusters", at, message).fix("remove it")
}

/// `standby-not-offered`
pub fn standby(at: Option<Span>, database: &str) -> Diagnostic {
    let message = format!("Kubernetes has no standby for the SQL Server database `{database}`");
    Diagnostic::error("standby-not-offered", at, message)
        .reason("an availability group in a cluster needs an operator that is part of its vendor's offer")
        .fix(
            "set `multi_zone = false` to run one server, use `postgres` or `mysql`, or render for `aws`, \
            `azure` or `gcp`",
        )
}

/// `restore-daily-only`
pub fn restore_daily_only(at: Option<Span>, database: &str) -> Diagnostic {
    let message = format!("on Kubernetes the database `{database}` can be restored to its daily backups only");
    Diagnostic::warning("restore-daily-only", at, message)
        .reason("its log is not archived, so there is no restore to a point in time between two backups")
        .fix("use `postgres` where that matters, or render for `aws`, `azure` or `gcp`")
}

/// `storage-class-not-offered`
pub fn storage_classes(at: Option<Span>, bucket: &str, keys: &str) -> Diagnostic {
    let message = format!("on Kubernetes {keys} of the bucket `{bucket}` is left out");
    Diagnostic::warning("storage-class-not-offered", at, message)
        .reason(
            "the object store of a cluster keeps everything on one class of volume; objects are still \
            deleted when the lifecycle says so",
        )
        .fix("render for `aws`, `azure` or `gcp` where the cost of storage matters")
}

/// `alarms-not-offered`
pub fn alarms(at: Option<Span>, alarms: &[&str]) -> Diagnostic {
    let alarms: Vec<String> = alarms.iter().map(|alarm| format!("`{alarm}`")).collect();
    let message = match alarms.as_slice() {
        [one] => format!("the alarm {one} is left out on Kubernetes"),
        several => format!("the alarms {} are left out on Kubernetes", several.join(", ")),
    };
    Diagnostic::warning("alarms-not-offered", at, message)
        .reason("a cluster measures and alerts by what runs in it, and the blueprint does not say that Prometheus does")
        .fix("add `[kubernetes] prometheus = true` if the cluster has the Prometheus operator")
}

/// `too-many-shards`
pub fn too_many_shards(at: Option<Span>, database: &str, count: usize, most: usize) -> Diagnostic {
    let message = format!("Kubernetes takes at most {most} shards of the database `{database}`, not {count}");
    Diagnostic::error("too-many-shards", at, message)
        .reason(
            "one object tells of all of them, and `kubectl apply` keeps a copy of it in one of its annotations, which holds 256 KiB",
        )
        .fix("use fewer shards on larger servers, shorter names, or render for `aws`, `azure` or `gcp`")
}

/// `duplicates-not-dropped`
pub fn duplicates(at: Option<Span>, name: &str) -> Diagnostic {
    let message = format!("on Kubernetes `{name}` keeps the order of messages, and drops none that is sent again");
    Diagnostic::warning("duplicates-not-dropped", at, message)
        .reason(
            "RabbitMQ hands them out in their order to one consumer at a time, and does not remember those that it has seen",
        )
        .fix("have consumers remember what they have done, by an id that the sender gives, or render for `aws`, `azure` or `gcp`")
}

/// `too-many-combinations`
pub fn too_many_combinations(at: Option<Span>, service: &str, ways: usize, most: usize) -> Diagnostic {
    let message =
        format!("Kubernetes takes filters with at most {most} combinations of values; that of `{service}` has {ways}");
    Diagnostic::error("too-many-combinations", at, message)
        .reason("each combination of one value of each attribute is a binding of its own, which the broker holds against every message")
        .fix("filter by fewer attributes and let the service drop the rest, or use a topic for each kind of message")
}

/// `too-many-steps`
pub fn too_many_steps(at: Option<Span>, workflow: &str, bytes: usize, least: usize) -> Diagnostic {
    let message = format!(
        "on Kubernetes the workflow `{workflow}` would leave room for {bytes} bytes from step to step, less than {least} KiB"
    );
    Diagnostic::error("too-many-steps", at, message)
        .reason("a run keeps what every step got and left in one object, which has room for 1 MiB")
        .fix(
            "let one function do what several steps do, put a part into a workflow that a function starts, or render for `aws`, `azure` \
            or `gcp`",
        )
}

/// `budget-not-offered`
pub fn budget(at: Option<Span>) -> Diagnostic {
    Diagnostic::warning(
        "budget-not-offered",
        at,
        "the budget is left out on Kubernetes: a cluster has no bill",
    )
    .fix(
        "watch the bill of the platform that the cluster runs on; a ResourceQuota caps what this system can take of it",
    )
}

/// `reserved-name`
pub fn reserved_name(at: Option<Span>, name: &str, owner: &str) -> Diagnostic {
    let message = format!("`{name}` is taken on Kubernetes: {owner} makes an object of that name");
    Diagnostic::error("reserved-name", at, message).fix("rename the component")
}

/// `reserved-name`
pub fn reserved_folder(at: Option<Span>, name: &str) -> Diagnostic {
    let message = format!("`{name}` is taken on Kubernetes: the folder of that name has what guards the system");
    Diagnostic::error("reserved-name", at, message).fix("rename the domain")
}

/// `reserved-name`
pub fn reserved_namespace(at: Option<Span>, name: &str) -> Diagnostic {
    let message = format!("`{name}` is taken on Kubernetes: the namespace of that name is the public entry point's");
    Diagnostic::error("reserved-name", at, message).fix("rename the domain")
}

/// `override-rejected`
pub fn override_refused(at: Option<Span>, kind: &str, name: &str, path: &str, problem: &str) -> Diagnostic {
    let field = if path.is_empty() {
        String::new()
    } else {
        format!("`{path}` ")
    };
    Diagnostic::error(
        "override-rejected",
        at,
        format!("Kubernetes would refuse {kind} `{name}`: {field}{problem}"),
    )
    .reason("overrides are checked against the schema of their kind before anything is written")
    .fix("see the reference of this kind: `kubectl explain`")
}
