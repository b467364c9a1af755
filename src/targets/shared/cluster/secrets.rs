//! Secrets of a service: entries of the cloud's vault that External Secrets reads with the service's own identity.
//!
//! What a service cannot start without is one Secret. Its name changes with the generation of what is in it, so a pod of a new revision
//! waits until its values are there, and never starts with older ones. Entries that the owner fills have a Secret each, which may be
//! missing.

use hcl::Expression;
use hcl::Identifier;
use hcl::expr::ForExpr;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::json;

use super::settings::{generations, hash, merged};
use super::{Stack, Workload, Written};
use crate::ir::{Id, Service};
use crate::kubernetes::custom::external_secrets::{ExternalSecret, SecretStore};
use crate::kubernetes::object::{Kind, Object};
use crate::targets::shared::startup::Fetched;
use crate::terraform::{Module, expr};
use crate::{list, object, template};

/// The store, and what is read from it.
pub(super) fn objects(stack: &Stack<'_>, id: Id<Service>, told: &Workload, module: &mut Module) -> Vec<Written> {
    let service = &stack.system.services[id];
    if told.fetched.is_empty() && told.shards.is_empty() {
        return vec![];
    }
    let store = Object::raw(
        (SecretStore::API_VERSION, SecretStore::KIND),
        stack.names.service_meta(service),
        json!({ "provider": told.store.value() }),
    );
    let mut objects = vec![Written::new(store).set_all(told.store.fills_below("/spec/provider"))];
    if has_required(told) {
        objects.push(required(stack, id, told, module));
    }
    objects.extend(optional(told).map(|entry| {
        let name = optional_name(service, entry);
        let data = object! { "secretKey" => entry.name.as_str(), "remoteRef" => remote(entry.identifier.clone()) };
        reading(stack, service, &name).set("/spec/data", list![data])
    }));
    objects
}

fn required(stack: &Stack<'_>, id: Id<Service>, told: &Workload, module: &mut Module) -> Written {
    let service = &stack.system.services[id];
    let own: Vec<&Fetched> = told.fetched.iter().filter(|entry| entry.required).collect();
    let pairs = own.iter().map(|entry| (entry.name.as_str(), entry.identifier.clone()));
    let keys = merged(
        (!own.is_empty()).then(|| expr::object(pairs)),
        told.shards.iter().map(|shards| &shards.passwords),
    );
    let keys = module
        .comment("Where the vault has them; External Secrets reads their values.")
        .local(&format!("{}_secrets", service.name), keys);
    let version = module
        .comment("Names the Secret: one with new values is another one, for which pods wait.")
        .local(
            &format!("{}_secrets_version", service.name),
            hash(vec![keys.clone(), generations(stack, id, told)]),
        );
    let entry = object! { "secretKey" => expr::keyword("name"), "remoteRef" => remote(expr::keyword("key")) };
    let data = ForExpr::new(Identifier::unchecked("key"), keys, entry).with_key_var(Identifier::unchecked("name"));
    reading(stack, service, &service.name)
        .set("/spec/target/name", template![format!("{}-", service.name), version])
        .set("/spec/data", Expression::from(data))
}

fn remote(key: Expression) -> Expression {
    object! { "key" => key }
}

/// A Secret of this name, from the store of a service.
fn reading(stack: &Stack<'_>, service: &Service, name: &str) -> Written {
    let metadata = ObjectMeta {
        name: Some(name.to_owned()),
        ..stack.names.service_meta(service)
    };
    let spec = json!({
        "refreshInterval": "1h",
        "secretStoreRef": { "kind": SecretStore::KIND, "name": service.name },
        "target": { "name": name },
        "data": [],
    });
    Written::new(Object::raw(
        (ExternalSecret::API_VERSION, ExternalSecret::KIND),
        metadata,
        spec,
    ))
}

/// True if a service cannot start without some value of the vault.
pub(super) fn has_required(told: &Workload) -> bool {
    !told.shards.is_empty() || told.fetched.iter().any(|entry| entry.required)
}

/// What the owner fills, perhaps later.
pub(super) fn optional(told: &Workload) -> impl Iterator<Item = &Fetched> {
    told.fetched.iter().filter(|entry| !entry.required)
}

/// The Secret of such an entry. No component has a point in its name.
pub(super) fn optional_name(service: &Service, entry: &Fetched) -> String {
    format!("{}.{}", service.name, entry.name.to_lowercase().replace('_', "-"))
}
