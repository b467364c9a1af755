//! What the owner should know.

use super::apis;
use super::compute::kind;
use super::database;
use super::functions;
use super::messages;
use super::operations::operations;
use super::protect;
use super::secrets::{self, remote_key};
use super::skips;
use super::stack::{STORE, Stack};
use super::storage::GRPC_PORT;
use super::storage_config::bucket_name;
use super::stores_readme;
use super::{warehouses, workflows};
use crate::check::SECRETS_READER as READER;
use crate::ir::{Peer, Tls};
use crate::target::Target;
use crate::targets::shared::report::Report;
use crate::vocabulary::{Egress, Engine};

/// The facts of the README.
pub(super) fn report(stack: &Stack<'_>) -> Report {
    let mut report = Report::default();
    components(stack, &mut report);
    prerequisites(stack, &mut report);
    security(stack, &mut report);
    operations(stack, &mut report);
    skips::skips(stack, &mut report);
    report
}

fn has(stack: &Stack<'_>, engine: Engine) -> bool {
    stack.servers.iter().any(|server| server.database.engine == engine)
}

fn components(stack: &Stack<'_>, report: &mut Report) {
    let system = stack.system;
    for (_, service) in system.services.iter().filter(|(_, service)| service.function.is_none()) {
        let scale = &service.scale;
        let route = if service.public {
            ", routed from the public Gateway"
        } else {
            ""
        };
        let kind = kind(service);
        let behind = if service.listens() {
            format!(" behind a Service{route}")
        } else {
            ", without a port".to_owned()
        };
        let what = format!("{kind} of {} to {} pods{behind}", scale.min, scale.max);
        let address = format!("{}/{}", kind.to_lowercase(), service.name);
        report.component(&service.path, what, address);
    }
    for (_, database) in system.databases.iter() {
        let (what, address) = match database.engine {
            Engine::Postgres => ("CloudNativePG cluster", "cluster.postgresql.cnpg.io"),
            Engine::Mysql => ("InnoDB cluster of the MySQL operator", "innodbcluster"),
            Engine::Sqlserver | Engine::Oracle => ("SQL Server, one server", "statefulset"),
        };
        let mut what = format!("{what}, version {}", database.version);
        if database.readers.is_some() {
            let replicas = database::instances(stack, database) - 1;
            what.push_str(&format!(", one primary and {replicas} read replicas"));
        }
        report.component(&database.path, what.as_str(), format!("{address}/{}", database.name));
        if let Some(sharding) = &database.sharding {
            let (shards, each) = (sharding.shards.len(), database.shard_name());
            let path = format!("{}.sharding", database.path);
            report.component(
                &path,
                format!("{shards} times the same: {what}"),
                format!("{address}/{each}-ID"),
            );
        }
    }
    for (_, bucket) in system.buckets.iter() {
        let what = format!("bucket `{}` of the S3 store (SeaweedFS)", bucket_name(stack, bucket));
        report.component(&bucket.path, what, format!("statefulset/{STORE}"));
    }
    functions::readme::components(stack, report);
    workflows::readme::components(stack, report);
    warehouses::readme::components(stack, report);
    messages::components(stack, report);
    stores_readme::components(stack, report);
    apis::readme::components(stack, report);
    for (_, secret) in system.secrets.iter() {
        let what = format!("Secret filled from `{}` of the vault", remote_key(stack, &secret.name));
        report.component(&secret.path, what, format!("externalsecret/{}", secret.name));
    }
}

fn prerequisites(stack: &Stack<'_>, report: &mut Report) {
    let system = stack.system;
    let cluster = &system.cluster;
    let mut needs = |text: String| report.prerequisites.push(text);
    needs(
        "Kubernetes 1.32 or newer, a network plugin that enforces NetworkPolicy in both directions, and \
        metrics-server."
            .to_owned(),
    );
    if has_volumes(stack) {
        let class = match &cluster.storage_class {
            Some(class) => format!("The StorageClass `{class}`"),
            None => "A default StorageClass".to_owned(),
        };
        needs(format!(
            "{class} that encrypts, replicates and can grow volumes; `reclaimPolicy: Retain` keeps them when \
                their claims go."
        ));
    }
    if let Some(public) = &system.public {
        let class = &cluster.gateway_class;
        needs(format!(
            "Gateway API 1.2 or newer with a GatewayClass `{class}` (`[kubernetes] gateway_class`) whose \
                proxies run in the namespace `{}` (`gateway_namespace`).",
            stack.proxy_namespace()
        ));
        let edge = stack.edge_namespace();
        match public.tls(Target::Kubernetes) {
            Tls::Named(secret) => needs(format!(
                "The certificate, in a namespace that is part of the output: first `kubectl apply -f \
                    kubernetes/network.yaml`, then `kubectl --namespace {edge} create secret tls {secret} \
                    --cert=FILE --key=FILE`."
            )),
            Tls::Requested { domain, .. } => needs(format!(
                "cert-manager with a ClusterIssuer `{}` that can prove the ownership of `{domain}`, and a DNS \
                    record for it at the Gateway's address.",
                cluster.cluster_issuer
            )),
            Tls::Off => {}
        }
    }
    apis::readme::prerequisites(stack, &mut needs);
    if operators(stack) {
        needs(
            "An API server on port 443 or 6443, as the pods of databases see it: for another one, override their \
                NetworkPolicies."
                .to_owned(),
        );
    }
    if has(stack, Engine::Postgres) {
        needs("CloudNativePG 1.30 and its Barman Cloud plugin 0.14, both in `cnpg-system`.".to_owned());
    }
    if has(stack, Engine::Mysql) {
        needs("The MySQL operator in `mysql-operator`.".to_owned());
    }
    messages::prerequisites(stack, &mut needs);
    stores_readme::prerequisites(stack, &mut needs);
    let has_caches = !system.caches.is_empty();
    if stack.has_store() || has(stack, Engine::Sqlserver) || has_caches || stack.has_broker() {
        needs("cert-manager, for certificates inside the cluster.".to_owned());
    }
    let has_logins = has(stack, Engine::Mysql) || has(stack, Engine::Sqlserver) || has_caches;
    let copies = !system.domains.is_empty() && stack.has_broker();
    if stack.has_store() || has_logins || copies || !system.secrets.is_empty() {
        needs(
            "External Secrets 2.0 or newer, which also generates the passwords that are born in the cluster."
                .to_owned(),
        );
    }
    if stack.has_alerts() {
        needs(format!(
            "The Prometheus operator, and a Prometheus whose `podMonitorSelector` and `ruleSelector` take objects of \
                the {}; where they ask for a label, add it by `[override.kubernetes.PodMonitor.NAME.\
                metadata.labels]` and the same of each PrometheusRule.",
            namespaces(stack)
        ));
    }
    if system.sharded().any(|(id, ..)| stack.watches(Peer::Shards(id))) {
        needs(format!(
            "In that Prometheus what the kubelets measure (`container_cpu_usage_seconds_total`, `kubelet_volume_stats_*`), as \
                kube-prometheus-stack has it, and a Grafana whose sidecar takes ConfigMaps with the label `grafana_dashboard` \
                from the {}.",
            namespaces(stack)
        ));
    }
    functions::readme::prerequisites(stack, &mut needs);
    workflows::readme::prerequisites(stack, &mut needs);
    if !system.secrets.is_empty() {
        needs(secrets::store(stack));
    }
    needs(
        "Images that run as any user, on a read-only root file system: `/tmp` and `/run` are writable. Stock \
        nginx is not one (`nginxinc/nginx-unprivileged` is)."
            .to_owned(),
    );
}

/// The namespaces of the system, in words.
fn namespaces(stack: &Stack<'_>) -> String {
    let which = if stack.system.domains.is_empty() {
        "namespace"
    } else {
        "namespaces"
    };
    format!("{which} {}", stack.namespaces())
}

/// True if pods report to the API server.
fn operators(stack: &Stack<'_>) -> bool {
    has(stack, Engine::Postgres) || has(stack, Engine::Mysql)
}

/// True if there are databases, or archives of them.
fn has_data(stack: &Stack<'_>) -> bool {
    stack.has_store() || !stack.servers.is_empty()
}

pub(super) fn has_volumes(stack: &Stack<'_>) -> bool {
    stack.has_store() || stack.has_broker() || !stack.servers.is_empty() || !stack.system.streams.is_empty()
}

fn security(stack: &Stack<'_>, report: &mut Report) {
    let system = stack.system;
    let mut says = |text: &str| report.security.push(text.to_owned());
    says(if system.domains.is_empty() {
        "The namespace enforces the restricted Pod Security Standard: no root, no privileges, no capabilities, \
            default seccomp."
    } else {
        "Every namespace enforces the restricted Pod Security Standard: no root, no privileges, no capabilities, \
            default seccomp."
    });
    if !system.domains.is_empty() {
        let namespaces = stack.namespaces();
        says(&format!(
            "Every domain has a namespace of its own, with its own quota, limits, logins and certificates ({namespaces}, the first for \
                what they share). Whoever may administer one sees none of the Secrets of another. What is born in one and used in another \
                is copied by External Secrets as `{READER}` of the namespace that uses it, and a Role beside the original names each Secret \
                that it may read. Policies open connections between namespaces for the same links as within one."
        ));
    }
    if !system.domains.is_empty() && !system.secrets.is_empty() {
        says(&secrets::kept_apart(stack));
    }
    says(
        "No service has an API token, unless it starts workflows. It sees the Secrets that its links name, as variables of its process, and \
            no others.",
    );
    says("Everything is closed in both directions; a NetworkPolicy per component opens what a link says.");
    if system.network.egress == Egress::Nat {
        says("Services reach the internet on ports 443 and 80, and none of the private ranges around the cluster.");
    } else {
        says("Services do not reach the internet.");
    }
    if stack.system.services.iter().any(|(id, _)| workflows::starts(stack, id)) {
        says("Those that start workflows may reach any address on ports 443 and 6443, because of the API server.");
    }
    if operators(stack) {
        says(
            "Database pods may reach any address on ports 443 and 6443: they report to the API server, whose \
                address a NetworkPolicy cannot name. A policy of the network plugin (Cilium: `toEntities: \
                kube-apiserver`) can be tighter.",
        );
    }
    apis::readme::security(stack, &mut says);
    if stack.has_edge() {
        says(
            "The entry point's own namespace has no policies and the baseline standard: its pods, their ports \
                and what they ask are the gateway controller's.",
        );
    }
    if system.internal.is_some() {
        says("Services speak HTTP to each other; a service mesh of the cluster can encrypt between them.");
    }
    if stack
        .system
        .databases
        .iter()
        .any(|(_, item)| item.readers.is_some() && item.proxy().is_none())
    {
        says(
            "A service that only reads a database with replicas reaches none of the ways to its primary, and one that \
                only writes none to the replicas. Both have the same login: it is the network that keeps them apart.",
        );
    }
    for (_, database, sharding) in system.sharded() {
        let (name, shard) = (&database.name, database.shard_name());
        says(&format!(
            "Each shard of `{name}` has a password of its own (`{shard}-ID-app`)."
        ));
        if let Some(proxy) = sharding.proxy() {
            let port = system.services[proxy].port;
            says(&format!(
                "Who can log in to the proxy of `{name}` can have it print the passwords of the servers behind it (`EXPORT DATABASE \
                    CONFIGURATION`). Port {port} is open to the services that use `{name}` and to nobody else; they have the \
                    proxy's login alone and reach no server, and the proxy reaches its servers and nothing else."
            ));
            says(&format!(
                "Between services and the proxy of `{name}`, TLS encrypts and proves nobody's identity: the proxy makes its \
                    certificate at every start, and takes connections in plain text as well."
            ));
        }
    }
    if !stack.alarms().is_empty() || stack.watches_archives() {
        says(
            "Databases tell their metrics, which have no rows of any table, in plain text to the pods of a Prometheus \
                of the operator, in any namespace.",
        );
    }
    if stack.has_store() {
        says(&format!(
            "The object store speaks TLS under an authority of its own and knows one identity per service. What \
                it has without authentication listens on the loopback address, but for the gRPC port {GRPC_PORT} \
                of its S3 server: in plain text, on every address of the pod, and closed by the NetworkPolicy alone."
        ));
    }
    messages::security(stack, &mut says);
    functions::readme::security(stack, &mut says);
    workflows::readme::security(stack, &mut says);
    warehouses::readme::security(stack, &mut says);
    stores_readme::security(stack, &mut says);
    if has_data(stack) {
        says("Databases take connections with TLS only. Encryption at rest is the storage class's.");
    }
    if system.protect {
        let but = if operators(stack) {
            " (those of a database's servers belong to its operator)"
        } else {
            ""
        };
        says(&format!(
            "An admission policy (`{}`, from `kubernetes/{}`) refuses to delete namespaces, volumes{but}, databases, \
                keys, certificates, archives, configuration, queues, topics, network policies and the Gateway, as long as it is there itself.",
            protect::name(stack),
            protect::FOLDER
        ));
    }
}
