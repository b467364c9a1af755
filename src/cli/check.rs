//! `cloudgen check`: every problem of a blueprint, for its targets and environments.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::diagnostic::{Diagnostic, render};
use crate::target::Target;

use super::input::{Source, has_error, sorted};
use super::{Done, Failure, TargetChoice, chosen, console};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The blueprint, or `-` for standard input
    blueprint: PathBuf,
    /// A target to check for; may be given several times
    #[arg(short, long, value_name = "TARGET", default_value = "all")]
    target: Vec<TargetChoice>,
    /// An environment to check; may be given several times [default: none and each that the blueprint names]
    #[arg(short, long, value_name = "NAME")]
    env: Vec<String>,
    /// How to show what was found
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Treat warnings as errors
    #[arg(long)]
    deny_warnings: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// SARIF 2.1.0, for code scanning services
    Sarif,
}

pub(super) fn run(args: &Args) -> Done {
    let source = Source::read(&args.blueprint)?;
    let environments: Vec<Option<String>> = if args.env.is_empty() {
        let named = source.environments().into_iter().map(Some);
        std::iter::once(None).chain(named).collect()
    } else {
        args.env.iter().cloned().map(Some).collect()
    };
    let targets = chosen(&args.target);
    let mut found = Vec::new();
    for environment in &environments {
        found.extend(problems(&source, environment.as_deref(), &targets));
    }
    let found = sorted(found, args.deny_warnings);
    console::document(&show(&source, &found, args.format))?;
    if has_error(&found) {
        return Err(Failure::Found);
    }
    if args.format == Format::Text {
        console::note(&summary(&targets, &environments));
    }
    Ok(())
}

fn problems(source: &Source, environment: Option<&str>, targets: &[Target]) -> Vec<Diagnostic> {
    match source.load(environment) {
        Ok(blueprint) => targets
            .iter()
            .flat_map(|&target| crate::check(&blueprint, target))
            .collect(),
        Err(diagnostics) => diagnostics,
    }
}

fn show(source: &Source, found: &[Diagnostic], format: Format) -> String {
    let (name, text) = (source.name.as_str(), source.text.as_str());
    match format {
        Format::Text if found.is_empty() => String::new(),
        Format::Text => render::text(name, text, found, console::colored_stdout()),
        Format::Json => ended(render::json(name, text, found)),
        Format::Sarif => ended(render::sarif(name, text, found)),
    }
}

/// A document ends with a line end.
fn ended(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn summary(targets: &[Target], environments: &[Option<String>]) -> String {
    let targets: Vec<&str> = targets.iter().map(|target| target.title()).collect();
    let environments: Vec<&str> = environments.iter().flatten().map(String::as_str).collect();
    let targets = targets.join(", ");
    if environments.is_empty() {
        return format!("no errors for {targets}");
    }
    let environments = environments.join(", ");
    format!("no errors for {targets}; environments checked: {environments}")
}
