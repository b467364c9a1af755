//! Secrets of a service: entries of the cloud's vault that External Secrets reads with the service's own identity.
//!
//! What a service cannot start without is one Secret. Its name changes with the generation of what is in it, so a pod of a new revision
//! waits until its values are there, and never starts with older ones. The object that fetches it changes its name as well: External
//! Secrets would delete the Secret of the old name with it, under the pods of the old revision. Entries that the owner fills have a
//! Secret each, which may be missing.

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

/// The label of what fetches a Secret with a generation, with that as its value.
pub(super) const GENERATION: &str = "cloudgen/generation";

/// The Secret that a service cannot start without.
pub(super) struct Required {
    /// Its name.
    pub(super) name: Expression,
    generation: Expression,
    /// Keys of the vault by the names of variables.
    keys: Expression,
}

/// Says what a service cannot start without, where that is anything.
pub(super) fn required(stack: &Stack<'_>, id: Id<Service>, told: &Workload, module: &mut Module) -> Option<Required> {
    if !has_required(told) {
        return None;
    }
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
    let generation = module
        .comment("Names the Secret: one with new values is another one, for which pods wait.")
        .local(
            &format!("{}_secrets_version", service.name),
            hash(vec![keys.clone(), generations(stack, id, told)]),
        );
    Some(Required {
        name: template![format!("{}-", service.name), generation.clone()],
        generation,
        keys,
    })
}

/// The store, and what is read from it.
pub(super) fn objects(
    stack: &Stack<'_>,
    id: Id<Service>,
    told: &Workload,
    required: Option<&Required>,
) -> Vec<Written> {
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
    if let Some(required) = required {
        objects.push(fetched(stack, service, required));
    }
    objects.extend(optional(told).map(|entry| {
        let name = optional_name(service, entry);
        let metadata = named(stack, service, &name);
        let data = object! { "secretKey" => entry.name.as_str(), "remoteRef" => remote(entry.identifier.clone()) };
        reading(service, metadata, &name).set("/spec/data", list![data])
    }));
    objects
}

fn fetched(stack: &Stack<'_>, service: &Service, required: &Required) -> Written {
    let entry = object! { "secretKey" => expr::keyword("name"), "remoteRef" => remote(expr::keyword("key")) };
    let data = ForExpr::new(Identifier::unchecked("key"), required.keys.clone(), entry);
    let data = data.with_key_var(Identifier::unchecked("name"));
    let mut metadata = named(stack, service, &service.name);
    let labels = metadata.labels.get_or_insert_default();
    labels.insert(GENERATION.to_owned(), String::new());
    let label = format!("/metadata/labels/{}", GENERATION.replace('/', "~1"));
    reading(service, metadata, &service.name)
        .set(&label, required.generation.clone())
        .set("/metadata/name", required.name.clone())
        .set("/spec/target/name", required.name.clone())
        .set("/spec/data", Expression::from(data))
}

fn remote(key: Expression) -> Expression {
    object! { "key" => key }
}

fn named(stack: &Stack<'_>, service: &Service, name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        ..stack.names.service_meta(service)
    }
}

/// A Secret of this name, from the store of a service.
fn reading(service: &Service, metadata: ObjectMeta, name: &str) -> Written {
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
