//! Output taken apart into its structure and the texts in it: what a reader of the file (Terraform, Kubernetes, cloud-init) sees as
//! syntax, and what it sees as text.

use hcl::expr::{Expression, ObjectKey, TemplateExpr};
use hcl::template::{Element, Template};
use hcl::{Body, Structure};

/// Stand for an escaped `${` and `%{` while Terraform text is read: characters for private use.
const DOLLAR: &str = "\u{e000}";
const PERCENT: &str = "\u{e001}";

/// Structure and texts of something; the structure has one mark for each text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Leaves {
    pub structure: String,
    pub texts: Vec<String>,
}

impl Leaves {
    /// Of Terraform text.
    pub fn of_terraform(text: &str) -> Self {
        let mut leaves = Self::default();
        // Terraform reads `$$${` as `$` and an escaped `${`; hcl-rs loses a sign in some of these. So escapes are taken out of its way.
        let marked = text.replace("$${", DOLLAR).replace("%%{", PERCENT);
        leaves.body(&hcl::parse(&marked).unwrap_or_else(|error| panic!("{error}\n{text}")));
        for text in &mut leaves.texts {
            *text = text.replace(DOLLAR, "${").replace(PERCENT, "%{");
        }
        leaves
    }

    /// Of a YAML stream.
    pub fn of_yaml(text: &str) -> Self {
        let mut leaves = Self::default();
        for document in serde_yaml::Deserializer::from_str(text) {
            let value: Result<serde_yaml::Value, _> = serde::Deserialize::deserialize(document);
            leaves.value(&value.unwrap_or_else(|error| panic!("{error}\n{text}")));
            leaves.structure.push('\n');
        }
        leaves
    }

    fn mark(&mut self, text: &str) {
        self.structure.push('…');
        self.texts.push(text.to_owned());
    }

    fn word(&mut self, word: &str) {
        self.structure.push_str(word);
        self.structure.push(' ');
    }

    fn body(&mut self, body: &Body) {
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    self.word(attribute.key());
                    self.expression(attribute.expr());
                }
                Structure::Block(block) => {
                    self.word(block.identifier());
                    for label in block.labels() {
                        self.word(label.as_str());
                    }
                    self.word("{");
                    self.body(block.body());
                    self.word("}");
                }
            }
            self.structure.push('\n');
        }
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::String(text) => self.mark(text),
            Expression::TemplateExpr(template) => self.template(template),
            Expression::Array(values) => {
                self.word("[");
                values.iter().for_each(|value| self.expression(value));
                self.word("]");
            }
            Expression::Object(object) => {
                self.word("{");
                for (key, value) in object {
                    match key {
                        ObjectKey::Expression(key) => self.expression(key),
                        key => self.word(&key.to_string()),
                    }
                    self.word("=");
                    self.expression(value);
                }
                self.word("}");
            }
            Expression::FuncCall(call) => {
                self.word(call.name.name.as_str());
                self.word("(");
                call.args.iter().for_each(|value| self.expression(value));
                self.word(")");
            }
            Expression::Parenthesis(inner) => self.expression(inner),
            other => self.word(&hcl::format::to_string(other).unwrap_or_else(|error| panic!("{error}"))),
        }
    }

    /// A template is one text in which every reference is the mark `‹REFERENCE›`; its references belong to the structure as well.
    fn template(&mut self, template: &TemplateExpr) {
        let parsed = Template::from_expr(template).unwrap_or_else(|error| panic!("{error}"));
        let mut text = String::new();
        for element in parsed.elements() {
            match element {
                Element::Literal(literal) => text.push_str(literal),
                Element::Interpolation(interpolation) => {
                    text.push_str(&format!("‹{}›", hcl::format::to_string(&interpolation.expr).unwrap()));
                    self.expression(&interpolation.expr);
                }
                Element::Directive(directive) => self.word(&format!("{directive:?}")),
            }
        }
        self.mark(&text);
    }

    fn value(&mut self, value: &serde_yaml::Value) {
        use serde_yaml::Value;
        match value {
            Value::String(text) => self.mark(text),
            Value::Sequence(values) => {
                self.word("[");
                values.iter().for_each(|value| self.value(value));
                self.word("]");
            }
            Value::Mapping(mapping) => {
                self.word("{");
                for (key, value) in mapping {
                    // Keys are structure, whatever they are made of.
                    self.word(&format!("{key:?}"));
                    self.value(value);
                }
                self.word("}");
            }
            other => self.word(&format!("{other:?}")),
        }
    }
}
