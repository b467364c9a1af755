//! `cloudgen diff`: what a render would change in a folder.

use std::path::PathBuf;

use crate::output;
use crate::target::Target;

use super::input::Source;
use super::{Done, Emit, Failure, console, disk, render};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The blueprint, or `-` for standard input
    blueprint: PathBuf,
    /// Where to render for
    #[arg(short, long, value_name = "TARGET", value_parser = one_target())]
    target: Target,
    /// The environment whose overlay is merged over the blueprint
    #[arg(short, long, value_name = "NAME")]
    env: Option<String>,
    /// The folder to compare with, as `render --out DIR` writes it
    #[arg(short, long, value_name = "DIR")]
    against: PathBuf,
    /// Which kind of files to compare
    #[arg(long, value_name = "KIND", default_value = "all")]
    emit: Emit,
}

/// A parser of one target's name.
fn one_target() -> impl clap::builder::TypedValueParser<Value = Target> {
    use clap::builder::TypedValueParser;
    clap::builder::PossibleValuesParser::new(Target::ALL.map(Target::name)).map(|name| {
        let named = Target::ALL.into_iter().find(|target| target.name() == name);
        // The names were taken from the targets themselves, so one of them has it.
        named.unwrap_or(Target::Aws)
    })
}

pub(super) fn run(args: &Args) -> Done {
    // Exit code 1 means that something differs, so a wrong blueprint is told apart by 2.
    let stop = |failure| match failure {
        Failure::Found => Failure::Stopped,
        other => other,
    };
    if !args.against.is_dir() {
        let folder = args.against.display();
        return Err(Failure::Error(format!("`{folder}` is not a folder")));
    }
    let source = Source::read(&args.blueprint).map_err(stop)?;
    let compiled = source.compile(args.env.as_deref(), &[args.target], false);
    for (_, rendered) in compiled.map_err(stop)? {
        let tree = render::files(rendered, args.emit);
        let state = disk::read(&args.against, &tree, false)?;
        let text = output::diff(&tree, &state.inventory, &state.snapshot);
        if !text.is_empty() {
            console::document(&text)?;
            return Err(Failure::Found);
        }
    }
    Ok(())
}
