//! Parts of pods that look the same everywhere: the restricted security context, resources, probes, volumes.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Capabilities, ConfigMap, ConfigMapVolumeSource, Container, EmptyDirVolumeSource, EnvVar, EnvVarSource, ExecAction,
    HTTPGetAction, KeyToPath, PersistentVolumeClaimSpec, PersistentVolumeClaimVolumeSource, PodSecurityContext,
    PodSpec, Probe, ResourceRequirements, SeccompProfile, SecretKeySelector, SecretVolumeSource, SecurityContext,
    TCPSocketAction, Volume, VolumeMount, VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use sha2::{Digest, Sha256};

/// Any user will do that is not root and not one of the node's own.
pub(crate) const USER: i64 = 10001;

/// What a pod of this system starts from: restricted, without an API token.
pub(crate) fn spec(account: &str, containers: Vec<Container>, volumes: Vec<Volume>) -> PodSpec {
    PodSpec {
        service_account_name: Some(account.to_owned()),
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        security_context: Some(PodSecurityContext {
            run_as_non_root: Some(true),
            run_as_user: Some(USER),
            run_as_group: Some(USER),
            fs_group: Some(USER),
            fs_group_change_policy: Some("OnRootMismatch".to_owned()),
            seccomp_profile: Some(SeccompProfile {
                type_: "RuntimeDefault".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        }),
        containers,
        volumes: (!volumes.is_empty()).then_some(volumes),
        ..Default::default()
    }
}

/// What a container starts from: no privileges, no capabilities, nothing written beside its volumes.
pub(crate) fn container(name: &str, image: &str) -> Container {
    Container {
        name: name.to_owned(),
        image: Some(image.to_owned()),
        // A tag may move.
        image_pull_policy: Some("Always".to_owned()),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            read_only_root_filesystem: Some(true),
            capabilities: Some(Capabilities {
                drop: Some(vec!["ALL".to_owned()]),
                add: None,
            }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Requests and limits: (processor, memory) each.
pub(crate) fn resources(requests: (&str, &str), limits: (&str, &str)) -> ResourceRequirements {
    ResourceRequirements {
        requests: Some(quantities(&[("cpu", requests.0), ("memory", requests.1)])),
        limits: Some(quantities(&[("cpu", limits.0), ("memory", limits.1)])),
        ..Default::default()
    }
}

/// Amounts by name.
pub(crate) fn quantities(amounts: &[(&str, &str)]) -> BTreeMap<String, Quantity> {
    amounts
        .iter()
        .map(|(name, amount)| ((*name).to_owned(), Quantity((*amount).to_owned())))
        .collect()
}

/// An environment variable with a value. Kubernetes would replace `$(NAME)` in it: the dollar is doubled where that could happen.
pub(crate) fn variable(name: &str, value: &str) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value: Some(literal(value)),
        value_from: None,
    }
}

/// Text that Kubernetes leaves as it is in values and arguments.
pub(crate) fn literal(text: &str) -> String {
    if text.contains("$(") || text.contains("$$") {
        text.replace('$', "$$")
    } else {
        text.to_owned()
    }
}

/// An environment variable from a key of a Secret.
pub(crate) fn secret_variable(name: &str, secret: &str, key: &str, optional: bool) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value: None,
        value_from: Some(EnvVarSource {
            secret_key_ref: Some(SecretKeySelector {
                name: secret.to_owned(),
                key: key.to_owned(),
                optional: optional.then_some(true),
            }),
            ..Default::default()
        }),
    }
}

/// How a probe asks.
pub(crate) enum Ask<'a> {
    /// An HTTP request; `scheme` is `HTTP` or `HTTPS`.
    Http { path: &'a str, scheme: &'a str },
    /// A connection.
    Tcp,
    /// A command in the container.
    Command(&'a [&'a str]),
}

/// A probe of the port with the given name, every `period` seconds, that gives up after `failures` of them.
pub(crate) fn probe(ask: &Ask<'_>, port: &str, period: u32, failures: u32) -> Probe {
    let port = IntOrString::String(port.to_owned());
    let mut probe = Probe {
        period_seconds: i32::try_from(period).ok(),
        failure_threshold: i32::try_from(failures).ok(),
        timeout_seconds: Some(5),
        ..Default::default()
    };
    match ask {
        Ask::Http { path, scheme } => {
            probe.http_get = Some(HTTPGetAction {
                path: Some((*path).to_owned()),
                port,
                scheme: (*scheme != "HTTP").then(|| (*scheme).to_owned()),
                ..Default::default()
            });
        }
        Ask::Tcp => probe.tcp_socket = Some(TCPSocketAction { port, host: None }),
        Ask::Command(command) => {
            probe.exec = Some(ExecAction {
                command: Some(command.iter().map(|word| (*word).to_owned()).collect()),
            });
        }
    }
    probe
}

/// A mount of a volume.
pub(crate) fn mount(volume: &str, path: &str, read_only: bool) -> VolumeMount {
    VolumeMount {
        name: volume.to_owned(),
        mount_path: path.to_owned(),
        read_only: read_only.then_some(true),
        ..Default::default()
    }
}

/// Scratch space on the node's disk.
pub(crate) fn scratch(name: &str) -> Volume {
    Volume {
        name: name.to_owned(),
        empty_dir: Some(EmptyDirVolumeSource::default()),
        ..Default::default()
    }
}

/// Scratch space in memory.
pub(crate) fn memory(name: &str, size: &str) -> Volume {
    Volume {
        name: name.to_owned(),
        empty_dir: Some(EmptyDirVolumeSource {
            medium: Some("Memory".to_owned()),
            size_limit: Some(Quantity(size.to_owned())),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// A Secret as files; all its keys where none are named.
pub(crate) fn secret_files(name: &str, secret: &str, keys: &[&str]) -> Volume {
    let items: Vec<KeyToPath> = keys.iter().map(|key| key_to_path(key, key)).collect();
    Volume {
        name: name.to_owned(),
        secret: Some(SecretVolumeSource {
            secret_name: Some(secret.to_owned()),
            items: (!items.is_empty()).then_some(items),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// One key as one file.
pub(crate) fn key_to_path(key: &str, path: &str) -> KeyToPath {
    KeyToPath {
        key: key.to_owned(),
        path: path.to_owned(),
        ..Default::default()
    }
}

/// A ConfigMap as files.
pub(crate) fn config_files(name: &str, config_map: &str) -> Volume {
    Volume {
        name: name.to_owned(),
        config_map: Some(ConfigMapVolumeSource {
            name: config_map.to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The annotation of pods that changes with their configuration, so that they restart with it.
pub(crate) fn fingerprint<'a>(configs: impl IntoIterator<Item = &'a ConfigMap>) -> BTreeMap<String, String> {
    let mut hash = Sha256::new();
    for (name, text) in configs.into_iter().flat_map(|config| config.data.iter().flatten()) {
        hash.update(name.as_bytes());
        hash.update(text.as_bytes());
    }
    let digits = base16ct::lower::encode_string(&hash.finalize()[..8]);
    BTreeMap::from([("cloudgen/config".to_owned(), digits)])
}

/// A claim as a volume.
pub(crate) fn claimed(name: &str, claim: &str) -> Volume {
    Volume {
        name: name.to_owned(),
        persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
            claim_name: claim.to_owned(),
            read_only: None,
        }),
        ..Default::default()
    }
}

/// A claim of so many GiB of a storage class, or of the cluster's default one.
pub(crate) fn claim(gib: u32, class: Option<&str>) -> PersistentVolumeClaimSpec {
    PersistentVolumeClaimSpec {
        access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
        storage_class_name: class.map(str::to_owned),
        resources: Some(VolumeResourceRequirements {
            requests: Some(quantities(&[("storage", &format!("{gib}Gi"))])),
            limits: None,
        }),
        ..Default::default()
    }
}
