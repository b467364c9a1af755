//! Relational databases: what is the same for every engine.

mod mysql;
mod postgres;
pub(super) mod replicas;
mod sqlserver;

use std::collections::BTreeMap;

use hcl::Expression;

use super::edge;
use super::project::after;
use super::secrets::{Endpoint, private_endpoint};
use super::{Parts, Stack};
use crate::ir::{Database, Id};
use crate::template;
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Engine;

/// A database server with everything around it.
pub(super) struct Built {
    /// The host name.
    pub host: Expression,
    /// The vault's entry with the password.
    pub secret: Address,
    /// The server can be reached from here on.
    pub endpoint: Address,
    /// Its read replicas.
    pub readers: Option<replicas::Replicas>,
    /// Ids of what writes logs, by its name.
    pub logs: Vec<(String, Expression)>,
}

/// What an engine's file adds.
struct Server {
    /// The server.
    server: Address,
    /// What on it has to be finished before anything else is asked of it.
    settled: Vec<Address>,
    /// Azure's word for the server in a private endpoint.
    subresource: &'static str,
    /// The attribute that holds the host name.
    host: &'static str,
    /// Ids of what writes logs, by its name in the server; empty for the server itself.
    logs: Vec<(&'static str, Expression)>,
    /// For the README.
    what: &'static str,
}

/// The administrator's password on its way to the server and the vault.
struct Password {
    /// Its value, in no state and no plan.
    value: Expression,
    /// Raised by the owner to get a new one.
    version: Expression,
}

pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts) -> BTreeMap<Id<Database>, Built> {
    let system = stack.system;
    system
        .databases
        .iter()
        .map(|(id, database)| (id, build(stack, parts, id, database)))
        .collect()
}

fn build(stack: &mut Stack<'_>, parts: &Parts, id: Id<Database>, database: &Database) -> Built {
    let name = database.name.as_str();
    stack.module.file("database", "");
    let password = password(stack, name);
    let built = match database.engine {
        Engine::Mysql => mysql::lower(stack, parts, database, &password),
        Engine::Sqlserver => sqlserver::lower(stack, parts, database, &password),
        // The check of databases leaves no other engine.
        Engine::Postgres | Engine::Oracle => postgres::lower(stack, parts, database, &password),
    };
    stack.module.comment("The server does one thing at a time.");
    let endpoint = Endpoint {
        name,
        resource: &built.server,
        subresource: built.subresource,
        zone: edge::zone(database.engine).unwrap_or_default(),
        group: &parts.firewall.groups.databases[&id],
        each: false,
        after: built.settled,
    };
    let endpoint = private_endpoint(stack, &parts.network.data, &parts.zones, &endpoint);
    if stack.system.protect {
        lock(stack, name, &built.server);
    }
    stack.module.file("secrets", "");
    let body = Block::new()
        .set("name", name)
        .set("key_vault_id", parts.vault.vault.id())
        .set("content_type", "password")
        .set("value_wo", password.value)
        .set("value_wo_version", password.version)
        .set("tags", stack.tags())
        .set("depends_on", after([built.server.clone(), parts.vault.ready.clone()]));
    stack
        .module
        .comment("After the server: one that could not be created leaves no password behind.");
    let secret = stack.module.resource("azurerm_key_vault_secret", name, body);
    stack.built(&database.path, built.what, &built.server);
    let source = replicas::Source {
        database,
        primary: &built.server,
        settled: &endpoint,
    };
    let readers = replicas::lower(stack, parts, id, &source, (built.subresource, built.what));
    let mut logs: Vec<(String, Expression)> = built
        .logs
        .into_iter()
        .map(|(part, id)| (format!("{name}{part}"), id))
        .collect();
    if let Some(readers) = &readers {
        let servers = database.replica_keys().into_iter();
        logs.extend(servers.map(|key| {
            let name = format!("{}/{key}", replicas::local_name(database));
            (name, readers.servers.key(key).id())
        }));
    }
    Built {
        host: built.server.attr(built.host),
        secret,
        endpoint,
        readers,
        logs,
    }
}

fn password(stack: &mut Stack<'_>, name: &str) -> Password {
    let about = format!("Raise it to give the database {name} a new password, in the server and in the vault alike.");
    let version = stack
        .module
        .variable(&format!("{name}-password-version"), "number", 1, &about);
    let body = Block::new()
        .set("length", 32)
        .set("special", false)
        .comment("Azure wants three kinds of characters.")
        .set("min_lower", 1)
        .set("min_numeric", 1)
        .set("min_upper", 1);
    let password = stack.module.ephemeral("random_password", name, body);
    Password {
        value: password.attr("result"),
        version,
    }
}

/// Guards something against everyone but Terraform; `prevent_destroy` guards it against Terraform.
pub(super) fn lock(stack: &mut Stack<'_>, name: &str, address: &Address) {
    let body = Block::new()
        .set("name", stack.prefixed(name))
        .set("scope", address.id())
        .set("lock_level", "CanNotDelete")
        .set("notes", format!("Holds the data of {}.", stack.system.prefix));
    stack
        .module
        .comment("prevent_destroy stops Terraform, the lock everybody else.");
    stack.module.resource("azurerm_management_lock", name, body);
}

/// `lifecycle` of what holds data. Paths of ignored arguments are dotted.
pub(super) fn lifecycle(protect: bool, ignored: &[&str]) -> Option<Block> {
    if !protect && ignored.is_empty() {
        return None;
    }
    let block = Block::new().when(protect, |block| block.set("prevent_destroy", true));
    let paths = ignored.iter().map(|path| match path.split_once('.') {
        Some((name, rest)) => expr::attribute(expr::keyword(name), &rest.split('.').collect::<Vec<_>>()),
        None => expr::keyword(path),
    });
    Some(block.when(!ignored.is_empty(), |block| {
        block.set("ignore_changes", Expression::Array(paths.collect()))
    }))
}

/// The name of a server, unique in the world.
fn server_name(stack: &Stack<'_>, database: &Database) -> Expression {
    template![stack.prefixed(&database.name), "-", stack.project.suffix.attr("hex")]
}

/// The customer managed key of a flexible server.
fn managed_key(parts: &Parts) -> Block {
    Block::new()
        .set("key_vault_key_id", parts.encryption.key.attr("versionless_id"))
        .set("primary_user_assigned_identity_id", parts.encryption.identity.id())
}

/// High availability of a flexible server.
fn standby(database: &Database) -> Option<Block> {
    database.multi_zone.then(|| Block::new().set("mode", "ZoneRedundant"))
}

/// The class of the server, which the check of databases has found.
fn class(database: &Database) -> &str {
    crate::catalog::database_class(super::project::TARGET, database.engine, &database.size).unwrap_or_default()
}
