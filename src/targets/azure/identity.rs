//! One identity for each service, and what the links let it do.

use std::collections::BTreeMap;

use hcl::Expression;

use super::{Stack, Stores};
use crate::ir::{Access, Bucket, Grant, Id, Resource, Service};
use crate::object;
use crate::terraform::{Address, Block, expr};

/// Lets every action pass but that of reading, or listing, objects.
const NO_READING: &str = "((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'})) OR (@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals ''))";

/// A service's identity.
pub(super) struct Identity {
    /// The identity.
    pub identity: Address,
    /// Its grants.
    pub grants: Vec<Address>,
}

pub(super) fn lower(stack: &mut Stack<'_>, stores: &Stores) -> BTreeMap<Id<Service>, Identity> {
    stack.module.file("identity", "");
    let system = stack.system;
    let mut identities = BTreeMap::new();
    for (id, service) in system.services.iter() {
        let body = stack.named(stack.prefixed(&service.name)).set("tags", stack.tags());
        let identity = stack
            .module
            .resource("azurerm_user_assigned_identity", &service.name, body);
        let mut grants: Vec<_> = system
            .grants_of(id)
            .filter_map(|grant| granted(stack, stores, grant))
            .collect();
        grants.sort_by_key(|(name, _)| *name);
        let grants = (!grants.is_empty()).then(|| {
            let body = Block::new()
                .set("for_each", expr::object(grants))
                .set("scope", expr::each_value(&["scope"]))
                .set("role_definition_name", expr::each_value(&["role"]))
                .set("principal_id", identity.attr("principal_id"))
                .set("principal_type", "ServicePrincipal");
            stack.module.resource("azurerm_role_assignment", &service.name, body)
        });
        let grants = grants.into_iter().collect();
        identities.insert(id, Identity { identity, grants });
    }
    write_only(stack, stores, &mut identities);
    identities
}

/// (name of the component, role and scope); none for what [`write_only`] grants.
fn granted<'a>(stack: &Stack<'a>, stores: &Stores, grant: &Grant) -> Option<(&'a str, Expression)> {
    let system = stack.system;
    let reader = "Key Vault Secrets User";
    let (name, role, scope) = match (grant.resource, grant.access) {
        (Resource::Database(id), _) => {
            let secret = &stores.databases[&id].secret;
            (
                &system.databases[id].name,
                reader,
                secret.attr("resource_versionless_id"),
            )
        }
        (Resource::Secret(id), _) => {
            let secret = &stores.entries[&id];
            (&system.secrets[id].name, reader, secret.attr("resource_versionless_id"))
        }
        (Resource::Proxy(_) | Resource::Shards(_), _) => return None,
        (Resource::Bucket(_), Access::Write) => return None,
        (Resource::Bucket(id), access) => {
            let role = match access {
                Access::Read => "Storage Blob Data Reader",
                _ => "Storage Blob Data Contributor",
            };
            (&system.buckets[id].name, role, stores.buckets[&id].container.id())
        }
    };
    Some((name.as_str(), object! { "role" => role, "scope" => scope }))
}

/// Grants to write objects without reading them, for which Azure has no role of its own.
fn write_only(stack: &mut Stack<'_>, stores: &Stores, identities: &mut BTreeMap<Id<Service>, Identity>) {
    let system = stack.system;
    let writers: Vec<(Id<Service>, Id<Bucket>)> = system
        .grants
        .iter()
        .filter_map(|grant| match (grant.resource, grant.access) {
            (Resource::Bucket(bucket), Access::Write) => Some((grant.service, bucket)),
            _ => None,
        })
        .collect();
    if writers.is_empty() {
        return;
    }
    let grants = writers.iter().map(|(service, bucket)| {
        let key = format!("{}/{}", system.services[*service].name, system.buckets[*bucket].name);
        let principal = identities[service].identity.attr("principal_id");
        let scope = stores.buckets[bucket].container.id();
        (key, object! { "principal" => principal, "scope" => scope })
    });
    let body = Block::new()
        .set("for_each", expr::object(grants))
        .set("scope", expr::each_value(&["scope"]))
        .set("role_definition_name", "Storage Blob Data Contributor")
        .set("principal_id", expr::each_value(&["principal"]))
        .set("principal_type", "ServicePrincipal")
        .set("condition_version", "2.0")
        .comment("Reading is left for a container without a name, which there is not.")
        .set("condition", NO_READING);
    stack
        .module
        .comment("Azure's roles that write read as well: the condition takes that away.");
    let granted = stack.module.resource("azurerm_role_assignment", "object_writer", body);
    for (service, _) in writers {
        if let Some(identity) = identities.get_mut(&service) {
            identity.grants.push(granted.clone());
        }
    }
}
