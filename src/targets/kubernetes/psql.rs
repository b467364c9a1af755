//! Jobs that run SQL against a PostgreSQL cluster of this system, as the owner of its database.

use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, Job, JobSpec, JobTemplateSpec};
use k8s_openapi::api::core::v1::{ConfigMap, Container, PodSpec, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use sha2::{Digest, Sha256};

use super::alarms::alert;
use super::database;
use super::encryption::secret;
use super::stack::{Stack, credentials};
use super::tables::TABLES;
use crate::ir::Database;
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;

/// Where the scripts are.
const SCRIPTS: &str = "/etc/scripts";

/// Seconds without a success after which somebody is told of what runs again and again: of an hourly job three times may fail.
const PATIENCE: u32 = 3 * 60 * 60;

/// Alerts about jobs that have failed for good, and about those that run again and again without success, by the component that they
/// belong to. One that failed once, before there are any tables for example, is nobody's business.
pub(super) fn alarms(stack: &Stack<'_>) -> Vec<Object> {
    if !stack.system.cluster.prometheus {
        return vec![];
    }
    let mut tables = stack.system.tables.iter();
    let expires = tables.any(|(_, table)| table.ttl.is_some());
    let tables = (!stack.system.tables.is_empty()).then_some((TABLES, "tables", expires));
    let warehouses = stack.system.warehouses.iter();
    let warehouses = warehouses.map(|(_, warehouse)| (warehouse.name.as_str(), "warehouse", true));
    let owners = tables.into_iter().chain(warehouses);
    owners
        .map(|(owner, component, expires)| {
            let name = alarm(owner);
            let namespace = stack.namespace_of(owner);
            let mut expr = format!(
                "max by (job_name) (kube_job_failed{{namespace=\"{namespace}\", job_name=~\"{owner}-setup-.+\", condition=\"true\"}}) > 0\n"
            );
            let mut about = format!(
                "The job that makes the tables of {owner} failed: read its pod's log, and delete it when the reason is gone; the next apply \
                 makes it anew."
            );
            if expires {
                let job = expiry(owner);
                let of = format!("{{namespace=\"{namespace}\", cronjob=\"{job}\"}}");
                expr.push_str(&format!(
                    "or time() - (max(kube_cronjob_status_last_successful_time{of}) or max(kube_cronjob_created{of})) > {PATIENCE}\n"
                ));
                about.push_str(&format!(
                    " Or {job} has not succeeded for {} hours: read the logs of its last jobs.",
                    PATIENCE / 3600
                ));
            }
            let spec = alert(stack, (&name, &about, owner), expr, 1);
            Object::custom(stack.meta(name.as_str(), owner, component), spec)
        })
        .collect()
}

/// What clients of CloudNativePG's certificates have to know: its documentation says how long they live.
pub(super) const AUTHORITY: &str = "The operator makes that authority anew when it is 83 days old, and the old one ends a week later: read the \
    file for every new connection, as libpq does, or start clients that read it once (a pool of an image, a truststore of Java) again within \
    every week.";

/// The name of that alert.
pub(super) fn alarm(owner: &str) -> String {
    format!("{owner}-jobs-failed")
}

/// The name of what deletes what has expired.
fn expiry(owner: &str) -> String {
    format!("{owner}-expiry")
}

/// What runs scripts.
pub(super) struct Psql<'a> {
    /// Whose scripts they are.
    pub(super) database: &'a Database,
    /// The identity of the jobs.
    pub(super) account: String,
    /// What the objects are labelled as.
    pub(super) component: &'static str,
    /// Where the authority's certificate is.
    pub(super) authority: String,
    /// The scripts, by file.
    pub(super) config: &'a ConfigMap,
}

impl Psql<'_> {
    /// Runs a script once for each version of it.
    pub(super) fn once(&self, stack: &Stack<'_>, file: &str) -> Object {
        let template = self.pods(stack, file);
        let script = self.config.data.as_ref().and_then(|data| data.get(file));
        let mut hash = Sha256::new();
        hash.update(script.map(String::as_bytes).unwrap_or_default());
        hash.update(serde_json::to_string(&template).unwrap_or_default());
        let version = base16ct::lower::encode_string(&hash.finalize()[..4]);
        let name = &self.database.name;
        Object::new(&Job {
            metadata: stack.meta(format!("{}-{version}", self.account), name, self.component),
            spec: Some(JobSpec {
                // The database and its logins take their time to come up.
                backoff_limit: Some(30),
                template,
                ..Default::default()
            }),
            ..Default::default()
        })
        .about("Another script is another job: one that ran cannot be changed")
    }

    /// Runs what deletes what has expired, again and again.
    pub(super) fn expiry(&self, stack: &Stack<'_>, schedule: &str, file: &str) -> Object {
        let owner = &self.database.name;
        Object::new(&CronJob {
            metadata: stack.meta(expiry(owner), owner, self.component),
            spec: CronJobSpec {
                schedule: schedule.to_owned(),
                time_zone: Some("Etc/UTC".to_owned()),
                concurrency_policy: Some("Forbid".to_owned()),
                job_template: JobTemplateSpec {
                    spec: Some(JobSpec {
                        backoff_limit: Some(1),
                        template: self.pods(stack, file),
                        ..Default::default()
                    }),
                    ..Default::default()
                },
                ..Default::default()
            },
            ..Default::default()
        })
    }

    fn pods(&self, stack: &Stack<'_>, file: &str) -> PodTemplateSpec {
        let database = self.database;
        let authority = secret(&database.name, "ca");
        let path = format!("{SCRIPTS}/{file}");
        let command = ["psql", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--file", &path];
        let container = Container {
            command: Some(command.map(str::to_owned).into()),
            env: Some(vec![
                pod::variable("PGDATABASE", &database.database),
                pod::variable("PGHOST", &database::host(database)),
                pod::secret_variable("PGPASSWORD", &credentials(database), "password", false),
                pod::variable("PGSSLMODE", "verify-full"),
                pod::variable("PGSSLROOTCERT", &format!("{}/ca.crt", self.authority)),
                pod::variable("PGUSER", &database.user),
            ]),
            resources: Some(pod::resources(("50m", "64Mi"), ("500m", "128Mi"))),
            volume_mounts: Some(vec![
                pod::mount("scripts", SCRIPTS, true),
                pod::mount(&authority, &self.authority, true),
            ]),
            ..pod::container("psql", &database::postgres::image(&database.version))
        };
        let volumes = vec![
            pod::config_files("scripts", self.config.metadata.name.as_deref().unwrap_or_default()),
            pod::secret_files(&authority, &authority, &["ca.crt"]),
        ];
        PodTemplateSpec {
            metadata: Some(ObjectMeta {
                labels: Some(stack.labels(&self.account, self.component)),
                ..Default::default()
            }),
            spec: Some(PodSpec {
                restart_policy: Some("OnFailure".to_owned()),
                ..pod::spec(&self.account, vec![container], volumes)
            }),
        }
    }
}
