//! cloudgen compiles a short TOML *blueprint* of an application into Terraform (AWS, Azure, GCP) and Kubernetes YAML.
//!
//! ```text
//! text --blueprint--> Blueprint --patterns--> System --check(target)--> Checked --targets--> Rendered
//!          spans, overlays       all decisions          what the target      spelling, provider
//!          language rules        taken once             can do               schemas, overrides
//! ```
//!
//! - [`blueprint`] reads TOML into typed values that know their place. The language is defined once, in [`blueprint::model`].
//! - [`patterns`] turns a blueprint into the cloud-neutral graph of [`ir`]: the network's plan, who may reach whom, which identity may
//!   do what, what a process is told. Whatever is the same on every cloud is decided here, and from the links alone.
//! - [`check`] proves that a target can run the system; [`catalog`] holds the dated facts for it.
//! - [`targets`] spell a checked system: the clouds as [`terraform`] modules, clusters as Kubernetes objects.
//! - [`offline`] stands in for the providers of a real Terraform, so that `cloudgen plan` needs no account.
//! - [`output`] holds what comes out; [`cli`] is the only part that touches disk, standard output and the environment.
//!
//! # Invariants
//!
//! - The same blueprint gives the same bytes everywhere: no clock, no randomness, no environment, no hash-map order.
//! - A target takes a [`check::Checked`] only, and it cannot be made without passing the checks.
//! - A reference to a resource comes from the [`terraform::Address`] that adding the resource gave, and every module is verified
//!   against the providers' schemas before it is written.
//! - Text of a blueprint is always a literal in the output.
//! - Imports point one way; `tests/architecture.rs` enforces it.

pub mod blueprint;
pub mod catalog;
pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod ir;
mod kubernetes;
#[cfg(unix)]
pub mod offline;
pub mod output;
mod pattern;
pub mod patterns;
mod split;
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
