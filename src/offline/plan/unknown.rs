//! What only an apply decides.

use super::{each_block, each_member};
use crate::offline::value::Value;
use crate::terraform::provider::{Argument, Body, Nesting, Schema};

/// Makes unknown what the provider computes and nothing gives a value for. Returns true where that was a whole nested block, which
/// Terraform takes from providers of the older kind only.
pub fn unknowns(schema: &'static Schema, body: &'static Body, creating: bool, state: &mut Value) -> bool {
    let mut lenient = false;
    each_member(schema, body, state, &mut |_, argument, value| match argument {
        Argument::Attribute(attribute) => {
            if value.is_null() && attribute.computed && !attribute.write_only {
                *value = Value::unknown();
            }
        }
        Argument::Block(nested) => {
            if value.is_null() && nested.nesting != Nesting::Single {
                *value = Value::List(vec![]);
            }
            let is_empty = matches!(value, Value::List(items) if items.is_empty());
            if creating && nested.computed && is_empty {
                *value = Value::unknown();
                lenient = true;
            } else {
                each_block(value, &mut |item| {
                    lenient |= unknowns(schema, &nested.body, creating, item)
                });
            }
        }
    });
    lenient
}
