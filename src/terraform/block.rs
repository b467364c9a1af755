//! The body of one Terraform block under construction.
//!
//! Attribute values are [`hcl::Expression`]s, so a Rust string is always a *literal*: it cannot become an interpolation. References
//! come from [`super::Address`], templates from [`super::expr`].

use hcl::Expression;

/// One entry of a [`Block`], in the order in which it is written.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// `name = value`
    Attribute(String, Expression),
    /// `name "label" { ... }`
    Block(String, Vec<String>, Block),
    /// `# text`, above the item that follows it.
    Comment(String),
}

/// The content between the braces of a Terraform block.
///
/// Built by chaining; every method takes and returns the block by value:
///
/// ```
/// use cloudgen::terraform::Block;
/// let listener = Block::new()
///     .set("port", 443)
///     .block("default_action", Block::new().set("type", "forward"));
/// assert!(listener.attribute("port").is_some());
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Block {
    items: Vec<Item>,
}

impl Block {
    /// An empty block.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets an attribute; an earlier value of the same name is replaced in place.
    pub fn set(mut self, name: &str, value: impl Into<Expression>) -> Self {
        self.replace(name, value.into());
        self
    }

    /// Sets an attribute where there is a value, and leaves it out where there is none.
    pub fn set_some(self, name: &str, value: Option<impl Into<Expression>>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Appends a nested block.
    pub fn block(mut self, name: &str, body: Block) -> Self {
        self.items.push(Item::Block(name.to_owned(), vec![], body));
        self
    }

    /// Appends a nested block with labels (`dynamic "x"`, `provider "y"`).
    pub fn labelled(mut self, name: &str, labels: &[&str], body: Block) -> Self {
        let labels = labels.iter().map(|&label| label.to_owned()).collect();
        self.items.push(Item::Block(name.to_owned(), labels, body));
        self
    }

    /// Appends a nested block where there is one.
    pub fn block_some(self, name: &str, body: Option<Block>) -> Self {
        match body {
            Some(body) => self.block(name, body),
            None => self,
        }
    }

    /// Appends one nested block of this name for each body.
    pub fn blocks(self, name: &str, bodies: impl IntoIterator<Item = Block>) -> Self {
        bodies.into_iter().fold(self, |block, body| block.block(name, body))
    }

    /// Appends a comment above the item that is added next. Comments say why; line breaks are kept.
    pub fn comment(mut self, text: &str) -> Self {
        self.items.push(Item::Comment(text.to_owned()));
        self
    }

    /// Applies `change` where `condition` holds; keeps a chain readable.
    pub fn when(self, condition: bool, change: impl FnOnce(Self) -> Self) -> Self {
        if condition { change(self) } else { self }
    }

    /// Leaves an attribute out again.
    pub fn without(mut self, name: &str) -> Self {
        self.items
            .retain(|item| !matches!(item, Item::Attribute(key, _) if key == name));
        self
    }

    /// The items in the order in which they are written.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// True for a block without attributes, nested blocks and comments.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The attributes, in order.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &Expression)> {
        self.items.iter().filter_map(|item| match item {
            Item::Attribute(name, value) => Some((name.as_str(), value)),
            _ => None,
        })
    }

    /// The nested blocks (name, labels, body), in order.
    pub fn nested(&self) -> impl Iterator<Item = (&str, &[String], &Block)> {
        self.items.iter().filter_map(|item| match item {
            Item::Block(name, labels, body) => Some((name.as_str(), labels.as_slice(), body)),
            _ => None,
        })
    }

    /// The value of one attribute.
    pub fn attribute(&self, name: &str) -> Option<&Expression> {
        self.attributes()
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Sets an attribute in place (the overrides of a blueprint arrive after the block is built).
    pub fn replace(&mut self, name: &str, value: Expression) {
        let existing = self.items.iter_mut().find_map(|item| match item {
            Item::Attribute(key, old) if key == name => Some(old),
            _ => None,
        });
        match existing {
            Some(old) => *old = value,
            None => self.items.push(Item::Attribute(name.to_owned(), value)),
        }
    }

    /// Replaces every nested block of this name by `bodies`, at the place of the first one.
    pub fn replace_blocks(&mut self, name: &str, bodies: Vec<Block>) {
        let is_named = |item: &Item| matches!(item, Item::Block(key, ..) if key == name);
        let place = self.items.iter().position(is_named);
        self.items.retain(|item| !is_named(item));
        let place = place.unwrap_or(self.items.len()).min(self.items.len());
        let new = bodies
            .into_iter()
            .map(|body| Item::Block(name.to_owned(), vec![], body));
        self.items.splice(place..place, new);
    }
}
