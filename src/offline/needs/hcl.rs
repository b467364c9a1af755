//! Terraform's own syntax.

use hcl_edit::Span;
use hcl_edit::expr::{Expression, ObjectKey, TraversalOperator};
use hcl_edit::parser;
use hcl_edit::structure::{Block, Body};

use super::{Entry, Found, Section};

/// What a `.tf` or `.tftest.hcl` file says, in order; or the line and the words of a syntax error.
pub(super) fn configuration(text: &str) -> Result<Vec<Entry>, (Option<usize>, String)> {
    // A byte order mark is allowed by Terraform and unknown to the parser.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let body = parser::parse_body(text).map_err(|error| {
        let message = format!("syntax error: {}\n    {}", error.message(), error.line().trim());
        (Some(error.location().line()), message)
    })?;
    let mut file = File {
        text,
        entries: Vec::new(),
    };
    file.body(&body);
    Ok(file.entries)
}

struct File<'a> {
    text: &'a str,
    entries: Vec<Entry>,
}

impl File<'_> {
    fn push(&mut self, at: &impl Span, found: Found) {
        let before = at.span().and_then(|span| self.text.get(..span.start));
        let line = before.map(|before| before.matches('\n').count() + 1);
        self.entries.push(Entry { line, found });
    }

    fn body(&mut self, body: &Body) {
        for block in body.blocks() {
            let word = block.ident.as_str();
            let first = block.labels.first().map(|label| label.as_str().to_owned());
            match (word, first) {
                ("terraform", _) => self.settings(block),
                ("provider" | "mock_provider", Some(name)) => self.push(block, Found::Configures { name }),
                ("module", Some(name)) => self.call(block, &name),
                // A test may call another module instead of the one under test.
                ("run", Some(name)) => {
                    for inner in block.body.get_blocks("module") {
                        self.call(inner, &name);
                    }
                }
                // Data sources of its own may stand in it.
                ("check", _) => self.body(&block.body),
                ("import" | "moved" | "removed", _) => self.addresses(block),
                (word, Some(kind)) => {
                    if let Some(section) = Section::named(word) {
                        self.used(block, section, kind);
                    }
                }
                _ => {}
            }
        }
    }

    fn settings(&mut self, block: &Block) {
        for inner in block.body.blocks() {
            match inner.ident.as_str() {
                "backend" | "cloud" => self.push(inner, Found::Backend),
                "required_providers" => {
                    for attribute in inner.body.attributes() {
                        let name = attribute.key.as_str().to_owned();
                        let source = object_text(&attribute.value, "source");
                        self.push(attribute, Found::Requires { name, source });
                    }
                }
                _ => {}
            }
        }
    }

    fn call(&mut self, block: &Block, name: &str) {
        // A source that is no literal is an error that Terraform explains.
        if let Some(source) = block
            .body
            .get_attribute("source")
            .and_then(|source| source.value.as_str())
        {
            let (name, source) = (name.to_owned(), source.to_owned());
            self.push(block, Found::Calls { name, source });
        }
    }

    fn used(&mut self, block: &Block, section: Section, kind: String) {
        let argument = |name| block.body.get_attribute(name).map(|attribute| &attribute.value);
        if section == Section::Data && kind == "terraform_remote_state" {
            let name = block.labels.get(1).map(|label| label.as_str().to_owned());
            let backend = argument("backend").and_then(Expression::as_str).map(str::to_owned);
            let name = name.unwrap_or_default();
            self.push(block, Found::RemoteState { name, backend });
        }
        let provider = argument("provider").and_then(|value| words(value).into_iter().next());
        self.push(
            block,
            Found::Uses {
                section,
                kind,
                provider,
            },
        );
    }

    fn addresses(&mut self, block: &Block) {
        for attribute in block.body.attributes() {
            if !matches!(attribute.key.as_str(), "to" | "from") {
                continue;
            }
            let words = words(&attribute.value);
            if let Some(kind) = kind_of(words.iter().map(String::as_str)) {
                self.push(attribute, Found::Names { kind });
            }
        }
    }
}

/// The text of one entry of an object.
fn object_text(value: &Expression, name: &str) -> Option<String> {
    let object = value.as_object()?;
    let is_named = |key: &ObjectKey| match key {
        ObjectKey::Ident(key) => key.as_str() == name,
        ObjectKey::Expression(key) => key.as_str() == Some(name),
    };
    let (_, value) = object.iter().find(|(key, _)| is_named(key))?;
    value.expr().as_str().map(str::to_owned)
}

/// The names of a reference, without its indexes: `module.a["b"].aws_vpc.main` is `module`, `a`, `aws_vpc`, `main`. A text counts as
/// one, as old configurations have it.
fn words(value: &Expression) -> Vec<String> {
    match value {
        Expression::Variable(name) => vec![name.as_str().to_owned()],
        Expression::String(text) => text.split('.').map(str::to_owned).collect(),
        Expression::Traversal(traversal) => {
            let mut names = words(&traversal.expr);
            names.extend(
                traversal
                    .operators
                    .iter()
                    .filter_map(|operator| match operator.value() {
                        TraversalOperator::GetAttr(name) => Some(name.as_str().to_owned()),
                        _ => None,
                    }),
            );
            names
        }
        _ => Vec::new(),
    }
}

/// The resource type in an address that is given word by word; none in the address of a module or of a data source.
pub(super) fn kind_of<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<String> {
    loop {
        match words.next()? {
            "module" => {
                words.next()?;
            }
            "data" => return None,
            // A lone word is no address: `each.value`, a variable.
            kind => return kind.contains('_').then(|| kind.to_owned()),
        }
    }
}
