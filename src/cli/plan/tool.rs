//! The Terraform that runs: which program, and whether it is new enough.

use std::ffi::OsString;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use super::super::Failure;
use super::environment;

/// The environment variable that names the program.
const VARIABLE: &str = "CLOUDGEN_TERRAFORM";

/// What OpenTofu is called in messages.
pub(super) const OPENTOFU: &str = "OpenTofu";

/// The oldest version, of Terraform and OpenTofu alike: ephemeral resources and write-only arguments came with it.
const OLDEST: Version = Version(1, 11);

/// A Terraform or an OpenTofu that is new enough.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) program: OsString,
    /// What it is called in messages.
    pub(super) title: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32);

impl Tool {
    /// The program that was named, by the option or by the environment; otherwise `terraform` or `tofu`, the first that is on PATH.
    ///
    /// # Errors
    /// There is none, it does not run, or it is too old.
    pub(super) fn find(named: Option<&Path>) -> Result<Self, Failure> {
        let variable = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
        if let Some(program) = named.map(|path| path.as_os_str().to_owned()).or(variable) {
            let name = program.to_string_lossy().into_owned();
            let missing = || Failure::Error(format!("there is no program `{name}` to run as Terraform"));
            return Self::of(program)?.ok_or_else(missing);
        }
        for program in ["terraform", "tofu"] {
            if let Some(tool) = Self::of(program.into())? {
                return Ok(tool);
            }
        }
        Err(Failure::Error(format!(
            "neither `terraform` nor `tofu` is on PATH; install Terraform {OLDEST} or newer, or say where it is with --terraform FILE or \
             {VARIABLE}"
        )))
    }

    /// A program that is new enough; none where there is no such program.
    fn of(program: OsString) -> Result<Option<Self>, Failure> {
        let name = program.to_string_lossy().into_owned();
        let mut command = Command::new(&program);
        environment::clean(&mut command);
        let output = match command.args(["version", "-json"]).output() {
            Ok(output) => output,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::io(format_args!("cannot run `{name}`"), &error)),
        };
        let stem = Path::new(&program).file_stem();
        let is_tofu = stem.is_some_and(|stem| stem.to_string_lossy().contains("tofu"));
        let title = if is_tofu { OPENTOFU } else { "Terraform" };
        let Some(version) = Version::in_text(&String::from_utf8_lossy(&output.stdout)) else {
            return Err(Failure::Error(format!(
                "`{name} version -json` tells no version; is it Terraform?"
            )));
        };
        if version < OLDEST {
            return Err(Failure::Error(format!(
                "`{name}` is {title} {version}, and offline plans need {OLDEST} or newer, which knows ephemeral resources and write-only \
                 arguments; name another one with --terraform FILE or {VARIABLE}"
            )));
        }
        Ok(Some(Self { program, title }))
    }
}

impl Version {
    /// The first `MAJOR.MINOR` in a text: old versions answer `-json` with plain words.
    fn in_text(text: &str) -> Option<Self> {
        let numbers = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
        numbers.filter(|word| word.contains('.')).find_map(|word| {
            let mut parts = word.split('.').map(str::parse);
            Some(Self(parts.next()?.ok()?, parts.next()?.ok()?))
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_old_and_new_programs_say() {
        for (text, version) in [
            (
                "{\n  \"terraform_version\": \"1.11.4\",\n  \"platform\": \"linux_amd64\"\n}",
                Some(Version(1, 11)),
            ),
            ("Terraform v0.12.31\n", Some(Version(0, 12))),
            ("{\"terraform_version\": \"1.12.0-beta1\"}", Some(Version(1, 12))),
            ("usage: something ...", None),
        ] {
            assert_eq!(Version::in_text(text), version, "{text}");
        }
        assert!(Version(1, 9) < OLDEST && Version(2, 0) > OLDEST);
    }
}
