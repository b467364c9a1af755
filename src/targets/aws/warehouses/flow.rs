//! How records of a stream become rows, in SQL: they arrive in a view that Redshift keeps filled, are taken from there into the table,
//! and stay in a table of their own where they do not fit.

use super::statements::{ARRIVING, KEPT, procedure, take, watch};
use crate::ir::{Column, WarehouseTable};
use crate::vocabulary::ColumnType;

/// What the name of the table of refused records ends in.
pub(super) const REFUSED: &str = "_refused";
/// What the name of the table ends in that keeps what a view held which is gone.
pub(super) const LEFT: &str = "_left";
/// What stands between table and stream in the name of a view, by what the stream is.
const KINDS: [&str; 2] = ["__kinesis_", "__kafka_"];
/// Minutes without anything taken, after which records do not come as they should.
const LATE_MINUTES: u32 = 60;

/// Where the records of a table come from.
pub(super) struct Source {
    /// The view in which they arrive, by table and stream: another stream is another view.
    pub(super) view: String,
    /// The columns of the stream and its name.
    pub(super) select: String,
}

impl Source {
    /// What comes of a stream that is called so in the system. Names of streams have hyphens and no underscores.
    pub(super) fn new(table: &WarehouseTable, stream: &str, kafka: bool, select: String) -> Self {
        let mark = KINDS[usize::from(kafka)];
        let view = format!("{}{mark}{}", table.name, stream.replace('-', "_"));
        Self { view, select }
    }
}

/// Makes the view in which records arrive and the tables for those that do not fit and for those of views that are gone, where they are
/// not there.
pub(super) fn arrives(table: &WarehouseTable, Source { view, select }: &Source) -> String {
    let name = &table.name;
    format!(
        "SELECT COUNT(*) INTO upkeep_count FROM pg_class JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace WHERE pg_namespace.nspname = '{ARRIVING}' AND pg_class.relname = '{view}';\n\
         IF upkeep_count = 0 THEN\n  \
         EXECUTE 'CREATE MATERIALIZED VIEW {ARRIVING}.\"{view}\" AUTO REFRESH YES AS SELECT {select}';\n\
         END IF;\n\
         SELECT COUNT(*) INTO upkeep_count FROM pg_class JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace WHERE pg_namespace.nspname = '{ARRIVING}' AND pg_class.relname = '{name}{REFUSED}';\n\
         IF upkeep_count = 0 THEN\n  \
         EXECUTE 'CREATE TABLE {ARRIVING}.\"{name}{REFUSED}\" AS SELECT arrived_at, record FROM {ARRIVING}.\"{view}\" WHERE 1 = 0';\n\
         END IF;\n\
         CREATE TABLE IF NOT EXISTS {ARRIVING}.\"{name}{LEFT}\" (LIKE {ARRIVING}.\"{name}{REFUSED}\");\n\
         CREATE TABLE IF NOT EXISTS {KEPT}.\"{name}\" (taken_at TIMESTAMP);"
    )
}

/// Drops views that no table has any more, and keeps what nobody has taken out of them yet. `views` are those that stay.
pub(super) fn leaves(database: &str, views: &[String]) -> String {
    let [kinesis, kafka] = KINDS;
    let stay = match views {
        [] => String::new(),
        _ => format!(" AND TRIM(name) NOT IN ('{}')", views.join("', '")),
    };
    format!(
        "-- The views of streams that fill nothing any more go. What nobody has taken yet stays.\n\
         FOR upkeep_view IN SELECT TRIM(name) AS name, SPLIT_PART(SPLIT_PART(TRIM(name), '{kinesis}', 1), '{kafka}', 1) AS filled FROM svv_mv_info WHERE TRIM(database_name) = '{database}' AND TRIM(schema_name) = '{ARRIVING}'{stay} LOOP\n  \
         EXECUTE 'CREATE TABLE IF NOT EXISTS {ARRIVING}.\"' || upkeep_view.filled || '{LEFT}\" (LIKE {ARRIVING}.\"' || upkeep_view.filled || '{REFUSED}\")';\n  \
         EXECUTE 'INSERT INTO {ARRIVING}.\"' || upkeep_view.filled || '{LEFT}\" SELECT arrived_at, record FROM {ARRIVING}.\"' || upkeep_view.name || '\"';\n  \
         EXECUTE 'DROP MATERIALIZED VIEW {ARRIVING}.\"' || upkeep_view.name || '\"';\n\
         END LOOP;"
    )
}

/// Takes what has arrived into the table, and sets aside what does not fit. Everything of one refresh arrives at once, so nothing is
/// taken twice and nothing is left. Ends in an error where something was refused, after it has been kept: that is how somebody is told.
pub(super) fn taking(table: &WarehouseTable, Source { view, .. }: &Source) -> String {
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
        format!("SELECT MAX(refresh_time) INTO upkeep_until FROM {ARRIVING}.\"{view}\";"),
        format!("SELECT COUNT(*) INTO upkeep_left FROM {ARRIVING}.\"{name}{LEFT}\";"),
        "IF upkeep_until IS NULL AND upkeep_left = 0 THEN RETURN; END IF;".to_owned(),
        format!(
            "CREATE TEMP TABLE upkeep_records AS\n\
             SELECT arrived_at, record, CASE WHEN CAN_JSON_PARSE(record) THEN JSON_PARSE(record) END AS fields FROM (\n  \
             SELECT arrived_at, record FROM {ARRIVING}.\"{view}\" WHERE refresh_time <= upkeep_until\n  \
             UNION ALL SELECT arrived_at, record FROM {ARRIVING}.\"{name}{LEFT}\"\n\
             );"
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
        format!("DELETE FROM {ARRIVING}.\"{view}\" WHERE refresh_time <= upkeep_until;"),
        format!("DELETE FROM {ARRIVING}.\"{name}{LEFT}\";"),
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
        &["upkeep_until TIMESTAMP", "upkeep_left BIGINT", "upkeep_refused BIGINT"],
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
