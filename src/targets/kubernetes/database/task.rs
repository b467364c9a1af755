//! Jobs that look after a database from outside: one makes the application's database and login, one makes the backups.

use std::collections::BTreeMap;

use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, Job, JobSpec, JobTemplateSpec};
use k8s_openapi::api::core::v1::{Container, PersistentVolumeClaim, PodSpec, PodTemplateSpec, Volume, VolumeMount};
use k8s_openapi::api::networking::v1::NetworkPolicyPeer;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement, ObjectMeta};
use tera::Context;

use super::container_port;
use crate::ir::Database;
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::kubernetes::policy::{pods, to, to_dns};
use crate::targets::kubernetes::firewall::policy;
use crate::targets::kubernetes::secrets;
use crate::targets::kubernetes::stack::{Stack, credentials};
use crate::targets::shared::template;

/// Name of the job that prepares a database.
pub(super) fn setup(database: &Database) -> String {
    format!("{}-setup", database.name)
}

/// Name of the job that backs a database up.
pub(super) fn backup(database: &Database) -> String {
    format!("{}-backup", database.name)
}

/// Name of the claim that backups go to.
pub(super) fn backups(database: &Database) -> String {
    format!("{}-backups", database.name)
}

/// Name of the Secret with the administrator's login.
pub(super) fn administrator(database: &Database) -> String {
    format!("{}-admin", database.name)
}

/// Fills a script of a job in.
pub(super) fn script(text: &'static str, database: &Database, compression: bool) -> String {
    let mut context = Context::new();
    context.insert("host", &database.name);
    context.insert("database", &database.database);
    context.insert("user", &database.user);
    context.insert("days", &database.backup.retention_days);
    context.insert("compression", &compression);
    template::fill(text, &context)
}

/// The logins of a database: a generator, the administrator's Secret with `more` entries, and the application's.
pub(super) fn logins(
    stack: &Stack<'_>,
    database: &Database,
    administrator_name: &str,
    more: BTreeMap<&'static str, String>,
) -> Vec<Object> {
    let name = database.name.as_str();
    let login = |user: &str| {
        BTreeMap::from([
            ("username", user.to_owned()),
            ("password", secrets::GENERATED.to_owned()),
        ])
    };
    let mut admin = login(administrator_name);
    admin.extend(more);
    let secret = |secret: &str, data| secrets::generated(stack, (secret, name, "database"), name, data);
    vec![
        secrets::generator(stack, name, "database", 32).about("Passwords that are born in the cluster"),
        secret(&administrator(database), admin),
        secret(&credentials(database), login(&database.user)),
    ]
}

/// What a job runs.
pub(super) struct Script<'a> {
    /// Container image with the engine's client.
    pub(super) image: &'a str,
    /// A shell script. `/etc/admin` and `/etc/app` have the logins, `/tmp` is writable.
    pub(super) text: String,
    /// The claim of the backups is mounted on `/backups`.
    pub(super) writes_backups: bool,
}

/// A job that runs once.
pub(super) fn once(stack: &Stack<'_>, database: &Database, script: &Script<'_>) -> Object {
    let name = setup(database);
    Object::new(&Job {
        metadata: stack.meta(name.as_str(), &database.name, "database"),
        spec: Some(JobSpec {
            // The server takes its time to come up.
            backoff_limit: Some(30),
            // A job cannot be changed: when it is gone, the next apply makes it anew, and it does no harm to run twice.
            ttl_seconds_after_finished: Some(3600),
            template: template(stack, database, &name, script),
            ..Default::default()
        }),
        ..Default::default()
    })
}

/// A job that runs at the start of the backup window, every day.
pub(super) fn daily(stack: &Stack<'_>, database: &Database, script: &Script<'_>) -> Object {
    let name = backup(database);
    let window = &database.backup;
    Object::new(&CronJob {
        metadata: stack.meta(name.as_str(), &database.name, "database"),
        spec: CronJobSpec {
            schedule: format!("{} {} * * *", window.minute, window.hour),
            time_zone: Some("Etc/UTC".to_owned()),
            concurrency_policy: Some("Forbid".to_owned()),
            job_template: JobTemplateSpec {
                spec: Some(JobSpec {
                    backoff_limit: Some(2),
                    template: template(stack, database, &name, script),
                    ..Default::default()
                }),
                ..Default::default()
            },
            ..Default::default()
        },
        ..Default::default()
    })
}

/// The claim that backups go to: as large as the data, thrice.
pub(super) fn backup_claim(stack: &Stack<'_>, database: &Database) -> Object {
    let class = stack.system.cluster.storage_class.as_deref();
    Object::new(&PersistentVolumeClaim {
        metadata: stack.meta(backups(database), &database.name, "database"),
        spec: Some(pod::claim(database.storage_gb * 3, class)),
        ..Default::default()
    })
}

/// Lets the jobs reach the server and nothing else. The first value is who they are, for the server's own policy.
pub(super) fn policies(stack: &Stack<'_>, database: &Database) -> (NetworkPolicyPeer, Object) {
    let part_of = stack.pod_labels("").remove("app.kubernetes.io/part-of");
    let jobs = LabelSelector {
        match_labels: part_of.map(|system| [("app.kubernetes.io/part-of".to_owned(), system)].into()),
        match_expressions: Some(vec![LabelSelectorRequirement {
            key: "app.kubernetes.io/name".to_owned(),
            operator: "In".to_owned(),
            values: Some(vec![backup(database), setup(database)]),
        }]),
    };
    let mut policy = policy(
        stack,
        (&database.name, "database"),
        jobs.clone(),
        vec![],
        vec![
            to_dns(),
            to(vec![pods(stack.database_pods(database))], &[container_port(database)]),
        ],
    );
    policy.metadata.name = Some(format!("{}-jobs", database.name));
    (pods(jobs), Object::new(&policy))
}

fn template(stack: &Stack<'_>, database: &Database, name: &str, script: &Script<'_>) -> PodTemplateSpec {
    let command = ["/bin/sh", "-eu", "-c", &script.text];
    let (mut mounts, mut volumes): (Vec<VolumeMount>, Vec<Volume>) = (
        vec![
            pod::mount("tmp", "/tmp", false),
            pod::mount("admin", "/etc/admin", true),
            pod::mount("app", "/etc/app", true),
        ],
        vec![
            pod::scratch("tmp"),
            pod::secret_files("admin", &administrator(database), &[]),
            pod::secret_files("app", &credentials(database), &[]),
        ],
    );
    if script.writes_backups {
        mounts.push(pod::mount("backups", "/backups", false));
        volumes.push(pod::claimed("backups", &backups(database)));
    }
    let container = Container {
        command: Some(command.iter().map(|word| (*word).to_owned()).collect()),
        resources: Some(pod::resources(("100m", "128Mi"), ("1", "1Gi"))),
        volume_mounts: Some(mounts),
        ..pod::container("job", script.image)
    };
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(stack.labels(name, "database")),
            ..Default::default()
        }),
        spec: Some(PodSpec {
            restart_policy: Some("OnFailure".to_owned()),
            ..pod::spec(name, vec![container], volumes)
        }),
    }
}
