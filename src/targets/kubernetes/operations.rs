//! What the owner of a running system does, for the README.

use super::alarms::TOLD;
use super::apis;
use super::archive_alarms;
use super::database::postgres::PLUGIN;
use super::functions;
use super::load_balancer::{NAME, is_istio};
use super::messages;
use super::protect;
use super::readme::has_volumes;
use super::replicas::replicas;
use super::runbook;
use super::stack::{STORE, Stack, credentials};
use super::storage::volume_gb;
use super::stores_readme;
use super::{warehouses, workflows};
use crate::ir::{Database, Id, Peer, Value};
use crate::targets::shared::report::Report;
use crate::vocabulary::Engine;

pub(super) fn operations(stack: &Stack<'_>, report: &mut Report) {
    let mut says = |text: String| report.operations.push(text);
    entry_point(stack, &mut says);
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
    if !stack.system.domains.is_empty() {
        says(domains(stack));
    }
    for (id, database) in stack.system.databases.iter() {
        says(upkeep(database));
        if let Some(sharding) = &database.sharding {
            runbook::shards(stack, id, sharding, &mut says);
        } else if database.engine == Engine::Postgres {
            says(restore(stack, id));
        }
        if database.readers.is_some() {
            replicas(stack, id, &mut says);
        }
    }
    alarms(stack, &mut says);
    apis::readme::operations(stack, &mut says);
    messages::operations(stack, &mut says);
    functions::readme::operations(stack, &mut says);
    workflows::readme::operations(stack, &mut says);
    warehouses::readme::operations(stack, &mut says);
    stores_readme::operations(stack, &mut says);
    if let Some(text) = servers(stack) {
        says(text);
    }
    if stack.has_store() {
        store(stack, &mut says);
    }
    removal(stack, &mut says);
    says(left_out(stack));
}

fn entry_point(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    let Some(public) = &stack.system.public else { return };
    let point = match &public.domain {
        Some(domain) => format!(" Point `{domain}` at it."),
        None => String::new(),
    };
    says(format!(
        "The public address: `kubectl --namespace {} get gateway {NAME}`.{point} Web application firewall, access \
            logs and the TLS policy are the gateway controller's.",
        stack.edge_namespace()
    ));
    says(if is_istio(stack) {
        format!(
            "The ConfigMap `{NAME}` asks Istio (1.26 or newer) for two to five proxies, one of them down at a time."
        )
    } else {
        "How many proxies stand behind the Gateway is the gateway controller's: two at least should.".to_owned()
    });
}

/// What it means that every domain has a namespace.
fn domains(stack: &Stack<'_>) -> String {
    let names: Vec<String> = stack
        .system
        .domains
        .iter()
        .map(|(_, domain)| format!("`{}`", domain.name))
        .collect();
    format!(
        "What belongs to a domain is in its own namespace, `{}-DOMAIN`, and in its own folder ({}), which can be applied alone once what all \
            share is there: `kubectl apply -k kubernetes/DOMAIN`. The README of a folder says what goes in and out. From another namespace a \
            component is called `NAME.{}-DOMAIN`. An object that is named without a namespace in this file is in that of its component. A \
            password that was changed where it is born reaches its copies within an hour. A system that was rendered when all was in one \
            namespace does not move by an apply, which makes everything anew beside what is there: take the data along (see how to restore \
            a database), then delete the old objects.",
        stack.namespace,
        names.join(", "),
        stack.namespace
    )
}

fn upkeep(database: &Database) -> String {
    let (name, days) = (&database.name, database.backup.retention_days);
    let at = database.backup.time(0);
    match database.engine {
        Engine::Postgres => format!(
            "`{name}`: a base backup at {at} UTC and the write-ahead log go to the object store and stay {days} \
                days. To rotate the password, change it in the Secret `{name}-app`: the operator alters the login, \
                then restart the services. The image's tag names the major version, and a node keeps the minor \
                release that it pulled first: to update, or to run the same everywhere, name a release in \
                `[override.kubernetes.Cluster.{name}.spec] imageName`."
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

/// How to restore a PostgreSQL database into a new cluster.
fn restore(stack: &Stack<'_>, id: Id<Database>) -> String {
    let database = &stack.system.databases[id];
    let (name, owner) = (&database.name, &database.user);
    let new = format!("{name}-2");
    let policies = if stack.archives_one() {
        format!("The network policies know `{new}` already.")
    } else {
        format!(
            "Network policies add up: apply {} once more, with other names and with `{new}` in the place of `{name}` \
                under `cnpg.io/cluster`.",
            stack.policy_files(database)
        )
    };
    let monitors = if stack.system.cluster.prometheus {
        format!(", and a PodMonitor and the alerts of `{new}`")
    } else {
        String::new()
    };
    let mut switches: Vec<String> = vec![];
    for (_, service) in stack.system.services.iter() {
        for setting in &service.settings {
            let to = match &setting.value {
                Value::DatabaseHost(used) if *used == id => format!("`{new}-rw`"),
                Value::ReaderHost(used) if *used == id => format!("`{new}-ro`"),
                Value::DatabasePassword(used) if *used == id => format!("the Secret `{new}-app`"),
                Value::DatabaseSecret(used) if *used == id => format!("`{new}-app`"),
                _ => continue,
            };
            switches.push(format!("`{}` of `{}` to {to}", setting.name, service.name));
        }
    }
    let switches = if switches.is_empty() {
        String::new()
    } else {
        format!(
            " Then switch the services, by overrides of the entries in their Deployments' `env`: {}.",
            switches.join(", ")
        )
    };
    format!(
        "To restore `{name}` to any moment of those days, apply a Cluster `{new}`: the specification of `{name}` with \
            `bootstrap: {{recovery: {{source: {name}, database: {}, owner: {owner}, recoveryTarget: {{targetTime: \
            MOMENT}}}}}}` instead of its own, `externalClusters: [{{name: {name}, plugin: {{name: {PLUGIN}, \
            parameters: {{barmanObjectName: {name}, serverName: {name}}}}}}}]`, and `serverName: {new}` beside \
            `barmanObjectName` under its `plugins`, which gives it an archive of its own; a ScheduledBackup of \
            `{new}` goes with it{monitors}. {policies} The operator makes the Secret `{}`.{switches}",
        database.database,
        credentials(database).replacen(name, &new, 1)
    )
}

fn alarms(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    for alarm in stack.alarms() {
        says(format!(
            "`{}`: an alert of Prometheus, from the PrometheusRule of that name. {}",
            alarm.name, alarm.about
        ));
    }
    archive_alarms::operations(stack, says);
    if !stack.has_alerts() {
        return;
    }
    let watched = |id| stack.watches(Peer::Database(id)) || stack.watches(Peer::Shards(id));
    let exported = stack
        .system
        .databases
        .iter()
        .filter(|(_, database)| database.engine == Engine::Mysql);
    for (_, database) in exported.filter(|(id, _)| watched(*id)) {
        let name = &database.name;
        says(format!(
            "Beside every server of `{name}` runs the release of mysqld_exporter that the operator is tested with; later \
                ones misread the socket in the operator's configuration. When that is mended: \
                `[override.kubernetes.InnoDBCluster.{name}.spec.metrics] image`."
        ));
    }
    if !stack.system.alarm_emails.is_empty() {
        says(format!(
            "Whom the blueprint names to be told stands in the annotation `{TOLD}` of each alert. Whether they are is \
                decided by the cluster's Alertmanager: a receiver with `email_configs: [{{to: '{{{{ \
                .CommonAnnotations.{TOLD} }}}}'}}]` and a route for the label `namespace`, which groups by it, writes to \
                them."
        ));
    }
}

fn store(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    let size = volume_gb(stack);
    let namespace = &stack.namespace;
    says(format!(
        "The object store keeps all buckets on one volume of {size} GiB: 100 for each bucket of the blueprint, and \
            for each database's archive half of its storage for every day of retention and one more. Watch \
            `kubelet_volume_stats_available_bytes` of the claim `data-{STORE}-0`, and grow it (`kubectl --namespace \
            {namespace} edit pvc data-{STORE}-0`) before it is full: a full store stops the archives, and then the \
            databases' own volumes fill with their logs. It is one pod: while its node fails over, buckets and \
            archives wait."
    ));
    says(format!(
        "When a changed blueprint changes that size, grow the claim, and take the StatefulSet away with `kubectl \
            --namespace {namespace} delete statefulset {STORE} --cascade=orphan` before the apply, which cannot \
            change its template{}.",
        match stack.system.protect {
            true => " (the policy that protects the system refuses this too: lift it before, as for removal)",
            false => "",
        }
    ));
    if !stack.system.buckets.is_empty() {
        says(format!(
            "S3 clients find the service's identity in `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, and the \
                authority in `AWS_CA_BUNDLE`, which boto3, the AWS CLI and Go read and which replaces the public \
                roots for them. Java wants a truststore with that file, Node its path in `NODE_EXTRA_CA_CERTS`. \
                Clients must address buckets by path. To change a key, delete the Secret `{STORE}-NAME` and \
                restart the store and the service."
        ));
    }
    if stack.system.buckets.iter().any(|(_, bucket)| bucket.versioning) {
        says("Previous versions of objects go after 30 days.".to_owned());
    }
    says("What is in the cluster does not outlive it: copy buckets and archives elsewhere.".to_owned());
}

/// What is as large in every environment.
fn servers(stack: &Stack<'_>) -> Option<String> {
    let system = stack.system;
    let kinds = [
        (stack.has_broker(), "RabbitMQ"),
        (!system.streams.is_empty(), "Kafka"),
        (!system.tables.is_empty(), "the PostgreSQL cluster of the tables"),
    ];
    let kinds: Vec<&str> = kinds
        .into_iter()
        .filter(|(there, _)| *there)
        .map(|(_, kind)| kind)
        .collect();
    (!kinds.is_empty()).then(|| {
        format!(
            "Three servers each, in every environment and without `protect` too: {}. Overrides of the `resources` of their objects make \
                them smaller where little is asked of them.",
            kinds.join(", ")
        )
    })
}

fn removal(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    let (lift, folder) = (protect::lift(stack), protect::FOLDER);
    says(
        "An apply prunes nothing: compare two renders (`git diff`), and delete from the cluster what the newer one \
            no longer has."
            .to_owned(),
    );
    if stack.system.protect {
        says(format!(
            "The policy refuses that for more than what holds data: ConfigMaps, StatefulSets, Queues, KafkaTopics, Certificates and \
                NetworkPolicies of a component that is gone as well. Never `kubectl delete -k` while the system is protected: what holds data stays, but services and routes \
                go until the next apply. To delete one guarded object: {lift}, delete it, apply \
                `kubernetes/{folder}` again."
        ));
        says(format!(
            "To delete the system with its data: `protect = false`, render, apply, {lift}, then `kubectl delete -k \
                kubernetes`."
        ));
    } else {
        says(format!(
            "If the system was protected before, its policy is still there: {lift}."
        ));
    }
    if has_volumes(stack) {
        says(
            "Under `reclaimPolicy: Retain` the PersistentVolumes stay when their claims are gone, with all data: \
                delete them, and the disks behind them, by hand."
                .to_owned(),
        );
    }
}

/// What the blueprint asks for and a plain cluster has no place for.
fn left_out(stack: &Stack<'_>) -> String {
    let mut left = vec!["the network itself (`[network]` says zones and egress only)"];
    let tiers = |bucket: &crate::ir::Bucket| {
        bucket.lifecycle.cool_after_days.is_some() || bucket.lifecycle.archive_after_days.is_some()
    };
    if stack.system.buckets.iter().any(|(_, bucket)| tiers(bucket)) {
        left.push("cool and archive tiers of buckets (the store has one class; objects are deleted when it says so)");
    }
    if stack.system.budget.is_some() {
        left.push("the budget");
    }
    let archives = stack.archived().next().is_some();
    let wanted = archives || !stack.system.alarms.is_empty() || !stack.system.inbox_alarms.is_empty();
    if wanted && !stack.system.cluster.prometheus {
        left.push("alarms (`[kubernetes] prometheus`)");
    }
    left.push("logs and their retention");
    left.push("nodes");
    left.push("administration of machines");
    format!("Left out, or to the platform: {}.", left.join(", "))
}
