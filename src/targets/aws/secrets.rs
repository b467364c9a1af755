//! The vault.

use hcl::Expression;

use super::Stack;
use super::database::Databases;
use super::encryption::Keys;
use crate::ir::{Database, Id, Secret};
use crate::list;
use crate::terraform::{Address, Block};

/// The vault's entries.
pub(super) struct Secrets {
    databases: Vec<(Id<Database>, Address, Address)>,
    secrets: Vec<(Id<Secret>, Address)>,
}

impl Secrets {
    /// The entry with a database's password.
    pub(super) fn of_database(&self, id: Id<Database>) -> &Address {
        &self.entry(id).1
    }

    /// The password in that entry, which machines read when they start.
    pub(super) fn password(&self, id: Id<Database>) -> &Address {
        &self.entry(id).2
    }

    /// The ARNs of all entries, as a list.
    pub(super) fn arns(&self) -> Expression {
        let databases = self.databases.iter().map(|(_, entry, _)| entry);
        let others = self.secrets.iter().map(|(_, entry)| entry);
        Expression::Array(databases.chain(others).map(|entry| entry.attr("arn")).collect())
    }

    fn entry(&self, id: Id<Database>) -> &(Id<Database>, Address, Address) {
        self.databases
            .iter()
            .find(|(other, ..)| *other == id)
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

pub(super) fn lower(stack: &mut Stack<'_>, keys: &Keys, databases: &Databases) -> Secrets {
    let system = stack.system;
    stack.module.file("secrets", "");
    let mut found = Secrets {
        databases: vec![],
        secrets: vec![],
    };
    for (id, item) in system.databases.iter() {
        let description = format!("Password of the login {} of the database {}", item.user, item.name);
        let entry = entry(stack, keys, &item.name, description);
        let (password, version) = databases.password(id);
        let body = Block::new()
            .set("secret_id", entry.id())
            .set("secret_string_wo", password.clone())
            .set("secret_string_wo_version", version.clone())
            .set("depends_on", list![databases.get(id).whole()]);
        let value = stack
            .module
            .comment("The database first: should it fail, the vault holds no password that nothing accepts.")
            .resource("aws_secretsmanager_secret_version", &item.name, body);
        found.databases.push((id, entry, value));
    }
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
    let system = stack.system;
    let body = Block::new()
        .set("name", format!("{}/{name}", system.prefix))
        .set("description", description)
        .set("kms_key_id", keys.data.attr("arn"))
        // A deleted secret keeps its name until then.
        .set("recovery_window_in_days", if system.protect { 30 } else { 0 });
    stack.module.resource("aws_secretsmanager_secret", name, body)
}
