//! Changes of a made-up type, and of real ones.
#![allow(clippy::unwrap_used)]

use super::{Change, Planned, plan};
use crate::offline::archive::Provider;
use crate::offline::settings::Settings;
use crate::offline::value::Value;
use crate::terraform::provider::{BlockKind, Schema};

/// The made-up type: what the marks mean is said in the schema's own documentation.
const TYPE: &str = r#"{"body":{
    "arn":"string=",
    "filled":{"":"list 0-1=","name":"string?="},
    "id":"string=",
    "name":"string?#",
    "password":"string?~",
    "rule":{"":"set#","id":"string=","port":"number!","protocol":["string?",{"default":"tcp"}]},
    "size":["number?",{"default":3}],
    "tags":"map(string)?",
    "tags_all":"map(string)?=",
    "timeouts":{"":"single","create":"string?"}
}}"#;

fn schema() -> &'static Schema {
    Box::leak(Box::new(Schema::parse(TYPE.replace('\n', "").leak()).unwrap()))
}

/// What Terraform proposes: every argument, null where nothing is said of it.
fn proposed<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let mut all = Value::from([
        ("arn", Value::Null),
        ("filled", Value::List(vec![])),
        ("id", Value::Null),
        ("name", Value::Null),
        ("password", Value::Null),
        ("rule", Value::List(vec![])),
        ("size", Value::Null),
        ("tags", Value::Null),
        ("tags_all", Value::Null),
        ("timeouts", Value::Null),
    ]);
    change(&mut all, fields);
    all
}

fn change<const N: usize>(value: &mut Value, fields: [(&str, Value); N]) {
    if let Value::Object(all) = value {
        all.extend(fields.map(|(name, value)| (name.to_owned(), value)));
    }
}

fn planned(prior: &Value, proposed: Value) -> Planned {
    let settings = Settings {
        tags: [("team".to_owned(), "a".into())].into(),
        ..Settings::default()
    };
    let change = Change {
        type_name: "aws_thing",
        schema: schema(),
        prior,
        proposed,
        imported: false,
    };
    plan(change, &settings)
}

fn rule(port: i64, id: Value, protocol: Value) -> Value {
    Value::from([("port", Value::whole(port)), ("id", id), ("protocol", protocol)])
}

/// A resource as an apply left it.
fn existing() -> Value {
    proposed([
        ("arn", "arn:1".into()),
        (
            "filled",
            Value::List(vec![Value::from([("name", "by the provider".into())])]),
        ),
        ("id", "1".into()),
        ("name", "one".into()),
        ("rule", Value::List(vec![rule(80, "r-1".into(), "tcp".into())])),
        ("size", Value::whole(3)),
        ("tags_all", Value::from([("team", "a".into())])),
    ])
}

/// The configuration of that resource, as Terraform proposes it: computed values stay, sets of blocks that look new do not.
fn unchanged() -> Value {
    let mut value = existing();
    change(
        &mut value,
        [
            ("filled", Value::List(vec![])),
            ("rule", Value::List(vec![rule(80, Value::Null, Value::Null)])),
            ("size", Value::Null),
        ],
    );
    value
}

#[test]
fn what_only_an_apply_knows_is_unknown() {
    let rules = Value::List(vec![rule(80, Value::Null, Value::Null)]);
    let new = proposed([("name", "one".into()), ("rule", rules), ("password", "secret".into())]);
    let Planned {
        state,
        lenient,
        replaced_by,
    } = planned(&Value::Null, new);
    assert_eq!(state.field("name"), &Value::from("one"));
    assert_eq!(state.field("size"), &Value::whole(3));
    assert_eq!(state.field("tags_all"), &Value::from([("team", "a".into())]));
    assert_eq!(
        state.field("rule"),
        &Value::List(vec![rule(80, Value::unknown(), "tcp".into())])
    );
    for name in ["password", "tags", "timeouts"] {
        assert!(state.field(name).is_null(), "{name}");
    }
    for name in ["arn", "id", "filled"] {
        assert!(state.field(name).is_unknown(), "{name}");
    }
    assert!(lenient && replaced_by.is_empty());
}

#[test]
fn what_is_as_it_was_changes_nothing() {
    let prior = existing();
    assert_eq!(planned(&prior, unchanged()).state, prior);
}

#[test]
fn some_changes_replace_and_others_do_not() {
    let prior = existing();
    let with = |fields: [(&str, Value); 1]| {
        let mut new = unchanged();
        change(&mut new, fields);
        planned(&prior, new).replaced_by
    };
    assert_eq!(with([("name", "two".into())]), ["name"]);
    assert_eq!(with([("name", Value::unknown())]), ["name"]);
    assert_eq!(with([("rule", Value::List(vec![]))]), ["rule"]);
    assert!(with([("rule", Value::List(vec![rule(81, Value::Null, Value::Null)]))]).is_empty());
    assert!(with([("size", Value::whole(4))]).is_empty());
}

#[test]
fn an_import_is_never_replaced_and_a_destroy_is_nothing() {
    let mut new = unchanged();
    change(&mut new, [("name", "two".into())]);
    let change = Change {
        type_name: "aws_thing",
        schema: schema(),
        prior: &existing(),
        proposed: new,
        imported: true,
    };
    assert!(plan(change, &Settings::default()).replaced_by.is_empty());
    assert!(planned(&existing(), Value::Null).state.is_null());
}

#[test]
fn a_certificate_names_its_records() {
    let aws = Provider::named("aws").unwrap();
    let schema = aws.schema(BlockKind::Resource, "aws_acm_certificate").unwrap();
    let change = Change {
        type_name: "aws_acm_certificate",
        schema: Box::leak(Box::new(schema)),
        prior: &Value::Null,
        proposed: Value::from([
            ("domain_name", "b.example".into()),
            ("subject_alternative_names", Value::texts(["a.example"])),
            ("validation_method", "DNS".into()),
        ]),
        imported: false,
    };
    let planned = plan(change, &Settings::default());
    let records = planned.state.field("domain_validation_options").items();
    let names: Vec<_> = records
        .iter()
        .map(|record| record.field("domain_name").as_text())
        .collect();
    assert_eq!(names, [Some("a.example"), Some("b.example")]);
}
