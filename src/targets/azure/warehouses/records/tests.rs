use regex_lite::Regex;

use super::{MOMENT, REST, TEXT, commands};
use crate::ir::{Column, WarehouseTable};
use crate::vocabulary::ColumnType;

/// A table whose columns have all types, and names that mean something to the language.
fn table() -> WarehouseTable {
    let columns = [
        ("at", ColumnType::Timestamp),
        ("id", ColumnType::Integer),
        ("much", ColumnType::Number),
        ("record", ColumnType::Json),
        ("where", ColumnType::String),
        ("yes", ColumnType::Boolean),
    ];
    let column = |(name, kind): (&str, _)| Column {
        name: name.to_owned(),
        kind,
    };
    WarehouseTable {
        name: "clicks".to_owned(),
        columns: columns.into_iter().map(column).collect(),
        stream: None,
        time: None,
        delete_after_days: None,
    }
}

#[test]
fn records_are_looked_at_as_said() {
    let expected = include_str!("clicks.kql");
    assert_eq!(commands(&table(), 90).join("\n\n"), expected.trim_end());
}

/// A record as the functions see it: with its texts marked, if it is JSON by what stands between them.
fn marked(record: &str) -> Option<String> {
    let text = Regex::new(TEXT).unwrap();
    let rest = Regex::new(REST).unwrap();
    let between = text.replace_all(record, "");
    let marked = text.replace_all(record, r#""~$1""#);
    (rest.is_match(&between) && serde_json::from_str::<serde_json::Value>(&marked).is_ok()).then(|| marked.into_owned())
}

#[test]
fn texts_are_told_from_what_looks_like_them() {
    for (record, expected) in [
        (r#"{"a":",x","b":""}"#, r#"{"~a":"~,x","~b":"~"}"#),
        (r#"{"a\"b":"c\\","d":-1.5e+3}"#, r#"{"~a\"b":"~c\\","~d":-1.5e+3}"#),
        (
            r#"{ "a" : [true, false, null, {}] }"#,
            r#"{ "~a" : [true, false, null, {}] }"#,
        ),
    ] {
        assert_eq!(marked(record).as_deref(), Some(expected));
    }
    // Data Explorer's reader takes some of these.
    for record in [
        "{'a':1}",
        "{a:1}",
        r#"{"a":NaN}"#,
        r#"{"a":1} // "so""#,
        r#"{"a":"x"#,
        "no",
        "",
    ] {
        assert_eq!(marked(record), None, "{record}");
    }
}

#[test]
fn moments_have_a_zone() {
    let moment = Regex::new(MOMENT).unwrap();
    for text in ["~2026-11-22T08:30:00Z", "~2026-11-22 08:30:00.123456789+09:00"] {
        assert!(moment.is_match(text), "{text}");
    }
    for text in [
        "~2026-11-22",
        "~2026-11-22T08:30:00",
        "2026-11-22T08:30:00Z",
        "~8 Nov 14 15:05 GMT",
        "5",
    ] {
        assert!(!moment.is_match(text), "{text}");
    }
}
