//! Secrets that are not made by what uses them: entries of the owner's vault, and keys that are born in the cluster.
//!
//! No value ever stands in the output. The object store's and some databases' keys come from a generator, once.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::stack::Stack;
use crate::ir::{Domain, Id, Resource, Secret};
use crate::kubernetes::custom::external_secrets::{
    Entry, ExternalSecret, GeneratorRef, Password, RemoteRef, SecretTarget, Source, SourceRef, StoreRef, Template,
    TemplateMetadata,
};
use crate::kubernetes::object::{Kind, Object};
use crate::vocabulary::StoreKind;

/// What External Secrets puts a generated password in the place of.
pub(super) const GENERATED: &str = "{{ .password }}";

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let secrets = stack.system.secrets.iter();
    secrets
        .flat_map(|(id, secret)| {
            let users = stack.system.users_of(Resource::Secret(id));
            let users = users.map(|(service, _)| stack.domain_of(&stack.system.services[service].name));
            let parts: BTreeSet<Option<Id<Domain>>> = users.chain([stack.domain_of(&secret.name)]).collect();
            parts.into_iter().map(move |part| entry(stack, secret, part))
        })
        .collect()
}

/// What the owner's store has to be.
pub(super) fn store(stack: &Stack<'_>) -> String {
    let cluster = &stack.system.cluster;
    let store = match cluster.secret_store_kind {
        StoreKind::ClusterSecretStore => format!("A ClusterSecretStore `{}`", cluster.secret_store),
        StoreKind::SecretStore => format!(
            "In each namespace that reads secrets a SecretStore `{}`, whose login opens their entries and no others",
            cluster.secret_store
        ),
    };
    format!(
        "{store} (`[kubernetes] secret_store`) with an entry `{}/NAME` per secret, its value under the key `value`.",
        stack.system.prefix
    )
}

/// What keeps domains from the secrets of others in the vault.
pub(super) fn kept_apart(stack: &Stack<'_>) -> String {
    let store = &stack.system.cluster.secret_store;
    match stack.system.cluster.secret_store_kind {
        StoreKind::ClusterSecretStore => format!(
            "The ClusterSecretStore `{store}` knows no domains: who may create an ExternalSecret in any namespace can read whatever entry \
                that store opens. Keep that right to yourself, or say `secret_store_kind = \"SecretStore\"` in `[kubernetes]` and give each \
                namespace a SecretStore of that name whose login opens its own entries."
        ),
        StoreKind::SecretStore => format!(
            "A namespace reads the entries of the vault that the login of its own SecretStore `{store}` opens: let that be those of its \
                secrets alone."
        ),
    }
}

/// An entry of the vault, in its own namespace or in that of somebody who uses it.
fn entry(stack: &Stack<'_>, secret: &Secret, part: Option<Id<Domain>>) -> Object {
    let entry = Entry {
        secret_key: "value",
        remote_ref: RemoteRef {
            key: remote_key(stack, &secret.name),
            property: "value",
        },
    };
    let metadata = ObjectMeta {
        namespace: Some(stack.namespace_in(part)),
        ..stack.meta(secret.name.as_str(), &secret.name, "secret")
    };
    let object = Object::custom(
        metadata,
        ExternalSecret {
            refresh_policy: None,
            refresh_interval: Some("1h"),
            secret_store_ref: Some(StoreRef {
                kind: stack.system.cluster.secret_store_kind.name(),
                name: stack.system.cluster.secret_store.clone(),
            }),
            target: SecretTarget {
                name: secret.name.clone(),
                template: None,
            },
            data: vec![entry],
            data_from: vec![],
        },
    );
    match &secret.description {
        Some(text) => object.about(text),
        None => object,
    }
}

/// Where the owner puts an entry in the vault.
pub(super) fn remote_key(stack: &Stack<'_>, name: &str) -> String {
    format!("{}/{name}", stack.system.prefix)
}

/// A generator of passwords: letters and digits, so that they need quoting nowhere.
pub(super) fn generator(stack: &Stack<'_>, name: &str, component: &str, length: u32) -> Object {
    Object::custom(
        stack.meta(name, name, component),
        Password {
            length,
            digits: length / 4,
            symbols: 0,
            no_upper: false,
            allow_repeat: true,
        },
    )
}

/// A Secret with one generated password among its `data`. It is made once and never changed: delete it to get another.
pub(super) fn generated(
    stack: &Stack<'_>,
    names: (&str, &str, &str),
    generator: &str,
    data: BTreeMap<&'static str, String>,
) -> Object {
    let template = Template {
        kind: None,
        metadata: None,
        data,
    };
    filled(stack, names, generator, template)
}

/// The same for a login of CloudNativePG's, which reads it again when it has changed.
pub(super) fn login(stack: &Stack<'_>, names: (&str, &str, &str), user: &str) -> Object {
    let template = Template {
        kind: Some("kubernetes.io/basic-auth"),
        metadata: Some(TemplateMetadata {
            labels: BTreeMap::from([("cnpg.io/reload", "true")]),
        }),
        data: BTreeMap::from([("username", user.to_owned()), ("password", GENERATED.to_owned())]),
    };
    filled(stack, names, names.1, template)
}

fn filled(
    stack: &Stack<'_>,
    (name, part_of, component): (&str, &str, &str),
    generator: &str,
    template: Template,
) -> Object {
    Object::custom(
        stack.meta(name, part_of, component),
        ExternalSecret {
            refresh_policy: Some("CreatedOnce"),
            refresh_interval: None,
            secret_store_ref: None,
            target: SecretTarget {
                name: name.to_owned(),
                template: Some(template),
            },
            data: vec![],
            data_from: vec![Source {
                source_ref: SourceRef {
                    generator_ref: GeneratorRef {
                        api_version: Password::API_VERSION,
                        kind: Password::KIND,
                        name: generator.to_owned(),
                    },
                },
            }],
        },
    )
}
