//! What servers are like: edition, size, access, backups, flags.

use hcl::Expression;

use crate::catalog;
use crate::ir::{Database, Readers};
use crate::target::Target;
use crate::targets::gcp::Stack;
use crate::terraform::{Block, expr};
use crate::vocabulary::Engine;

/// Days that Cloud SQL keeps what a point-in-time restore needs, in the Enterprise edition.
const POINT_IN_TIME_DAYS: u32 = 7;

pub(super) fn settings(stack: &Stack<'_>, database: &Database) -> Block {
    let block = match database.readers {
        Some(Readers::Scaled(_)) => Block::new().comment("Read pools come with this edition."),
        _ => Block::new().comment("Newer engines default to ENTERPRISE_PLUS, which has other tiers."),
    };
    let (edition, tier) = edition(database);
    block
        .set("edition", edition)
        .set("tier", tier)
        .set(
            "availability_type",
            if database.multi_zone { "REGIONAL" } else { "ZONAL" },
        )
        .set("disk_type", "PD_SSD")
        .set("disk_size", database.storage_gb)
        .set("disk_autoresize", true)
        .set("deletion_protection_enabled", stack.system.protect)
        .set("user_labels", labels(stack))
        .block("ip_configuration", access(stack))
        .block("backup_configuration", backups(stack, database))
        .when(stack.system.protect, |block| {
            let last = Block::new()
                .set("enabled", true)
                .set("retention_days", database.backup.retention_days);
            block.block("final_backup_config", last)
        })
        .comment("Sundays, three hours after the backup begins.")
        .block(
            "maintenance_window",
            Block::new()
                .set("day", 7)
                .set("hour", (database.backup.hour + 3) % 24)
                .set("update_track", "stable"),
        )
        .block("insights_config", Block::new().set("query_insights_enabled", true))
        .blocks("database_flags", flags(database.engine))
}

/// Edition and tier of a server and its replicas. Only Enterprise Plus has pools of replicas.
pub(in crate::targets::gcp) fn edition(database: &Database) -> (&'static str, &str) {
    let (edition, tier) = match database.readers {
        Some(Readers::Scaled(_)) => ("ENTERPRISE_PLUS", catalog::gcp_plus_tier(&database.size)),
        _ => (
            "ENTERPRISE",
            catalog::database_class(Target::Gcp, database.engine, &database.size),
        ),
    };
    (edition, tier.unwrap_or_default())
}

pub(in crate::targets::gcp) fn labels(stack: &Stack<'_>) -> Expression {
    let labels = stack.system.labels.iter();
    expr::object(labels.map(|(key, value)| (key.as_str(), value.as_str())))
}

/// Private, encrypted, and open to endpoints of this project and of the network's.
pub(in crate::targets::gcp) fn access(stack: &Stack<'_>) -> Block {
    let host = stack.network.host.as_deref().map(Expression::from);
    let consumers: Vec<Expression> = std::iter::once(stack.project.id()).chain(host).collect();
    let psc = Block::new()
        .set("psc_enabled", true)
        .set("allowed_consumer_projects", Expression::Array(consumers));
    Block::new()
        .set("ipv4_enabled", false)
        .comment("TLS or nothing.")
        .set("ssl_mode", "ENCRYPTED_ONLY")
        .block("psc_config", psc)
}

fn backups(stack: &Stack<'_>, database: &Database) -> Block {
    let backup = &database.backup;
    let restore = match database.engine {
        Engine::Mysql => "binary_log_enabled",
        _ => "point_in_time_recovery_enabled",
    };
    Block::new()
        .set("enabled", true)
        .set("start_time", backup.time(0))
        .set("location", stack.region())
        .set(restore, true)
        .set(
            "transaction_log_retention_days",
            backup.retention_days.min(POINT_IN_TIME_DAYS),
        )
        .block(
            "backup_retention_settings",
            Block::new().set("retained_backups", backup.retention_days),
        )
}

pub(in crate::targets::gcp) fn version_name(database: &Database) -> String {
    let version = database.version.replace('.', "_");
    match database.engine {
        Engine::Postgres => format!("POSTGRES_{version}"),
        Engine::Mysql => format!("MYSQL_{version}"),
        Engine::Sqlserver => format!("SQLSERVER_{version}_{}", database.edition.name().to_uppercase()),
        // Refused before: Cloud SQL has no Oracle.
        Engine::Oracle => format!("ORACLE_{version}"),
    }
}

/// Flags of a server and its replicas.
pub(in crate::targets::gcp) fn flags(engine: Engine) -> impl Iterator<Item = Block> {
    let flags: &[(&str, &str)] = match engine {
        Engine::Postgres => &[
            ("cloudsql.enable_pgaudit", "on"),
            ("log_checkpoints", "on"),
            ("log_connections", "on"),
            ("log_disconnections", "on"),
            ("log_lock_waits", "on"),
            ("log_min_error_statement", "error"),
            ("log_statement", "ddl"),
        ],
        Engine::Mysql => &[("local_infile", "off"), ("skip_show_database", "on")],
        Engine::Sqlserver => &[
            ("3625", "on"),
            ("contained database authentication", "off"),
            ("external scripts enabled", "off"),
            ("remote access", "off"),
        ],
        Engine::Oracle => &[],
    };
    flags
        .iter()
        .map(|(name, value)| Block::new().set("name", *name).set("value", *value))
}
