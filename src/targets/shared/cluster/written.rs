//! Objects with values that only Terraform knows: Terraform writes them, as YAML in an output.

use hcl::expr::ObjectKey;
use hcl::{Expression, Identifier};
use serde_json::Value;

use crate::kubernetes::object::Object;
use crate::terraform::overrides::literal;

/// JSON with places that Terraform fills.
#[derive(Debug, Clone)]
pub struct Filled {
    value: Value,
    fills: Vec<(String, Expression)>,
}

impl Filled {
    /// JSON with some text, or an empty list or object, at each place that is filled later.
    pub fn new(value: Value) -> Self {
        Self { value, fills: vec![] }
    }

    /// Fills the place at a JSON pointer, such as `/aws/region`.
    pub fn set(mut self, pointer: &str, value: impl Into<Expression>) -> Self {
        self.fills.push((pointer.to_owned(), value.into()));
        self
    }

    /// The JSON as it is without Terraform.
    pub(super) fn value(&self) -> &Value {
        &self.value
    }

    /// What is filled, with a longer way to each place.
    pub(super) fn fills_below(&self, pointer: &str) -> impl Iterator<Item = (String, Expression)> {
        let fills = self.fills.iter();
        fills.map(move |(inner, value)| (format!("{pointer}{inner}"), value.clone()))
    }
}

/// An object that Terraform writes.
#[derive(Debug, Clone)]
pub struct Written {
    pub(super) object: Object,
    fills: Vec<(String, Expression)>,
}

impl Written {
    /// An object as it is checked: with some text, or an empty list or object, at each place that is filled later.
    pub fn new(object: Object) -> Self {
        Self { object, fills: vec![] }
    }

    /// Fills the place at a JSON pointer, such as `/spec/provider/aws/region`. In the names of keys `/` is written `~1`.
    pub fn set(mut self, pointer: &str, value: impl Into<Expression>) -> Self {
        self.fills.push((pointer.to_owned(), value.into()));
        self
    }

    /// Fills several places.
    pub(super) fn set_all(mut self, fills: impl IntoIterator<Item = (String, Expression)>) -> Self {
        self.fills.extend(fills);
        self
    }

    /// True if Terraform knows something about it that nobody else does.
    pub(super) fn is_filled(&self) -> bool {
        !self.fills.is_empty()
    }

    /// Places that are filled and are not there.
    pub(super) fn missing(&self) -> impl Iterator<Item = &str> {
        let fills = self.fills.iter().map(|(pointer, _)| pointer.as_str());
        fills.filter(|pointer| self.object.at(pointer).is_none())
    }

    /// The object as Terraform sees it.
    pub(super) fn expression(&self) -> Expression {
        let mut expression = literal(self.object.value());
        for (pointer, value) in &self.fills {
            let steps = pointer.split('/').skip(1);
            let steps: Vec<String> = steps.map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
            if let Some(place) = place(&mut expression, &steps) {
                *place = value.clone();
            }
        }
        expression
    }
}

/// What steps lead to.
fn place<'e>(expression: &'e mut Expression, steps: &[String]) -> Option<&'e mut Expression> {
    let Some((step, rest)) = steps.split_first() else {
        return Some(expression);
    };
    let inner = match expression {
        Expression::Array(items) => items.get_mut(step.parse::<usize>().ok()?)?,
        Expression::Object(pairs) => {
            let text = ObjectKey::Expression(Expression::String(step.clone()));
            let word = ObjectKey::Identifier(Identifier::unchecked(step));
            let key = if pairs.contains_key(&word) { word } else { text };
            pairs.get_mut(&key)?
        }
        _ => return None,
    };
    place(inner, rest)
}
