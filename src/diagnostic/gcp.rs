//! Rules about what Google Cloud can do. One constructor per rule; each names the alternatives.

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
