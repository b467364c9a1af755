//! Object stores.

use std::collections::BTreeMap;

use hcl::Expression;

use super::database::{lifecycle, lock};
use super::project::after;
use super::secrets::{Endpoint, private_endpoint};
use super::{Parts, Stack, names};
use crate::ir::{Bucket, Id, Lifecycle};
use crate::template;
use crate::terraform::{Address, Block};

/// The zone of private endpoints of blobs.
pub(super) const ZONE: &str = "privatelink.blob.core.windows.net";
/// The same of queues.
pub(super) const QUEUE_ZONE: &str = "privatelink.queue.core.windows.net";
/// Days that a previous version is kept.
const PREVIOUS_VERSIONS: u32 = 30;

/// A bucket: a storage account with one container.
pub(super) struct Built {
    /// The account.
    pub account: Address,
    /// The container.
    pub container: Address,
    /// It can be reached from here on.
    pub endpoint: Address,
}

pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts) -> BTreeMap<Id<Bucket>, Built> {
    let system = stack.system;
    stack.module.file("storage", "");
    system
        .buckets
        .iter()
        .map(|(id, bucket)| (id, build(stack, parts, id, bucket)))
        .collect()
}

fn build(stack: &mut Stack<'_>, parts: &Parts, id: Id<Bucket>, bucket: &Bucket) -> Built {
    let name = bucket.name.as_str();
    let archived = bucket.lifecycle.archive_after_days.is_some();
    let keep = Block::new().set("days", 7);
    let blobs = Block::new()
        .set("versioning_enabled", bucket.versioning)
        .block("delete_retention_policy", keep.clone())
        .block("container_delete_retention_policy", keep);
    let kind = if archived { "GRS" } else { "ZRS" };
    let body = account(stack, parts, (name, kind, false))
        .block("blob_properties", blobs)
        .block_some("lifecycle", lifecycle(stack.system.protect, &[]))
        .set("depends_on", after([parts.encryption.ready.clone()]));
    if archived {
        stack
            .module
            .comment("GRS, a copy in the paired region: zone-redundant accounts have no archive tier.");
    }
    let account = stack.module.resource("azurerm_storage_account", name, body);
    let body = Block::new()
        .set("name", stack.prefixed(name))
        .set("storage_account_id", account.id());
    let container = stack.module.resource("azurerm_storage_container", name, body);
    if let Some(rule) = rule(name, &bucket.lifecycle, bucket.versioning) {
        let body = Block::new().set("storage_account_id", account.id()).block("rule", rule);
        stack
            .module
            .comment("What is left of an unfinished upload needs no rule: Azure drops it after a week.");
        stack.module.resource("azurerm_storage_management_policy", name, body);
    }
    let endpoint = Endpoint {
        name,
        resource: &account,
        subresource: "blob",
        zone: ZONE,
        group: &parts.firewall.groups.buckets[&id],
        each: false,
        after: vec![],
    };
    let endpoint = private_endpoint(stack, &parts.network.endpoint, &parts.zones, &endpoint);
    if stack.system.protect {
        lock(stack, name, &account);
    }
    stack.built(&bucket.path, "storage account with one container", &account);
    Built {
        account,
        container,
        endpoint: endpoint.endpoint,
    }
}

/// What every account of ours begins with: private, encrypted with the managed key, TLS only.
/// The last argument is its name, how it is replicated, and whether Azure's flow logs write to it: they take the account's keys and its
/// public address, where only trusted Azure services get in.
fn account(stack: &Stack<'_>, parts: &Parts, (name, replication, flow_logs): (&str, &str, bool)) -> Block {
    let short = names::account(&stack.system.prefix, name);
    let rules = Block::new()
        .set("default_action", "Deny")
        .set("bypass", Expression::from(vec!["AzureServices"]));
    let key = Block::new()
        .set("key_vault_key_id", parts.encryption.key.attr("versionless_id"))
        .set("user_assigned_identity_id", parts.encryption.identity.id());
    stack
        .named(template![short, stack.project.suffix.attr("hex")])
        .set("account_tier", "Standard")
        .set("account_replication_type", replication)
        .set("min_tls_version", "TLS1_2")
        .set("default_to_oauth_authentication", true)
        .set("local_user_enabled", false)
        .set("allow_nested_items_to_be_public", false)
        .set("public_network_access_enabled", flow_logs)
        .set("shared_access_key_enabled", flow_logs)
        .set("tags", stack.tags())
        .block("network_rules", rules)
        .block("customer_managed_key", key)
        .block("identity", parts.encryption.identity())
}

/// An account with queues or tables in it.
pub(super) fn account_of_queues(stack: &Stack<'_>, parts: &Parts, name: &str) -> Block {
    account(stack, parts, (name, "ZRS", false))
        .comment("Without these, queues and tables have keys of Microsoft's, whatever the account has.")
        .set("queue_encryption_key_type", "Account")
        .set("table_encryption_key_type", "Account")
}

fn rule(name: &str, days: &Lifecycle, versioning: bool) -> Option<Block> {
    let base = Block::new()
        .set_some(
            "tier_to_cool_after_days_since_modification_greater_than",
            days.cool_after_days,
        )
        .set_some(
            "tier_to_archive_after_days_since_modification_greater_than",
            days.archive_after_days,
        )
        .set_some(
            "delete_after_days_since_modification_greater_than",
            days.delete_after_days,
        );
    let version = versioning.then(|| Block::new().set("delete_after_days_since_creation", PREVIOUS_VERSIONS));
    if base.is_empty() && version.is_none() {
        return None;
    }
    let actions = Block::new()
        .block_some("base_blob", (!base.is_empty()).then_some(base))
        .block_some("version", version);
    Some(
        Block::new()
            .set("name", name)
            .set("enabled", true)
            .block(
                "filters",
                Block::new().set("blob_types", Expression::from(vec!["blockBlob"])),
            )
            .block("actions", actions),
    )
}

/// The account of the network's flow logs.
pub(super) fn flow_logs(stack: &mut Stack<'_>, parts: &Parts) -> Address {
    let keep = Block::new().block("delete_retention_policy", Block::new().set("days", 7));
    let body = account(stack, parts, ("flow", "ZRS", true))
        .block("sas_policy", Block::new().set("expiration_period", "00.01:00:00"))
        .block("blob_properties", keep)
        .set("depends_on", after([parts.encryption.ready.clone()]));
    stack.module.comment(
        "An account of its own: the flow log keeps its retention as the account's lifecycle, and writes with the account's keys through its\npublic address, which is closed to all but trusted Azure services.",
    );
    stack.module.resource("azurerm_storage_account", "flow_logs", body)
}
