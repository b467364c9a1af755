//! cloudgen compiles a short TOML *blueprint* of an application into Terraform (AWS, Azure, GCP) and Kubernetes YAML.

pub mod blueprint;
pub mod catalog;
pub mod cli;
pub mod diagnostic;
pub mod ir;
pub mod output;
pub mod patterns;
pub mod target;
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

/// Checks a blueprint for one target, without rendering.
pub fn check(blueprint: &Blueprint, target: Target) -> Vec<Diagnostic> {
    compile(blueprint, target).diagnostics
}

/// Compiles a blueprint for one target.
pub fn compile(_blueprint: &Blueprint, _target: Target) -> Outcome<Rendered> {
    Outcome {
        value: None,
        diagnostics: vec![],
    }
}
