//! How the engines differ on RDS.

use crate::ir::Database;

use crate::targets::aws::Stack;
use crate::terraform::{Address, Block};
use crate::vocabulary::{Edition, Engine, License};

/// Oracle takes 30 characters, the others more.
pub(super) const PASSWORD_LENGTH: u32 = 30;

/// The engine's name in prose.
pub(super) fn title(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "PostgreSQL",
        Engine::Mysql => "MySQL",
        Engine::Sqlserver => "SQL Server",
        Engine::Oracle => "Oracle",
    }
}

/// RDS's word for the engine and edition.
pub(super) fn engine(item: &Database) -> &'static str {
    match (item.engine, item.edition) {
        (Engine::Postgres, _) => "postgres",
        (Engine::Mysql, _) => "mysql",
        (Engine::Sqlserver, Edition::Enterprise) => "sqlserver-ee",
        (Engine::Sqlserver, Edition::Web) => "sqlserver-web",
        (Engine::Sqlserver, Edition::Express) => "sqlserver-ex",
        (Engine::Sqlserver, Edition::Standard) => "sqlserver-se",
        // 21 exists with the multitenant architecture only.
        (Engine::Oracle, Edition::Enterprise) if item.version == "21" => "oracle-ee-cdb",
        (Engine::Oracle, Edition::Enterprise) => "oracle-ee",
        (Engine::Oracle, _) if item.version == "21" => "oracle-se2-cdb",
        (Engine::Oracle, _) => "oracle-se2",
    }
}

/// RDS's word for the version; the newest minor one of it is taken.
pub(super) fn version(item: &Database) -> &str {
    match (item.engine, item.version.as_str()) {
        (Engine::Sqlserver, "2019") => "15.00",
        (Engine::Sqlserver, "2022") => "16.00",
        (_, version) => version,
    }
}

/// The licence model, for engines that have one.
pub(super) fn license(item: &Database) -> Option<&'static str> {
    match (item.engine, item.license) {
        (Engine::Postgres | Engine::Mysql, _) => None,
        (_, License::Included) => Some("license-included"),
        (_, License::Byol) => Some("bring-your-own-license"),
    }
}

/// The first database. SQL Server takes none; Oracle's is the SID: up to 8 letters and digits.
pub(super) fn database_name(item: &Database) -> Option<String> {
    match item.engine {
        Engine::Postgres | Engine::Mysql => Some(item.database.clone()),
        Engine::Sqlserver => None,
        Engine::Oracle => Some(item.database.to_uppercase()),
    }
}

/// True for engines that take tokens of IAM besides passwords.
pub(super) fn has_iam_login(item: &Database) -> bool {
    matches!(item.engine, Engine::Postgres | Engine::Mysql)
}

/// GiB up to which storage grows by itself: twice what was asked for, within what RDS offers.
pub(super) fn storage_limit(item: &Database) -> u32 {
    let largest = if item.engine == Engine::Sqlserver {
        16_384
    } else {
        65_536
    };
    (item.storage_gb * 2).min(largest)
}

/// The logs that go to CloudWatch.
pub(super) fn logs(item: &Database) -> &'static [&'static str] {
    match item.engine {
        Engine::Postgres => &["postgresql", "upgrade"],
        Engine::Mysql => &["error", "slowquery"],
        Engine::Sqlserver => &["agent", "error"],
        Engine::Oracle => &["alert", "listener"],
    }
}

/// (family, parameters that differ from the engine's own)
fn parameters(item: &Database) -> Option<(String, &'static [(&'static str, &'static str)])> {
    match item.engine {
        Engine::Postgres => Some((
            format!("postgres{}", item.version),
            &[
                ("rds.force_ssl", "1"),
                ("log_statement", "ddl"),
                ("log_min_duration_statement", "1000"),
            ],
        )),
        Engine::Mysql => Some((
            format!("mysql{}", item.version),
            &[
                ("require_secure_transport", "1"),
                ("log_output", "FILE"),
                ("slow_query_log", "1"),
                ("long_query_time", "1"),
            ],
        )),
        Engine::Sqlserver => {
            let version = version(item).trim_end_matches('0');
            Some((format!("{}-{version}0", engine(item)), &[("rds.force_ssl", "1")]))
        }
        Engine::Oracle => None,
    }
}

/// The parameters of a server: TLS is forced, slow statements are logged.
pub(super) fn parameter_group(stack: &mut Stack<'_>, item: &Database) -> Option<Address> {
    let (family, parameters) = parameters(item)?;
    let parameters = parameters.iter().map(|(name, value)| {
        Block::new()
            .set("name", *name)
            .set("value", *value)
            // SQL Server reads it when it starts.
            .when(item.engine == Engine::Sqlserver, |block| {
                block.set("apply_method", "pending-reboot")
            })
    });
    // The family is part of the name: a group for another version is made beside the old one before that goes.
    let name = format!("{}-{}", stack.name(&item.name), family.replace('.', "-"));
    let body = Block::new()
        .set("name", name)
        .set("description", format!("Database {}", item.name))
        .set("family", family)
        .blocks("parameter", parameters)
        .block("lifecycle", Block::new().set("create_before_destroy", true));
    Some(stack.module.resource("aws_db_parameter_group", &item.name, body))
}

/// Oracle encrypts connections by an option instead of a parameter.
pub(super) fn option_group(stack: &mut Stack<'_>, item: &Database) -> Option<Address> {
    if item.engine != Engine::Oracle {
        return None;
    }
    let settings = [
        ("SQLNET.ENCRYPTION_SERVER", "REQUIRED"),
        ("SQLNET.ENCRYPTION_TYPES_SERVER", "AES256"),
        ("SQLNET.CRYPTO_CHECKSUM_SERVER", "REQUIRED"),
        ("SQLNET.CRYPTO_CHECKSUM_TYPES_SERVER", "SHA256,SHA384,SHA512"),
    ]
    .map(|(name, value)| Block::new().set("name", name).set("value", value));
    let option = Block::new()
        .set("option_name", "NATIVE_NETWORK_ENCRYPTION")
        .blocks("option_settings", settings);
    let engine = engine(item);
    let body = Block::new()
        .set("name", format!("{}-{engine}-{}", stack.name(&item.name), item.version))
        .set("option_group_description", format!("Database {}", item.name))
        .set("engine_name", engine)
        .set("major_engine_version", item.version.as_str())
        .block("option", option)
        .block("lifecycle", Block::new().set("create_before_destroy", true));
    Some(
        stack
            .module
            .comment("Connections are encrypted on the usual port; one without encryption is refused.")
            .resource("aws_db_option_group", &item.name, body),
    )
}
