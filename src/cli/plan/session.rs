//! One offline run: a workspace, the providers beside it, and Terraform between them.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use crate::offline::Server;

use super::super::{Failure, console};
use super::environment;
use super::process::{Finished, Interrupts, Terminal};
use super::tool::{OPENTOFU, Tool};
use super::workspace::Workspace;

/// What is said of every run, on standard error.
pub(super) const STATEMENT: &str = "\
note: this ran offline, against what the providers' schemas and rules say and not against an account. Quotas, names that are taken,
      permissions, images and whatever else only the cloud checks are not known to it; what data sources return is made up.";

/// Terraform with the offline providers attached. Dropping it stops the providers and removes the folder.
#[derive(Debug)]
pub(super) struct Session<'a> {
    tool: Tool,
    interrupts: &'a Interrupts,
    // Before the workspace: fields are dropped in order.
    server: Server,
    pub(super) workspace: Workspace,
}

impl<'a> Session<'a> {
    /// Starts the providers that a workspace needs.
    ///
    /// # Errors
    /// A provider that is not bundled, with the place where it is asked for.
    pub(super) fn start(tool: Tool, interrupts: &'a Interrupts, workspace: Workspace) -> Result<Self, Failure> {
        interrupts.check()?;
        let server = Server::start(&workspace.needs).map_err(|error| Failure::Error(error.to_string()))?;
        interrupts.check()?;
        Ok(Self {
            tool,
            interrupts,
            server,
            workspace,
        })
    }

    /// A command of Terraform in the workspace.
    pub(super) fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(&self.tool.program);
        environment::clean(&mut command);
        command.args(arguments).current_dir(&self.workspace.root);
        let reattach = self.server.reattach();
        command.env("TF_REATTACH_PROVIDERS", known_to(self.tool.title, reattach));
        command
    }

    /// Runs a command that asks nothing and whose standard output is wanted; its messages go to standard error as they come.
    pub(super) fn quietly(&self, command: &mut Command) -> Result<Finished, Failure> {
        // Terraform colours whatever it writes, also into a pipe.
        if !(console::colored_stdout() && console::colored_stderr()) {
            command.arg("-no-color");
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.env("TF_INPUT", "0").env("TF_IN_AUTOMATION", "1");
        self.interrupts.run(command, Terminal::Unused)
    }

    /// Runs a command that has the user's terminal.
    pub(super) fn openly(&self, command: &mut Command, terminal: Terminal) -> Result<Finished, Failure> {
        self.interrupts.run(command, terminal)
    }

    /// Prepares the workspace: modules and backend.
    ///
    /// # Errors
    /// [`Failure::Found`] where Terraform refuses the configuration; it was shown.
    pub(super) fn init(&self) -> Result<(), Failure> {
        let mut command = self.command(["init", "-input=false"]);
        self.verdict(&self.quietly(&mut command)?)
    }

    /// Fails where Terraform did: it has said why on standard error.
    pub(super) fn verdict(&self, finished: &Finished) -> Result<(), Failure> {
        match finished.code {
            Some(0) => Ok(()),
            Some(_) => Err(Failure::Found),
            None => Err(Failure::Error(format!("{} was killed", self.tool.title))),
        }
    }
}

/// The providers under the names by which a program looks for them: for OpenTofu, a source without a registry is in one of its own.
fn known_to(title: &str, reattach: &str) -> String {
    match title {
        OPENTOFU => reattach.replace("\"registry.terraform.io/", "\"registry.opentofu.org/"),
        _ => reattach.to_owned(),
    }
}
