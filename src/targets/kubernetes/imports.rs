//! Secrets that are born in one namespace and used in another: a login of the object store, of a cache, of a shared database, and the
//! certificates of authorities.
//!
//! External Secrets copies each of them, with an identity of the namespace that uses it. In the namespace where they are, a Role names the
//! Secrets that this identity may read, one by one: no domain reads what another one got.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::{PolicyRule, Role, RoleBinding, RoleRef, Subject};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::caches;
use super::encryption::{TRUST, secret};
use super::proxy;
use super::stack::{BROKER, STORE, Stack, credentials, store_key};
use super::storage;
use super::streams::{self, STREAMS};
use super::tables::{self, TABLES};
use super::warehouses;
use crate::ir::{Domain, Id, Value};
use crate::kubernetes::custom::external_secrets::{
    ConfigMapKey, Entry, ExternalSecret, KubernetesAuth, KubernetesProvider, KubernetesServer, NameRef, Provider,
    RemoteRef, SecretStore, SecretTarget, StoreRef,
};
use crate::kubernetes::object::Object;
use crate::vocabulary::Engine;

/// The identity with which External Secrets reads on behalf of a namespace.
const READER: &str = crate::check::SECRETS_READER;

/// A Secret of another namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Copy {
    /// The namespace where it is born.
    pub(super) source: String,
    /// Its name, here and there.
    pub(super) name: String,
    /// The entries that are copied.
    keys: BTreeSet<&'static str>,
}

impl Copy {
    /// Its entries in words.
    pub(super) fn keys_said(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(|key| format!("`{key}`")).collect();
        keys.join(", ")
    }
}

/// What a part uses of the Secrets of others, by where they are and by name.
pub(super) fn secrets_of(stack: &Stack<'_>, part: Option<Id<Domain>>) -> Vec<Copy> {
    let here = stack.namespace_in(part);
    let mut found: BTreeMap<(String, String), BTreeSet<&'static str>> = BTreeMap::new();
    let mut wants = |owner: &str, name: String, keys: &[&'static str]| {
        let source = stack.namespace_of(owner);
        if source != here {
            found.entry((source, name)).or_default().extend(keys);
        }
    };
    let system = stack.system;
    for (id, service) in system.services.iter().filter(|(_, item)| item.home.domain == part) {
        if stack.uses_store(id) {
            wants(STORE, store_key(&service.name), &[storage::KEY]);
            wants(STORE, secret(STORE, TRUST), &["ca.crt"]);
        }
        if stack.uses_broker(id) {
            wants(BROKER, secret(BROKER, TRUST), &["ca.crt"]);
        }
        if stack.uses_streams(id) {
            wants(STREAMS, streams::credentials(&service.name), &["password"]);
            wants(STREAMS, streams::AUTHORITY.to_owned(), &["ca.crt"]);
        }
        if stack.uses_tables(id) {
            wants(TABLES, tables::login_of(&service.name), &["password"]);
            wants(TABLES, secret(TABLES, "ca"), &["ca.crt"]);
        }
        for warehouse in warehouses::of_service(stack, id) {
            let login = warehouses::login_of(warehouse, &service.name);
            wants(&warehouse.name, login, &["password"]);
            wants(&warehouse.name, secret(&warehouse.name, "ca"), &["ca.crt"]);
        }
        for cache in stack.caches_of(id) {
            wants(&cache.name, caches::credentials(cache, &service.name), &["password"]);
            wants(&cache.name, secret(&cache.name, TRUST), &["ca.crt"]);
        }
        for setting in &service.settings {
            match setting.value {
                Value::DatabasePassword(id) => {
                    let database = &system.databases[id];
                    wants(&database.name, credentials(database), &["password"]);
                }
                Value::ProxyPassword(id) => {
                    let database = &system.databases[id];
                    wants(&database.name, proxy::login(database), &["password"]);
                }
                Value::Shards(id) => {
                    let database = &system.databases[id];
                    let sharding = database.sharding.iter();
                    for shard in sharding.flat_map(|sharding| sharding.active().map(move |shard| (sharding, shard))) {
                        let server = database.shard_server(shard.0, shard.1);
                        wants(&database.name, credentials(&server), &["password"]);
                    }
                }
                _ => {}
            }
        }
    }
    for (id, _) in system.warehouses.iter().filter(|(_, item)| item.home.domain == part) {
        for sink in warehouses::sinks(stack, id) {
            wants(STREAMS, streams::credentials(&sink.name), &["password"]);
            wants(STREAMS, streams::AUTHORITY.to_owned(), &["ca.crt"]);
        }
    }
    let servers = stack
        .servers
        .iter()
        .filter(|server| server.database.engine == Engine::Postgres);
    for server in servers.filter(|server| server.database.home.domain == part) {
        wants(
            STORE,
            store_key(&server.database.name),
            &["access-key-id", storage::KEY],
        );
        wants(STORE, secret(STORE, TRUST), &["ca.crt"]);
    }
    let copies = found.into_iter();
    copies
        .map(|((source, name), keys)| Copy { source, name, keys })
        .collect()
}

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let parts = stack.parts().into_iter();
    parts.flat_map(|part| part_objects(stack, part)).collect()
}

fn part_objects(stack: &Stack<'_>, part: Option<Id<Domain>>) -> Vec<Object> {
    let copies = secrets_of(stack, part);
    let sources: BTreeSet<&str> = copies.iter().map(|copy| copy.source.as_str()).collect();
    if sources.is_empty() {
        return vec![];
    }
    let here = stack.namespace_in(part);
    let mut objects = vec![
        Object::new(&ServiceAccount {
            metadata: stack.part_meta(READER, part),
            automount_service_account_token: Some(false),
            ..Default::default()
        })
        .about("No pod runs as this one: External Secrets reads the Secrets below on its behalf, where they are"),
    ];
    for source in sources {
        let names: Vec<String> = copies
            .iter()
            .filter(|copy| copy.source == source)
            .map(|copy| copy.name.clone())
            .collect();
        let there = ObjectMeta {
            namespace: Some(source.to_owned()),
            ..stack.shared_meta(format!("{here}-{READER}"))
        };
        objects.push(
            Object::new(&Role {
                metadata: there.clone(),
                rules: Some(vec![PolicyRule {
                    api_groups: Some(vec![String::new()]),
                    resources: Some(vec!["secrets".to_owned()]),
                    resource_names: Some(names),
                    verbs: vec!["get".to_owned()],
                    ..Default::default()
                }]),
            })
            .about(format!("What the namespace {here} gets of this one")),
        );
        objects.push(Object::new(&RoleBinding {
            role_ref: RoleRef {
                api_group: Some("rbac.authorization.k8s.io".to_owned()),
                kind: "Role".to_owned(),
                name: format!("{here}-{READER}"),
            },
            subjects: Some(vec![Subject {
                kind: "ServiceAccount".to_owned(),
                name: READER.to_owned(),
                namespace: Some(here.clone()),
                ..Default::default()
            }]),
            metadata: there,
        }));
        objects.push(Object::custom(stack.part_meta(source, part), store(source)));
    }
    objects.extend(copies.iter().map(|copy| external(stack, part, copy)));
    objects
}

/// The Secrets of another namespace, as far as its Role shows them.
fn store(source: &str) -> SecretStore {
    SecretStore {
        provider: Provider {
            kubernetes: KubernetesProvider {
                remote_namespace: source.to_owned(),
                server: KubernetesServer {
                    ca_provider: ConfigMapKey {
                        kind: "ConfigMap",
                        name: "kube-root-ca.crt",
                        key: "ca.crt",
                    },
                },
                auth: KubernetesAuth {
                    service_account: NameRef {
                        name: READER.to_owned(),
                    },
                },
            },
        },
    }
}

fn external(stack: &Stack<'_>, part: Option<Id<Domain>>, copy: &Copy) -> Object {
    let entries = copy.keys.iter().map(|key| Entry {
        secret_key: key,
        remote_ref: RemoteRef {
            key: copy.name.clone(),
            property: key,
        },
    });
    let external = ExternalSecret {
        refresh_policy: None,
        refresh_interval: Some("1h"),
        secret_store_ref: Some(StoreRef {
            kind: "SecretStore",
            name: copy.source.clone(),
        }),
        target: SecretTarget {
            name: copy.name.clone(),
            template: None,
        },
        data: entries.collect(),
        data_from: vec![],
    };
    Object::custom(stack.part_meta(copy.name.as_str(), part), external)
}
