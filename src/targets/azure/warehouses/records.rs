//! How records of a stream become rows, as commands of Data Explorer.
//!
//! The connection brings each record as a line of text to a table of its own, which keeps nothing: two update policies read what arrives
//! there, one makes rows of it, and the other keeps what becomes none, with the reason. Had the connection read JSON itself, it would
//! throw away what is none, and leave a column empty whose field has another type.

use serde_json::json;

use crate::check::warehouse_parts;
use crate::ir::{Column, WarehouseTable};
use crate::vocabulary::ColumnType;

/// Seconds that records are gathered at most: the least that Azure advises.
const SECONDS: u32 = 30;
/// A text in JSON, with what is between its quotes.
const TEXT: &str = r#""((?:[^"\\]|\\.)*)""#;
/// What is left of JSON without its texts. Data Explorer's own reader takes more than that.
const REST: &str = r"^(?:[\s\[\]{}:,0-9.eE+-]|true|false|null)*$";
/// A moment as RFC 3339 has it, behind the mark.
const MOMENT: &str = r"^~\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$";

/// Where records of a table's stream arrive.
pub(super) fn landing(table: &str) -> String {
    let [landing, ..] = warehouse_parts(table);
    landing
}

/// Where those are kept that became no row.
pub(super) fn refused(table: &str) -> String {
    let [_, refused, ..] = warehouse_parts(table);
    refused
}

/// For a table that a stream fills. What becomes no row is kept for `days`.
pub(super) fn commands(table: &WarehouseTable, days: u32) -> Vec<String> {
    let name = &table.name;
    let [landing, refused, checked, rows, not_rows] = warehouse_parts(name);
    let batching = json!({ "MaximumBatchingTimeSpan": format!("00:00:{SECONDS:02}") });
    let policy = |query: &str| {
        json!([{
            "IsEnabled": true,
            "Source": landing,
            "Query": format!("{query}()"),
            "IsTransactional": true,
            "PropagateIngestionProperties": false,
        }])
    };
    vec![
        format!(".create-merge table ['{landing}'] (['record']: string)"),
        format!(".alter-merge table ['{landing}'] policy ingestionbatching '{batching}'"),
        format!(".create-merge table ['{refused}'] (['at']: datetime, ['reason']: string, ['record']: string)"),
        format!(".alter-merge table ['{refused}'] policy retention softdelete = {days}d recoverability = disabled"),
        function(
            &checked,
            &format!("Records for {name}, and why one becomes no row."),
            &look(table, &landing),
        ),
        function(
            &rows,
            &format!("Records as rows of {name}, with the columns as they are there."),
            &make(table, &checked),
        ),
        function(
            &not_rows,
            &format!("Records that become no row of {name}."),
            &[
                format!("{checked}()"),
                "| where isnotempty(reason)".to_owned(),
                "| project ['at'] = now(), ['reason'] = reason, ['record'] = record".to_owned(),
            ],
        ),
        format!(".alter table ['{name}'] policy update @'{}'", policy(&rows)),
        format!(".alter table ['{refused}'] policy update @'{}'", policy(&not_rows)),
        format!(".alter-merge table ['{landing}'] policy retention softdelete = 0s recoverability = disabled"),
    ]
}

fn function(name: &str, about: &str, lines: &[String]) -> String {
    let body = lines.join("\n  ");
    format!(".create-or-alter function with (docstring = '{about}') {name}() {{\n  {body}\n}}")
}

/// Reads every record, and says what is wrong with it. Each text gets a mark in front, because some would be read as moments otherwise,
/// and come out spelled another way.
fn look(table: &WarehouseTable, landing: &str) -> Vec<String> {
    let mut lines = vec![
        format!("['{landing}']"),
        format!("| extend marked = parse_json(replace_regex(record, @'{TEXT}', @'\"~\\1\"'))"),
        format!(
            "| extend reason = iff(gettype(marked) == 'dictionary' and replace_regex(record, @'{TEXT}', '') matches regex @'{REST}', '', 'it is no JSON object')"
        ),
    ];
    lines.extend(table.columns.iter().filter_map(|column| {
        let (what, fits) = fits(column)?;
        let name = &column.name;
        Some(format!(
            "| extend reason = iff(isempty(reason) and not({fits}), '{name} is no {what}', reason)"
        ))
    }));
    lines
}

/// The rows. A table may have more columns than the blueprint, and in another order: its own come first, and none is missing.
fn make(table: &WarehouseTable, checked: &str) -> Vec<String> {
    let columns: Vec<String> = table.columns.iter().map(value).collect();
    vec![
        format!("['{}']", table.name),
        "| where false".to_owned(),
        format!(
            "| union ({checked}() | where isempty(reason) | project {})",
            columns.join(", ")
        ),
    ]
}

fn marked(column: &Column) -> String {
    format!("marked['~{}']", column.name)
}

/// The text of a field, without the mark.
fn text(column: &Column) -> String {
    format!("substring(tostring({}), 1)", marked(column))
}

/// The moment that a field names: Data Explorer knows seven digits of a second.
fn moment(column: &Column) -> String {
    format!(
        "todatetime(replace_regex({}, @'(\\.\\d{{7}})\\d+', @'\\1'))",
        text(column)
    )
}

/// (the language's own word for the type of a column, whether a field is that). None for a column that takes anything.
fn fits(column: &Column) -> Option<(&'static str, String)> {
    let field = marked(column);
    let one_of = |kinds: &str| format!("gettype({field}) in ('null', {kinds})");
    Some(match column.kind {
        ColumnType::String => ("string", one_of("'string'")),
        ColumnType::Integer => ("integer", one_of("'int', 'long'")),
        ColumnType::Number => (
            "number",
            format!(
                "gettype({field}) == 'null' or gettype({field}) in ('int', 'long', 'real', 'double', 'decimal') and isfinite(toreal({field}))"
            ),
        ),
        ColumnType::Boolean => ("boolean", one_of("'bool'")),
        ColumnType::Timestamp => (
            "timestamp",
            format!(
                "gettype({field}) == 'null' or tostring({field}) matches regex @'{MOMENT}' and isnotnull({})",
                moment(column)
            ),
        ),
        ColumnType::Json => return None,
    })
}

fn value(column: &Column) -> String {
    let field = marked(column);
    let value = match column.kind {
        ColumnType::String => text(column),
        ColumnType::Integer => format!("tolong({field})"),
        ColumnType::Number => format!("toreal({field})"),
        ColumnType::Boolean => format!("tobool({field})"),
        ColumnType::Timestamp => moment(column),
        ColumnType::Json => format!("parse_json(record)['{}']", column.name),
    };
    format!("['{}'] = {value}", column.name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
