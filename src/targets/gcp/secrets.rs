//! Secret Manager: what the owner fills, and where the databases' passwords go.

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
        let address = container(stack, &secret.name, &sentence(&comment));
        stack.report.component(
            &secret.path,
            "secret of Secret Manager, filled by its owner",
            address.text(),
        );
        stack.secrets.insert(id, address);
    }
}

/// A secret without a value, in the system's region and under its key.
pub(super) fn container(stack: &mut Stack<'_>, component: &str, comment: &str) -> Address {
    stack.module.file("secrets", "");
    let encryption = Block::new().set("kms_key_name", stack.encryption.key.id());
    let replica = Block::new()
        .set("location", stack.region())
        .block("customer_managed_encryption", encryption);
    let replication = Block::new().block("user_managed", Block::new().block("replicas", replica));
    let body = Block::new()
        .set("secret_id", stack.name(component))
        .set("deletion_protection", stack.system.protect)
        .block("replication", replication)
        .set("depends_on", stack.encryption.ready());
    stack
        .module
        .comment(comment)
        .resource("google_secret_manager_secret", component, body)
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
