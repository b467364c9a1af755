//! Entries of the vault beside those of a database with shards: the shards' passwords, and what leads to the shards.

use hcl::Expression;

use super::{Filled, Secrets, entry, entry_named, password};
use crate::ir::{Database, Id, Router, Sharding, shard_map};
use crate::targets::aws::database::password as random_password;
use crate::targets::aws::database::shard::Servers;
use crate::targets::aws::encryption::Keys;
use crate::targets::aws::{Base, Stack};
use crate::terraform::{Address, Block, expr, overrides};
use crate::{list, template};

/// The entries of one database with shards.
pub(super) struct Sharded {
    id: Id<Database>,
    /// The passwords of the shards, by their ids.
    passwords: Filled,
    /// Stands for the ARNs of all these in policies, which would not hold a thousand of them.
    pattern: Expression,
    /// The password of the proxy's clients, or the map of shards for applications.
    router: Filled,
    /// Applications route.
    mapped: bool,
}

impl Sharded {
    /// The ARNs of all, as policies name them.
    pub(super) fn arns(&self) -> [Expression; 2] {
        [self.router.entry.attr("arn"), self.pattern.clone()]
    }
}

impl Secrets {
    /// The entries with the passwords of a database's shards, by their ids.
    pub(in crate::targets::aws) fn of_shards(&self, id: Id<Database>) -> &Address {
        &self.sharded(id).passwords.entry
    }

    /// The entry with what leads to the shards: the password of the proxy's clients, or the map for applications.
    pub(in crate::targets::aws) fn of_router(&self, id: Id<Database>) -> &Address {
        &self.sharded(id).router.entry
    }

    /// The value of the same.
    pub(in crate::targets::aws) fn router(&self, id: Id<Database>) -> &Address {
        &self.sharded(id).router.value
    }

    /// The ARNs that whoever reaches the shards may read: their passwords, and the map.
    pub(in crate::targets::aws) fn arns_of_shards(&self, id: Id<Database>) -> Vec<Expression> {
        let sharded = self.sharded(id);
        let map = sharded.mapped.then(|| sharded.router.entry.attr("arn"));
        std::iter::once(sharded.pattern.clone()).chain(map).collect()
    }

    /// The values of the same.
    pub(in crate::targets::aws) fn shards(&self, id: Id<Database>) -> Vec<&Address> {
        let sharded = self.sharded(id);
        let map = sharded.mapped.then_some(&sharded.router.value);
        std::iter::once(&sharded.passwords.value).chain(map).collect()
    }

    fn sharded(&self, id: Id<Database>) -> &Sharded {
        self.sharded
            .iter()
            .find(|sharded| sharded.id == id)
            .unwrap_or_else(|| unreachable!("every database with shards has entries for them"))
    }
}

pub(super) fn lower(
    stack: &mut Stack<'_>,
    (base, keys): (&Base, &Keys),
    id: Id<Database>,
    sharding: &Sharding,
    servers: &Servers,
) -> Sharded {
    let system = stack.system;
    let item = &system.databases[id];
    let folder = folder(stack, item);
    let passwords = passwords(stack, keys, item, &folder, servers);
    let pattern = template![
        format!("arn:aws:secretsmanager:{}:", stack.region()),
        base.account.clone(),
        format!(":secret:{folder}*")
    ];
    let mapped = sharding.router == Router::Application;
    let router = match mapped {
        true => map(stack, keys, item, sharding),
        false => login(stack, keys, item),
    };
    Sharded {
        id,
        passwords,
        pattern,
        router,
        mapped,
    }
}

/// What the names of the entries with the passwords of a database's shards begin with; they end with the shards' ids.
pub(in crate::targets::aws) fn folder(stack: &Stack<'_>, item: &Database) -> String {
    format!("{}/{}/", stack.system.prefix, item.shard_name())
}

/// One entry for each shard, all of them in one folder.
fn passwords(stack: &mut Stack<'_>, keys: &Keys, item: &Database, folder: &str, servers: &Servers) -> Filled {
    let name = item.shard_name();
    let about = format!("Password of the login {} of the shard ", item.user);
    let body = Block::new().set("for_each", expr::call("toset", [servers.ids.clone()]));
    let body = entry_named(
        stack,
        keys,
        body,
        template![folder, expr::each_key()],
        template![about, expr::each_key(), format!(" of {}", item.name)],
    );
    let entry = stack.module.resource("aws_secretsmanager_secret", &name, body);
    let body = Block::new()
        .set("for_each", entry.whole())
        .set("secret_id", expr::each_value(&["id"]));
    let body = password(body, &servers.password).set("depends_on", list![servers.instances.whole()]);
    let value = stack.module.resource("aws_secretsmanager_secret_version", &name, body);
    Filled { entry, value }
}

/// The login of the proxy's clients, which the proxy reads here too.
fn login(stack: &mut Stack<'_>, keys: &Keys, item: &Database) -> Filled {
    let name = item.proxy_name();
    let about = format!(
        "Raise by one to rotate the password with which services log in to the proxy of {}.",
        item.name
    );
    let random = random_password(stack, "secrets", &name, None, &about);
    let description = format!("Password of the login {} of the proxy of {}", item.user, item.name);
    let entry = entry(stack, keys, &name, description);
    let body = password(Block::new().set("secret_id", entry.id()), &random);
    let value = stack.module.resource("aws_secretsmanager_secret_version", &name, body);
    Filled { entry, value }
}

/// The map of shards: no secret, but it stands where services read at their start, and its versions are kept.
fn map(stack: &mut Stack<'_>, keys: &Keys, item: &Database, sharding: &Sharding) -> Filled {
    let name = format!("{}-map", item.shard_name());
    let description = format!("Which shard of {} holds which rows", item.name);
    let entry = entry(stack, keys, &name, description);
    let text = shard_map(item, sharding);
    // As an object, so that a plan shows what changes in it.
    let text = match serde_json::from_str(&text) {
        Ok(map) => expr::jsonencode(overrides::literal(&map)),
        Err(_) => text.into(),
    };
    let body = Block::new().set("secret_id", entry.id()).set("secret_string", text);
    let value = stack.module.comment("No secret: state and plan show it.").resource(
        "aws_secretsmanager_secret_version",
        &name,
        body,
    );
    Filled { entry, value }
}
