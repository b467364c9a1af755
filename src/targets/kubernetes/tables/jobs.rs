//! The jobs that make tables, and delete what has expired.

use std::collections::BTreeMap;

use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, Job, JobSpec, JobTemplateSpec};
use k8s_openapi::api::core::v1::{ConfigMap, Container, PodSpec, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use sha2::{Digest, Sha256};

use super::script::script;
use super::{CA_FOLDER, DATABASE, TABLES, VERSION, database_of_tables};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::targets::kubernetes::database;
use crate::targets::kubernetes::encryption::secret;
use crate::targets::kubernetes::stack::{Stack, credentials};

/// What the jobs run.
pub(super) fn config(stack: &Stack<'_>) -> ConfigMap {
    let mut data = BTreeMap::from([("tables.sql".to_owned(), script(stack))]);
    let expiring: Vec<String> = stack
        .system
        .tables
        .iter()
        .filter_map(|(_, table)| {
            let ttl = table.ttl.as_ref()?;
            Some(format!(
                "DELETE FROM \"{}\" WHERE \"{ttl}\" < extract(epoch FROM now());\n",
                table.name
            ))
        })
        .collect();
    if !expiring.is_empty() {
        data.insert("expire.sql".to_owned(), expiring.concat());
    }
    ConfigMap {
        metadata: stack.meta(format!("{TABLES}-scripts"), TABLES, "tables"),
        data: Some(data),
        ..Default::default()
    }
}

/// The identity of the jobs.
pub(in crate::targets::kubernetes) const SETUP: &str = "table-store-setup";

/// Makes what is missing, once for each version of the script.
pub(super) fn setup(stack: &Stack<'_>, config: &ConfigMap) -> Object {
    let digest = Sha256::digest(script(stack).as_bytes());
    let version: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    Object::new(&Job {
        metadata: stack.meta(format!("{SETUP}-{version}"), TABLES, "tables"),
        spec: Some(JobSpec {
            // The database and its logins take their time to come up.
            backoff_limit: Some(30),
            template: pods_of_job(stack, config, "tables.sql"),
            ..Default::default()
        }),
        ..Default::default()
    })
    .about("Another script is another job: one that ran cannot be changed")
}

/// Deletes what has expired.
pub(super) fn expiry(stack: &Stack<'_>) -> Option<Object> {
    let config = config(stack);
    config.data.as_ref()?.get("expire.sql")?;
    let job = CronJob {
        metadata: stack.meta(format!("{TABLES}-expiry"), TABLES, "tables"),
        spec: CronJobSpec {
            schedule: "*/10 * * * *".to_owned(),
            time_zone: Some("Etc/UTC".to_owned()),
            concurrency_policy: Some("Forbid".to_owned()),
            job_template: JobTemplateSpec {
                spec: Some(JobSpec {
                    backoff_limit: Some(1),
                    template: pods_of_job(stack, &config, "expire.sql"),
                    ..Default::default()
                }),
                ..Default::default()
            },
            ..Default::default()
        },
        ..Default::default()
    };
    Some(Object::new(&job))
}

fn pods_of_job(stack: &Stack<'_>, config: &ConfigMap, file: &str) -> PodTemplateSpec {
    let login = credentials(&database_of_tables());
    let path = format!("/etc/scripts/{file}");
    let command = ["psql", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--file", &path];
    let container = Container {
        command: Some(command.map(str::to_owned).into()),
        env: Some(vec![
            pod::variable("PGDATABASE", DATABASE),
            pod::variable("PGHOST", &format!("{TABLES}-rw")),
            pod::secret_variable("PGPASSWORD", &login, "password", false),
            pod::variable("PGSSLMODE", "verify-full"),
            pod::variable("PGSSLROOTCERT", &format!("{CA_FOLDER}/ca.crt")),
            pod::variable("PGUSER", DATABASE),
        ]),
        resources: Some(pod::resources(("50m", "64Mi"), ("500m", "128Mi"))),
        volume_mounts: Some(vec![
            pod::mount("scripts", "/etc/scripts", true),
            pod::mount(&secret(TABLES, "ca"), CA_FOLDER, true),
        ]),
        ..pod::container("psql", &database::postgres::image(VERSION))
    };
    let volumes = vec![
        pod::config_files("scripts", config.metadata.name.as_deref().unwrap_or_default()),
        pod::secret_files(&secret(TABLES, "ca"), &secret(TABLES, "ca"), &["ca.crt"]),
    ];
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(stack.labels(SETUP, "tables")),
            ..Default::default()
        }),
        spec: Some(PodSpec {
            restart_policy: Some("OnFailure".to_owned()),
            ..pod::spec(SETUP, vec![container], volumes)
        }),
    }
}
