//! Entries of the vault with the passwords of caches, one for each login that services use.

use hcl::Expression;

use super::{Filled, Secrets, entry_named, password};
use crate::ir::{Access, Cache, Id};
use crate::targets::aws::Stack;
use crate::targets::aws::caches::{self, Caches, Login};
use crate::targets::aws::encryption::Keys;
use crate::terraform::{Address, Block, expr};
use crate::{list, template};

/// The entries of one cache.
pub(super) struct Logins {
    id: Id<Cache>,
    logins: Vec<Login>,
    filled: Filled,
}

impl Logins {
    /// The ARNs of all, for policies.
    pub(super) fn arns(&self) -> impl Iterator<Item = Expression> {
        self.logins
            .iter()
            .map(|login| self.filled.entry.key(login.name()).attr("arn"))
    }
}

impl Secrets {
    /// The entry with the password that a service logs in to a cache with.
    pub(in crate::targets::aws) fn of_cache(&self, id: Id<Cache>, access: Access) -> Address {
        let login = Login::of(access);
        self.logins(id).filled.entry.key(login.name())
    }

    /// The passwords of a cache in their entries, which machines read when they start.
    pub(in crate::targets::aws) fn cache_passwords(&self, id: Id<Cache>) -> &Address {
        &self.logins(id).filled.value
    }

    fn logins(&self, id: Id<Cache>) -> &Logins {
        self.caches
            .iter()
            .find(|logins| logins.id == id)
            .unwrap_or_else(|| unreachable!("every cache that a service uses has entries"))
    }
}

/// Adds the entries of every cache that a service uses.
pub(super) fn lower(stack: &mut Stack<'_>, keys: &Keys, caches: &Caches) -> Vec<Logins> {
    let system = stack.system;
    let mut found = vec![];
    for (id, item) in system.caches.iter() {
        let logins = caches::logins(&system, id);
        if logins.is_empty() {
            continue;
        }
        let names = logins.iter().map(|login| login.name().into()).collect();
        let body = Block::new().set("for_each", expr::call("toset", [Expression::Array(names)]));
        let name = template![format!("{}/{}/", system.prefix, item.name), expr::each_key()];
        let about = format!(" of the cache {}", item.name);
        let about = template!["Password of the login ", expr::each_key(), about];
        let body = entry_named(stack, keys, body, name, about);
        let entry = stack.module.resource("aws_secretsmanager_secret", &item.name, body);
        let body = Block::new()
            .set("for_each", entry.whole())
            .set("secret_id", expr::each_value(&["id"]));
        let body = password(body, caches.password(id)).set("depends_on", list![caches.users(id).whole()]);
        let value = stack
            .module
            .comment("The logins first: should one fail, the vault holds no password that nothing accepts.")
            .resource("aws_secretsmanager_secret_version", &item.name, body);
        let filled = Filled { entry, value };
        found.push(Logins { id, logins, filled });
    }
    found
}
