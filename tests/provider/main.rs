//! What the check of a block against the provider data finds, and what it lets pass.

mod blocks;
mod lookup;
mod values;

use cloudgen::terraform::Block;
use cloudgen::terraform::provider::{self, BlockKind};
use hcl::Expression;
use proptest::prelude::*;

use BlockKind::Resource;

/// The violations of a block, one a line.
fn found(kind: BlockKind, type_name: &str, body: &Block) -> Vec<String> {
    let violations = provider::check_block(kind, type_name, body);
    violations.iter().map(ToString::to_string).collect()
}

fn assert_found(type_name: &str, body: Block, expected: &[&str]) {
    assert_eq!(found(Resource, type_name, &body), expected);
}

fn expression(text: &str) -> Expression {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn bucket() -> Block {
    Block::new().set("bucket", "media-4f2a")
}

/// A launch template: no argument is required.
fn template() -> Block {
    Block::new().set("name_prefix", "web-")
}

fn key_vault() -> Block {
    Block::new()
        .set("name", "bumarket")
        .set("location", "koreacentral")
        .set("resource_group_name", "bumarket")
        .set("tenant_id", "00000000-0000-0000-0000-000000000001")
        .set("sku_name", "premium")
        .set("rbac_authorization_enabled", true)
}

fn database() -> Block {
    Block::new()
        .set("name", "main")
        .set("database_version", "POSTGRES_17")
        .set("region", "asia-northeast3")
}

fn any_value() -> impl Strategy<Value = Expression> {
    let leaf = prop_oneof![
        Just(Expression::Null),
        any::<bool>().prop_map(Expression::from),
        any::<i64>().prop_map(Expression::from),
        any::<String>().prop_map(Expression::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Expression::from),
            prop::collection::btree_map("[a-z_]{1,8}", inner, 0..3).prop_map(Expression::from_iter),
        ]
    })
}

proptest! {
    /// Whatever is set, the check answers, and answers the same when it is asked again.
    #[test]
    fn any_value_of_any_argument_is_answered(place in any::<prop::sample::Index>(), value in any_value()) {
        let types: Vec<&str> = provider::types("azurerm", Resource).chain(provider::types("google", Resource)).collect();
        let type_name = types[place.index(types.len())];
        let names = provider::arguments(Resource, type_name, &[]);
        let (name, _) = names[place.index(names.len())];
        let body = Block::new().set(name, value);
        prop_assert_eq!(found(Resource, type_name, &body), found(Resource, type_name, &body));
    }
}
