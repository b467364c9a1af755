//! One identity for each service, and what the links let it do.

use std::collections::BTreeMap;

use hcl::Expression;

use super::{Stack, database, storage};
use crate::ir::{Access, Bucket, Database, Grant, Id, Resource, Secret, Service};
use crate::terraform::{Address, Block, expr};
use crate::{list, object};

/// A service's identity.
pub(super) struct Identity {
    /// The identity.
    pub identity: Address,
    /// Its grants, where it has some.
    pub grants: Option<Address>,
}

pub(super) fn lower(
    stack: &mut Stack<'_>,
    entries: &BTreeMap<Id<Secret>, Address>,
    databases: &BTreeMap<Id<Database>, database::Built>,
    buckets: &BTreeMap<Id<Bucket>, storage::Built>,
) -> BTreeMap<Id<Service>, Identity> {
    stack.module.file("identity", "");
    let system = stack.system;
    let writer = writer(stack);
    let mut identities = BTreeMap::new();
    for (id, service) in system.services.iter() {
        let mut grants: Vec<_> = system
            .grants_of(id)
            .map(|grant| {
                let (name, role, scope) = match grant.resource {
                    Resource::Database(database) => (
                        &system.databases[database].name,
                        Expression::from("Key Vault Secrets User"),
                        databases[&database].secret.attr("resource_versionless_id"),
                    ),
                    Resource::Secret(secret) => (
                        &system.secrets[secret].name,
                        Expression::from("Key Vault Secrets User"),
                        entries[&secret].attr("resource_versionless_id"),
                    ),
                    Resource::Bucket(bucket) => (
                        &system.buckets[bucket].name,
                        object_role(grant.access, writer.as_ref()),
                        buckets[&bucket].container.id(),
                    ),
                };
                (name.as_str(), object! { "role" => role, "scope" => scope })
            })
            .collect();
        grants.sort_by_key(|(name, _)| *name);
        let body = stack.named(stack.prefixed(&service.name)).set("tags", stack.tags());
        let identity = stack
            .module
            .resource("azurerm_user_assigned_identity", &service.name, body);
        let grants = (!grants.is_empty()).then(|| {
            let body = Block::new()
                .set("for_each", expr::object(grants))
                .set("scope", expr::each_value(&["scope"]))
                .set("role_definition_name", expr::each_value(&["role"]))
                .set("principal_id", identity.attr("principal_id"))
                .set("principal_type", "ServicePrincipal");
            stack.module.resource("azurerm_role_assignment", &service.name, body)
        });
        identities.insert(id, Identity { identity, grants });
    }
    identities
}

/// The role on a container.
fn object_role(access: Access, writer: Option<&Address>) -> Expression {
    match (access, writer) {
        (Access::Write, Some(writer)) => writer.attr("name"),
        (Access::Read, _) => "Storage Blob Data Reader".into(),
        _ => "Storage Blob Data Contributor".into(),
    }
}

/// A role that writes and does not read, which Azure does not have; where someone needs it.
fn writer(stack: &mut Stack<'_>) -> Option<Address> {
    let is_wanted = |grant: &Grant| grant.access == Access::Write && matches!(grant.resource, Resource::Bucket(_));
    if !stack.system.grants.iter().any(is_wanted) {
        return None;
    }
    let blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";
    let actions: Vec<String> = ["add/action", "delete", "write"]
        .iter()
        .map(|action| format!("{blobs}/{action}"))
        .collect();
    let body = Block::new()
        .set("name", format!("{} object writer", stack.system.prefix))
        .set(
            "description",
            "Creates, replaces and deletes objects without reading them.",
        )
        .set("scope", stack.project.group.id())
        .block("permissions", Block::new().set("data_actions", actions))
        .set("assignable_scopes", list![stack.project.group.id()]);
    stack.module.comment("Azure's own roles that write read as well.");
    Some(stack.module.resource("azurerm_role_definition", "object_writer", body))
}
