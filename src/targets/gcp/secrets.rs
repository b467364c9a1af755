//! Secret Manager: what the owner fills, and where the databases' passwords go.

use hcl::Expression;

use super::Stack;
use crate::terraform::{Address, Block};

pub(super) fn lower(stack: &mut Stack<'_>) {
    for (id, secret) in stack.system.secrets.iter() {
        let name = stack.name(&secret.name);
        let about = secret.description.as_deref().map(|text| format!("{text}: "));
        let comment = format!(
            "{}the owner adds its value, gcloud secrets versions add {name} --data-file=-",
            about.unwrap_or_default()
        );
        let entry = Entry {
            part: &secret.name,
            name: name.into(),
            keys: None,
            comment: &sentence(&comment),
            lasting: true,
        };
        let address = container(stack, &entry);
        stack.report.component(
            &secret.path,
            "secret of Secret Manager, filled by its owner",
            address.text(),
        );
        stack.secrets.insert(id, address);
    }
}

/// A secret to make, or one for each key.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// What names it in Terraform.
    pub part: &'a str,
    /// What names it in Secret Manager; has the key in it where there are several.
    pub name: Expression,
    /// A set.
    pub keys: Option<&'a Expression>,
    /// What it holds.
    pub comment: &'a str,
    /// True where nothing can make it anew: `protect` guards it against deletion.
    pub lasting: bool,
}

/// A secret without a value, in the system's region and under its key.
pub(super) fn container(stack: &mut Stack<'_>, entry: &Entry<'_>) -> Address {
    stack.module.file("secrets", "");
    let encryption = Block::new().set("kms_key_name", stack.encryption.key.id());
    let replica = Block::new()
        .set("location", stack.region())
        .block("customer_managed_encryption", encryption);
    let replication = Block::new().block("user_managed", Block::new().block("replicas", replica));
    let body = Block::new()
        .set_some("for_each", entry.keys.cloned())
        .set("secret_id", entry.name.clone())
        .set("deletion_protection", stack.system.protect && entry.lasting)
        .block("replication", replication)
        .set("depends_on", stack.encryption.ready());
    stack
        .module
        .comment(entry.comment)
        .resource("google_secret_manager_secret", entry.part, body)
}

/// A password as the value of a secret.
pub(super) fn password_version(
    secret: &Address,
    password: &Address,
    version: Expression,
    keys: Option<&Expression>,
) -> Block {
    Block::new()
        .set_some("for_each", keys.cloned())
        .set("secret", secret.id())
        .set("secret_data_wo", password.attr("result"))
        .set("secret_data_wo_version", version)
        .comment("The new password is there before the old one goes.")
        .block("lifecycle", Block::new().set("create_before_destroy", true))
}

/// With a capital first letter, on one line.
fn sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}
