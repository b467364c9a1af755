//! The managed key and who uses it.

use hcl::Expression;

use super::Stack;
use super::database::lifecycle;
use super::project::{after, as_identity};
use super::secrets::Vault;
use crate::list;
use crate::terraform::{Address, Block, expr};

/// The key of disks, databases and storage accounts.
pub(super) struct Encryption {
    /// The key.
    pub key: Address,
    /// The identity that uses it.
    pub identity: Address,
    /// The key may be used from here on.
    pub ready: Address,
    /// What encrypts disks with it.
    pub disks: Address,
}

impl Encryption {
    /// The identity block of a service that uses the key.
    pub fn identity(&self) -> Block {
        as_identity(&self.identity)
    }
}

pub(super) fn lower(stack: &mut Stack<'_>, vault: &Vault) -> Encryption {
    stack.module.file("encryption", "");
    let policy = Block::new().block("automatic", Block::new().set("time_after_creation", "P365D"));
    let body = Block::new()
        .set("name", "data")
        .set("key_vault_id", vault.vault.id())
        .set("key_type", "RSA-HSM")
        .set("key_size", 3072)
        .set("key_opts", list!["unwrapKey", "wrapKey"])
        .set("tags", stack.tags())
        .comment("New versions every year, and no expiry: an expired key would take the data with it.")
        .block("rotation_policy", policy)
        .block_some("lifecycle", lifecycle(stack.system.protect, &[]))
        .set("depends_on", after([vault.ready.clone()]));
    let key = stack.module.resource("azurerm_key_vault_key", "data", body);
    let body = stack.named(stack.prefixed("encryption")).set("tags", stack.tags());
    stack
        .module
        .comment("Disks, databases and storage accounts use the key as this identity.");
    let identity = stack
        .module
        .resource("azurerm_user_assigned_identity", "encryption", body);
    let body = Block::new()
        .set("scope", key.attr("resource_versionless_id"))
        .set("role_definition_name", "Key Vault Crypto Service Encryption User")
        .set("principal_id", identity.attr("principal_id"))
        .set("principal_type", "ServicePrincipal");
    let grant = stack.module.resource("azurerm_role_assignment", "encryption", body);
    let ready = wait(stack, "encryption", &grant);
    let body = stack
        .named(stack.system.prefix.as_str())
        .set("key_vault_key_id", key.attr("versionless_id"))
        .set("auto_key_rotation_enabled", true)
        .set("tags", stack.tags())
        .block("identity", as_identity(&identity))
        .set("depends_on", after([ready.clone()]));
    let disks = stack.module.resource("azurerm_disk_encryption_set", "main", body);
    Encryption {
        key,
        identity,
        ready,
        disks,
    }
}

/// Waits until a role assignment has reached the vault, which the provider does not do.
pub(super) fn wait(stack: &mut Stack<'_>, name: &str, grant: &Address) -> Address {
    wait_for(
        stack,
        name,
        "Until the grant has reached the vault.",
        [("grant", grant.id())],
    )
}

/// Waits until grants are known everywhere. `triggers` name them.
pub(super) fn wait_for(
    stack: &mut Stack<'_>,
    name: &str,
    about: &str,
    triggers: impl IntoIterator<Item = (&'static str, Expression)>,
) -> Address {
    let body = Block::new()
        .set("create_duration", "90s")
        .set("triggers", expr::object(triggers));
    stack.module.comment(about);
    stack.module.resource("time_sleep", name, body)
}
