//! Relational databases: what is the same for every engine.

mod mysql;
mod postgres;
pub(super) mod replicas;
pub(super) mod shards;
mod sqlserver;
mod wanted;

use std::collections::BTreeMap;

use hcl::Expression;

use super::{Parts, Stack};
use crate::ir::{Database, Id};
use crate::template;
use crate::terraform::{Address, Block, expr};
pub(super) use wanted::Logs;
use wanted::{Password, Server, Wanted};

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
    /// Its shards.
    pub shards: Option<shards::Shards>,
    /// Ids of what writes logs, by its name.
    pub logs: Vec<(String, Expression)>,
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
    let about = format!("Raise it to give the database {name} a new password, in the server and in the vault alike.");
    let wanted = Wanted {
        database,
        ids: None,
        password: Password::new(stack, name, None, &about),
    };
    let built = wanted.make(stack, parts);
    let endpoint = wanted.endpoint(stack, parts, &built, &parts.firewall.groups.databases[&id]);
    if stack.system.protect {
        lock(stack, name, &built.server);
    }
    let secret = wanted.secret(stack, parts, &built);
    stack.built(&database.path, built.what, &built.server);
    let source = replicas::Source {
        database,
        primary: &built.server,
        settled: &endpoint.endpoint,
    };
    let readers = replicas::lower(stack, parts, id, &source, (built.subresource, built.what));
    let shards = shards::lower(stack, parts, id, database);
    let mut logs: Vec<(String, Expression)> = built
        .logs
        .iter()
        .map(|logs| (format!("{name}{}", logs.part), logs.id(&logs.resource)))
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
        endpoint: endpoint.endpoint,
        readers,
        shards,
        logs,
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

/// The same for each of several servers. `notes` say what they are for.
fn lock_each(stack: &mut Stack<'_>, name: &str, servers: &Address, notes: String) {
    let body = Block::new()
        .set("for_each", servers.whole())
        .set("name", template![stack.prefixed(name), "-", expr::each_key()])
        .set("scope", expr::each_value(&["id"]))
        .set("lock_level", "CanNotDelete")
        .set("notes", notes);
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
