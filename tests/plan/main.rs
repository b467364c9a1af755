//! Offline plans with the real `terraform`: every example blueprint, on every cloud, in every environment; what must be refused; and what
//! a run leaves behind.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod addresses;
mod command;
mod evolution;
mod interrupted;
mod moto;
mod negative;
#[path = "../support/mod.rs"]
mod support;
mod trees;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use cloudgen::offline::Server;
use cloudgen::offline::needs::{File, Needs, Reach};
use support::tools::is_there;
use support::{entries, project};
use tempfile::TempDir;

/// True where Terraform can be run; the test says that it was skipped where not.
fn has_terraform() -> bool {
    is_there("terraform", &["version"])
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The program, with a folder of temporary files of its own.
fn cloudgen(temporary: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cloudgen"));
    command
        .args(arguments)
        .current_dir(project(""))
        .env("TMPDIR", temporary);
    for (name, _) in std::env::vars_os() {
        let is_setting = name.to_string_lossy().starts_with("TF_");
        if is_setting || name == "CLOUDGEN_TERRAFORM" {
            command.env_remove(name);
        }
    }
    command
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// A root module, and the providers beside it.
struct Offline<'a> {
    root: &'a Path,
    server: Server,
}

/// What one run of Terraform gave.
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl<'a> Offline<'a> {
    /// Starts the providers that a root module needs.
    fn start(root: &'a Path) -> Self {
        let needs = Needs::read(root, Reach::Configuration, &mut |folder| {
            let files = entries(folder).into_iter().filter(|path| path.is_file());
            let read = |path: std::path::PathBuf| -> File {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, fs::read_to_string(path).unwrap())
            };
            Ok(files.map(read).collect())
        });
        let needs = needs.unwrap_or_else(|problems| panic!("{problems:?}"));
        let server = Server::start(&needs).unwrap_or_else(|error| panic!("{error}"));
        Self { root, server }
    }

    fn terraform(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new("terraform");
        command
            .args(arguments)
            .current_dir(self.root)
            .env("TF_REATTACH_PROVIDERS", self.server.reattach())
            .env("TF_CLI_CONFIG_FILE", "/dev/null")
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1")
            .env("GOGC", "off")
            .env("GOMEMLIMIT", "1GiB");
        let output = command.output().unwrap();
        Run {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a command that must succeed; its standard output.
    fn succeed(&self, arguments: &[&str]) -> String {
        let run = self.terraform(arguments);
        let words = arguments.join(" ");
        assert_eq!(run.code, Some(0), "terraform {words}:\n{}\n{}", run.out, run.err);
        run.out
    }
}
