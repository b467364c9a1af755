//! Questions about types.

use super::catalog::{self, BlockKind};
use super::schema::{Argument, Body, Nested, Nesting, Schema};
use super::types::Type;

/// The schema of a type, in google-beta where google does not have it.
fn schema(kind: BlockKind, type_name: &str) -> Option<&'static Schema> {
    let own = match kind {
        BlockKind::Provider => type_name,
        _ => type_name.split('_').next()?,
    };
    let of = |provider: &str| catalog::provider(provider)?.schema(kind, type_name);
    of(own).or_else(|| of("google-beta").filter(|_| own == "google"))
}

/// The types of a kind that a provider (`google-beta`) has in the data, sorted.
pub fn types(provider: &str, kind: BlockKind) -> impl Iterator<Item = &'static str> + use<> {
    let provider = catalog::provider(provider);
    provider.into_iter().flat_map(move |provider| provider.names(kind))
}

/// The version of a provider that the data describes: `6.66.0`.
pub fn version(provider: &str) -> Option<&'static str> {
    catalog::provider(provider).map(|provider| provider.version)
}

/// Whether a reference to an attribute or nested block of a type is valid; nothing where the type is not in the data.
///
/// The path is what follows the address of the resource, word by word: `ebs_block_device[0].volume_id` is
/// `["ebs_block_device", "0", "volume_id"]`, a splat is `*`, the key of a map is any word. As in Terraform, a list needs an index or
/// a splat before the attributes of its elements, a set needs a splat, and an empty path is the resource itself.
pub fn has_attribute(kind: BlockKind, type_name: &str, path: &[&str]) -> Option<bool> {
    schema(kind, type_name).map(|schema| exists(schema, path))
}

/// Whether a reference of these words is valid in a type.
pub(super) fn exists(schema: &'static Schema, path: &[&str]) -> bool {
    let start = Place::Object(&schema.body);
    path.iter()
        .try_fold(start, |place, word| place.step(schema, word))
        .is_some()
}

/// What an argument of a type is: an attribute or a nested block. The path is the names alone, without indexes
/// (`["root_block_device", "volume_size"]`). Nothing where there is none, or the type is not in the data.
pub fn argument(kind: BlockKind, type_name: &str, path: &[&str]) -> Option<Argument> {
    let schema = schema(kind, type_name)?;
    let (last, above) = path.split_last()?;
    let mut body = &schema.body;
    for name in above {
        body = match schema.member(body, name)? {
            Argument::Block(nested) => &nested.body,
            Argument::Attribute(_) => return None,
        };
    }
    schema.member(body, last)
}

/// The arguments and nested blocks that may be set in a type, or in one of its nested blocks, by name.
pub fn arguments(kind: BlockKind, type_name: &str, path: &[&str]) -> Vec<(&'static str, Argument)> {
    let Some(schema) = schema(kind, type_name) else {
        return vec![];
    };
    let body = match path {
        [] => Some(&schema.body),
        _ => match argument(kind, type_name, path) {
            Some(Argument::Block(nested)) => Some(&nested.body),
            _ => None,
        },
    };
    let members = body.into_iter().flat_map(|body| schema.members(body));
    members
        .filter(|(_, argument)| match argument {
            Argument::Attribute(attribute) => attribute.is_settable(),
            Argument::Block(_) => true,
        })
        .collect()
}

/// Whether an output of an attribute must be marked as sensitive. The path is as in [`has_attribute`]; a nested block is sensitive
/// where anything in it is.
pub fn is_sensitive(kind: BlockKind, type_name: &str, path: &[&str]) -> bool {
    let Some(schema) = schema(kind, type_name) else {
        return false;
    };
    let mut place = Place::Object(&schema.body);
    for word in path {
        if let Place::Object(body) = place
            && let Some(Argument::Attribute(attribute)) = schema.member(body, word)
        {
            return attribute.sensitive;
        }
        place = match place.step(schema, word) {
            Some(place) => place,
            None => return false,
        };
    }
    match place {
        Place::Object(body) => holds_secrets(schema, body),
        Place::Blocks(nested) => holds_secrets(schema, &nested.body),
        Place::Value(_) => false,
    }
}

fn holds_secrets(schema: &'static Schema, body: &'static Body) -> bool {
    schema.members(body).any(|(_, argument)| match argument {
        Argument::Attribute(attribute) => attribute.sensitive,
        Argument::Block(nested) => holds_secrets(schema, &nested.body),
    })
}

/// An example of the id of a resource: `/subscriptions/.../virtualNetworks/network1`.
pub fn id_example(type_name: &str) -> Option<&'static str> {
    schema(BlockKind::Resource, type_name)?.id.as_deref()
}

/// Where a reference has got to.
#[derive(Clone, Copy)]
enum Place {
    /// A resource or one nested block.
    Object(&'static Body),
    /// The nested blocks of a name.
    Blocks(&'static Nested),
    /// A value of an attribute.
    Value(&'static Type),
}

impl Place {
    fn step(self, schema: &'static Schema, word: &str) -> Option<Self> {
        let is_index = word == "*" || word.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Place::Object(body) => match schema.member(body, word)? {
                Argument::Attribute(attribute) => Some(Place::Value(&attribute.kind)),
                Argument::Block(nested) if nested.nesting == Nesting::Single => Some(Place::Object(&nested.body)),
                Argument::Block(nested) => Some(Place::Blocks(nested)),
            },
            Place::Blocks(nested) => match nested.nesting {
                Nesting::Set if word != "*" => None,
                _ => is_index.then_some(Place::Object(&nested.body)),
            },
            Place::Value(kind) => match kind {
                Type::Any => Some(self),
                Type::List(element) => is_index.then_some(Place::Value(element)),
                Type::Set(element) => (word == "*").then_some(Place::Value(element)),
                Type::Map(element) => Some(Place::Value(element)),
                Type::Object(fields) => {
                    let found = fields.iter().find(|(name, _)| *name == word);
                    found.map(|(_, kind)| Place::Value(kind))
                }
                Type::String | Type::Number | Type::Bool => None,
            },
        }
    }
}
