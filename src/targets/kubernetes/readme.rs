//! What the owner should know.

use super::load_balancer::NAME;
use super::secrets::remote_key;
use super::stack::{STORE, Stack};
use super::storage::VOLUME_GB;
use super::storage_config::bucket_name;
use crate::ir::{Database, Launch, Tls};
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
    skips(stack, &mut report);
    report
}

fn has(stack: &Stack<'_>, engine: Engine) -> bool {
    stack.system.databases.iter().any(|(_, item)| item.engine == engine)
}

fn components(stack: &Stack<'_>, report: &mut Report) {
    let system = stack.system;
    for (_, service) in system.services.iter() {
        let scale = &service.scale;
        let route = if service.public {
            ", routed from the public Gateway"
        } else {
            ""
        };
        let what = format!(
            "Deployment of {} to {} pods behind a Service{route}",
            scale.min, scale.max
        );
        report.component(&service.path, what, format!("deployment/{}", service.name));
    }
    for (_, database) in system.databases.iter() {
        let (what, address) = match database.engine {
            Engine::Postgres => ("CloudNativePG cluster", "cluster.postgresql.cnpg.io"),
            Engine::Mysql => ("InnoDB cluster of the MySQL operator", "innodbcluster"),
            Engine::Sqlserver | Engine::Oracle => ("SQL Server, one server", "statefulset"),
        };
        let what = format!("{what}, version {}", database.version);
        report.component(&database.path, what, format!("{address}/{}", database.name));
    }
    for (_, bucket) in system.buckets.iter() {
        let what = format!("bucket `{}` of the S3 store (SeaweedFS)", bucket_name(stack, bucket));
        report.component(&bucket.path, what, format!("statefulset/{STORE}"));
    }
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
                "The certificate: `kubectl --namespace {edge} create secret tls {secret} --cert=FILE \
                    --key=FILE` (the namespace is part of the output)."
            )),
            Tls::Requested { domain, .. } => needs(format!(
                "cert-manager with a ClusterIssuer `{}` that can prove the ownership of `{domain}`, and a DNS \
                    record for it at the Gateway's address.",
                cluster.cluster_issuer
            )),
            Tls::Off => {}
        }
    }
    if has(stack, Engine::Postgres) {
        needs("CloudNativePG 1.30 and its Barman Cloud plugin 0.14, both in `cnpg-system`.".to_owned());
    }
    if has(stack, Engine::Mysql) {
        needs("The MySQL operator in `mysql-operator`.".to_owned());
    }
    if stack.has_store() || has(stack, Engine::Sqlserver) {
        needs("cert-manager, for certificates inside the cluster.".to_owned());
    }
    if stack.has_store() || has(stack, Engine::Mysql) || has(stack, Engine::Sqlserver) || !system.secrets.is_empty() {
        needs(
            "External Secrets 2.0 or newer, which also generates the passwords that are born in the cluster."
                .to_owned(),
        );
    }
    if !system.secrets.is_empty() {
        needs(format!(
            "A ClusterSecretStore `{}` (`[kubernetes] secret_store`) with an entry `{}/NAME` per secret, its \
                value under the key `value`.",
            cluster.secret_store, system.prefix
        ));
    }
    needs(
        "Images that run as any user, on a read-only root file system: `/tmp` and `/run` are writable. Stock \
        nginx is not one (`nginxinc/nginx-unprivileged` is)."
            .to_owned(),
    );
}

fn has_volumes(stack: &Stack<'_>) -> bool {
    stack.has_store() || !stack.system.databases.is_empty()
}

fn security(stack: &Stack<'_>, report: &mut Report) {
    let system = stack.system;
    let mut says = |text: &str| report.security.push(text.to_owned());
    says(
        "The namespace enforces the restricted Pod Security Standard: no root, no privileges, no capabilities, \
            default seccomp.",
    );
    says(
        "No service has an API token. It sees the Secrets that its links name, as variables of its process, and \
            no others.",
    );
    says("Everything is closed in both directions; a NetworkPolicy per component opens what a link says.");
    if system.network.egress == Egress::Nat {
        says("Services reach the internet on ports 443 and 80, and none of the private ranges around the cluster.");
    } else {
        says("Services do not reach the internet.");
    }
    if has(stack, Engine::Postgres) || has(stack, Engine::Mysql) {
        says(
            "Database pods may reach any address on ports 443 and 6443: they report to the API server, whose \
                address a NetworkPolicy cannot name. A policy of the network plugin (Cilium: `toEntities: \
                kube-apiserver`) can be tighter.",
        );
    }
    if system.public.is_some() {
        says(
            "The entry point's own namespace has no policies and the baseline standard: its pods, their ports \
                and what they ask are the gateway controller's.",
        );
    }
    if system.internal.is_some() {
        says("Services speak HTTP to each other; a service mesh of the cluster can encrypt between them.");
    }
    if stack.has_store() {
        says(
            "The object store speaks TLS under an authority of its own and knows one identity per service; what \
                it has without authentication listens on the loopback address.",
        );
    }
    if has_volumes(stack) {
        says("Databases take connections with TLS only. Encryption at rest is the storage class's.");
    }
    if system.protect {
        says(
            "An admission policy refuses to delete the namespace and what holds data, as long as it is there \
                itself: `kubectl delete -k` takes it away last, so the same command given twice would go \
                through.",
        );
    }
}

fn operations(stack: &Stack<'_>, report: &mut Report) {
    let system = stack.system;
    let mut says = |text: String| report.operations.push(text);
    if system.public.is_some() {
        says(format!(
            "The public address: `kubectl --namespace {} get gateway {NAME}`. Web application firewall, access \
                logs and the TLS policy are the gateway controller's.",
            stack.edge_namespace()
        ));
    }
    says(
        "Services call each other through Services, which spread connections, not requests: a caller that \
        keeps connections open reaches new pods as it renews them."
            .to_owned(),
    );
    says(
        "An image that is named by a tag is pulled at every start; name it by its digest (`image@sha256:...`) \
        to run the same bytes everywhere."
            .to_owned(),
    );
    says(
        "For images of a private registry, add `imagePullSecrets` to the service accounts, or let the nodes \
        pull by their own identity."
            .to_owned(),
    );
    for (_, database) in system.databases.iter() {
        says(database_operations(database));
    }
    if stack.has_store() {
        let grow = format!(
            "The object store keeps all buckets on one volume of {VOLUME_GB} GiB: grow its claim (`kubectl \
                --namespace {} edit pvc data-{STORE}-0`) before it is full. It is one pod: while its node fails \
                over, buckets and database archives wait.",
            stack.namespace
        );
        says(grow);
        says(format!(
            "S3 clients find the service's identity in `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and \
                `AWS_CA_BUNDLE` without further setting; they must address buckets by path. To change a key, \
                delete the Secret `{STORE}-NAME` and restart the store and the service."
        ));
        says("What is in the cluster does not outlive it: copy buckets and archives elsewhere.".to_owned());
    }
    if system.protect {
        says("To delete the system with its data: `protect = false`, render, apply, then delete.".to_owned());
    }
    says(
        "Left to the platform: the network itself (`[network]` says zones and egress only), logs and their \
        retention, nodes, administration of machines."
            .to_owned(),
    );
}

fn database_operations(database: &Database) -> String {
    let (name, days) = (&database.name, database.backup.retention_days);
    let at = database.backup.time(0);
    match database.engine {
        Engine::Postgres => format!(
            "`{name}`: a base backup at {at} UTC and the write-ahead log go to the object store and stay {days} \
                days; restore to any moment of them into a new cluster with `bootstrap.recovery`. To rotate the \
                password, change it in the Secret `{name}-app`: the operator alters the login, then restart the \
                services."
        ),
        Engine::Mysql => format!(
            "`{name}`: a dump at {at} UTC on the claim `{name}-backups`, {days} of them; nothing between two \
                dumps can be restored. To rotate the password: `ALTER USER`, the same value into the Secret \
                `{name}-app`, then restart the services."
        ),
        Engine::Sqlserver | Engine::Oracle => format!(
            "`{name}`: a full backup at {at} UTC on the claim `{name}-backups`, {days} of them; nothing between \
                two backups can be restored. The server accepts Microsoft's licence terms on your behalf. To \
                rotate the password: `ALTER LOGIN`, the same value into the Secret `{name}-app`, then restart \
                the services."
        ),
    }
}

fn skips(stack: &Stack<'_>, report: &mut Report) {
    let services = || stack.system.services.iter();
    let mut by_tag: Vec<String> = services()
        .filter(|(_, service)| !matches!(&service.launch, Launch::Container { image, .. } if image.contains('@')))
        .map(|(_, service)| format!("Deployment {}", service.name))
        .collect();
    let mut told: Vec<String> = services()
        .filter(|(id, service)| {
            stack.uses_store(*id) || service.settings.iter().any(|setting| setting.value.is_secret())
        })
        .map(|(_, service)| format!("Deployment {}", service.name))
        .collect();
    if stack.has_store() {
        by_tag.push(format!("StatefulSet {STORE}"));
    }
    for (_, database) in stack.system.databases.iter() {
        let name = &database.name;
        if database.engine != Engine::Postgres {
            by_tag.push(format!("Job {name}-setup, CronJob {name}-backup"));
        }
        if database.engine == Engine::Sqlserver {
            let server = format!("StatefulSet {name}");
            report.skip(
                "CKV_K8S_22",
                &server,
                "nothing promises that the server leaves its image alone",
            );
            let why = "its binary carries NET_BIND_SERVICE, which the restricted standard admits";
            report.skip("CKV_K8S_25", &server, why);
            by_tag.push(server.clone());
            told.push(server);
        }
    }
    if !by_tag.is_empty() {
        let why = "images are as the blueprint names them, the others by release: the digest is the owner's choice";
        report.skip("CKV_K8S_43", &by_tag.join(", "), why);
    }
    if !told.is_empty() {
        let why = "settings reach the process as environment variables, on every target";
        report.skip("CKV_K8S_35", &told.join(", "), why);
    }
}
