//! PostgreSQL flexible server.

use hcl::Expression;

use super::replicas::{self, Servers, local_name};
use super::{Logs, Server, Wanted, class, lifecycle, managed_key, standby};
use crate::targets::azure::project::after;
use crate::targets::azure::{Parts, Stack};
use crate::terraform::{Block, expr};

/// The sizes in GiB that Azure has.
const STORAGE_GB: [u32; 11] = [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32767];

/// What its parameters have to say.
const PARAMETERS: [(&str, &str); 2] = [
    ("require_secure_transport", "on"),
    ("ssl_min_protocol_version", "TLSv1.2"),
];

pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts, wanted: &Wanted<'_>) -> Server {
    let (database, password) = (wanted.database, &wanted.password);
    let name = database.name.as_str();
    let storage = STORAGE_GB
        .into_iter()
        .find(|&size| size >= database.storage_gb)
        .unwrap_or(STORAGE_GB[STORAGE_GB.len() - 1]);
    // A failover swaps the zones, and growth changes the size.
    let mut ignored = vec!["storage_mb", "zone"];
    if database.multi_zone {
        ignored.insert(0, "high_availability.0.standby_availability_zone");
    }
    let body = wanted
        .begin(stack)
        .set("version", database.version.as_str())
        .set("sku_name", class(database))
        .when(storage != database.storage_gb, |body| {
            body.comment(&format!(
                "{} GiB, rounded up to a size that Azure has.",
                database.storage_gb
            ))
        })
        .set("storage_mb", storage * 1024)
        .set("auto_grow_enabled", true)
        .set("backup_retention_days", database.backup.retention_days.max(7))
        .set("administrator_login", database.user.as_str())
        .set("administrator_password_wo", password.value.clone())
        .set("administrator_password_wo_version", password.version.clone())
        .set("public_network_access_enabled", false)
        .set("tags", stack.tags())
        .block_some("high_availability", standby(database))
        .block("customer_managed_key", managed_key(parts))
        .block("identity", parts.encryption.identity())
        .comment("Storage grows by itself, and a failover moves the server to another zone.")
        .block_some("lifecycle", lifecycle(stack.system.protect, &ignored))
        .set("depends_on", after([parts.encryption.ready.clone()]));
    let server = stack.module.resource("azurerm_postgresql_flexible_server", name, body);
    let (body, own) = wanted.on(&server);
    let body = body
        .set("name", database.database.as_str())
        .set("server_id", own.id())
        .block_some("lifecycle", lifecycle(stack.system.protect, &[]));
    let content = stack
        .module
        .resource("azurerm_postgresql_flexible_server_database", name, body);
    let kind = "azurerm_postgresql_flexible_server_configuration";
    let mut settled = wanted.parameters(stack, (kind, &PARAMETERS), &server, |body, server| {
        body.set("server_id", server.id())
    });
    settled.push(content);
    Server {
        settled,
        subresource: "postgresqlServer",
        host: "fqdn",
        logs: vec![Logs {
            part: "",
            resource: server.clone(),
            path: "",
        }],
        what: "PostgreSQL flexible server",
        server,
    }
}

/// Its version comes from the primary; backups are made of the primary alone.
pub(super) fn replicas(
    stack: &mut Stack<'_>,
    parts: &Parts,
    source: &replicas::Source<'_>,
    series: &Expression,
) -> Servers {
    let name = local_name(source.database);
    let body = source
        .begin(stack, series)
        .comment("At least what the primary has grown to.")
        .set("storage_mb", source.primary.attr("storage_mb"))
        .set("auto_grow_enabled", true)
        .set("public_network_access_enabled", false)
        .set("tags", stack.tags());
    let body = source.end(stack, parts, body, &["storage_mb", "zone"], source.settled);
    let servers = stack.module.resource("azurerm_postgresql_flexible_server", &name, body);
    let body = Block::new()
        .set("for_each", source.parameters(&PARAMETERS, |key| servers.key(key).id()))
        .set("name", expr::each_value(&["name"]))
        .set("server_id", expr::each_value(&["server"]))
        .set("value", expr::each_value(&["value"]));
    let settled = stack
        .module
        .resource("azurerm_postgresql_flexible_server_configuration", &name, body);
    Servers { servers, settled }
}
