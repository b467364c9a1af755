//! What is watched about the archives of databases: a log that is not archived fills the volume, and without backups nothing is restored.

use std::collections::BTreeMap;

use super::alarms::alert;
use super::stack::{Server, Stack};
use crate::kubernetes::object::Object;

/// Segments of the log, of 16 MiB each, that may wait to be archived, and for how many minutes more may.
const WAITING: (u32, u32) = (20, 15);
/// Hours without a new base backup: a day, and the time that a large one takes.
const HOURS: u32 = 30;

/// The databases with archives, by name, and their servers: one with shards has several.
fn archived<'s>(stack: &'s Stack<'_>) -> BTreeMap<&'s str, Vec<&'s Server<'s>>> {
    let mut all: BTreeMap<&str, Vec<&Server<'_>>> = BTreeMap::new();
    for server in stack.archived().filter(|_| stack.watches_archives()) {
        let owner = server.of.map(|id| &stack.system.databases[id].name);
        all.entry(owner.unwrap_or(&server.database.name))
            .or_default()
            .push(server);
    }
    all
}

fn alarm(owner: &str) -> String {
    format!("{owner}-archive")
}

fn about(owner: &str) -> String {
    format!(
        "More than {} segments of the log of {owner} have waited for {} minutes to be archived, or there has been no new base backup for \
         {HOURS} hours: look at the object store and its volume, and at the log of the container `plugin-barman-cloud`. What waits fills the \
         database's own volume.",
        WAITING.0, WAITING.1
    )
}

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let rule = |(owner, servers): (&str, Vec<&Server<'_>>)| {
        let jobs = servers.into_iter().map(|server| {
            let name = &server.database.name;
            format!("{}/{name}", stack.namespace_of(name))
        });
        let of = format!("job=~\"{}\"", jobs.collect::<Vec<String>>().join("|"));
        let expr = format!(
            "max by (job) (cnpg_collector_pg_wal_archive_status{{{of}, value=\"ready\"}}) > {}\n\
             or time() - max by (job) (barman_cloud_cloudnative_pg_io_last_available_backup_timestamp{{{of}}}) > {}\n",
            WAITING.0,
            HOURS * 60 * 60
        );
        let name = alarm(owner);
        let spec = alert(stack, (&name, &about(owner), owner), expr, WAITING.1);
        Object::custom(stack.meta(name.as_str(), owner, "database"), spec)
    };
    archived(stack).into_iter().map(rule).collect()
}

/// For the README.
pub(super) fn operations(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    for owner in archived(stack).into_keys() {
        says(format!(
            "`{}`: an alert of Prometheus, from the PrometheusRule of that name. {}",
            alarm(owner),
            about(owner)
        ));
    }
}
