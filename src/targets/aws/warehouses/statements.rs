//! What is said to a warehouse in SQL: its tables, who may use them, and how rows come and go.
//!
//! Names of tables and columns have lower-case letters, digits and underscores, and stand in quotes: some are words of the language.

use super::flow;
use crate::ir::{Access, Warehouse, WarehouseTable};
use crate::vocabulary::ColumnType;

/// The schema in which records of streams arrive, and in which those stay that become no rows.
pub(super) const ARRIVING: &str = "arriving";
/// Days that these stay.
pub(super) const REFUSED_DAYS: u32 = 30;
/// What makes or completes the tables, and removes rows that are old enough.
const PREPARE: &str = "prepare_warehouse";
const FORGET: &str = "forget_rows";

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

/// Makes what is not there yet, and says anew who may do what. Made to be called again and again.
pub(super) fn preparing(
    item: &Warehouse,
    roles: &str,
    users: &[User],
    upkeep: &str,
    source: &dyn Fn(&WarehouseTable) -> String,
) -> String {
    let mut body = vec![
        "-- Nobody makes tables but this.".to_owned(),
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC;".to_owned(),
        format!("CREATE SCHEMA IF NOT EXISTS {ARRIVING};"),
    ];
    for table in &item.tables {
        body.extend(made(table));
        if table.stream.is_some() {
            body.push(flow::arrives(table, &source(table)));
        }
    }
    body.push(format!(
        "-- Who may do what is said anew: links that are gone allow nothing.\n\
         FOR upkeep_user IN SELECT usename FROM pg_user WHERE LOWER(usename) LIKE 'iamr:{roles}-%' LOOP\n  \
         EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ' || QUOTE_IDENT(upkeep_user.usename);\n  \
         EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA {ARRIVING} FROM ' || QUOTE_IDENT(upkeep_user.usename);\n\
         END LOOP;"
    ));
    let all = |schema: &str, ending: &str, only: bool| -> String {
        let tables = item.tables.iter().filter(|table| !only || table.stream.is_some());
        let names = tables.map(|table| format!("{schema}.\"{}{ending}\"", table.name));
        names.collect::<Vec<_>>().join(", ")
    };
    for User { name, access } in users {
        let may = match (access.reads(), access.writes()) {
            (true, true) => "SELECT, INSERT",
            (true, false) => "SELECT",
            _ => "INSERT",
        };
        body.push(known(name));
        body.push(format!(
            "GRANT {may} ON TABLE {} TO \"{name}\";",
            all("public", "", false)
        ));
    }
    if forgets(item) {
        body.push(known(upkeep));
        body.push(format!(
            "GRANT SELECT, INSERT, DELETE ON TABLE {} TO \"{upkeep}\";",
            all("public", "", false)
        ));
        body.push(format!("GRANT EXECUTE ON PROCEDURE public.{FORGET}() TO \"{upkeep}\";"));
    }
    if item.tables.iter().any(|table| table.stream.is_some()) {
        let arriving = [all(ARRIVING, "", true), all(ARRIVING, flow::REFUSED, true)].join(", ");
        body.push(format!("GRANT USAGE ON SCHEMA {ARRIVING} TO \"{upkeep}\";"));
        body.push(format!(
            "GRANT SELECT, INSERT, DELETE ON TABLE {arriving} TO \"{upkeep}\";"
        ));
    }
    for table in item.tables.iter().filter(|table| table.stream.is_some()) {
        body.push(format!(
            "GRANT EXECUTE ON PROCEDURE public.{}() TO \"{upkeep}\";",
            take(table)
        ));
    }
    procedure(PREPARE, &["upkeep_count INTEGER", "upkeep_user RECORD"], &body)
}

/// A table with its columns, and the columns that it does not have yet.
fn made(table: &WarehouseTable) -> Vec<String> {
    let name = &table.name;
    let columns = table
        .columns
        .iter()
        .map(|column| format!("  \"{}\" {}", column.name, kind(column.kind)));
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
