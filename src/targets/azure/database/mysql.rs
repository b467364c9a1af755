//! MySQL flexible server.

use super::{Password, Server, class, lifecycle, managed_key, server_name, standby};
use crate::ir::Database;
use crate::object;
use crate::targets::azure::project::after;
use crate::targets::azure::{Parts, Stack};
use crate::terraform::{Block, expr};

pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts, database: &Database, password: &Password) -> Server {
    let name = database.name.as_str();
    let group = stack.project.group.attr("name");
    let storage = Block::new()
        .set("size_gb", database.storage_gb)
        .set("auto_grow_enabled", true);
    let mut ignored = vec!["storage.0.size_gb", "zone"];
    if database.multi_zone {
        ignored.insert(0, "high_availability.0.standby_availability_zone");
    }
    let body = stack
        .named(server_name(stack, database))
        .set("version", database.version.as_str())
        .set("sku_name", class(database))
        .set("backup_retention_days", database.backup.retention_days)
        .set("administrator_login", database.user.as_str())
        .set("administrator_password_wo", password.value.clone())
        .set("administrator_password_wo_version", password.version.clone())
        .set("public_network_access", "Disabled")
        .set("tags", stack.tags())
        .block("storage", storage)
        .block_some("high_availability", standby(database))
        .block("customer_managed_key", managed_key(parts))
        .block("identity", parts.encryption.identity())
        .comment("Storage grows by itself, and a failover moves the server to another zone.")
        .block_some("lifecycle", lifecycle(stack.system.protect, &ignored))
        .set("depends_on", after([parts.encryption.ready.clone()]));
    let server = stack.module.resource("azurerm_mysql_flexible_server", name, body);
    let body = Block::new()
        .set("name", database.database.as_str())
        .set("resource_group_name", group.clone())
        .set("server_name", server.attr("name"))
        .set("charset", "utf8mb4")
        .set("collation", "utf8mb4_0900_ai_ci")
        .block_some("lifecycle", lifecycle(stack.system.protect, &[]));
    let content = stack.module.resource("azurerm_mysql_flexible_database", name, body);
    let parameters = object! { "require_secure_transport" => "ON", "tls_version" => "TLSv1.2,TLSv1.3" };
    let body = Block::new()
        .set("for_each", parameters)
        .set("name", expr::each_key())
        .set("resource_group_name", group)
        .set("server_name", server.attr("name"))
        .set("value", expr::each_value(&[]));
    let parameters = stack
        .module
        .resource("azurerm_mysql_flexible_server_configuration", name, body);
    Server {
        settled: vec![content, parameters],
        subresource: "mysqlServer",
        host: "fqdn",
        logs: vec![("", server.id())],
        what: "MySQL flexible server",
        server,
    }
}
