//! The command line: the only part that touches disk, standard output and the environment.
//!
//! Standard output carries the document that was asked for and nothing else; every message goes to standard error. Exit codes: 0
//! done; 1 the blueprint is wrong, or a difference was found; 2 a usage or environment error (for `diff`, also a wrong blueprint).
//! `terraform` ends with the exit code of the Terraform that it ran.

mod check;
mod completions;
mod console;
mod diff;
mod disk;
mod init;
mod input;
mod patterns;
#[cfg(unix)]
mod plan;
mod render;
mod schema;
pub mod sources;
mod stage;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::builder::PossibleValue;
use clap::{Parser, Subcommand, ValueEnum};

use crate::target::Target;

/// Compiles a short TOML blueprint of an application into Terraform for AWS, Azure and GCP, and Kubernetes YAML.
#[derive(Debug, Parser)]
#[command(name = "cloudgen", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Render a blueprint as Terraform or Kubernetes YAML
    Render(render::Args),
    /// Show what a render would change in a folder; exit 0 same, 1 differs, 2 error
    Diff(diff::Args),
    /// Check a blueprint for its targets and environments without rendering it
    Check(check::Args),
    /// Plan a blueprint or a Terraform folder offline, with the real Terraform and no credentials
    #[cfg(unix)]
    Plan(plan::Args),
    /// Run any Terraform command offline: `cloudgen terraform --dir DIR -- validate`
    #[cfg(unix)]
    Terraform(plan::command::Args),
    /// Print a commented starter blueprint
    Init(init::Args),
    /// List the patterns that a blueprint can name
    Patterns,
    /// Print the JSON Schema of blueprints, for completion in an editor
    Schema,
    /// Print a completion script for a shell
    Completions(completions::Args),
}

/// Why a command did not end with exit code 0.
#[derive(Debug)]
enum Failure {
    /// The blueprint is wrong, or a difference was found; it was shown already.
    Found,
    /// Nothing was done; it was shown already.
    Stopped,
    /// A usage or environment error, to be shown.
    Error(String),
}

/// What a command gives back.
type Done = Result<(), Failure>;

impl Failure {
    /// An environment error: what was being done, and what the system said.
    fn io(doing: impl std::fmt::Display, error: &std::io::Error) -> Self {
        Self::Error(format!("{doing}: {error}"))
    }
}

/// One or every target, as the command line names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TargetChoice {
    One(Target),
    All,
}

impl ValueEnum for TargetChoice {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::One(Target::Aws),
            Self::One(Target::Azure),
            Self::One(Target::Gcp),
            Self::One(Target::Kubernetes),
            Self::All,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::One(target) => PossibleValue::new(target.name()).help(target.title()),
            Self::All => PossibleValue::new("all").help("Every target"),
        })
    }
}

/// The targets that were chosen, each once, in the order of [`Target::ALL`].
fn chosen(choices: &[TargetChoice]) -> Vec<Target> {
    let is_chosen =
        |target: &Target| choices.contains(&TargetChoice::All) || choices.contains(&TargetChoice::One(*target));
    Target::ALL.into_iter().filter(is_chosen).collect()
}

/// Which kind of output is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Emit {
    /// Terraform only
    Terraform,
    /// Kubernetes YAML only
    Kubernetes,
    /// Both, as far as the blueprint has them
    All,
}

impl Emit {
    /// True for the files of an output folder that belong to this kind, or to neither.
    fn includes(self, path: &str) -> bool {
        match self {
            Self::Terraform => !path.starts_with("kubernetes/"),
            Self::Kubernetes => !path.starts_with("terraform/"),
            Self::All => true,
        }
    }
}

/// Runs the program with its arguments (the first is the program's name) and gives its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let done = match Cli::try_parse_from(arguments) {
        Ok(cli) => command(&cli.command),
        Err(error) => {
            // Help and version go to standard output with code 0, usage errors to standard error with code 2. A closed pipe is fine.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match done {
        Ok(code) => code,
        Err(Failure::Found) => ExitCode::from(1),
        Err(Failure::Stopped) => ExitCode::from(2),
        Err(Failure::Error(message)) => {
            console::error(&message);
            ExitCode::from(2)
        }
    }
}

fn command(command: &Command) -> Result<ExitCode, Failure> {
    let done = match command {
        Command::Render(args) => render::run(args),
        Command::Diff(args) => diff::run(args),
        Command::Check(args) => check::run(args),
        #[cfg(unix)]
        Command::Plan(args) => plan::run(args),
        #[cfg(unix)]
        Command::Terraform(args) => return plan::command::run(args),
        Command::Init(args) => init::run(args),
        Command::Patterns => patterns::run(),
        Command::Schema => schema::run(),
        Command::Completions(args) => completions::run(args),
    };
    done.map(|()| ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn targets_are_taken_once_and_in_order() {
        use TargetChoice::{All, One};
        let twice = [One(Target::Gcp), One(Target::Aws), One(Target::Gcp)];
        assert_eq!(chosen(&twice), [Target::Aws, Target::Gcp]);
        assert_eq!(chosen(&[All]), Target::ALL);
    }
}
