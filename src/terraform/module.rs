//! A Terraform root module under construction, and the addresses of what is in it.

use std::collections::BTreeMap;

use hcl::expr::{Traversal, TraversalOperator, Variable};
use hcl::{Expression, Identifier};

use super::block::Block;
use super::parts::{Part, Parts};
use super::{emit, expr};

/// What kind of object an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `resource`
    Resource,
    /// `data`
    Data,
    /// `ephemeral`
    Ephemeral,
}

/// The address of an object in a [`Module`].
///
/// There is no other way to get one than to add the object, so a reference to something that is not there cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    kind: Kind,
    resource_type: &'static str,
    name: String,
    instance: Option<Instance>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Instance {
    Key(String),
    EachKey,
}

impl Address {
    /// A reference to an attribute: `aws_vpc.main.id`. Digits index lists: `attr("identity.0.principal_id")`.
    pub fn attr(&self, path: &str) -> Expression {
        let mut operators = self.operators();
        operators.extend(path.split('.').map(|name| match name.parse::<u64>() {
            Ok(index) => TraversalOperator::Index(index.into()),
            Err(_) => TraversalOperator::GetAttr(Identifier::unchecked(name)),
        }));
        self.traverse(operators)
    }

    /// `attr("id")`
    pub fn id(&self) -> Expression {
        self.attr("id")
    }

    /// A reference to the object as a whole, for `depends_on`, `replace_triggered_by` and `for_each` chains.
    pub fn whole(&self) -> Expression {
        self.traverse(self.operators())
    }

    /// One instance of an object with `for_each`.
    pub fn key(&self, key: impl Into<String>) -> Self {
        Self {
            instance: Some(Instance::Key(key.into())),
            ..self.clone()
        }
    }

    /// The instance with the key of the block that refers to it: `aws_subnet.public[each.key]`.
    pub fn each(&self) -> Self {
        Self {
            instance: Some(Instance::EachKey),
            ..self.clone()
        }
    }

    /// An attribute of every instance of an object with `for_each`: `values(aws_subnet.public)[*].id`.
    pub fn all(&self, attribute: &str) -> Expression {
        let values = expr::call("values", [self.whole()]);
        Expression::from(Traversal::new(
            values,
            [
                TraversalOperator::FullSplat,
                TraversalOperator::GetAttr(Identifier::unchecked(attribute)),
            ],
        ))
    }

    /// The type, such as `aws_vpc`.
    pub fn resource_type(&self) -> &'static str {
        self.resource_type
    }

    /// As Terraform prints it, without an instance key: `aws_vpc.main`.
    pub fn text(&self) -> String {
        let prefix = match self.kind {
            Kind::Resource => "",
            Kind::Data => "data.",
            Kind::Ephemeral => "ephemeral.",
        };
        format!("{prefix}{}.{}", self.resource_type, self.name)
    }

    fn operators(&self) -> Vec<TraversalOperator> {
        let mut operators = vec![];
        if self.kind != Kind::Resource {
            operators.push(TraversalOperator::GetAttr(Identifier::unchecked(self.resource_type)));
        }
        operators.push(TraversalOperator::GetAttr(Identifier::unchecked(&self.name)));
        match &self.instance {
            Some(Instance::Key(key)) => operators.push(TraversalOperator::Index(key.as_str().into())),
            Some(Instance::EachKey) => operators.push(TraversalOperator::Index(expr::each_key())),
            None => {}
        }
        operators
    }

    fn traverse(&self, operators: Vec<TraversalOperator>) -> Expression {
        let root = match self.kind {
            Kind::Resource => self.resource_type,
            Kind::Data => "data",
            Kind::Ephemeral => "ephemeral",
        };
        Expression::from(Traversal::new(Expression::from(Variable::unchecked(root)), operators))
    }
}

/// One top-level block.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The file it goes to, without `.tf`.
    pub file: &'static str,
    /// Comment above the block; may be empty.
    pub comment: String,
    /// `resource`, `data`, `variable`, ...
    pub keyword: &'static str,
    /// Type and name, or name alone.
    pub labels: Vec<String>,
    /// The body.
    pub body: Block,
}

impl Definition {
    /// What it is called: its last label, or the name of the value for a local one.
    fn name(&self) -> &str {
        let label = self.labels.last().map(String::as_str);
        let value = || self.body.attributes().next().map(|(name, _)| name);
        label.or_else(value).unwrap_or_default()
    }
}

/// A Terraform root module under construction.
///
/// Definitions go to the file chosen last by [`Module::file`], in the order in which they are added.
#[derive(Debug, Clone, Default)]
pub struct Module {
    file: &'static str,
    headers: BTreeMap<&'static str, String>,
    files: Vec<&'static str>,
    comment: String,
    definitions: Vec<Definition>,
    parts: Parts,
}

impl Module {
    /// An empty module.
    pub fn new() -> Self {
        Self::default()
    }

    /// Chooses the file that the next definitions go to. `header` is the comment at its top, taken from the first call for a file.
    pub fn file(&mut self, name: &'static str, header: &str) {
        self.file = name;
        if !self.files.contains(&name) {
            self.files.push(name);
            self.headers.insert(name, header.to_owned());
        }
    }

    /// The comment above the next definition.
    pub fn comment(&mut self, text: &str) -> &mut Self {
        self.comment = text.to_owned();
        self
    }

    /// Adds a resource. `name` is a component's or a part's name; hyphens become underscores.
    pub fn resource(&mut self, resource_type: &'static str, name: &str, body: Block) -> Address {
        self.object(Kind::Resource, "resource", resource_type, name, body)
    }

    /// Adds a data source.
    pub fn data(&mut self, resource_type: &'static str, name: &str, body: Block) -> Address {
        self.object(Kind::Data, "data", resource_type, name, body)
    }

    /// Adds an ephemeral resource.
    pub fn ephemeral(&mut self, resource_type: &'static str, name: &str, body: Block) -> Address {
        self.object(Kind::Ephemeral, "ephemeral", resource_type, name, body)
    }

    /// Adds a variable and gives a reference to it. Every variable has a default: nothing is asked at plan time.
    pub fn variable(
        &mut self,
        name: &str,
        kind: &str,
        default: impl Into<Expression>,
        description: &str,
    ) -> Expression {
        let name = identifier(name);
        let body = Block::new()
            .set("description", description)
            .set("type", expr::keyword(kind))
            .set("default", default);
        self.define("variable", vec![name.clone()], body);
        expr::variable(&name)
    }

    /// Adds a local value and gives a reference to it.
    pub fn local(&mut self, name: &str, value: impl Into<Expression>) -> Expression {
        let name = identifier(name);
        self.define("locals", vec![], Block::new().set(&name, value));
        expr::local(&name)
    }

    /// Adds an output.
    pub fn output(&mut self, name: &str, value: impl Into<Expression>, description: &str) {
        let body = Block::new().set("description", description).set("value", value);
        self.define("output", vec![identifier(name)], body);
    }

    /// Adds any other top-level block (`terraform`, `provider "x"`, `moved`).
    pub fn define(&mut self, keyword: &'static str, labels: Vec<String>, body: Block) {
        self.definitions.push(Definition {
            file: self.file,
            comment: std::mem::take(&mut self.comment),
            keyword,
            labels,
            body,
        });
    }

    fn object(
        &mut self,
        kind: Kind,
        keyword: &'static str,
        resource_type: &'static str,
        name: &str,
        body: Block,
    ) -> Address {
        let name = identifier(name);
        self.define(keyword, vec![resource_type.to_owned(), name.clone()], body);
        Address {
            kind,
            resource_type,
            name,
            instance: None,
        }
    }

    /// The definitions in the order in which they were added.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// The body of one resource, for the overrides of a blueprint.
    pub fn resource_body_mut(&mut self, resource_type: &str, name: &str) -> Option<&mut Block> {
        self.definitions
            .iter_mut()
            .find(|definition| definition.keyword == "resource" && definition.labels == [resource_type, name])
            .map(|definition| &mut definition.body)
    }

    /// Name and body of every data source of a type, to write them in another way.
    pub fn data_bodies_mut(&mut self, data_type: &str) -> impl Iterator<Item = (&str, &mut Block)> {
        self.definitions.iter_mut().filter_map(move |definition| {
            let [of_type, name] = definition.labels.as_slice() else {
                return None;
            };
            (definition.keyword == "data" && of_type == data_type).then_some((name.as_str(), &mut definition.body))
        })
    }

    /// The bodies of the resources of one type, by their names.
    pub fn bodies_mut(&mut self, resource_type: &str) -> impl Iterator<Item = (&str, &mut Block)> {
        let of_type = move |definition: &&mut Definition| {
            definition.keyword == "resource" && definition.labels.first().is_some_and(|label| label == resource_type)
        };
        let found = self.definitions.iter_mut().filter(of_type);
        found.filter_map(|definition| Some((definition.labels.get(1)?.as_str(), &mut definition.body)))
    }

    /// Gives parts of the module files of their own, after the others: what is named after them goes there, whatever file was chosen.
    pub fn part(&mut self, parts: Vec<Part>) {
        self.parts = Parts::new(parts);
    }

    /// The text of each file, in the order in which the files were begun.
    pub fn files(&self) -> Vec<(String, String)> {
        let concerns = self.files.iter().map(|&file| (file, self.headers.get(file)));
        let parts = self
            .parts
            .all
            .iter()
            .map(|part| (part.file.as_str(), Some(&part.header)));
        let mut files: Vec<File> = concerns
            .chain(parts)
            .map(|(name, header)| File::new(name, header))
            .collect();
        let index: BTreeMap<&str, usize> = self.files.iter().enumerate().map(|(at, &file)| (file, at)).collect();
        for definition in &self.definitions {
            let part = self.parts.of(definition.name());
            let at = part.map(|part| self.files.len() + part);
            let file = at
                .or(index.get(definition.file).copied())
                .and_then(|at| files.get_mut(at));
            if let Some(file) = file {
                file.add(definition);
            }
        }
        let written = files.into_iter().filter(|file| file.has_definitions);
        written.map(|file| (format!("{}.tf", file.name), file.text)).collect()
    }

    /// The files of a module as a single one.
    pub fn single(files: &[(String, String)]) -> String {
        let parts: Vec<&str> = files.iter().map(|(_, text)| text.as_str()).collect();
        parts.join("\n")
    }
}

/// Most files are shorter than this, in bytes.
const USUAL: usize = 8 << 10;

/// The text of one file under construction.
struct File {
    name: String,
    text: String,
    has_definitions: bool,
}

impl File {
    fn new(name: &str, header: Option<&String>) -> Self {
        let mut text = String::new();
        emit::comment(&mut text, 0, header.map_or("", String::as_str));
        Self {
            name: name.to_owned(),
            text,
            has_definitions: false,
        }
    }

    fn add(&mut self, definition: &Definition) {
        if !self.has_definitions {
            self.text.reserve(USUAL);
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        emit::comment(&mut self.text, 0, &definition.comment);
        emit::block(&mut self.text, definition.keyword, &definition.labels, &definition.body);
        self.has_definitions = true;
    }
}

/// A Terraform identifier for a blueprint name. Names have hyphens but no underscores, so no two names meet.
pub fn identifier(name: &str) -> String {
    name.replace('-', "_")
}
