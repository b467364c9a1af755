//! cloudgen compiles a short TOML *blueprint* of an application into Terraform (AWS, Azure, GCP) and Kubernetes YAML.

pub mod blueprint;
pub mod catalog;
pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod ir;
pub mod output;
pub mod patterns;
pub mod target;
pub mod targets;
pub mod terraform;
pub mod vocabulary;

use blueprint::Blueprint;
use diagnostic::Diagnostic;
use output::Rendered;
use target::Target;

/// A result, and what there is to say about it: without a value, at least one diagnostic is an error.
#[derive(Debug, Clone)]
pub struct Outcome<T> {
    /// The result, if there were no errors.
    pub value: Option<T>,
    /// Errors and warnings, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks a blueprint for one target, without keeping what was rendered.
pub fn check(blueprint: &Blueprint, target: Target) -> Vec<Diagnostic> {
    compile(blueprint, target).diagnostics
}

/// Compiles a blueprint for one target.
pub fn compile(blueprint: &Blueprint, target: Target) -> Outcome<Rendered> {
    let mut diagnostics = vec![];
    let value = match stages(blueprint, target, &mut diagnostics) {
        Ok(rendered) => Some(rendered),
        Err(problems) => {
            diagnostics.extend(problems);
            None
        }
    };
    diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    Outcome { value, diagnostics }
}

/// Every stage in turn. Warnings go to `warnings` as they come; a stage that fails returns its own problems, warnings included.
fn stages(blueprint: &Blueprint, target: Target, warnings: &mut Vec<Diagnostic>) -> Result<Rendered, Vec<Diagnostic>> {
    let (system, found) = patterns::build(blueprint)?;
    warnings.extend(found);
    let (checked, found) = check::check(&system, target)?;
    warnings.extend(found);
    targets::render(&checked)
}
