//! What is said to a warehouse in SQL: its tables, who may use them, and how rows come and go.
//!
//! Names of tables and columns have lower-case letters, digits and underscores, and stand in quotes: some are words of the language.

use super::flow::{self, Source};
use crate::ir::{Access, Warehouse, WarehouseTable};
use crate::vocabulary::ColumnType;

/// The schema in which records of streams arrive, and in which those stay that become no rows.
pub(super) const ARRIVING: &str = "arriving";
/// Days that these stay.
pub(super) const REFUSED_DAYS: u32 = 30;
/// What makes or completes the tables, and removes rows that are old enough.
const PREPARE: &str = "prepare_warehouse";
const FORGET: &str = "forget_rows";
/// The schema that keeps when records were taken last.
pub(super) const KEPT: &str = "upkeep";

/// Somebody who may use all tables.
pub(super) struct User {
    pub(super) name: String,
    pub(super) access: Access,
}

/// The type of a column.
fn kind(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::String => "VARCHAR(65535)",
        ColumnType::Integer => "BIGINT",
        ColumnType::Number => "DOUBLE PRECISION",
        ColumnType::Boolean => "BOOLEAN",
        ColumnType::Timestamp => "TIMESTAMPTZ",
        ColumnType::Json => "SUPER",
    }
}

/// A procedure in the schema `public`, which runs as who calls it.
pub(super) fn procedure(name: &str, declare: &[&str], body: &[String]) -> String {
    let declare: String = match declare.is_empty() {
        true => String::new(),
        false => format!(
            "DECLARE\n{}",
            declare.iter().map(|line| format!("  {line};\n")).collect::<String>()
        ),
    };
    let body: String = body
        .iter()
        .map(|line| format!("  {}\n", line.replace('\n', "\n  ")))
        .collect();
    format!("CREATE OR REPLACE PROCEDURE public.{name}()\nLANGUAGE plpgsql\nAS $$\n{declare}BEGIN\n{body}END;\n$$\n")
}

/// A call of a procedure.
pub(super) fn call(name: &str) -> String {
    format!("CALL public.{name}()")
}

/// The call that prepares the warehouse.
pub(super) fn prepare() -> String {
    call(PREPARE)
}

/// The call that removes old rows.
pub(super) fn forget() -> String {
    call(FORGET)
}

/// The name of the procedure that takes what has arrived for a table.
pub(super) fn take(table: &WarehouseTable) -> String {
    format!("take_records_of_{}", table.name)
}

/// The name of the procedure that fails where nothing has been taken for a table for a while.
pub(super) fn watch(table: &WarehouseTable) -> String {
    format!("watch_records_of_{}", table.name)
}

/// The name of the procedure that prepares one table.
fn of_table(table: &WarehouseTable) -> String {
    format!("prepare_table_{}", table.name)
}

/// Makes what is not there yet, and says anew who may do what. Made to be called again and again. What concerns one table is a procedure of
/// its own, for no statement may be long; `views` are those in which records arrive.
pub(super) fn preparing(item: &Warehouse, (roles, upkeep): (&str, &str), users: &[User], views: &[String]) -> String {
    let mut body = vec![
        "-- Nobody makes tables but this.".to_owned(),
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC;".to_owned(),
        format!("CREATE SCHEMA IF NOT EXISTS {ARRIVING};"),
        format!("CREATE SCHEMA IF NOT EXISTS {KEPT};"),
        format!(
            "-- Who may do what is said anew: links that are gone allow nothing.\n\
             FOR upkeep_user IN SELECT usename FROM pg_user WHERE LOWER(usename) LIKE 'iamr:{roles}-%' LOOP\n  \
             EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ' || QUOTE_IDENT(upkeep_user.usename);\n  \
             EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA {ARRIVING} FROM ' || QUOTE_IDENT(upkeep_user.usename);\n  \
             EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA {KEPT} FROM ' || QUOTE_IDENT(upkeep_user.usename);\n\
             END LOOP;"
        ),
    ];
    body.extend(users.iter().map(|user| known(&user.name)));
    if forgets(item) {
        body.push(known(upkeep));
        body.push(format!("GRANT EXECUTE ON PROCEDURE public.{FORGET}() TO \"{upkeep}\";"));
    }
    if item.tables.iter().any(|table| table.stream.is_some()) {
        let schemas = [ARRIVING, KEPT].into_iter();
        body.extend(schemas.map(|schema| format!("GRANT USAGE ON SCHEMA {schema} TO \"{upkeep}\";")));
    }
    body.extend(item.tables.iter().map(|table| format!("{};", call(&of_table(table)))));
    body.push(flow::leaves(&item.database(), views));
    let declare = ["upkeep_count INTEGER", "upkeep_user RECORD", "upkeep_view RECORD"];
    procedure(PREPARE, &declare, &body)
}

/// Makes one table, and says who may use it.
pub(super) fn preparing_table(table: &WarehouseTable, upkeep: &str, users: &[User], source: Option<&Source>) -> String {
    let mut body = made(table);
    body.extend(source.map(|source| flow::arrives(table, source)));
    body.extend(users.iter().map(|User { name, access }| {
        let may = match (access.reads(), access.writes()) {
            (true, true) => "SELECT, INSERT",
            (true, false) => "SELECT",
            _ => "INSERT",
        };
        format!("GRANT {may} ON TABLE public.\"{}\" TO \"{name}\";", table.name)
    }));
    body.extend(kept(table, upkeep, source));
    procedure(&of_table(table), &["upkeep_count INTEGER"], &body)
}

/// Who asks a view needs the schemas that it reads as well: there is nothing in them that could be asked directly. Not in a procedure, for
/// rights to what is outside the warehouse may not be given within a transaction.
pub(super) fn looking(schema: &str, upkeep: &str) -> String {
    format!("GRANT USAGE ON SCHEMA {schema} TO \"{upkeep}\"")
}

/// What the upkeep may do with a table, and with what arrives for it.
fn kept(table: &WarehouseTable, upkeep: &str, source: Option<&Source>) -> Vec<String> {
    let name = &table.name;
    let grant = |may: &str, on: String| format!("GRANT {may} ON {on} TO \"{upkeep}\";");
    let mut grants = vec![];
    if table.delete_after_days.is_some() {
        grants.push(grant("SELECT, DELETE", format!("TABLE public.\"{name}\"")));
    }
    if let Some(source) = source {
        let (refused, left) = (flow::REFUSED, flow::LEFT);
        grants.extend([
            grant("INSERT", format!("TABLE public.\"{name}\"")),
            grant(
                "SELECT, DELETE",
                format!("TABLE {ARRIVING}.\"{}\", {ARRIVING}.\"{name}{left}\"", source.view),
            ),
            grant(
                "SELECT, INSERT, DELETE",
                format!("TABLE {ARRIVING}.\"{name}{refused}\", {KEPT}.\"{name}\""),
            ),
            grant("EXECUTE", format!("PROCEDURE public.{}()", take(table))),
            grant("EXECUTE", format!("PROCEDURE public.{}()", watch(table))),
        ]);
    }
    grants
}

/// A table with its columns, and the columns that it does not have yet. A row whose table forgets has a time.
fn made(table: &WarehouseTable) -> Vec<String> {
    let name = &table.name;
    let columns = table.columns.iter().map(|column| {
        let dated = flow::is_dated(table, column);
        format!(
            "  \"{}\" {}{}",
            column.name,
            kind(column.kind),
            if dated { " NOT NULL" } else { "" }
        )
    });
    let columns = columns.collect::<Vec<_>>().join(",\n");
    let sorted = table
        .time
        .as_ref()
        .map_or(String::new(), |time| format!(" SORTKEY (\"{time}\")"));
    let mut made = vec![format!(
        "CREATE TABLE IF NOT EXISTS public.\"{name}\" (\n{columns}\n){sorted};"
    )];
    made.extend(table.columns.iter().map(|column| {
        format!(
            "SELECT COUNT(*) INTO upkeep_count FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '{name}' AND column_name = '{0}';\n\
             IF upkeep_count = 0 THEN EXECUTE 'ALTER TABLE public.\"{name}\" ADD COLUMN \"{0}\" {1}'; END IF;",
            column.name,
            kind(column.kind)
        )
    }));
    made
}

/// A user that a role is, made before the role comes for the first time.
fn known(user: &str) -> String {
    format!(
        "SELECT COUNT(*) INTO upkeep_count FROM pg_user WHERE LOWER(usename) = LOWER('{user}');\n\
         IF upkeep_count = 0 THEN EXECUTE 'CREATE USER \"{user}\" PASSWORD DISABLE'; END IF;"
    )
}

/// Removes rows that are old enough, and records that became none.
pub(super) fn forgetting(item: &Warehouse) -> String {
    let mut body = vec![];
    for table in &item.tables {
        if let (Some(time), Some(days)) = (&table.time, table.delete_after_days) {
            body.push(format!(
                "DELETE FROM public.\"{}\" WHERE \"{time}\" < DATEADD(day, -{days}, SYSDATE);",
                table.name
            ));
        }
        if table.stream.is_some() {
            body.push(format!(
                "DELETE FROM {ARRIVING}.\"{}{}\" WHERE arrived_at < DATEADD(day, -{REFUSED_DAYS}, SYSDATE);",
                table.name,
                flow::REFUSED
            ));
        }
    }
    procedure(FORGET, &[], &body)
}

/// True if rows are ever removed.
pub(super) fn forgets(item: &Warehouse) -> bool {
    let mut tables = item.tables.iter();
    tables.any(|table| table.delete_after_days.is_some() || table.stream.is_some())
}
