//! Azure SQL Database.

use super::{Logs, Server, Wanted, class, lifecycle};
use crate::targets::azure::project::after;
use crate::targets::azure::{Parts, Stack};
use crate::terraform::Block;
use crate::vocabulary::License;

pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts, wanted: &Wanted<'_>) -> Server {
    let (database, password) = (wanted.database, &wanted.password);
    let name = database.name.as_str();
    let body = wanted
        .begin(stack)
        .comment("The only version there is; the engine itself is always the current one.")
        .set("version", "12.0")
        .set("administrator_login", database.user.as_str())
        .set("administrator_login_password_wo", password.value.clone())
        .set("administrator_login_password_wo_version", password.version.clone())
        .set("minimum_tls_version", "1.2")
        .set("public_network_access_enabled", false)
        .comment("Redirected connections would need every port.")
        .set("connection_policy", "Proxy")
        .set("primary_user_assigned_identity_id", parts.encryption.identity.id())
        .set("tags", stack.tags())
        .block("identity", parts.encryption.identity())
        .block_some("lifecycle", lifecycle(stack.system.protect, &[]))
        .set("depends_on", after([parts.encryption.ready.clone()]));
    let server = stack.module.resource("azurerm_mssql_server", name, body);
    let (begun, own) = wanted.on(&server);
    let body = begun
        .clone()
        .set("server_id", own.id())
        .set("key_vault_key_id", parts.encryption.key.id())
        .set("auto_rotation_enabled", true);
    let encrypted = stack
        .module
        .resource("azurerm_mssql_server_transparent_data_encryption", name, body);
    let license = match database.license {
        License::Included => "LicenseIncluded",
        License::Byol => "BasePrice",
    };
    let retention = Block::new().set("retention_days", database.backup.retention_days);
    let body = begun
        .clone()
        .set("name", database.database.as_str())
        .set("server_id", own.id())
        .set("sku_name", class(database))
        .set("max_size_gb", database.storage_gb)
        .set("license_type", license)
        .set("zone_redundant", database.multi_zone)
        .set(
            "storage_account_type",
            if database.multi_zone { "Zone" } else { "Local" },
        )
        .set("tags", stack.tags())
        .block("short_term_retention_policy", retention)
        .block_some("lifecycle", lifecycle(stack.system.protect, &[]))
        .set("depends_on", after([encrypted.clone()]));
    let content = stack.module.resource("azurerm_mssql_database", name, body);
    let body = begun.set("server_id", own.id()).set("log_monitoring_enabled", true);
    stack.module.comment("To Log Analytics, with everything else.");
    stack
        .module
        .resource("azurerm_mssql_server_extended_auditing_policy", name, body);
    Server {
        logs: vec![
            Logs {
                part: "",
                resource: content.clone(),
                path: "",
            },
            // The server's own audit records are written by its master database.
            Logs {
                part: "/master",
                resource: server.clone(),
                path: "/databases/master",
            },
        ],
        settled: vec![content, encrypted],
        subresource: "sqlServer",
        host: "fully_qualified_domain_name",
        what: "Azure SQL Database",
        server,
    }
}
