#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::place::{Position, Source};
use super::{json, sarif, text};
use crate::diagnostic::{Diagnostic, Span};

fn span(start: usize, end: usize) -> Span {
    Span { start, end }
}

#[test]
fn nothing_to_say_is_no_text() {
    assert_eq!(text("b.toml", "name = 1", &[], false), "");
    assert_eq!(json("b.toml", "name = 1", &[]), "[]\n");
}

#[test]
fn text_reads_as_rustc_writes() {
    let source = "name = \"x\"\nport = 0\n";
    let said = [
        Diagnostic::warning("dull-name", span(7, 10), "a dull name"),
        Diagnostic::error("out-of-range", span(18, 19), "`port` cannot be 0")
            .label("must be from 1 to 65535")
            .also(span(0, 4), "of this system")
            .reason("`port`: where it listens")
            .fix("give a number from 1 to 65535"),
        Diagnostic::error("missing-key", None, "the blueprint needs the key `pattern`"),
    ];
    let expected = "\
error[missing-key]: the blueprint needs the key `pattern`
--> b.toml

warning[dull-name]: a dull name
 --> b.toml:1:8
  |
1 | name = \"x\"
  |        ^^^

error[out-of-range]: `port` cannot be 0
 --> b.toml:2:8
  |
1 | name = \"x\"
  | ---- of this system
2 | port = 0
  |        ^ must be from 1 to 65535
  |
  = note: `port`: where it listens
  = help: give a number from 1 to 65535

2 errors, 1 warning
";
    assert_eq!(text("b.toml", source, &said, false), expected);
    assert!(text("b.toml", source, &said, true).contains("\u{1b}["));
}

#[test]
fn columns_count_characters_and_skip_the_byte_order_mark() {
    let source = "\u{feff}한글 = \"값\"\r\nb = 1\r\n";
    let place = Source::new(source);
    let wide = source.find('"').unwrap();
    assert_eq!(
        place.positions(span(wide, wide + 5)),
        (Position { line: 1, column: 6 }, Position { line: 1, column: 9 })
    );
    let b = source.find("b =").unwrap();
    assert_eq!(place.positions(span(b, b + 1)).0, Position { line: 2, column: 1 });
    let said = [Diagnostic::error("x", span(wide, wide + 5), "m")];
    assert!(text("b.toml", source, &said, false).contains("b.toml:1:6"));
}

#[test]
fn secrets_are_blotted_out() {
    let source = "a = \"hunter2\"\n";
    let said = [Diagnostic::error("literal-secret", span(4, 13), "m")];
    let out = text("b.toml", source, &said, false);
    assert!(!out.contains("hunter2") && out.contains("a = \"*******\""), "{out}");
}

#[test]
fn json_says_everything() {
    let said = [
        Diagnostic::error("rule", span(9, 12), "m")
            .label("l")
            .reason("r")
            .fix("f")
            .also(span(0, 1), "o"),
        Diagnostic::warning("whole", None, "n"),
    ];
    let all: serde_json::Value = serde_json::from_str(&json("b.toml", "a = 1\nb = \"é\"\n", &said)).unwrap();
    assert_eq!(
        all,
        serde_json::json!([
            {
                "file": "b.toml", "line": null, "column": null, "end": null, "severity": "warning", "rule": "whole",
                "message": "n", "label": null, "reason": null, "fix": null, "related": [],
            },
            {
                "file": "b.toml", "line": 2, "column": 4, "end": { "line": 2, "column": 6 }, "severity": "error", "rule": "rule",
                "message": "m", "label": "l", "reason": "r", "fix": "f",
                "related": [{ "line": 1, "column": 1, "end": { "line": 1, "column": 2 }, "label": "o" }],
            },
        ])
    );
}

#[test]
fn sarif_lists_each_rule_once() {
    let said = [
        Diagnostic::error("b-rule", span(0, 1), "m"),
        Diagnostic::warning("a-rule", None, "n").fix("f"),
        Diagnostic::error("b-rule", span(2, 3), "o").also(span(0, 1), "there"),
    ];
    let log: serde_json::Value = serde_json::from_str(&sarif("dir/b c.toml", "abc", &said)).unwrap();
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 2);
    let results = run["results"].as_array().unwrap();
    assert_eq!(results[0]["message"]["text"], "n\nFix: f");
    assert!(results[0]["locations"][0]["physicalLocation"]["region"].is_null());
    assert_eq!(results[2]["ruleIndex"], 1);
    let region = &results[2]["locations"][0]["physicalLocation"];
    assert_eq!(region["artifactLocation"]["uri"], "dir/b%20c.toml");
    assert_eq!(region["region"]["startColumn"], 3);
}

proptest! {
    /// Any text and any span, sensible or not, can be rendered.
    #[test]
    fn rendering_never_panics(
        source in "(\u{feff})?([a-z가\t=\"\\[\\]]|\r\n|\n|\r|\u{301}|\u{1b}|🦀){0,40}",
        start in 0usize..90,
        length in 0usize..30,
        other in 0usize..90,
        color: bool,
    ) {
        let said = [
            Diagnostic::error("rule", span(start, start + length), "m").label("l").also(span(other, other + 2), "o"),
            Diagnostic::warning("literal-secret", span(other, other + length), "n").label("two\nlines").fix("f"),
        ];
        prop_assert!(text("b.toml", &source, &said, color).contains("1 error, 1 warning"));
        prop_assert!(serde_json::from_str::<serde_json::Value>(&json("b.toml", &source, &said)).is_ok());
        prop_assert!(serde_json::from_str::<serde_json::Value>(&sarif("b.toml", &source, &said)).is_ok());
    }
}
