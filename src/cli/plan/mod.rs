//! `cloudgen plan`: the real `terraform plan` of a blueprint or of a folder, with no credentials, no network and no provider binaries.

mod arguments;
pub(super) mod command;
mod components;
mod environment;
mod process;
mod session;
mod summary;
mod tool;
mod workspace;

use std::ffi::OsString;
use std::path::PathBuf;

use crate::offline::needs::Reach;
use crate::target::Target;

use super::input::Source;
use super::{Done, Failure, console};
use components::Components;
use process::Interrupts;
use session::{STATEMENT, Session};
use summary::{Counted, Plan};
use tool::Tool;
use workspace::Workspace;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The blueprint, `-` for standard input, or a folder with a Terraform root module
    #[arg(value_name = "BLUEPRINT|DIR")]
    source: PathBuf,
    /// Where to render the blueprint for
    #[arg(short, long, value_name = "TARGET", value_parser = one_cloud())]
    target: Option<Target>,
    /// The environment whose overlay is merged over the blueprint
    #[arg(short, long, value_name = "NAME")]
    env: Option<String>,
    /// Print Terraform's plan JSON
    #[arg(long)]
    json: bool,
    /// A state to start from, as `terraform state pull` prints it [default: nothing is there yet]
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// The program to run as Terraform [default: terraform or tofu on PATH, or what CLOUDGEN_TERRAFORM says]
    #[arg(long, value_name = "FILE")]
    terraform: Option<PathBuf>,
    /// Arguments for `terraform plan`: `-- -var=size=2`
    #[arg(last = true, value_name = "TERRAFORM ARGS")]
    arguments: Vec<OsString>,
}

/// A parser of the name of a target that has Terraform.
fn one_cloud() -> impl clap::builder::TypedValueParser<Value = Target> {
    use clap::builder::TypedValueParser;
    const CLOUDS: [Target; 3] = [Target::Aws, Target::Azure, Target::Gcp];
    clap::builder::PossibleValuesParser::new(CLOUDS.map(Target::name)).map(|name| {
        let named = CLOUDS.into_iter().find(|target| target.name() == name);
        // The names were taken from the targets themselves, so one of them has it.
        named.unwrap_or(Target::Aws)
    })
}

pub(super) fn run(args: &Args) -> Done {
    let interrupts = Interrupts::catch()?;
    let here = std::env::current_dir().map_err(|error| Failure::io("cannot find the current folder", &error))?;
    let arguments = arguments::of_plan(&args.arguments, &here)?;
    let (mut workspace, components) = if args.source.is_dir() {
        folder(args)?
    } else {
        blueprint(args)?
    };
    args.state.iter().try_for_each(|state| workspace.start_from(state))?;
    let tool = Tool::find(args.terraform.as_deref())?;
    let session = Session::start(tool, &interrupts, workspace)?;
    session.init()?;

    let plan = session.workspace.aside("plan");
    let mut command = session.command(["plan", "-input=false", "-lock=false"]);
    let mut out = OsString::from("-out=");
    out.push(&plan);
    command.arg(out).args(&arguments);
    let planned = session.quietly(&mut command)?;
    // With -detailed-exitcode, 2 stands for a plan that changes something.
    let is_detailed = arguments
        .iter()
        .any(|word| arguments::option(word) == Some("detailed-exitcode"));
    let has_changes = is_detailed && planned.code == Some(2);
    if !has_changes {
        session.verdict(&planned)?;
    }

    let mut show = session.command(["show", "-json", "-no-color"]);
    show.arg(&plan);
    let shown = session.quietly(&mut show)?;
    session.verdict(&shown)?;
    if args.json {
        console::document(&shown.stdout)?;
    } else {
        let document: Plan = serde_json::from_str(&shown.stdout)
            .map_err(|error| Failure::Error(format!("Terraform's plan JSON cannot be read: {error}")))?;
        let summary = match &components {
            Some(components) => summary::text(&document, "component", |resource| components.row(resource)),
            None => summary::text(&document, "module", module),
        };
        console::document(&format!("{}\n{summary}", body(&planned.stdout)))?;
    }
    console::note(&said(args));
    if has_changes { Err(Failure::Found) } else { Ok(()) }
}

fn blueprint(args: &Args) -> Result<(Workspace, Option<Components>), Failure> {
    let Some(target) = args.target else {
        let name = args.source.display();
        return Err(Failure::Error(format!(
            "`{name}` is planned for one target: add --target aws, azure or gcp"
        )));
    };
    let source = Source::read(&args.source)?;
    let rendered = source.compile(args.env.as_deref(), &[target], false)?;
    let Some((_, rendered)) = rendered.into_iter().next() else {
        return Err(Failure::Error("the blueprint has no Terraform".to_owned()));
    };
    let components = Components::new(&source.text, &rendered.files);
    Ok((Workspace::of_render(&rendered.files)?, Some(components)))
}

fn folder(args: &Args) -> Result<(Workspace, Option<Components>), Failure> {
    let name = args.source.display();
    if args.target.is_some() || args.env.is_some() {
        return Err(Failure::Error(format!(
            "`{name}` is a folder, and --target and --env are for blueprints"
        )));
    }
    Ok((Workspace::of_folder(&args.source, Reach::Configuration)?, None))
}

fn module(resource: &Counted<'_>) -> (usize, String) {
    match resource.module {
        Some(module) => (1, module.to_owned()),
        None => (0, "(root)".to_owned()),
    }
}

/// What Terraform says of a plan, without the lines that tell how it went along (their order differs from run to run) and without the
/// advice to apply the plan's file, which is about to go.
fn body(stdout: &str) -> String {
    const PROGRESS: [&str; 8] = [
        ": Reading...",
        ": Read complete after ",
        ": Refreshing state...",
        ": Opening...",
        ": Opening complete after ",
        ": Closing...",
        ": Closing complete after ",
        ": Preparing import...",
    ];
    let is_rule = |line: &str| line.contains('─') && plain(line).chars().all(|c| c == '─');
    let lines: Vec<&str> = stdout.lines().collect();
    let end = lines.iter().rposition(|line| is_rule(line)).unwrap_or(lines.len());
    let is_progress = |line: &str| {
        let line = plain(line);
        !line.starts_with(' ') && PROGRESS.iter().any(|word| line.contains(word))
    };
    let kept: Vec<&str> = lines[..end].iter().copied().filter(|line| !is_progress(line)).collect();
    format!("{}\n", kept.join("\n").trim())
}

/// A line without the sequences that colour it.
fn plain(line: &str) -> String {
    let mut parts = line.split("\x1b[");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += part.split_once('m').map_or(part, |(_, rest)| rest);
    }
    text
}

/// The plain statement of what this plan is.
fn said(args: &Args) -> String {
    let start = match &args.state {
        Some(state) => format!("It starts from {} as it is written there.", state.display()),
        None => "It starts from nothing: every resource is new.".to_owned(),
    };
    format!("{STATEMENT}\n      {start}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_and_advice_are_left_out_of_a_plan() {
        let said = "\
data.aws_region.here: Reading...
\x1b[0m\x1b[1mdata.aws_region.here: Read complete after 0s [id=x]\x1b[0m

Terraform will perform the following actions:

  # aws_vpc.main will be created
      + text = \"a: Reading...\"

Plan: 1 to add, 0 to change, 0 to destroy.
\x1b[90m
─────────────\x1b[0m

Saved the plan to: /tmp/x
";
        let kept = body(said);
        assert!(kept.starts_with("Terraform will"), "{kept}");
        assert!(kept.contains("a: Reading..."), "{kept}");
        assert!(!kept.contains("Saved"), "{kept}");
    }
}
