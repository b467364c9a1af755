//! `cloudgen terraform`: any command of Terraform with the offline providers attached.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::offline::needs::Reach;

use super::super::{Failure, console};
use super::arguments;
use super::process::{Interrupts, Terminal};
use super::session::{STATEMENT, Session};
use super::tool::Tool;
use super::workspace::Workspace;

/// Commands that change something outside of the configuration, for which an offline run has nothing to offer.
const REFUSED: [&str; 10] = [
    "apply",
    "destroy",
    "force-unlock",
    "import",
    "login",
    "logout",
    "refresh",
    "state",
    "taint",
    "untaint",
];

/// Commands that need no modules and no backend.
const BARE: [&str; 4] = ["init", "fmt", "version", "help"];

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder of the root module
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// A state to start from, as `terraform state pull` prints it
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// The program to run as Terraform [default: terraform or tofu on PATH, or what CLOUDGEN_TERRAFORM says]
    #[arg(long, value_name = "FILE")]
    terraform: Option<PathBuf>,
    /// Run in DIR itself, with its state and every command allowed: for tests of configurations that are thrown away
    #[arg(long, hide = true, conflicts_with = "state")]
    in_place: bool,
    /// The command and its arguments: `-- validate`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs the command; its exit code is Terraform's.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let interrupts = Interrupts::catch()?;
    let word = args.command.iter().find(|word| arguments::option(word).is_none());
    let word = word.and_then(|word| word.to_str()).unwrap_or_default();
    let is_chdir = |word: &OsString| arguments::option(word) == Some("chdir");
    if args.command.iter().any(is_chdir) {
        return Err(Failure::Error(
            "-chdir is not for an offline run: give --dir DIR to cloudgen, before the `--`".to_owned(),
        ));
    }
    if REFUSED.contains(&word) && !args.in_place {
        return Err(Failure::Error(format!(
            "`{word}` is not for an offline run: it would record what was never created; `cloudgen plan` shows what would be"
        )));
    }
    let tool = Tool::find(args.terraform.as_deref())?;
    let workspace = if args.in_place {
        Workspace::in_place(&args.dir)?
    } else {
        let mut workspace = Workspace::of_folder(&args.dir, Reach::Tests)?;
        args.state.iter().try_for_each(|state| workspace.start_from(state))?;
        workspace
    };
    let session = Session::start(tool, &interrupts, workspace)?;
    if !args.in_place && !word.is_empty() && !BARE.contains(&word) {
        session.init()?;
    }
    let terminal = if std::io::stdin().is_terminal() {
        Terminal::Shared
    } else {
        Terminal::Unused
    };
    let words = args.command.iter().map(OsString::as_os_str).collect::<Vec<&OsStr>>();
    let finished = session.openly(&mut session.command(words), terminal)?;
    if !args.in_place && word == "plan" {
        console::note(STATEMENT);
    }
    let code = finished.code.and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(2)))
}
