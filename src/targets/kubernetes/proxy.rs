//! ShardingSphere-Proxy in front of the shards of a database: what its pods are started with.
//!
//! They are a StatefulSet, because the unique numbers that a proxy makes carry a number of its own: an ordinal is never held by two pods
//! at once, while two pods' addresses may end alike. Nothing of it outlives a pod.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    ConfigMap, ConfigMapProjection, EnvVar, EnvVarSource, ObjectFieldSelector, ProjectedVolumeSource, SecretProjection,
    Volume, VolumeMount, VolumeProjection,
};

use super::database::reader_port;
use super::secrets;
use super::stack::Stack;
use crate::ir::{Database, Id, Launch, Service, Sharding};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::targets::shared::sharding::{self, FOLDER, HOME, RUN, Servers, Trust};
use crate::vocabulary::Engine;

/// Seconds that it may take at its start to read the tables of one server.
const START: u32 = 10;

/// The login of its clients, and its configuration; nothing for a database whose applications find the shard themselves.
pub(super) fn objects(stack: &Stack<'_>, id: Id<Database>, sharding: &Sharding) -> Vec<Object> {
    if sharding.proxy().is_none() {
        return vec![];
    }
    let database = &stack.system.databases[id];
    let name = database.proxy_name();
    let data = BTreeMap::from([
        ("username", database.user.clone()),
        ("password", secrets::GENERATED.to_owned()),
    ]);
    vec![
        secrets::generator(stack, &name, "service", 32).about("The password with which services log in to the proxy"),
        secrets::generated(stack, (&login(database), &name, "service"), &name, data),
        Object::new(&config(stack, id, sharding)).about("start.sh fills hosts and passwords in, in memory"),
    ]
}

/// The Secret with the login of its clients.
pub(super) fn login(database: &Database) -> String {
    format!("{}-app", database.proxy_name())
}

/// The database that a service is the proxy of.
fn served<'a>(stack: &'a Stack<'_>, service: &Service) -> Option<(Id<Database>, &'a Sharding)> {
    let Launch::ShardingProxy { database, .. } = service.launch else {
        return None;
    };
    Some((database, stack.system.databases[database].sharding.as_ref()?))
}

/// Its configuration, where the service is a proxy.
pub(super) fn config_of(stack: &Stack<'_>, service: &Service) -> Option<ConfigMap> {
    let (id, sharding) = served(stack, service)?;
    Some(config(stack, id, sharding))
}

/// Seconds that a proxy may take to start, which grow with the number of its servers; none for other services.
pub(super) fn start_seconds(stack: &Stack<'_>, service: &Service) -> u32 {
    let servers = served(stack, service).map_or(0, |(_, sharding)| sharding.active().count() + 1);
    u32::try_from(servers).map_or(u32::MAX, |servers| servers.saturating_mul(START))
}

/// The variable that keeps the unique numbers of two proxies apart.
pub(super) fn number(stack: &Stack<'_>, service: &Service) -> Option<EnvVar> {
    let (_, sharding) = served(stack, service)?;
    (!sharding.generated_ids.is_empty()).then(|| EnvVar {
        name: "WORKER_ID".to_owned(),
        value: None,
        value_from: Some(EnvVarSource {
            field_ref: Some(ObjectFieldSelector {
                field_path: "metadata.labels['apps.kubernetes.io/pod-index']".to_owned(),
                api_version: None,
            }),
            ..Default::default()
        }),
    })
}

/// Where it reads and writes.
pub(super) fn volumes(stack: &Stack<'_>, service: &Service) -> Option<(Vec<VolumeMount>, Vec<Volume>)> {
    let (id, sharding) = served(stack, service)?;
    let database = &stack.system.databases[id];
    let mounts = vec![
        pod::mount("config", FOLDER, true),
        pod::mount("run", RUN, false),
        pod::mount("tmp", "/tmp", false),
        pod::mount("logs", &format!("{HOME}/logs"), false),
    ];
    let files = VolumeProjection {
        config_map: Some(ConfigMapProjection {
            name: service.name.clone(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut sources = vec![files];
    if trust(database) == Trust::Name {
        let shards = sharding
            .active()
            .map(|shard| database.shard_server(sharding, shard).name);
        let servers = std::iter::once(database.name.clone()).chain(shards);
        sources.extend(servers.map(|server| authority(&server)));
    }
    let config = Volume {
        name: "config".to_owned(),
        projected: Some(ProjectedVolumeSource {
            sources: Some(sources),
            ..Default::default()
        }),
        ..Default::default()
    };
    let volumes = vec![
        config,
        pod::memory("run", "16Mi"),
        pod::scratch("tmp"),
        pod::scratch("logs"),
    ];
    Some((mounts, volumes))
}

/// The certificate of the authority that CloudNativePG makes for each cluster; its key stands beside it and stays there.
fn authority(server: &str) -> VolumeProjection {
    VolumeProjection {
        secret: Some(SecretProjection {
            name: format!("{server}-ca"),
            items: Some(vec![pod::key_to_path("ca.crt", &format!("trust/{server}.crt"))]),
            optional: None,
        }),
        ..Default::default()
    }
}

/// CloudNativePG's certificates name the Services of a cluster. The router of MySQL makes its own, which no authority has signed, and
/// the operator takes another only from a Secret that is there before the cluster is: one apply makes both at once.
fn trust(database: &Database) -> Trust {
    match database.engine {
        Engine::Postgres => Trust::Name,
        Engine::Mysql | Engine::Sqlserver | Engine::Oracle => Trust::Encrypted,
    }
}

fn config(stack: &Stack<'_>, id: Id<Database>, sharding: &Sharding) -> ConfigMap {
    let database = &stack.system.databases[id];
    let name = database.proxy_name();
    let servers = Servers {
        replica_port: reader_port(database),
        ..Servers::alike(database, trust(database))
    };
    let files = sharding::files(stack.system, id, sharding, servers);
    ConfigMap {
        metadata: stack.meta(name.as_str(), &name, "service"),
        data: Some(
            files
                .into_iter()
                .map(|file| (file.name.to_owned(), file.text))
                .collect(),
        ),
        ..Default::default()
    }
}
