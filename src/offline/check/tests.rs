//! Configurations that a provider would refuse.
#![allow(clippy::unwrap_used)]

use super::check;
use crate::offline::archive::Provider;
use crate::offline::value::Value;
use crate::terraform::provider::{BlockKind, Schema};

/// What a provider says of the configuration of a made-up resource.
fn said(schema: &str, config: &Value) -> Vec<String> {
    let line = schema.replace('\n', "");
    let schema: &'static Schema = Box::leak(Box::new(Schema::parse(line.leak()).unwrap()));
    let diagnostics = check(BlockKind::Resource, "x_thing", schema, config);
    diagnostics.into_iter().map(|diagnostic| diagnostic.detail).collect()
}

#[test]
fn values_must_be_those_that_the_provider_takes() {
    let schema = r#"{"body":{
        "block":{"":"list","size":["number?",{"range":[1,9]}]},
        "color":["string?",{"one_of":["red","blue"]}],
        "names":["set(string)?",{"element":{"pattern":"^[a-z]+$"}}],
        "secret":["string?~",{"length":[8,null]}],
        "status":"string="
    }}"#;
    let config = Value::from([
        ("block", Value::List(vec![Value::from([("size", Value::whole(10))])])),
        ("color", "green".into()),
        ("names", Value::texts(["a", "B"])),
        ("secret", "abc".into()),
        ("status", "on".into()),
    ]);
    let expected = [
        "block.size: must be 1 to 9, not 10.",
        "color: \"green\" is not allowed; allowed: \"red\", \"blue\".",
        "names: \"B\" does not match ^[a-z]+$.",
        "secret: must have at least 8 characters, not 3.",
        "status: the provider decides this value; it cannot be set.",
    ];
    assert_eq!(said(schema, &config), expected);
    let unknown = Value::from([("color", Value::unknown()), ("block", Value::unknown())]);
    assert!(said(schema, &unknown).is_empty());
    assert!(
        said(schema, &Value::from([("color", "color-0123abcd".into())])).is_empty(),
        "a stand-in"
    );
}

#[test]
fn arguments_need_and_exclude_each_other() {
    let schema = r#"{"rules":{
        "exactly_one_of":[["a","b"],["block.c","block.d"]],
        "conflicts_with":{"e":["f"]},
        "required_with":{"e":["g"]}
    },"body":{"a":"string?","b":"string?","block":{"":"list","c":"string?","d":"string?"},"e":"string?","f":"string?","g":"string?"}}"#;
    let config = Value::from([
        ("block", Value::List(vec![Value::from([])])),
        ("e", "x".into()),
        ("f", "x".into()),
    ]);
    let expected = [
        "a: exactly one of `a`, `b` must be set.",
        "block.c: exactly one of `block.c`, `block.d` must be set.",
        "e: cannot be set together with `f`.",
        "e: needs `g` as well.",
    ];
    assert_eq!(said(schema, &config), expected);
    let both = Value::from([("a", "x".into()), ("b", "x".into())]);
    assert_eq!(said(schema, &both), ["b: cannot be set together with `a`."]);
    let unknown = Value::from([("a", Value::unknown()), ("block", Value::List(vec![]))]);
    assert!(said(schema, &unknown).is_empty());
}

#[test]
fn ids_are_for_the_provider() {
    let aws = Provider::named("aws").unwrap();
    let schema: &'static Schema = Box::leak(Box::new(aws.schema(BlockKind::Resource, "aws_vpc").unwrap()));
    let config = Value::from([("id", "vpc-1".into())]);
    assert!(!check(BlockKind::Resource, "aws_vpc", schema, &config).is_empty());
    assert!(check(BlockKind::Data, "aws_vpc", schema, &config).is_empty());
}
