//! MySQL flexible server.

use hcl::Expression;

use super::replicas::{self, Servers, local_name};
use super::{Logs, Server, Wanted, class, lifecycle, managed_key, standby};
use crate::object;
use crate::targets::azure::project::after;
use crate::targets::azure::{Parts, Stack};
use crate::terraform::{Block, expr};

/// What its parameters have to say.
const PARAMETERS: [(&str, &str); 2] = [("require_secure_transport", "ON"), ("tls_version", "TLSv1.2,TLSv1.3")];

pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts, wanted: &Wanted<'_>) -> Server {
    let (database, password) = (wanted.database, &wanted.password);
    let name = database.name.as_str();
    let group = stack.project.group.attr("name");
    let storage = Block::new()
        .set("size_gb", database.storage_gb)
        .set("auto_grow_enabled", true);
    let mut ignored = vec!["storage.0.size_gb", "zone"];
    if database.multi_zone {
        ignored.insert(0, "high_availability.0.standby_availability_zone");
    }
    let body = wanted
        .begin(stack)
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
    let (body, own) = wanted.on(&server);
    let body = body
        .set("name", database.database.as_str())
        .set("resource_group_name", group.clone())
        .set("server_name", own.attr("name"))
        .set("charset", "utf8mb4")
        .set("collation", "utf8mb4_0900_ai_ci")
        .block_some("lifecycle", lifecycle(stack.system.protect, &[]));
    let content = stack.module.resource("azurerm_mysql_flexible_database", name, body);
    let kind = "azurerm_mysql_flexible_server_configuration";
    let mut settled = wanted.parameters(stack, (kind, &PARAMETERS), &server, |body, server| {
        body.set("resource_group_name", group.clone())
            .set("server_name", server.attr("name"))
    });
    settled.push(content);
    Server {
        settled,
        subresource: "mysqlServer",
        host: "fqdn",
        logs: vec![Logs {
            part: "",
            resource: server.clone(),
            path: "",
        }],
        what: "MySQL flexible server",
        server,
    }
}

pub(super) fn replicas(
    stack: &mut Stack<'_>,
    parts: &Parts,
    source: &replicas::Source<'_>,
    series: &Expression,
) -> Servers {
    let database = source.database;
    let name = local_name(database);
    let body = Block::new()
        .set("create_duration", "10m")
        .set("triggers", object! { "primary" => source.primary.id() })
        .set("depends_on", after([source.settled.clone()]));
    stack
        .module
        .comment("A new server can be copied when its first backup is there, which is some minutes after it is made.");
    let ready = stack.module.resource("time_sleep", &name, body);
    let storage = Block::new()
        .comment("At least what the primary has grown to.")
        .set("size_gb", source.primary.attr("storage.0.size_gb"))
        .set("auto_grow_enabled", true);
    let body = source
        .begin(stack, series)
        .set("version", database.version.as_str())
        .set("backup_retention_days", database.backup.retention_days)
        .set("public_network_access", "Disabled")
        .set("tags", stack.tags())
        .block("storage", storage);
    let body = source.end(stack, parts, body, &["storage.0.size_gb", "zone"], &ready);
    let servers = stack.module.resource("azurerm_mysql_flexible_server", &name, body);
    let body = Block::new()
        .set(
            "for_each",
            source.parameters(&PARAMETERS, |key| servers.key(key).attr("name")),
        )
        .set("name", expr::each_value(&["name"]))
        .set("resource_group_name", stack.project.group.attr("name"))
        .set("server_name", expr::each_value(&["server"]))
        .set("value", expr::each_value(&["value"]));
    let settled = stack
        .module
        .resource("azurerm_mysql_flexible_server_configuration", &name, body);
    Servers { servers, settled }
}
