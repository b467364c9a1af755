//! The vault.

mod cache;
pub(super) mod shard;

use hcl::Expression;

use super::caches::Caches;
use super::database::shard::Shards;
use super::database::{Databases, Password};
use super::encryption::Keys;
use super::{Base, Stack};
use crate::ir::{Database, Id, Secret};
use crate::list;
use crate::terraform::{Address, Block};

/// The vault's entries.
pub(super) struct Secrets {
    databases: Vec<(Id<Database>, Filled)>,
    sharded: Vec<shard::Sharded>,
    caches: Vec<cache::Logins>,
    secrets: Vec<(Id<Secret>, Address)>,
}

/// An entry and its value, which machines read when they start.
struct Filled {
    entry: Address,
    value: Address,
}

impl Secrets {
    /// The entry with a database's password.
    pub(super) fn of_database(&self, id: Id<Database>) -> &Address {
        &self.filled(id).entry
    }

    /// The password in that entry, which machines read when they start.
    pub(super) fn password(&self, id: Id<Database>) -> &Address {
        &self.filled(id).value
    }

    /// The ARNs of all entries, as a list.
    pub(super) fn arns(&self) -> Expression {
        let databases = self.databases.iter().map(|(_, filled)| filled.entry.attr("arn"));
        let sharded = self.sharded.iter().flat_map(shard::Sharded::arns);
        let caches = self.caches.iter().flat_map(cache::Logins::arns);
        let others = self.secrets.iter().map(|(_, entry)| entry.attr("arn"));
        Expression::Array(databases.chain(sharded).chain(caches).chain(others).collect())
    }

    fn filled(&self, id: Id<Database>) -> &Filled {
        self.databases
            .iter()
            .find_map(|(other, filled)| (*other == id).then_some(filled))
            .unwrap_or_else(|| unreachable!("every database of the system has an entry"))
    }

    /// An entry that its owner fills.
    pub(super) fn get(&self, id: Id<Secret>) -> &Address {
        self.secrets
            .iter()
            .find_map(|(other, address)| (*other == id).then_some(address))
            .unwrap_or_else(|| unreachable!("every secret of the system has been added"))
    }
}

pub(super) fn lower(
    stack: &mut Stack<'_>,
    base: &Base,
    keys: &Keys,
    databases: &Databases,
    shards: &Shards,
    caches: &Caches,
) -> Secrets {
    let system = stack.system;
    stack.module.file("secrets", "");
    let mut found = Secrets {
        databases: vec![],
        sharded: vec![],
        caches: vec![],
        secrets: vec![],
    };
    for (id, item) in system.databases.iter() {
        let description = format!("Password of the login {} of the database {}", item.user, item.name);
        let entry = entry(stack, keys, &item.name, description);
        let body = password(Block::new().set("secret_id", entry.id()), databases.password(id))
            .set("depends_on", list![databases.get(id).whole()]);
        let value = stack
            .module
            .comment("The database first: should it fail, the vault holds no password that nothing accepts.")
            .resource("aws_secretsmanager_secret_version", &item.name, body);
        found.databases.push((id, Filled { entry, value }));
        if let Some(sharding) = &item.sharding {
            let sharded = shard::lower(stack, (base, keys), id, sharding, shards.get(id));
            found.sharded.push(sharded);
        }
    }
    found.caches = cache::lower(stack, keys, caches);
    for (id, item) in system.secrets.iter() {
        let description = item
            .description
            .clone()
            .unwrap_or_else(|| "Filled by its owner".to_owned());
        stack
            .module
            .comment("Its owner fills it; Terraform never sees the value.");
        let entry = entry(stack, keys, &item.name, description);
        stack.report.component(
            &item.path,
            "Secrets Manager secret, to be filled by its owner",
            entry.text(),
        );
        found.secrets.push((id, entry));
    }
    found
}

fn entry(stack: &mut Stack<'_>, keys: &Keys, name: &str, description: String) -> Address {
    let full = format!("{}/{name}", stack.system.prefix);
    let body = entry_named(stack, keys, Block::new(), full.into(), description.into());
    stack.module.resource("aws_secretsmanager_secret", name, body)
}

/// The arguments of an entry, after those that `block` has.
fn entry_named(stack: &Stack<'_>, keys: &Keys, block: Block, name: Expression, description: Expression) -> Block {
    block
        .set("name", name)
        .set("description", description)
        .set("kms_key_id", keys.data.attr("arn"))
        // A deleted secret keeps its name until then.
        .set("recovery_window_in_days", if stack.system.protect { 30 } else { 0 })
}

/// Puts a password into an entry without keeping it.
fn password(block: Block, password: &Password) -> Block {
    block
        .set("secret_string_wo", password.value.clone())
        .set("secret_string_wo_version", password.version.clone())
}
