//! `cloudgen init`: a commented starter blueprint.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::diagnostic::nearest;

use super::{Done, Failure, console};
use crate::patterns::BUILT;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The pattern to start from (`cloudgen patterns` lists them)
    #[arg(short, long, value_name = "PATTERN", default_value = "monolith")]
    pattern: String,
    /// Write a new file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Done {
    let Some(pattern) = BUILT.iter().find(|pattern| pattern.name == args.pattern) else {
        return Err(Failure::Error(unknown(&args.pattern)));
    };
    match &args.out {
        Some(path) => create(path, pattern.starter),
        None => console::document(pattern.starter),
    }
}

fn unknown(pattern: &str) -> String {
    let names: Vec<&str> = BUILT.iter().map(|pattern| pattern.name).collect();
    let hint = match nearest(pattern, &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are: {}", names.join(", ")),
    };
    format!("there is no pattern `{pattern}`; {hint}")
}

/// Writes a file that must not exist yet.
fn create(path: &Path, text: &str) -> Done {
    let name = path.display();
    let opened = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = opened.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::Error(format!("`{name}` exists already; name another file")),
        _ => Failure::io(format_args!("cannot write `{name}`"), &error),
    })?;
    file.write_all(text.as_bytes())
        .map_err(|error| Failure::io(format_args!("cannot write `{name}`"), &error))?;
    console::note(&format!(
        "wrote {name}; next: cloudgen check {name}, then cloudgen render {name} --target aws --out infra"
    ));
    Ok(())
}
