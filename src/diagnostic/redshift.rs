//! What warehouses on AWS alone are strict about.

use super::{Diagnostic, Span};

/// `warehouse-zones`
pub fn zones(at: Option<Span>, zones: usize, wanted: usize, existing: bool) -> Diagnostic {
    let fix = match existing {
        true => "name subnets of three zones for data",
        false => "use `network.zones = 3`, in a region that has them",
    };
    Diagnostic::error(
        "warehouse-zones",
        at,
        format!("Redshift Serverless wants subnets in {wanted} zones, and there are {zones}"),
    )
    .reason("it moves a warehouse to another zone when one fails")
    .fix(fix)
}

/// `warehouse-name`
pub fn reserved(at: Option<Span>, name: &str) -> Diagnostic {
    Diagnostic::error(
        "warehouse-name",
        at,
        format!("no database of Redshift is called `{name}`"),
    )
    .reason("the warehouse's database has its name, and this is a word of Redshift's SQL")
    .fix("give the warehouse another name")
}

/// `warehouse-columns`
pub fn columns(at: Option<Span>, table: &str, columns: usize, bytes: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "warehouse-columns",
        at,
        format!("`{table}` has {columns} columns, too many for one statement of Redshift's data API"),
    )
    .reason(format!(
        "it takes {most} bytes, and what makes and fills these columns has about {bytes}"
    ))
    .fix("split the table, or keep what is seldom asked for in one column of the type `json`")
}

/// `warehouse-tables`
pub fn tables(at: Option<Span>, name: &str, tables: usize, bytes: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "warehouse-tables",
        at,
        format!("`{name}` has {tables} tables, too many for one statement of Redshift's data API"),
    )
    .reason(format!(
        "it takes {most} bytes, and what names all these tables has about {bytes}"
    ))
    .fix("spread the tables over several warehouses")
}
