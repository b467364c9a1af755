//! Schemas as messages of the protocol.

use crate::offline::protocol::nested_block::Nesting as Mode;
use crate::offline::protocol::{self as message, Attribute, Block, NestedBlock};
use crate::offline::value::type_json;
use crate::terraform::provider::{self, Argument, Body, Nesting, Schema};

/// The schema of a type.
pub fn message(schema: &'static Schema) -> message::Schema {
    let version = i64::from(schema.version);
    message::Schema {
        version,
        block: Some(Block {
            version,
            deprecated: schema.deprecated,
            ..block(schema, &schema.body)
        }),
    }
}

/// What a module may say of itself to a provider.
pub fn of_modules(provider: &str) -> Option<message::Schema> {
    let (name, kind) = match provider {
        "aws" => ("user_agent", r#"["list","string"]"#),
        "google" | "google-beta" => ("module_name", r#""string""#),
        _ => return None,
    };
    let attribute = Attribute {
        name: name.to_owned(),
        r#type: kind.into(),
        optional: true,
        ..Attribute::default()
    };
    let block = Block {
        attributes: vec![attribute],
        ..Block::default()
    };
    Some(message::Schema {
        version: 0,
        block: Some(block),
    })
}

fn block(schema: &'static Schema, body: &'static Body) -> Block {
    let mut block = Block::default();
    for (name, argument) in schema.members(body) {
        match argument {
            Argument::Attribute(of) => block.attributes.push(attribute(name, of)),
            Argument::Block(of) => block.block_types.push(nested(schema, name, of)),
        }
    }
    block
}

fn attribute(name: &str, of: &provider::Attribute) -> Attribute {
    Attribute {
        name: name.to_owned(),
        r#type: type_json(&of.kind).to_string().into_bytes(),
        required: of.required,
        optional: of.optional,
        computed: of.computed,
        sensitive: of.sensitive,
        deprecated: of.deprecated,
        write_only: of.write_only,
    }
}

fn nested(schema: &'static Schema, name: &str, of: &'static provider::Nested) -> NestedBlock {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let (nesting, min_items, max_items) = match of.nesting {
        // Terraform itself allows one block at most, and takes no numbers.
        Nesting::Single => (Mode::Single, 0, 0),
        Nesting::List => (Mode::List, count(of.least), of.most.map_or(0, count)),
        Nesting::Set => (Mode::Set, count(of.least), of.most.map_or(0, count)),
    };
    NestedBlock {
        type_name: name.to_owned(),
        block: Some(Block {
            deprecated: of.deprecated,
            ..block(schema, &of.body)
        }),
        nesting: nesting.into(),
        min_items,
        max_items,
    }
}
