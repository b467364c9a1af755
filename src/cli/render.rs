//! `cloudgen render`: a blueprint to standard output or into a folder.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::output::{FileTree, Rendered};
use crate::target::Target;

use super::disk::{self, Job};
use super::input::Source;
use super::{Done, Emit, Failure, TargetChoice, chosen, console};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The blueprint, or `-` for standard input
    blueprint: PathBuf,
    /// Where to render for; may be given several times with --out
    #[arg(short, long, required = true, value_name = "TARGET")]
    target: Vec<TargetChoice>,
    /// The environment whose overlay is merged over the blueprint
    #[arg(short, long, value_name = "NAME")]
    env: Option<String>,
    /// Write a folder instead of standard output; with several targets, DIR/TARGET for each
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What to write: by default the target's own kind to standard output, and everything into a folder
    #[arg(long, value_name = "KIND")]
    emit: Option<Emit>,
    /// Overwrite files that were edited by hand or not written by cloudgen
    #[arg(long, requires = "out")]
    force: bool,
    /// Treat warnings as errors
    #[arg(long)]
    deny_warnings: bool,
}

pub(super) fn run(args: &Args) -> Done {
    let targets = chosen(&args.target);
    if targets.len() > 1 && args.out.is_none() {
        return Err(Failure::Error(
            "several targets do not fit into one document: add --out DIR".to_owned(),
        ));
    }
    let source = Source::read(&args.blueprint)?;
    let rendered = source.compile(args.env.as_deref(), &targets, args.deny_warnings)?;
    match &args.out {
        Some(out) => folder(args, out, rendered),
        None => match rendered.first() {
            Some((target, rendered)) => console::document(&document(*target, rendered, args.emit)?),
            None => Ok(()),
        },
    }
}

/// The one document that standard output takes.
fn document(target: Target, rendered: &Rendered, emit: Option<Emit>) -> Result<Cow<'_, str>, Failure> {
    let (terraform, kubernetes) = (rendered.has_terraform(), !rendered.kubernetes.is_empty());
    let is_terraform = match emit {
        Some(Emit::All) if terraform && kubernetes => {
            return Err(Failure::Error(
                "Terraform and Kubernetes YAML do not fit into one document: add --out DIR, or name one kind"
                    .to_owned(),
            ));
        }
        Some(Emit::Terraform) => true,
        Some(Emit::Kubernetes) => false,
        Some(Emit::All) => terraform,
        None => target != Target::Kubernetes,
    };
    match is_terraform {
        true if terraform => Ok(rendered.terraform()),
        false if kubernetes => Ok(rendered.kubernetes.as_str().into()),
        _ => Err(nothing(target, emit)),
    }
}

fn nothing(target: Target, emit: Option<Emit>) -> Failure {
    let kind = match emit {
        Some(Emit::Kubernetes) => "Kubernetes objects",
        Some(Emit::Terraform) => "Terraform",
        Some(Emit::All) | None => "output",
    };
    let title = target.title();
    Failure::Error(format!("this blueprint has no {kind} on {title}"))
}

fn folder(args: &Args, out: &Path, rendered: Vec<(Target, Rendered)>) -> Done {
    let several = rendered.len() > 1;
    let emit = args.emit.unwrap_or(Emit::All);
    let mut jobs = Vec::new();
    for (target, rendered) in rendered {
        if !emitted(&rendered, emit) {
            let nothing = nothing(target, args.emit);
            match nothing {
                Failure::Error(message) if several => console::note(&format!("note: {message}")),
                other => return Err(other),
            }
            continue;
        }
        jobs.push(Job {
            root: if several {
                out.join(target.name())
            } else {
                out.to_path_buf()
            },
            target,
            environment: args.env.clone(),
            tree: files(rendered, emit),
        });
    }
    for done in disk::write(&jobs, args.force)? {
        console::note(&done);
    }
    Ok(())
}

fn emitted(rendered: &Rendered, emit: Emit) -> bool {
    match emit {
        Emit::Terraform => rendered.has_terraform(),
        Emit::Kubernetes => !rendered.kubernetes.is_empty(),
        Emit::All => !rendered.files.is_empty(),
    }
}

/// The files of a render that are of one kind, or of both.
pub(super) fn files(rendered: Rendered, emit: Emit) -> FileTree {
    rendered.files.filter(|path| emit.includes(path))
}
