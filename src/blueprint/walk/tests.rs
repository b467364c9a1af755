#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

use super::document;
use crate::blueprint::parse::parse;
use crate::blueprint::schema::{generate, language};

/// A language with one key for every construct that the walk understands.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Small {
    /// How it starts.
    ///
    /// More than an author needs to know.
    trigger: Option<Trigger>,
    size: Option<Size>,
    mode: Option<Mode>,
    #[schemars(length(min = 1, max = 2))]
    tags: Option<Vec<String>>,
    kinds: Option<BTreeSet<String>>,
    #[schemars(length(min = 2, max = 4))]
    code: Option<String>,
    count: Option<u8>,
    ratio: Option<f64>,
    per_target: Option<BTreeMap<String, u16>>,
    #[schemars(extend("pattern" = "^[a-z]+-[0-9]$", "examples" = ["a-1"]))]
    place: Option<String>,
    anything: Option<Json>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)]
enum Trigger {
    Http(Http),
    Queue(Queue),
    Schedule(String),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Http {
    http: String,
    api: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Queue {
    queue: String,
    batch: Option<u32>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)]
enum Size {
    Named(Mode),
    Count(u32),
}

/// Documented variants become `oneOf`, others `enum`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code)]
enum Mode {
    /// With words.
    Fast,
    /// With other words.
    Safe,
    Plain,
}

/// What is said of a text: `rule message / fix`, a line each.
fn said(text: &str) -> Vec<String> {
    let schema = generate::of::<Small>();
    document(&schema, &parse(text).root, text)
        .into_iter()
        .map(|one| format!("{}: {} / {}", one.rule, one.message, one.fix.unwrap_or_default()))
        .collect()
}

fn says(text: &str, expected: &[&str]) {
    assert_eq!(said(text), expected, "of {text}");
}

#[test]
fn what_obeys_is_silent() {
    says(
        "trigger = { http = 'GET /', api = 'main' }\nsize = 3\nmode = 'plain'\ntags = ['a']\nkinds = ['a', 'b']\ncode = 'ab'\n\
         count = 255\nratio = 1\nper_target = { aws = 1 }\nplace = 'x-1'\nanything = [1, { a = true, on = 2026-01-01 }]",
        &[],
    );
    says("trigger = '0 2 * * *'\nsize = 'safe'\nratio = 0.5\nanything = 'x'", &[]);
}

#[test]
fn a_table_is_held_against_the_form_that_shares_most_keys() {
    says(
        "trigger = { queue = 'q', bach = 1 }",
        &["unknown-key: unknown key `bach` in `trigger` / did you mean `batch`?"],
    );
    says(
        "trigger = { api = 'main' }",
        &["missing-key: `trigger` needs the key `http` / add `http = \"...\"`"],
    );
    says(
        "trigger = { bucket = 'b' }",
        &[
            "unknown-shape: `trigger` has none of the forms that it can take / give one of: `http` and `api`; or `queue`",
        ],
    );
    says(
        "trigger = 5",
        &["wrong-type: `trigger` must be a table or a string, not an integer / write `\"5\"`"],
    );
}

#[test]
fn words_of_several_branches_are_one_set() {
    says(
        "mode = 'Fats'",
        &["unknown-value: `mode` cannot be \"Fats\" / did you mean `\"fast\"`?"],
    );
    says(
        "size = 'huge'",
        &["unknown-value: `size` cannot be \"huge\" / choose one of them"],
    );
    says(
        "size = true",
        &[
            "wrong-type: `size` must be `\"plain\"`, `\"fast\"`, `\"safe\"` or an integer, not a boolean / give `\"plain\"`, `\"fast\"`, `\"safe\"` or an integer",
        ],
    );
}

#[test]
fn lengths_and_sets() {
    says(
        "tags = []",
        &["wrong-length: `tags` has no items, and must have 1 to 2 items / give it 1 to 2 items"],
    );
    says(
        "code = 'a'",
        &["wrong-length: `code` has 1 character, and must have 2 to 4 characters / give it 2 to 4 characters"],
    );
    says(
        "kinds = ['a', 'b', 'a']",
        &["repeated-item: `kinds` has the same item twice / take one of them out"],
    );
}

#[test]
fn numbers_keep_to_their_type() {
    says(
        "count = 256",
        &["out-of-range: `count` cannot be 256 / give a number from 0 to 255"],
    );
    says(
        "per_target = { aws = -1 }",
        &["out-of-range: `per_target.aws` cannot be -1 / give a number from 0 to 65535"],
    );
    says(
        "count = 2.5",
        &["wrong-type: `count` must be an integer, not a float / give an integer"],
    );
    says(
        "count = '0x10'",
        &["wrong-type: `count` must be an integer, not a string / give an integer"],
    );
}

#[test]
fn a_rewrite_is_only_proposed_where_it_obeys() {
    says(
        "count = '300'",
        &["wrong-type: `count` must be an integer, not a string / give an integer"],
    );
    says(
        "count = [3]",
        &["wrong-type: `count` must be an integer, not an array / write `3`"],
    );
    says(
        "tags = 'a'",
        &["wrong-type: `tags` must be an array of strings, not a string / write `['a']`"],
    );
    says(
        "place = 5",
        &["wrong-type: `place` must be a string, not an integer / give a string"],
    );
}

#[test]
fn patterns_offer_a_text_that_follows_them() {
    says(
        "place = 'b-2 '",
        &["bad-format: `place` cannot be \"b-2 \" / for example `\"b-2\"`"],
    );
    says(
        "place = '!'",
        &["bad-format: `place` cannot be \"!\" / for example `\"a-1\"`"],
    );
}

#[test]
fn the_first_paragraph_of_the_doc_comment_is_the_reason() {
    let schema = generate::of::<Small>();
    let text = "trigger = 5";
    let found = document(&schema, &parse(text).root, text);
    assert_eq!(found[0].reason.as_deref(), Some("`trigger`: How it starts."));
}

/// The keywords that the walk or its callers understand, or that only describe.
const UNDERSTOOD: [&str; 29] = [
    "$ref",
    "$schema",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "default",
    "definitions",
    "description",
    "enum",
    "examples",
    "format",
    "if",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "oneOf",
    "pattern",
    "patternProperties",
    "properties",
    "required",
    "then",
    "title",
];
const ALSO: [&str; 3] = ["type", "uniqueItems", "x-says"];

fn check_keywords(schema: &Json, at: &str) {
    let Json::Object(map) = schema else {
        return;
    };
    for (keyword, value) in map {
        assert!(
            UNDERSTOOD.contains(&keyword.as_str()) || ALSO.contains(&keyword.as_str()),
            "{at}: the walk does not understand `{keyword}`"
        );
        match (keyword.as_str(), value) {
            ("properties" | "patternProperties" | "definitions", Json::Object(schemas)) => {
                for (name, schema) in schemas {
                    check_keywords(schema, &format!("{at}/{name}"));
                }
            }
            ("allOf" | "anyOf" | "oneOf", Json::Array(schemas)) => {
                schemas.iter().for_each(|schema| check_keywords(schema, at));
            }
            ("items" | "additionalProperties", schema) => check_keywords(schema, at),
            ("format", Json::String(format)) => {
                let known = [
                    "uint8", "uint16", "uint32", "int32", "uint64", "int64", "uint", "double",
                ];
                assert!(
                    known.contains(&format.as_str()),
                    "{at}: the walk does not understand the format {format}"
                );
            }
            _ => {}
        }
    }
}

#[test]
fn every_keyword_of_the_language_is_understood() {
    check_keywords(&language().document(), "#");
}

#[test]
fn every_line_of_the_language_is_read() {
    assert_eq!(language().unread(), Vec::<String>::new());
}

#[test]
fn every_pattern_is_a_regular_expression_with_words() {
    fn check(schema: &Json) {
        match schema {
            Json::Object(map) => {
                let keys = map.get("patternProperties").and_then(Json::as_object);
                let patterns = keys.into_iter().flat_map(|keys| keys.keys().map(String::as_str));
                for pattern in patterns.chain(map.get("pattern").and_then(Json::as_str)) {
                    assert!(regex_lite::Regex::new(pattern).is_ok(), "{pattern}");
                    assert!(language().says(pattern).is_some(), "no words for {pattern}");
                }
                map.values().for_each(check);
            }
            Json::Array(items) => items.iter().for_each(check),
            _ => {}
        }
    }
    check(&language().document());
}
