//! Alarms: what Prometheus asks for its metrics, and when it alerts. Who is told is decided by the cluster's own Alertmanager.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::NetworkPolicyPeer;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::archive_alarms;
use super::bucket_events;
use super::database;
use super::functions::watch;
use super::inbox_alarms;
use super::measures::Measures;
use super::psql;
use super::stack::Stack;
use super::{warehouses, workflows};
use crate::ir::{Alarm, Database, Id, Signal};
use crate::kubernetes::custom::monitoring::{Endpoint, Group, PodMonitor, PrometheusRule, Rule};
use crate::kubernetes::object::Object;
use crate::kubernetes::policy::selector;
use crate::vocabulary::Engine;

/// The annotation of an alert with those whom the blueprint names.
pub(super) const TOLD: &str = "email";

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let watched = stack.servers.iter().filter(|server| stack.measures(server));
    let mut objects: Vec<Object> = watched.filter_map(|server| monitor(stack, &server.database)).collect();
    objects.extend(stack.alarms().iter().map(|alarm| rule(stack, alarm)));
    objects.extend(archive_alarms::objects(stack));
    objects.extend(inbox_alarms::objects(stack));
    objects.extend(watch::objects(stack));
    objects.extend(psql::alarms(stack));
    objects.extend(bucket_events::alarms(stack));
    objects.extend(warehouses::watch::objects(stack));
    objects.extend(workflows::rules(stack));
    objects
}

/// The pods of a Prometheus of the operator, in whichever namespace it runs.
pub(super) fn prometheus() -> NetworkPolicyPeer {
    let labels = [
        ("app.kubernetes.io/managed-by", "prometheus-operator"),
        ("app.kubernetes.io/name", "prometheus"),
    ];
    NetworkPolicyPeer {
        namespace_selector: Some(LabelSelector::default()),
        pod_selector: Some(selector(
            labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        )),
        ..Default::default()
    }
}

/// Where Prometheus finds the metrics of a server; SQL Server has none.
fn monitor(stack: &Stack<'_>, database: &Database) -> Option<Object> {
    let name = database.name.as_str();
    let pods = match database.engine {
        Engine::Postgres => vec![("cnpg.io/cluster", name), ("cnpg.io/podRole", "instance")],
        Engine::Mysql => vec![("component", "mysqld"), ("mysql.oracle.com/cluster", name)],
        Engine::Sqlserver | Engine::Oracle => return None,
    };
    let labels = pods.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
    let monitor = PodMonitor {
        selector: selector(labels.collect()),
        pod_metrics_endpoints: vec![Endpoint {
            port: "metrics",
            ..Default::default()
        }],
    };
    Some(Object::custom(stack.meta(name, name, "database"), monitor))
}

fn rule(stack: &Stack<'_>, alarm: &Alarm) -> Object {
    let id = alarm.signal.database();
    let shards = || Measures::new(stack, id);
    let (expr, minutes) = match alarm.signal {
        Signal::ShardLoad { percent, minutes, .. } => (format!("{} > {percent}\n", shards().load()), minutes),
        Signal::ShardStorage { percent, minutes, .. } => {
            (format!("{} < {percent}\n", shards().free_storage()), minutes)
        }
        Signal::HotShard { points, minutes, .. } => (format!("{} > {points}\n", shards().excess()), minutes),
        Signal::ReplicaLag { seconds, minutes, .. } => (replica_lag(stack, id, seconds), minutes),
    };
    let part_of = &stack.system.databases[id].name;
    let spec = alert(stack, (&alarm.name, &alarm.about, part_of), expr, minutes);
    let object = Object::custom(stack.meta(alarm.name.as_str(), part_of, "database"), spec);
    match alarm.signal {
        Signal::ReplicaLag { .. } => object.comment(
            "spec/groups/0/rules/0/expr",
            "a replica that is not there, or has lost its primary, is behind as well, though it measures nothing",
        ),
        _ => object,
    }
}

/// An alert of a name, with what it means, about a component: when an expression has been true for so many minutes.
pub(super) fn alert(
    stack: &Stack<'_>,
    (name, about, part_of): (&str, &str, &str),
    expr: String,
    minutes: u32,
) -> PrometheusRule {
    let mut annotations = BTreeMap::from([("description", about.to_owned())]);
    if !stack.system.alarm_emails.is_empty() {
        annotations.insert(TOLD, stack.system.alarm_emails.join(", "));
    }
    let rule = Rule {
        alert: name.to_owned(),
        expr,
        lasting: format!("{minutes}m"),
        // Not every part of the expression has one of its own.
        labels: BTreeMap::from([
            ("namespace", stack.namespace_of(part_of)),
            ("severity", "warning".to_owned()),
        ]),
        annotations,
    };
    let group = Group {
        name: format!("{}-{name}", stack.namespace),
        rules: vec![rule],
    };
    PrometheusRule { groups: vec![group] }
}

/// True where a replica is so many seconds behind, or is missing.
fn replica_lag(stack: &Stack<'_>, id: Id<Database>, seconds: u32) -> String {
    let database = &stack.system.databases[id];
    let replicas = database::instances(stack, database) - 1;
    // What the operator calls the targets of a PodMonitor.
    let job = format!("job=\"{}/{}\"", stack.namespace_of(&database.name), database.name);
    if database.engine == Engine::Mysql {
        // A series for each of a server's appliers, which hand transactions to each other.
        let applying = "mysql_perf_schema_applying_transaction_original_commit_timestamp_seconds";
        let members = "mysql_perf_schema_replication_group_member_info";
        return format!(
            "max by (namespace, pod) (time() - ({applying}{{channel_name=\"group_replication_applier\", {job}}} > 0)) > \
             {seconds}\n\
             or (max(count by (pod) ({members}{{{job}, member_role=\"SECONDARY\", member_state=\"ONLINE\"}})) or \
             vector(0)) < {replicas}\n"
        );
    }
    format!(
        "cnpg_pg_replication_lag{{{job}}} > {seconds}\n\
         or (cnpg_pg_replication_in_recovery{{{job}}} == 1 and cnpg_pg_replication_is_wal_receiver_up{{{job}}} == 0)\n\
         or (count(cnpg_pg_replication_in_recovery{{{job}}} == 1) or vector(0)) < {replicas}\n"
    )
}
