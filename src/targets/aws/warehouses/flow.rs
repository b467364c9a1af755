//! How records of a stream become rows, in SQL: they arrive in a view that Redshift keeps filled, are taken from there into the table,
//! and stay in a table of their own where they do not fit.

use super::statements::{ARRIVING, KEPT, procedure, take, watch};
use crate::ir::{Column, WarehouseTable};
use crate::vocabulary::ColumnType;

/// What the name of the table of refused records ends in.
pub(super) const REFUSED: &str = "_refused";
/// Minutes without anything taken, after which records do not come as they should.
const LATE_MINUTES: u32 = 60;

/// Makes the view in which records arrive and the table for those that do not fit, where they are not there. `source` gives the columns
/// of the stream and its name.
pub(super) fn arrives(table: &WarehouseTable, source: &str) -> String {
    let name = &table.name;
    format!(
        "SELECT COUNT(*) INTO upkeep_count FROM pg_class JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace WHERE pg_namespace.nspname = '{ARRIVING}' AND pg_class.relname = '{name}';\n\
         IF upkeep_count = 0 THEN\n  \
         EXECUTE 'CREATE MATERIALIZED VIEW {ARRIVING}.\"{name}\" AUTO REFRESH YES AS SELECT {source}';\n\
         END IF;\n\
         SELECT COUNT(*) INTO upkeep_count FROM pg_class JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace WHERE pg_namespace.nspname = '{ARRIVING}' AND pg_class.relname = '{name}{REFUSED}';\n\
         IF upkeep_count = 0 THEN\n  \
         EXECUTE 'CREATE TABLE {ARRIVING}.\"{name}{REFUSED}\" AS SELECT arrived_at, record FROM {ARRIVING}.\"{name}\" WHERE 1 = 0';\n\
         END IF;\n\
         CREATE TABLE IF NOT EXISTS {KEPT}.\"{name}\" (taken_at TIMESTAMP);"
    )
}

/// Takes what has arrived into the table, and sets aside what does not fit. Everything of one refresh arrives at once, so nothing is
/// taken twice and nothing is left. Ends in an error where something was refused, after it has been kept: that is how somebody is told.
pub(super) fn taking(table: &WarehouseTable) -> String {
    let name = &table.name;
    let columns = table.columns.iter().map(|column| format!("\"{}\"", column.name));
    let columns = columns.collect::<Vec<_>>().join(", ");
    let values = table.columns.iter().map(value).collect::<Vec<_>>().join(", ");
    let fits = table.columns.iter().map(|column| match is_dated(table, column) {
        true => format!("{} IS NOT NULL AND {}", value(column), fits(column)),
        false => fits(column),
    });
    let fits = fits.collect::<Vec<_>>().join("\n  AND ");
    let body = [
        format!("SELECT MAX(refresh_time) INTO upkeep_until FROM {ARRIVING}.\"{name}\";"),
        "IF upkeep_until IS NULL THEN RETURN; END IF;".to_owned(),
        format!(
            "CREATE TEMP TABLE upkeep_records AS\n\
             SELECT arrived_at, record, CASE WHEN CAN_JSON_PARSE(record) THEN JSON_PARSE(record) END AS fields\n\
             FROM {ARRIVING}.\"{name}\" WHERE refresh_time <= upkeep_until;"
        ),
        format!(
            "CREATE TEMP TABLE upkeep_judged AS\n\
             SELECT arrived_at, record, fields, NVL(JSON_TYPEOF(fields), 'none') = 'object'\n  AND {fits} AS fits\n\
             FROM upkeep_records;"
        ),
        format!("INSERT INTO public.\"{name}\" ({columns}) SELECT {values} FROM upkeep_judged WHERE fits;"),
        format!(
            "INSERT INTO {ARRIVING}.\"{name}{REFUSED}\" SELECT arrived_at, record FROM upkeep_judged WHERE NOT fits;"
        ),
        "GET DIAGNOSTICS upkeep_refused := ROW_COUNT;".to_owned(),
        format!("DELETE FROM {ARRIVING}.\"{name}\" WHERE refresh_time <= upkeep_until;"),
        format!("DELETE FROM {KEPT}.\"{name}\";"),
        format!("INSERT INTO {KEPT}.\"{name}\" VALUES (SYSDATE);"),
        "DROP TABLE upkeep_records;".to_owned(),
        "DROP TABLE upkeep_judged;".to_owned(),
        "COMMIT;".to_owned(),
        format!(
            "IF upkeep_refused > 0 THEN\n  RAISE EXCEPTION '% records are refused, see {ARRIVING}.{name}{REFUSED}', upkeep_refused;\nEND IF;"
        ),
    ];
    procedure(
        &take(table),
        &["upkeep_until TIMESTAMP", "upkeep_refused BIGINT"],
        &body,
    )
}

/// Ends in an error where nothing has been taken for a while: somebody is told, if there was something to take.
pub(super) fn watching(table: &WarehouseTable) -> String {
    let name = &table.name;
    let body = [
        format!(
            "SELECT COUNT(*) INTO upkeep_count FROM {KEPT}.\"{name}\" WHERE taken_at > DATEADD(minute, -{LATE_MINUTES}, SYSDATE);"
        ),
        format!(
            "IF upkeep_count = 0 THEN\n  RAISE EXCEPTION 'no records were taken for {name} in the last {LATE_MINUTES} minutes';\nEND IF;"
        ),
    ];
    procedure(&watch(table), &["upkeep_count BIGINT"], &body)
}

/// True for the column by whose time rows go.
pub(super) fn is_dated(table: &WarehouseTable, column: &Column) -> bool {
    table.delete_after_days.is_some() && table.time.as_ref() == Some(&column.name)
}

/// A field as a value of its column: null where it cannot be one, for that is how a value of JSON is cast.
fn value(column: &Column) -> String {
    let field = format!("fields.\"{}\"", column.name);
    match column.kind {
        ColumnType::String => format!("{field}::VARCHAR(65535)"),
        ColumnType::Integer => format!("{field}::BIGINT"),
        ColumnType::Number => format!("{field}::DOUBLE PRECISION"),
        ColumnType::Boolean => format!("{field}::BOOLEAN"),
        ColumnType::Timestamp => format!("{field}::TIMESTAMPTZ"),
        ColumnType::Json => field,
    }
}

/// True for a field that is not there, or of the column's type. Never null.
fn fits(column: &Column) -> String {
    let field = format!("fields.\"{}\"", column.name);
    let kind = match column.kind {
        ColumnType::String | ColumnType::Timestamp => "string",
        ColumnType::Integer | ColumnType::Number => "number",
        ColumnType::Boolean => "boolean",
        ColumnType::Json => return "TRUE".to_owned(),
    };
    let value = value(column);
    let whole = match column.kind {
        ColumnType::Integer => format!("NVL({field}::DOUBLE PRECISION = {value}, FALSE)"),
        _ => format!("{value} IS NOT NULL"),
    };
    format!(
        "(NVL(JSON_TYPEOF({field}), 'null') = 'null' OR (NVL(JSON_TYPEOF({field}), 'null') = '{kind}' AND {whole}))"
    )
}
