//! Rules about what Google Cloud can do. One constructor per rule; each names the alternatives.

pub mod functions;
pub mod messaging;
pub mod warehouses;
pub mod workflows;

use super::{Diagnostic, Span};

/// `certificate-form`
pub fn certificate_form(at: Option<Span>, certificate: &str, region: &str) -> Diagnostic {
    Diagnostic::error(
        "certificate-form",
        at,
        format!("a regional load balancer cannot use the certificate `{certificate}`"),
    )
    .reason("it takes certificates of Certificate Manager in its own region")
    .fix(format!(
        "name one: `gcp = \"projects/PROJECT/locations/{region}/certificates/NAME\"`"
    ))
}

/// `restore-window`
pub fn restore_window(at: Option<Span>, database: &str, days: u32) -> Diagnostic {
    Diagnostic::warning(
        "restore-window",
        at,
        format!("`{database}` can be restored to any moment of the last 7 days only, and to its daily backups of {days} days"),
    )
    .reason("Cloud SQL's Enterprise edition keeps the logs of 7 days")
    .fix("set `retention_days = 7` if that is all you need")
}

/// `budget-recipients`
pub fn budget_recipients(at: Option<Span>, count: usize) -> Diagnostic {
    Diagnostic::error(
        "budget-recipients",
        at,
        format!("{count} addresses, but a budget on Google Cloud tells five at most"),
    )
    .fix("name a mailing list")
}

/// `edition-ended`
pub fn web_edition_ended(at: Option<Span>, version: &str) -> Diagnostic {
    Diagnostic::error(
        "edition-ended",
        at,
        format!("SQL Server {version} has no web edition any more"),
    )
    .fix("use the `standard` edition, or version `2022`")
}

/// `pool-load`
pub fn pool_load(at: Option<Span>, percent: u32, most: u32) -> Diagnostic {
    Diagnostic::error(
        "pool-load",
        at,
        format!("a read pool cannot be kept at a processor load of {percent} %"),
    )
    .reason(format!("Cloud SQL takes {most} % at most"))
    .fix(format!("use `cpu_percent = {most}` or less"))
}

/// `pool-tier`
pub fn pool_tier(at: Option<Span>, database: &str, tier: &str) -> Diagnostic {
    Diagnostic::error(
        "pool-tier",
        at,
        format!("`{database}` cannot have a read pool with the tier `{tier}`"),
    )
    .reason("read pools come with Cloud SQL's Enterprise Plus edition, which has tiers of its own")
    .fix("name one of those, such as `gcp = \"db-perf-optimized-N-2\"`, or give the number of replicas")
}

/// `proxied-shards`
pub fn proxied_shards(at: Option<Span>, database: &str, count: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "proxied-shards",
        at,
        format!("`{database}` has {count} active shards behind a proxy, Google Cloud takes {most}"),
    )
    .reason("a proxy's machine gets the certificate of every server's authority as metadata, of which 256 KiB fit")
    .fix("use larger shards and fewer of them, or `router = \"application\"`")
}

/// `shard-table`
pub fn shard_table(at: Option<Span>, service: &str, bytes: usize) -> Diagnostic {
    Diagnostic::error(
        "shard-table",
        at,
        format!(
            "the table of the shards that `{service}` uses has up to {} KiB, a machine's metadata take 224",
            bytes / 1024
        ),
    )
    .reason("each machine is told host and secret of every shard when it starts")
    .fix("use fewer shards, or shorter names of the system, the database and the private domain")
}
