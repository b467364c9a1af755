use serde_json::{Value, json};

use super::overrides::{merge, unknown};
use super::path::Path;
use super::schema;
use super::yaml::document;

#[test]
fn what_yaml_1_1_reads_otherwise_is_quoted() {
    for text in [
        "on",
        "No",
        "y",
        "true",
        "null",
        "~",
        "",
        "1:30",
        "007",
        "1e3",
        "0x1f",
        "1_000",
        "2026-11-21",
        "- a",
        "-1",
        "--",
        "a: b",
        "a #b",
        "a:",
        "*x",
        "&x",
        "@x",
        "%x",
        "it's",
        "{x}",
        "[x]",
        "=",
        ".5",
        "-.5",
        " x",
        "x ",
    ] {
        let yaml = document(&json!({ "key": text }), &vec![]);
        assert!(yaml.starts_with("key: '"), "{text:?} became {yaml}");
        let read: Value = serde_yaml::from_str(&yaml).unwrap_or_default();
        assert_eq!(read, json!({ "key": text }));
    }
    for text in [
        "web",
        "-dir=/data",
        "nginx:1.29",
        "https://object-store",
        "30Gi",
        "500m",
        "25%",
        "7d",
        "10.0.0.0/8",
        "/tmp",
        "was-rw",
    ] {
        assert_eq!(document(&json!({ "key": text }), &vec![]), format!("key: {text}\n"));
    }
}

#[test]
fn every_text_is_read_back_as_it_was() {
    for text in [
        "a\nb\n",
        "a\nb",
        "a\n\nb\n",
        "\na\n",
        " a\nb",
        "a\n\n",
        "a\tb\nc",
        "a\u{1}b",
        "\u{85}",
        "a\u{2028}b\nc",
        "\u{feff}x\u{ffff}\u{1ffff}",
        "\"\\\u{1}",
        "a\r\nb",
    ] {
        let given = json!({ "list": [text, { "name": text, "other": [[1, -2.5, true, null]] }], "empty": [{}, []] });
        let yaml = document(&given, &vec![]);
        let read: Value = serde_yaml::from_str(&yaml).unwrap_or_default();
        assert_eq!(read, given, "{yaml}");
    }
}

#[test]
fn names_come_first_and_comments_stand_above_their_keys() {
    let object =
        json!({ "spec": { "items": [{ "args": ["x"], "name": "a" }], "b": 1 }, "kind": "K", "apiVersion": "v1" });
    let comments = vec![("spec/b", "one".to_owned()), ("spec/items/0/args", "two".to_owned())];
    let expected = "apiVersion: v1\nkind: K\nspec:\n  items:\n    - name: a\n      # two\n      args:\n        \
        - x\n  # one\n  b: 1\n";
    assert_eq!(document(&object, &comments), expected);
}

#[test]
fn overrides_merge_lists_by_name() {
    let mut value = json!({ "containers": [{ "name": "a", "x": 1 }, { "name": "b" }], "list": [1, 2] });
    merge(
        &mut value,
        &json!({ "containers": [{ "name": "b", "y": 2 }, { "name": "c" }], "list": [3], "new": { "z": 1 } }),
    );
    let expected = json!({
        "containers": [{ "name": "a", "x": 1 }, { "name": "b", "y": 2 }, { "name": "c" }],
        "list": [3],
        "new": { "z": 1 },
    });
    assert_eq!(value, expected);
}

#[test]
fn fields_that_a_type_loses_are_unknown() {
    let mut faults = vec![];
    let given = json!({ "a": { "b": 1, "c": [{ "d": 1 }] }, "empty": {} });
    unknown(&given, &json!({ "a": { "b": 1, "c": [{}] } }), &Path::Root, &mut faults);
    assert_eq!(faults, [("a.c.0.d".to_owned(), "is no field of this kind".to_owned())]);
}

#[test]
fn schemas_know_fields_types_and_required_ones() {
    let kind = "generators.external-secrets.io/v1alpha1/Password";
    let good = json!({ "length": 40, "noUpper": false, "allowRepeat": true });
    assert_eq!(schema::check(kind, &good), []);
    let bad = json!({ "length": "40", "noUpper": false, "lenght": 1 });
    let found: Vec<String> = schema::check(kind, &bad).into_iter().map(|(path, _)| path).collect();
    assert_eq!(found, ["spec", "spec.length", "spec.lenght"]);
    assert_eq!(schema::check("x/v1/Y", &good).len(), 1);
}
