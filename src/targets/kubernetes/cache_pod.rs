//! The pods of a cache: the server and, where there are copies, a sentinel and a proxy beside it.

use k8s_openapi::api::core::v1::{
    ConfigMap, Container, ContainerPort, ExecAction, Lifecycle, LifecycleHandler, ProjectedVolumeSource,
    SecretProjection, Volume, VolumeProjection,
};
use serde::Serialize;
use tera::Context;

use super::caches::{INTERNAL, Login, copies};
use super::encryption::secret;
use super::stack::Stack;
use crate::ir::Cache;
use crate::kubernetes::pod::{self, Ask};
use crate::targets::shared::template;

/// On which clients are let in.
pub(super) const PORT: u16 = Cache::PORT;
/// On which the servers of a cache with copies listen, behind their proxies.
pub(super) const SERVER_PORT: u16 = 6380;
/// On which sentinels listen.
pub(super) const SENTINEL_PORT: u16 = 26379;
/// On which a proxy says whether there is a primary.
const HEALTH_PORT: u16 = 8404;

/// MiB of the sentinel and the proxy together.
pub(super) const ASSISTANTS_MB: u32 = 256;

/// Read in November 2026: the newest releases of their long-lived lines.
const IMAGE: &str = "valkey/valkey:9.0.8";
const PROXY_IMAGE: &str = "haproxy:3.2";

/// What the internal user may do: copy, be told who is the primary, say how it is, keep writers waiting while it hands over.
const INTERNAL_RULES: &str = "+ping +info +role +psync +replconf +multi +exec +slaveof +replicaof +config|rewrite +config|set \
    +client|setname +client|kill +client|pause +script|kill +subscribe +publish";

/// Files of the pods: (name, template, only with copies).
const FILES: [(&str, &str, bool); 7] = [
    (
        "valkey.conf",
        include_str!("../../../templates/kubernetes/cache-valkey.conf.tera"),
        false,
    ),
    (
        "tools.sh",
        include_str!("../../../templates/kubernetes/cache-tools.sh.tera"),
        false,
    ),
    (
        "start.sh",
        include_str!("../../../templates/kubernetes/cache-start.sh.tera"),
        false,
    ),
    (
        "ping.sh",
        include_str!("../../../templates/kubernetes/cache-ping.sh.tera"),
        false,
    ),
    (
        "sentinel.sh",
        include_str!("../../../templates/kubernetes/cache-sentinel.sh.tera"),
        true,
    ),
    (
        "handover.sh",
        include_str!("../../../templates/kubernetes/cache-handover.sh.tera"),
        true,
    ),
    (
        "haproxy.cfg",
        include_str!("../../../templates/kubernetes/cache-haproxy.cfg.tera"),
        true,
    ),
];

#[derive(Serialize)]
struct User<'a> {
    name: &'a str,
    rules: &'static str,
}

/// The files of its pods.
pub(super) fn config(stack: &Stack<'_>, cache: &Cache, logins: &[Login]) -> ConfigMap {
    let users: Vec<User<'_>> = logins
        .iter()
        .filter_map(|login| {
            Some(User {
                name: &login.user,
                rules: login.rules?,
            })
        })
        .collect();
    let mut context = Context::new();
    context.insert("name", &cache.name);
    context.insert("copies", &cache.multi_zone);
    context.insert("pods", &copies(cache));
    context.insert("port", &server_port(cache));
    context.insert("front_port", &PORT);
    context.insert("sentinel_port", &SENTINEL_PORT);
    context.insert("health_port", &HEALTH_PORT);
    context.insert("memory_gb", &cache.memory_gb);
    context.insert("policy", cache.eviction.policy());
    context.insert("internal", INTERNAL);
    context.insert("internal_rules", INTERNAL_RULES);
    context.insert("users", &users);
    let files = FILES.into_iter().filter(|(.., copies)| !copies || cache.multi_zone);
    ConfigMap {
        metadata: stack.meta(cache.name.as_str(), &cache.name, "cache"),
        data: Some(
            files
                .map(|(name, text, _)| (name.to_owned(), template::fill(text, &context)))
                .collect(),
        ),
        ..Default::default()
    }
}

fn server_port(cache: &Cache) -> u16 {
    if cache.multi_zone { SERVER_PORT } else { PORT }
}

/// MiB of the server: its data, and a quarter more for what copying and clients take.
pub(super) fn memory_mb(cache: &Cache) -> u32 {
    cache.memory_gb * 1280 + 256
}

pub(super) fn containers(cache: &Cache) -> Vec<Container> {
    if cache.multi_zone {
        vec![server(cache), sentinel(), proxy()]
    } else {
        vec![server(cache)]
    }
}

fn shell(script: &str) -> Option<Vec<String>> {
    let file = format!("/etc/valkey/{script}");
    Some(["/bin/sh", "-eu", &file].map(str::to_owned).into())
}

fn port(name: &str, port: u16) -> ContainerPort {
    ContainerPort {
        name: Some(name.to_owned()),
        container_port: i32::from(port),
        ..Default::default()
    }
}

fn server(cache: &Cache) -> Container {
    let memory = format!("{}Mi", memory_mb(cache));
    let name = if cache.multi_zone { "server" } else { "valkey" };
    let ask = Ask::Command(&["/bin/sh", "-eu", "/etc/valkey/ping.sh"]);
    let hand_over = Lifecycle {
        pre_stop: Some(LifecycleHandler {
            exec: Some(ExecAction {
                command: shell("handover.sh"),
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    Container {
        command: shell("start.sh"),
        ports: Some(vec![port(name, server_port(cache))]),
        resources: Some(pod::resources(("500m", &memory), ("1", &memory))),
        startup_probe: Some(pod::probe(&ask, name, 5, 30)),
        readiness_probe: Some(pod::probe(&ask, name, 10, 3)),
        liveness_probe: Some(pod::probe(&ask, name, 20, 6)),
        lifecycle: cache.multi_zone.then_some(hand_over),
        volume_mounts: Some(vec![
            pod::mount("config", "/etc/valkey", true),
            pod::mount("logins", "/etc/logins", true),
            pod::mount("tls", "/etc/tls", true),
            pod::mount("run", "/run/valkey", false),
        ]),
        ..pod::container("valkey", IMAGE)
    }
}

fn sentinel() -> Container {
    let name = "sentinel";
    Container {
        command: shell("sentinel.sh"),
        ports: Some(vec![port(name, SENTINEL_PORT)]),
        resources: Some(pod::resources(("50m", "128Mi"), ("250m", "128Mi"))),
        readiness_probe: Some(pod::probe(&Ask::Tcp, name, 10, 3)),
        liveness_probe: Some(pod::probe(&Ask::Tcp, name, 20, 6)),
        volume_mounts: Some(vec![
            pod::mount("config", "/etc/valkey", true),
            pod::mount("logins", "/etc/logins", true),
            pod::mount("tls", "/etc/tls", true),
            pod::mount("sentinel", "/run/sentinel", false),
        ]),
        ..pod::container(name, IMAGE)
    }
}

fn proxy() -> Container {
    let ready = Ask::Http {
        path: "/ready",
        scheme: "HTTP",
    };
    let password = ["/bin/sh", "-eu", "-c"].map(str::to_owned);
    let run = format!("CACHE_PASSWORD=\"$(cat /etc/logins/{INTERNAL})\" exec haproxy -db -f /etc/valkey/haproxy.cfg");
    Container {
        command: Some(password.into_iter().chain([run]).collect()),
        ports: Some(vec![port("valkey", PORT), port("health", HEALTH_PORT)]),
        resources: Some(pod::resources(("100m", "128Mi"), ("750m", "128Mi"))),
        readiness_probe: Some(pod::probe(&ready, "health", 5, 3)),
        liveness_probe: Some(pod::probe(&Ask::Tcp, "valkey", 20, 6)),
        volume_mounts: Some(vec![
            pod::mount("config", "/etc/valkey", true),
            pod::mount("logins", "/etc/logins", true),
            pod::mount("tls", "/etc/tls", true),
        ]),
        ..pod::container("proxy", PROXY_IMAGE)
    }
}

pub(super) fn volumes(cache: &Cache, logins: &[Login]) -> Vec<Volume> {
    let sources = logins.iter().map(|login| VolumeProjection {
        secret: Some(SecretProjection {
            name: login.secret.clone(),
            items: Some(vec![pod::key_to_path("password", &login.user)]),
            optional: None,
        }),
        ..Default::default()
    });
    let mut volumes = vec![
        pod::config_files("config", &cache.name),
        Volume {
            name: "logins".to_owned(),
            projected: Some(ProjectedVolumeSource {
                sources: Some(sources.collect()),
                ..Default::default()
            }),
            ..Default::default()
        },
        pod::secret_files("tls", &secret(&cache.name, "tls"), &[]),
        pod::memory("run", "16Mi"),
    ];
    if cache.multi_zone {
        volumes.push(pod::memory("sentinel", "1Mi"));
    }
    volumes
}
