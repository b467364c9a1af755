#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::{json_schema, load};
use crate::diagnostic::render;

const GOOD: &str = include_str!("../../blueprints/monolith.toml");

const SMALL: &str = r#"
name = "shop"
pattern = "monolith"
region = "seoul"
network = { zones = 3 }

[services.web]
image = "nginx:1.29"
port = 8080
reads = ["main", "api-key"]

[databases.main]
engine = "postgres"
size = { cpu = 2, memory_gb = 8 }

[environments.dev]
protect = false
network.zones = 2
databases.main.size = "small"
services.web.reads = ["main"]
"#;

fn at<'a>(text: &'a str, path: &str, environment: Option<&str>) -> &'a str {
    let span = load(text, environment).unwrap().places.span(path).unwrap();
    &text[span.start..span.end]
}

#[test]
fn places_are_those_of_the_overlay_where_it_decides() {
    assert_eq!(at(SMALL, "network.zones", None), "3");
    assert_eq!(at(SMALL, "network.zones", Some("dev")), "2");
    assert_eq!(at(SMALL, "databases.main.size", Some("dev")), "\"small\"");
    assert_eq!(at(SMALL, "databases.main.engine", Some("dev")), "\"postgres\"");
    assert_eq!(at(SMALL, "services.web.reads.1", None), "\"api-key\"");
    assert_eq!(at(SMALL, "services.web.reads.1", Some("dev")), "[\"main\"]");
    assert_eq!(at(SMALL, "services.web.nothing", None), "[services.web]");
    let blueprint = load(SMALL, None).unwrap();
    let key = blueprint.places.key("databases.main").unwrap();
    assert_eq!(&SMALL[key.start..key.end], "main");
    assert!(blueprint.places.span("nothing").is_none());
}

#[test]
fn the_environment_is_merged_deep() {
    let base = load(SMALL, None).unwrap().model;
    let dev = load(SMALL, Some("dev")).unwrap().model;
    assert!(base.protect && !dev.protect);
    assert_eq!((base.network.zones, dev.network.zones), (3, 2));
    assert_eq!(dev.network.cidr, base.network.cidr);
    assert_eq!(dev.databases.len(), base.databases.len());
}

#[test]
fn line_ends_and_byte_order_mark_do_not_matter() {
    let dos = format!("\u{feff}{}", GOOD.replace('\n', "\r\n"));
    assert!(load(&dos, Some("dev")).is_ok());
}

/// Every reference leads somewhere, and what an environment may say is what a blueprint may say, with nothing required.
#[test]
fn the_schema_for_editors_is_whole() {
    fn visit(schema: &serde_json::Value, root: &serde_json::Value) {
        match schema {
            serde_json::Value::Object(map) => {
                if let Some(serde_json::Value::String(name)) = map.get("$ref") {
                    assert!(root.pointer(name.trim_start_matches('#')).is_some(), "{name}");
                }
                map.values().for_each(|value| visit(value, root));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| visit(item, root)),
            _ => {}
        }
    }
    let schema = json_schema();
    visit(&schema, &schema);
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    let overlay = &schema["definitions"]["Overlay"];
    assert!(overlay["properties"]["environments"].is_null());
    let own: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    let overlaid: Vec<&String> = overlay["properties"].as_object().unwrap().keys().collect();
    assert_eq!(own.len(), overlaid.len() + 1);
    let required = |name: &str| {
        let definition = schema["definitions"][name].as_object().unwrap();
        ["required", "then"].iter().any(|key| definition.contains_key(*key))
    };
    assert!(required("Service") && !required("ServiceOverlay"));
    for property in schema["properties"].as_object().unwrap().values() {
        assert!(property["description"].is_string(), "{property}");
    }
}

#[test]
fn all_errors_before_an_error_of_syntax_are_reported() {
    let found = load("nome = \"x\"\n[services.web]\nport = 0\nroutes = [\n", None).unwrap_err();
    let rules: Vec<&str> = found.iter().map(|one| one.rule).collect();
    assert_eq!(rules, ["unknown-key", "out-of-range", "toml-syntax"]);
}

#[test]
fn deep_nesting_is_an_error_not_a_crash() {
    for text in [
        format!("a = {}", "[".repeat(5000)),
        format!("a = {}", "{ a = ".repeat(5000)),
        format!("{}a = 1", "a.".repeat(5000)),
        format!("[{}a]", "a.".repeat(5000)),
        format!("[override.aws.a.b]\nx = {}1{}", "[".repeat(70), "]".repeat(70)),
    ] {
        if let Err(found) = load(&text, None) {
            assert!(!render::text("b.toml", &text, &found, false).is_empty());
        }
    }
}

#[test]
fn a_text_of_errors_alone_is_read_in_good_time() {
    let start = std::time::Instant::now();
    for line in ["a = 1\n", "[a]\n", "a = [\n", "= 1\n", "a = {\n", "a.a.a.a.a = 1\n"] {
        let text = line.repeat(2000);
        assert!(load(&text, None).is_err());
    }
    let numbered: String = (0..2000).map(|number| format!("key{number} = {number}\n")).collect();
    assert_eq!(load(&numbered, None).unwrap_err().len(), 2003);
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}

/// Loading gives a value or at least one error, each inside the text and with a fix.
fn obeys(text: &str, environment: Option<&str>) -> Result<(), TestCaseError> {
    if let Err(found) = load(text, environment) {
        prop_assert!(!found.is_empty());
        for one in &found {
            prop_assert!(one.rule != "internal-mismatch", "{}", one.message);
            prop_assert!(one.fix.is_some(), "{} has no fix", one.rule);
            prop_assert!(
                one.span
                    .is_none_or(|span| span.start <= span.end && span.end <= text.len())
            );
        }
        prop_assert!(!render::text("b.toml", text, &found, false).is_empty());
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "([a-z=\\[\\]{}\"'.,#0-9 -]|\n|\r\n|\u{feff}|\\\\|é){0,200}") {
        obeys(&text, None)?;
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        obeys(&String::from_utf8_lossy(&bytes), Some("dev"))?;
    }

    /// A piece of a good blueprint replaced by another piece of it, or by a value of some type.
    #[test]
    fn any_mutation_of_a_good_blueprint_is_read_without_panic(
        cut in 0usize..1600, length in 0usize..60, from in 0usize..1600, taken in 0usize..60,
        value in prop_oneof![
            Just(None),
            "[ =\"\n]{0,3}(true|-?[0-9]{1,20}|1.5|nan|09:00|\"[a-z가\\$\\{]*\"|\\[\\]|\\{\\}|[a-z]{1,5} = )[\n\"]{0,2}".prop_map(Some),
        ],
        dev: bool,
    ) {
        let whole: Vec<char> = GOOD.chars().collect();
        let piece = |start: usize, length: usize| -> String {
            whole.iter().skip(start).take(length).collect()
        };
        let middle = value.unwrap_or_else(|| piece(from, taken));
        let text = format!("{}{middle}{}", piece(0, cut), piece(cut + length, whole.len()));
        obeys(&text, dev.then_some("dev"))?;
    }

    /// One value of a good blueprint replaced by a value of any type.
    #[test]
    fn any_value_in_place_of_another_is_read_without_panic(
        which in any::<prop::sample::Index>(),
        value in prop_oneof![
            "-?[0-9]{1,12}", "-?[0-9]{1,3}\\.[0-9]{1,3}", "true|false", "\"[ -!#-\\[\\]-~]{0,12}\"", "2026-01-01|09:00",
            "\\[([0-9], )*\\]", "\\{ [a-z]{1,6} = [0-9] \\}", Just("{}".to_owned()),
        ],
        dev: bool,
    ) {
        let values: Vec<usize> = GOOD.match_indices(" = ").map(|(at, _)| at + 3).collect();
        let at = *which.get(&values);
        let end = GOOD[at..].find([',', '\n', ' ']).map_or(GOOD.len(), |end| at + end);
        obeys(&format!("{}{value}{}", &GOOD[..at], &GOOD[end..]), dev.then_some("dev"))?;
    }
}

/// The types of the model are the language; the text that is read at run time follows them. `CLOUDGEN_BLESS=1` writes it anew.
#[test]
fn the_schema_is_that_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/blueprint/language.txt");
    let lines = super::schema::generate::lines();
    if std::env::var_os("CLOUDGEN_BLESS").is_some() {
        std::fs::write(path, &lines).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(
        kept == lines,
        "the language has changed: run `CLOUDGEN_BLESS=1 cargo test --lib the_schema_is` and review the diff"
    );
}
