//! What a provider would refuse or warn about, beyond what Terraform itself checks against the schema.

mod rules;
mod values;

#[cfg(test)]
mod tests;

use super::protocol::diagnostic::Severity;
use super::protocol::{AttributePath, Diagnostic, attribute_path};
use super::value::Value;
use crate::terraform::provider::{BlockKind, Problem, Schema};
use attribute_path::step::Selector;

/// Where in a resource a value is.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Name(&'static str),
    Index(usize),
}

/// Something that a provider would say.
#[derive(Debug, Clone, PartialEq)]
struct Finding {
    /// As the protocol tells it: what is in a set has no path of its own.
    path: Vec<Step>,
    /// As the message tells it: dotted, without indexes.
    dotted: String,
    problem: Problem,
}

/// Checks the configuration of a resource, data source or ephemeral resource.
pub fn check(kind: BlockKind, type_name: &str, schema: &'static Schema, config: &Value) -> Vec<Diagnostic> {
    let mut found = values::check(kind, schema, config);
    if kind == BlockKind::Resource {
        found.extend(rules::check(schema, config));
    }
    let mut diagnostics: Vec<Diagnostic> = found.into_iter().map(diagnostic).collect();
    if schema.deprecated {
        diagnostics.push(Diagnostic {
            severity: Severity::Warning.into(),
            summary: "Deprecated type".to_owned(),
            detail: format!("{type_name} is deprecated."),
            attribute: None,
        });
    }
    diagnostics
}

/// An error that is about the whole of a resource.
pub fn error(detail: String) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error.into(),
        summary: "The offline provider has no answer".to_owned(),
        detail,
        attribute: None,
    }
}

fn diagnostic(finding: Finding) -> Diagnostic {
    let Finding { path, dotted, problem } = finding;
    let severity = match problem.is_warning() {
        true => Severity::Warning,
        false => Severity::Error,
    };
    let steps = path.into_iter().map(|step| attribute_path::Step {
        selector: Some(match step {
            Step::Name(name) => Selector::AttributeName(name.to_owned()),
            Step::Index(index) => Selector::ElementKeyInt(i64::try_from(index).unwrap_or(i64::MAX)),
        }),
    });
    let steps: Vec<_> = steps.collect();
    Diagnostic {
        severity: severity.into(),
        summary: summary(&problem).to_owned(),
        detail: match dotted.as_str() {
            "" => format!("{problem}."),
            dotted => format!("{dotted}: {problem}."),
        },
        attribute: (!steps.is_empty()).then_some(AttributePath { steps }),
    }
}

fn summary(problem: &Problem) -> &'static str {
    match problem {
        Problem::Deprecated { .. } => "Argument is deprecated",
        Problem::ReadOnly => "Value for unconfigurable attribute",
        Problem::Exclusive { .. } => "Conflicting configuration arguments",
        Problem::ExactlyOneOf { .. } | Problem::AtLeastOneOf { .. } => "Invalid combination of arguments",
        Problem::RequiredWith { .. } => "Missing required argument",
        _ => "Invalid value",
    }
}
