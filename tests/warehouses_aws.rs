//! What is said to warehouses on AWS: by which names records arrive, and that no statement is too long.
#![allow(clippy::unwrap_used)]

use cloudgen::blueprint;
use cloudgen::output::Rendered;
use cloudgen::target::Target;

const HEAD: &str = r#"
name = "shop"
pattern = "serverless"
region = "seoul"
[observability]
emails = ["operations@example.com"]
[streams.clicks-a]
[streams.clicks-b]
[streams.lines]
kafka = true
[functions.send]
image = "111122223333.dkr.ecr.ap-northeast-2.amazonaws.com/send:1"
writes = ["sales"]
publishes = ["clicks-a", "clicks-b", "lines"]
trigger = { schedule = "0 1 * * *" }
"#;

/// Bytes that the data API takes.
const MOST: usize = 100_000;

fn compile(body: &str) -> cloudgen::Outcome<Rendered> {
    let blueprint = blueprint::load(&format!("{HEAD}{body}"), None).unwrap_or_else(|found| panic!("{found:?}"));
    cloudgen::compile(&blueprint, Target::Aws)
}

fn warehouses(body: &str) -> String {
    let outcome = compile(body);
    let rendered = outcome.value.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics));
    rendered.files.get("terraform/warehouses.tf").unwrap().to_owned()
}

/// The bytes of every procedure.
fn sizes(text: &str) -> Vec<usize> {
    let procedures = text.split("<<-EOT\n").skip(1);
    let procedures = procedures.map(|rest| rest.split("\n    EOT\n").next().unwrap());
    let bytes = procedures.map(|text| {
        text.lines()
            .map(|line| line.trim_start_matches("      ").len() + 1)
            .sum()
    });
    bytes.collect()
}

fn columns(count: usize, length: usize) -> String {
    let one = |index: usize| format!("{:x<length$} = \"integer\"", format!("c{index}_"));
    (0..count).map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn another_stream_is_another_view_and_what_the_old_one_held_is_taken() {
    let table = |stream: &str| format!("[warehouses.sales.tables.seen]\ncolumns = {{ n = \"integer\" }}\n{stream}");
    let holds = |text: &str, part: &str| assert!(text.contains(part), "{part}: {text}");
    for (stream, view) in [
        ("clicks-a", "seen__kinesis_clicks_a"),
        ("clicks-b", "seen__kinesis_clicks_b"),
        ("lines", "seen__kafka_lines"),
    ] {
        let text = warehouses(&table(&format!("stream = \"{stream}\"\n")));
        holds(
            &text,
            &format!("CREATE MATERIALIZED VIEW arriving.\"{view}\" AUTO REFRESH YES"),
        );
        holds(
            &text,
            &format!("DELETE FROM arriving.\"{view}\" WHERE refresh_time <= upkeep_until;"),
        );
        holds(&text, &format!("NOT IN ('{view}') LOOP"));
        holds(&text, "UNION ALL SELECT arrived_at, record FROM arriving.\"seen_left\"");
        holds(&text, "DELETE FROM arriving.\"seen_left\";");
    }
    let none = warehouses(&table(""));
    holds(
        &none,
        "WHERE TRIM(database_name) = 'sales' AND TRIM(schema_name) = 'arriving' LOOP",
    );
    holds(&none, "DROP MATERIALIZED VIEW arriving.");
    assert!(!none.contains("CREATE MATERIALIZED VIEW"), "{none}");
}

#[test]
fn rights_to_what_is_outside_are_no_part_of_a_procedure() {
    let text = warehouses(
        "[warehouses.sales.tables.seen]\ncolumns = { n = \"integer\" }\nstream = \"clicks-a\"\n\
         [warehouses.sales.tables.read]\ncolumns = { n = \"integer\" }\nstream = \"lines\"\n",
    );
    assert!(
        !text.contains("GRANT USAGE ON SCHEMA streams_of_kinesis TO \"IAMR"),
        "{text}"
    );
    for schema in ["kinesis", "kafka"] {
        let name = format!("sales_warehouse_and_its_use_of_streams_of_{schema}");
        assert!(
            text.contains(&format!("\"aws_redshiftdata_statement\" \"{name}\"")),
            "{text}"
        );
        assert!(text.contains(&format!("aws_redshiftdata_statement.{name}")), "{text}");
    }
}

#[test]
fn every_statement_is_short_enough_or_refused() {
    for (stream, length) in [
        ("", 8),
        ("", 63),
        ("stream = \"clicks-a\"", 8),
        ("stream = \"clicks-a\"", 63),
    ] {
        let body = |count: usize| {
            let columns = columns(count, length);
            format!("[warehouses.sales.tables.seen]\ncolumns = {{ {columns} }}\n{stream}\n")
        };
        let fits = |count: &usize| compile(&body(*count)).value.is_some();
        let most = (100..700).step_by(5).take_while(fits).last().unwrap();
        let longest = sizes(&warehouses(&body(most))).into_iter().max().unwrap();
        assert!((MOST * 7 / 10..=MOST).contains(&longest), "{most} columns: {longest}");
        let rules: Vec<_> = compile(&body(most + 5)).diagnostics.iter().map(|it| it.rule).collect();
        assert!(rules.contains(&"warehouse-columns"), "{rules:?}");
    }
}

#[test]
fn many_tables_are_many_statements() {
    let body = |count: usize| -> String {
        let one = |index: usize| {
            format!(
                "[warehouses.sales.tables.{:x<60}]\ncolumns = {{ at = \"timestamp\" }}\ntime = \"at\"\ndelete_after_days = 3650\n",
                format!("t{index}_")
            )
        };
        (0..count).map(one).collect()
    };
    let longest = sizes(&warehouses(&body(100))).into_iter().max().unwrap();
    assert!((MOST / 10..=MOST / 2).contains(&longest), "{longest}");
    let rules: Vec<_> = compile(&body(300)).diagnostics.iter().map(|it| it.rule).collect();
    assert!(rules.contains(&"warehouse-tables"), "{rules:?}");
}
