//! What the owner knows and does about warehouses, for the README.

use super::{DAYS, REFUSED_DAYS, setup, sinks, size, watch};
use crate::targets::kubernetes::psql;
use crate::targets::kubernetes::stack::Stack;
use crate::targets::shared::report::Report;

/// Rows of the table of components.
pub(in crate::targets::kubernetes) fn components(stack: &Stack<'_>, report: &mut Report) {
    for (_, warehouse) in stack.system.warehouses.iter() {
        let (cpu, memory, storage) = size(warehouse.size);
        let what = format!(
            "PostgreSQL database (CloudNativePG), {cpu} processors, {memory} GiB of memory and {storage} GiB for each server"
        );
        report.component(
            &warehouse.path,
            what,
            format!("cluster.postgresql.cnpg.io/{}", warehouse.name),
        );
    }
}

/// What is done for security.
pub(in crate::targets::kubernetes) fn security(stack: &Stack<'_>, mut says: impl FnMut(&str)) {
    if stack.system.warehouses.is_empty() {
        return;
    }
    says(
        "Every service that uses a warehouse has a login of its own there: `reads` asks, `writes` inserts, and nobody changes or deletes \
            rows but the job that lets old ones go. No login makes objects of its own, temporary ones neither. What makes rows of a stream's records has a login that may read that stream at Kafka \
            and call one function of the warehouse.",
    );
}

/// What the owner does or should know.
pub(in crate::targets::kubernetes) fn operations(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    let Some((id, first)) = stack.system.warehouses.iter().next() else {
        return;
    };
    let (name, namespace) = (&first.name, stack.namespace_of(&first.name));
    says(format!(
        "Warehouses are PostgreSQL, a store of rows: for some hundred million of them a question over one stretch of `time` takes seconds, \
            and one over everything minutes. Where that is too slow, bring a column store of your own (ClickHouse for example) and let a \
            function that the stream starts fill it, or render for a cloud. Clients connect to `X_ENDPOINT`, a URI without a login, as \
            `X_USER` with `X_PASSWORD`, and verify the server by `X_CA` (libpq: `sslrootcert`); tables and columns are called as in the \
            blueprint, to be quoted. Types: string text, integer bigint, number double precision, boolean boolean, timestamp timestamptz, \
            json jsonb. Insert many rows at once (`COPY`, or one INSERT with many VALUES). `kubectl cnpg psql {name} --namespace \
            {namespace} -- warehouse` opens it."
    ));
    says(format!(
        "The job `{}-VERSION` makes tables, columns and rights, and a changed blueprint makes another job; nothing is dropped and no type \
            changes by it. Rows whose `time` is `delete_after_days` ago go every hour, and rows without one so long after they came (the column `taken-at`, \
            which these tables have besides their own: name the columns of an INSERT or a COPY). Each warehouse is three servers where there are \
            three zones, every one with the whole size, also in `dev`: `[override.kubernetes.Cluster.{name}.spec]` makes them smaller. It \
            is backed up and restored like any PostgreSQL database of this system, to any moment of {DAYS} days. `{}` is the alert about jobs that fail.",
        setup(first),
        psql::alarm(name)
    ));
    says(format!("About `X_CA` of warehouses: {}", psql::AUTHORITY));
    let filled = stack
        .system
        .warehouses
        .iter()
        .any(|(id, _)| !sinks(stack, id).is_empty());
    if filled {
        let sink = sinks(stack, id).into_iter().next();
        let example = sink.map_or_else(|| "WAREHOUSE-TABLE-sink".to_owned(), |sink| sink.name);
        says(format!(
            "Records of a stream become rows within seconds (Deployment `{example}`, a consumer group of that name, from the oldest record \
                that the stream still has). While the warehouse is away they wait in the stream for as long as it keeps them. A record may \
                become two rows when a connector is cut off: count distinct ones where that matters. What is no JSON object in UTF-8, or has a \
                field of another type than its column, is kept in the table `refused-records` for {REFUSED_DAYS} days with its reason and \
                its place in the stream; timestamps are text as RFC 3339 has it. To take refused ones again, after a change of the columns for \
                example: `WITH old AS (DELETE FROM \"refused-records\" WHERE \"table\" = 'TABLE' RETURNING *) SELECT \"take-TABLE\"(jsonb_agg(\
                jsonb_build_object('partition', \"partition\", 'offset', \"position\", 'value', encode(\"record\", 'base64')))) FROM old`, \
                in parts where they have more than 100 MB together; what is refused once more is there again."
        ));
    }
    for alarm in watch::alarms(stack) {
        says(format!(
            "`{}`: an alert of Prometheus, from the PrometheusRule of that name. {}",
            alarm.name,
            watch::about(stack, alarm)
        ));
    }
}
