//! What the owner knows and does about tables and streams, for the README.

use super::psql;
use super::stack::Stack;
use super::streams::{self, STREAMS};
use super::tables::{self, TABLES};
use crate::targets::shared::report::Report;

/// Rows of the table of components.
pub(super) fn components(stack: &Stack<'_>, report: &mut Report) {
    for (_, table) in stack.system.tables.iter() {
        let what = format!("table `{}` of a PostgreSQL database (CloudNativePG)", table.name);
        report.component(&table.path, what, format!("cluster.postgresql.cnpg.io/{TABLES}"));
    }
    for (_, stream) in stack.system.streams.iter() {
        let what = format!(
            "Kafka topic of {} partitions, three copies (Strimzi)",
            stream.partitions
        );
        report.component(&stream.path, what, format!("kafkatopic/{}", stream.name));
    }
}

/// What must be there before the first apply.
pub(super) fn prerequisites(stack: &Stack<'_>, mut needs: impl FnMut(String)) {
    if !stack.system.streams.is_empty() {
        needs(format!(
            "Strimzi 1.2, which watches the namespace `{}` and knows Kafka 4.3.",
            stack.namespace_of(STREAMS)
        ));
    }
}

/// What is done for security.
pub(super) fn security(stack: &Stack<'_>, mut says: impl FnMut(&str)) {
    if !stack.system.streams.is_empty() {
        says(
            "Every service that sends to or reads a stream has a login of its own at Kafka (SCRAM over TLS), with rights on the topics and \
                the consumer group that its links name and on nothing else; nobody makes topics but the operator.",
        );
    }
    if !stack.system.tables.is_empty() {
        says(
            "Every service that uses tables has a login of its own at their database, with rights on the tables that its links name: who \
                only writes finds items by their key and sees nothing else of them. The owner's login, which makes tables, is used by jobs \
                alone. KEDA, which counts the changes that wait for a function, logs in with TLS and cannot verify the server.",
        );
    }
}

/// What the owner does or should know.
pub(super) fn operations(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    if !stack.system.streams.is_empty() {
        of_streams(stack, says);
    }
    if !stack.system.tables.is_empty() {
        of_tables(stack, says);
    }
}

fn of_streams(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    let namespace = stack.namespace_of(STREAMS);
    says(format!(
        "Clients of streams speak Kafka's protocol to `{}` with TLS, by the authority in `X_CA` ({}/ca.crt), and log in with SASL \
            SCRAM-SHA-512 as `X_USER`. `X_STREAM` is the topic; who reads joins the consumer group `X_GROUP`, so that its pods share the \
            partitions, and commits what it has done. Send with `acks=all`: two of three servers have a record before its sender is told. \
            With one server gone all goes on, with two gone nothing is taken.",
        streams::endpoint(stack),
        streams::CA_FOLDER
    ));
    says(format!(
        "Each of the {} servers of Kafka has a volume of {} GiB for all streams, whose size is what they get in `retention_hours`: watch \
            `kubelet_volume_stats_available_bytes` of the claims `data-0-{STREAMS}-servers-N`, and grow them by \
            `[override.kubernetes.KafkaNodePool.servers.spec]`. `partitions` may grow, and then the same key is in another one; for fewer, \
            make another stream. Topics and logins stand in `{namespace}`, whatever domain they belong to. For another password of a \
            service, delete its Secret `{}` and restart the service. Version and metadata version of Kafka stand in the Kafka object: raise \
            them after the operator.",
        streams::SERVERS,
        streams::STORAGE_GB,
        streams::credentials("SERVICE")
    ));
}

fn of_tables(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    let namespace = stack.namespace_of(TABLES);
    says(
        "Tables are tables of PostgreSQL: the attributes of keys, of indexes and of `ttl` are columns, what else an item has is in the column \
            `attributes` (jsonb). Clients connect to `X_ENDPOINT`, a URI without a login, as `X_USER` with `X_PASSWORD`, and verify the \
            server by `X_CA` (libpq: `sslrootcert`); `X_TABLE` is the table, to be quoted. In Python for example: \
            `psycopg.connect(os.environ[\"X_ENDPOINT\"], user=os.environ[\"X_USER\"], password=os.environ[\"X_PASSWORD\"], \
            sslrootcert=os.environ[\"X_CA\"])`, then `INSERT INTO \"items\" (\"id\", attributes) VALUES (%s, %s) ON CONFLICT (\"id\") DO \
            UPDATE SET attributes = %s`, with the value twice: `excluded`, `RETURNING` and `attributes || ...` read, which needs `reads`. An index holds whole rows, whatever its `attributes` say. Drivers are no part of \
            the languages' images: name them as packages, or use an image."
            .to_owned(),
    );
    says(format!("About `X_CA` of tables: {}", psql::AUTHORITY));
    says(format!(
        "The job `{}-VERSION` makes tables, columns, indexes and rights, and a changed blueprint makes another job; no table and \
            no column is dropped and no type or key changes by it: move the items to a new table for that. Items whose `ttl` has passed go every ten minutes. All \
            tables share one database of three servers with {} GiB each; it is made, backed up and restored like any PostgreSQL database \
            of this system: a base backup and the log go to the object store and stay seven days. To restore it to any moment of those days, \
            apply a Cluster `{TABLES}-2` with `bootstrap.recovery` from that archive, as the documentation of CloudNativePG's Barman Cloud \
            plugin says, and copy the rows. `kubectl cnpg psql {TABLES} --namespace {namespace} -- tables` opens it. `{}` is the alert about jobs that fail.",
        tables::SETUP,
        tables::STORAGE_GB,
        psql::alarm(TABLES)
    ));
}
